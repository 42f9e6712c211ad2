"""The commands about accounts of the live page."""

from __future__ import annotations

from typing import Annotated

import typer

from cordboard.cli.context import Context, loaded, print_table, run, say
from cordboard.desk.access import ONE_TIME_LIFE, Access
from cordboard.house.workshop import actor, opened_store
from cordboard.settings import Settings, SettingsError
from cordboard.store.accounts import list_accounts
from cordboard.store.records import Role


def add_to(app: typer.Typer) -> None:
    account = typer.Typer(help="Accounts of the live page.", no_args_is_help=True)
    account.command("list")(show_accounts)
    account.command("add")(add_account)
    account.command("reset")(reset_account)
    account.command("remove")(remove_account)
    app.add_typer(account, name="account")


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
