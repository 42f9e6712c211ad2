"""The commands about people at work: agents' log-ins and pauses, and accounts of the live page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from ami.live import Live
from ami.models import AgentState, LinkState
from cordboard.cli.context import Context, complain, loaded, print_json, print_table, run, say
from cordboard.desk.access import ONE_TIME_LIFE, Access
from cordboard.desk.agents import Agents, Done, Refused, Result
from cordboard.house.following import followed
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings, SettingsError
from cordboard.store.accounts import list_accounts
from cordboard.store.agents import list_logins
from cordboard.store.company import load_company
from cordboard.store.records import Role

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
    account = typer.Typer(help="Accounts of the live page.", no_args_is_help=True)
    account.command("list")(show_accounts)
    account.command("add")(add_account)
    account.command("reset")(reset_account)
    account.command("remove")(remove_account)
    app.add_typer(account, name="account")


# --- agents


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
        say("done" + "".join(f"; {warning}" for warning in result.warnings))
        return
    complain(f"{'refused' if isinstance(result, Refused) else 'unknown'}: {result.words}")
    raise typer.Exit(1)


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


# --- accounts


def show_accounts(context: Context) -> None:
    """Who may sign in to the live page."""

    async def work(settings: Settings) -> list[tuple[str, str, str, str]]:
        async with opened_store(settings) as store, store.reading() as session:
            return [
                (one.name, one.role, one.company or "all", "one-time" if one.must_change else "own")
                for one in await list_accounts(session)
            ]

    print_table(("account", "role", "company", "password"), run(work(loaded(context).settings)))


def add_account(
    context: Context,
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.WATCHER,
    company: Annotated[str | None, typer.Option(help="The only company it sees; all if left out.")] = None,
    person: Annotated[str | None, typer.Option(help="The person that an agent's account stands for.")] = None,
) -> None:
    """A new account; prints its one-time password."""
    if role is Role.AGENT and not (company and person):
        raise SettingsError(["an agent's account needs --company and --person"])

    async def work(settings: Settings) -> str:
        async with opened_store(settings) as store:
            with Access(store) as access:
                return await access.add_account(actor(), name, role, company=company, person=person)

    _say_password(name, run(work(loaded(context).settings)))


def reset_account(context: Context, name: Annotated[str, typer.Argument(help="Name of the account.")]) -> None:
    """A new one-time password for somebody who forgot the own one; open sessions end."""

    async def work(settings: Settings) -> str | None:
        async with opened_store(settings) as store:
            with Access(store) as access:
                return await access.reset_account(actor(), name)

    password = run(work(loaded(context).settings))
    if password is None:
        raise _no_account(name)
    _say_password(name, password)


def remove_account(context: Context, name: Annotated[str, typer.Argument(help="Name of the account.")]) -> None:
    """Nobody signs in by this name any more; open sessions end."""

    async def work(settings: Settings) -> bool:
        async with opened_store(settings) as store:
            with Access(store) as access:
                return await access.remove_account(actor(), name)

    if not run(work(loaded(context).settings)):
        raise _no_account(name)
    say(f"removed {name}")


def _say_password(name: str, password: str) -> None:
    say(f"One-time password of {name}, valid for {ONE_TIME_LIFE.days} days: {password}")


def _no_account(name: str) -> SettingsError:
    return SettingsError([f"no account {name!r}; `cordboard account list` shows those that exist"])
