"""The commands about agents at work: log in and out, pause, ready, and who does what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from ami.live import Live
from ami.models import AgentState, LinkState
from cordboard.cli.context import Context, complain, loaded, print_json, print_table, run, say
from cordboard.desk.agents import Agents, Done, Refused, Result
from cordboard.house.following import followed
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings
from cordboard.store.agents import list_logins
from cordboard.store.company import load_company

Company = Annotated[str | None, typer.Option(help="Which company; not needed if there is one.")]
Person = Annotated[str, typer.Argument(help="The person's id in the company file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    agent = typer.Typer(help="Log agents in and out, pause them, make them ready.", no_args_is_help=True)
    agent.command()(login)
    agent.command()(logout)
    agent.command()(pause)
    agent.command()(ready)
    agent.command("list")(list_agents)
    app.add_typer(agent, name="agent")


def login(
    context: Context,
    person: Person,
    phone: Annotated[str | None, typer.Option(help="Id of the phone to sit at; one's own unless said.")] = None,
    company: Company = None,
) -> None:
    """Offer this person the calls of all queues that the skills admit."""
    _ask(context, company, lambda agents, of: agents.log_in(of, person, actor(), phone=phone))


def logout(context: Context, person: Person, company: Company = None) -> None:
    """Offer this person no call any more; a call in progress goes on."""
    _ask(context, company, lambda agents, of: agents.log_out(of, person, actor()))


def pause(
    context: Context,
    person: Person,
    reason: Annotated[str, typer.Argument(help="Why, as an id: lunch, training ...")] = "pause",
    company: Company = None,
) -> None:
    """Offer this person no call until `ready`."""
    _ask(context, company, lambda agents, of: agents.pause(of, person, reason, actor()))


def ready(context: Context, person: Person, company: Company = None) -> None:
    """End a pause, also the one that follows an unanswered call."""
    _ask(context, company, lambda agents, of: agents.ready(of, person, actor()))


def _ask(context: Context, company: str | None, wish: Callable[[Agents, str], Awaitable[Result]]) -> None:
    result = run(_asked(loaded(context).settings, company, wish))
    if isinstance(result, Done):
        say("done" + "".join(f"; {warning_words(warning)}" for warning in result.warnings))
        return
    complain(f"{'refused' if isinstance(result, Refused) else 'unknown'}: {result.words}")
    raise typer.Exit(1)


def warning_words(warning: str) -> str:
    """What a code of Done.warnings tells people."""
    kind, _, name = warning.partition(":")
    words = {
        "phone_unreachable": "the phone is not registered: no call reaches it",
        "queue_missing": f"queue {name} is not in Asterisk yet: apply first",
    }
    return words.get(kind, warning)


async def _asked(settings: Settings, named: str | None, wish: Callable[[Agents, str], Awaitable[Result]]) -> Result:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with followed(store, settings, must_be_live=False) as (live, link):
            return await wish(Agents(store, link, live, deadline=settings.action_deadline), company)


def list_agents(context: Context, company: Company = None, as_json: Json = False) -> None:
    """Who is logged in, and what each is doing right now."""
    rows = run(_agents(loaded(context).settings, company))
    columns = ("person", "name", "state", "reason", "phone")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


async def _agents(settings: Settings, named: str | None) -> list[tuple[str, str, str, str, str]]:
    async with opened_store(settings) as store:
        of = await the_company(store, named)
        async with store.reading() as session:
            company = await load_company(session, of)
            logins = {login.person: login for login in await list_logins(session, of)}
        async with followed(store, settings, must_be_live=False) as (live, _):
            states = _states(live)
    rows = []
    for person in company.people.values():
        login = logins.get(person.id)
        state, reason = states.get(company.switch_name(person.id), ("logged in" if login else "logged out", ""))
        rows.append((person.id, person.name, state, reason, login.endpoint if login else ""))
    return rows


def _states(live: Live) -> dict[str, tuple[str, str]]:
    snapshot = live.snapshot()
    if snapshot.link.state is not LinkState.LIVE:
        complain("Asterisk does not answer: this is what is noted, not what is.")
        return {}
    return {
        agent.name: (agent.state.replace("_", " "), agent.pause_reason if agent.state is AgentState.PAUSE else "")
        for agent in snapshot.agents
    }
