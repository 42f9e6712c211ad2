"""The commands about what other systems were not told: list, retry, drop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from cordboard.cli.context import Context, Json, loaded, print_json, print_table, run, say
from cordboard.desk.notices import Notices
from cordboard.house.workshop import actor, opened_store
from cordboard.settings import Settings, SettingsError
from cordboard.store.notices import KeptNotice

Key = Annotated[str, typer.Argument(help="Which one, by its key.")]


def add_to(app: typer.Typer) -> None:
    notices = typer.Typer(
        help="What other systems were not told: list it, let it be told again now, or drop it.", no_args_is_help=True
    )
    notices.command("list")(show_notices)
    notices.command("retry")(retry_notice)
    notices.command("drop")(drop_notice)
    app.add_typer(notices, name="notices")


def show_notices(context: Context, as_json: Json = False) -> None:
    """What is told again, and what was given up; what it says is not shown."""

    async def work(settings: Settings) -> tuple[KeptNotice, ...]:
        async with opened_store(settings) as store:
            return await Notices(store).waiting()

    found = run(work(loaded(context).settings))
    if as_json:
        print_json([{**_shown(each), "since": each.since, "due": each.due} for each in found])
    elif not found:
        say("none: other systems were told everything.")
    else:
        rows = [
            (each.key, each.company, each.node, each.source, f"{each.tries}/{each.retries}", _when(each), each.reason)
            for each in found
        ]
        print_table(("key", "company", "step", "connection", "tries", "next", "reason"), rows)


def retry_notice(context: Context, key: Key) -> None:
    """Let one be told again now, with all its tries before it."""
    _asked(context, key, lambda notices, who: notices.retry(key, who))
    say(f"{key} is told again")


def drop_notice(context: Context, key: Key) -> None:
    """Forget one: nobody is told."""
    _asked(context, key, lambda notices, who: notices.drop(key, who))
    say(f"{key} is forgotten")


def _asked(context: Context, key: str, deed: Callable[[Notices, str], Awaitable[bool]]) -> None:
    async def work(settings: Settings) -> bool:
        async with opened_store(settings) as store:
            return await deed(Notices(store), actor())

    if not run(work(loaded(context).settings)):
        raise SettingsError([f"no notice {key!r} is kept; `cordboard notices list` shows those that are"])


def _shown(notice: KeptNotice) -> dict[str, object]:
    return {
        "key": notice.key,
        "company": notice.company,
        "step": notice.node,
        "connection": notice.source,
        "tries": notice.tries,
        "retries": notice.retries,
        "reason": notice.reason,
    }


def _when(notice: KeptNotice) -> str:
    return f"{notice.due.astimezone():%Y-%m-%d %H:%M:%S}" if notice.due else "given up"
