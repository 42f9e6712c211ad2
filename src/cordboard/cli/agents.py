"""The commands about agents at work: log in and out, pause, withdraw, ready, wrap up, and who does what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated

import typer

from ami.models import Agent, LinkState
from cordboard.cli.answers import show_result
from cordboard.cli.context import Company, Context, Json, complain, loaded, print_json, print_table, run
from cordboard.cli.words import word
from cordboard.desk.agent_desks import AgentDesks
from cordboard.desk.agents import USUAL_EXTENSION, Agents
from cordboard.desk.duty import next_shown, reason_shown
from cordboard.desk.results import Result
from cordboard.house.following import Followed, agent_desks_of, followed
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings
from cordboard.store.agents import list_logins
from cordboard.store.company import load_company
from cordboard.store.values import PauseReason

Person = Annotated[str, typer.Argument(help="The person's id in the company file.")]
Reason = Annotated[str, typer.Argument(help="Why: an id of the company's list; the first of it unless said.")]
AfterCall = Annotated[
    bool,
    typer.Option("--after-call", help="Once the call in progress, and its wrap-up, is over."),
]
Because = Annotated[str, typer.Option(help="Why you ask it for somebody else: stands in the audit, and must be said.")]


def add_to(app: typer.Typer) -> None:
    agent = typer.Typer(help="Log agents in and out, pause and withdraw them, make them ready.", no_args_is_help=True)
    agent.command()(login)
    agent.command()(logout)
    agent.command()(pause)
    agent.command()(withdraw)
    agent.command()(ready)
    agent.command()(extend)
    agent.command("list")(list_agents)
    agent.command("reasons")(list_reasons)
    app.add_typer(agent, name="agent")


def login(
    context: Context,
    person: Person,
    phone: Annotated[str | None, typer.Option(help="Id of the phone to sit at; one's own unless said.")] = None,
    company: Company = None,
) -> None:
    """Offer this person the calls of all queues that the skills admit."""

    async def wish(desks: AgentDesks, of: str) -> Result:
        return await (await desks.to_log_in(of, person, phone)).log_in(of, person, actor(), phone=phone)

    show_result(run(_asked(loaded(context).settings, company, wish)))


def logout(context: Context, person: Person, because: Because = "", company: Company = None) -> None:
    """Offer this person no call any more; a call in progress goes on."""
    _ask(context, company, person, lambda desk, *who: desk.log_out(*who, because))


def pause(
    context: Context,
    person: Person,
    reason: Reason = "",
    after_call: AfterCall = False,
    because: Because = "",
    company: Company = None,
) -> None:
    """Offer this person no call until `ready`."""
    _ask(
        context,
        company,
        person,
        lambda desk, of, who, me: desk.pause(of, who, reason, me, after_call=after_call, because=because),
    )


def withdraw(
    context: Context,
    person: Person,
    reason: Reason = "",
    after_call: AfterCall = False,
    because: Because = "",
    company: Company = None,
) -> None:
    """Offer this person no call until `ready`: busy with other work than calls."""
    _ask(
        context,
        company,
        person,
        lambda desk, of, who, me: desk.withdraw(of, who, reason, me, after_call=after_call, because=because),
    )


def ready(context: Context, person: Person, because: Because = "", company: Company = None) -> None:
    """End a pause, a withdrawal or a wrap-up, also the pause after missed calls and one that was to come."""
    _ask(context, company, person, lambda desk, *who: desk.ready(*who, because))


def extend(
    context: Context,
    person: Person,
    seconds: Annotated[int, typer.Argument(help="How much later it ends.")] = USUAL_EXTENSION,
    company: Company = None,
) -> None:
    """Let the wrap-up that this person is in end later."""
    _ask(context, company, person, lambda desk, *who: desk.extend(*who, seconds))


Wish = Callable[[AgentDesks, str], Awaitable[Result]]


def _ask(
    context: Context, company: str | None, person: str, wish: Callable[[Agents, str, str, str], Awaitable[Result]]
) -> None:
    async def asked(desks: AgentDesks, of: str) -> Result:
        return await wish(await desks.of(of, person), of, person, actor())

    show_result(run(_asked(loaded(context).settings, company, asked)))


async def _asked(settings: Settings, named: str | None, wish: Wish) -> Result:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with followed(store, settings, must_be_live=False) as switches:
            return await wish(agent_desks_of(store, switches), company)


COLUMNS = ("person", "name", "state", "since", "left", "reason", "next", "phone", "switch")


def list_agents(context: Context, company: Company = None, as_json: Json = False) -> None:
    """Who is logged in, and what each is doing right now; seconds left of wrap-ups, and pauses that follow."""
    settings = loaded(context).settings
    rows = run(_agents(settings, company))
    if as_json:
        print_json([dict(zip(COLUMNS, row, strict=True)) for row in rows])
        return
    language = settings.language
    shown = [
        (who, name, word(state.replace(" ", "_"), language), _on_the_clock(since), *rest)
        for who, name, state, since, *rest in rows
    ]
    print_table(COLUMNS, shown, language=language)


def _on_the_clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}" if moment else ""


def list_reasons(context: Context, company: Company = None, as_json: Json = False) -> None:
    """The reasons of pauses and withdrawals."""
    known = run(_reasons(loaded(context).settings, company))
    if as_json:
        print_json([{"id": one.id, "kind": str(one.kind), "names": dict(one.names)} for one in known])
    else:
        print_table(("id", "kind", "name"), [(one.id, str(one.kind), " / ".join(one.names.values())) for one in known])


async def _reasons(settings: Settings, named: str | None) -> list[PauseReason]:
    async with opened_store(settings) as store:
        of = await the_company(store, named)
        async with store.reading() as session:
            return list((await load_company(session, of)).pause_reasons.values())


async def _agents(settings: Settings, named: str | None) -> list[tuple[str, ...]]:
    async with opened_store(settings) as store:
        of = await the_company(store, named)
        async with store.reading() as session:
            company = await load_company(session, of)
            logins = {login.person: login for login in await list_logins(session, of)}
        async with followed(store, settings, must_be_live=False) as switches:
            seen, now = _seen(switches), switches[0].live.now()
    rows: list[tuple[str, ...]] = []
    for person in company.people.values():
        login = logins.get(person.id)
        node, phone = (login.node, login.endpoint) if login else ("", "")
        agent = seen.get((node, company.switch_name(person.id)))
        if agent is None:
            since = login.since.isoformat(timespec="seconds") if login else ""
            state, reason, following = "logged out", "", ""
            if login:  # on a switch that does not answer
                state, reason, following = "logged in", login.pause_reason, login.next_reason
            rows.append((person.id, person.name, state, since, "", reason, following, phone, node))
            continue
        left = str(max(0, round((agent.wrap_up_until - now).total_seconds()))) if agent.wrap_up_until else ""
        state, since = agent.state.replace("_", " "), agent.since.isoformat(timespec="seconds")
        rows.append((person.id, person.name, state, since, left, reason_shown(agent), next_shown(agent), phone, node))
    return rows


def _seen(switches: Sequence[Followed]) -> dict[tuple[str, str], Agent]:
    """By node and name, on the switches that answer."""
    found: dict[tuple[str, str], Agent] = {}
    for each in switches:
        snapshot = each.live.snapshot()
        if snapshot.link.state is LinkState.LIVE:
            found |= {(each.node, agent.name): agent for agent in snapshot.agents}
        else:
            complain(f"{each.node} does not answer: of its agents this is what is noted, not what is.")
    return found
