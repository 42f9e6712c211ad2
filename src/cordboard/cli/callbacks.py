"""The commands about callers who asked to be called back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from cordboard.cli.answers import show_result
from cordboard.cli.context import Company, Context, Json, loaded, print_json, print_table, run, say
from cordboard.cli.words import word
from cordboard.desk.callbacks import CallbackCard, Callbacks
from cordboard.desk.results import Result
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings
from cordboard.store.callbacks import CallbackState


def add_to(app: typer.Typer) -> None:
    callbacks = typer.Typer(
        help="Callers who asked to be called back: who waits, what came of it; cancel one.", no_args_is_help=True
    )
    callbacks.command("list")(show_callbacks)
    callbacks.command("cancel")(cancel_callback)
    app.add_typer(callbacks, name="callbacks")


def show_callbacks(
    context: Context,
    state: Annotated[list[CallbackState] | None, typer.Option(help="Only those that are so; all if left out.")] = None,
    last: Annotated[int, typer.Option(min=1, max=10000, help="How many, newest first.")] = 50,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """Who asked to be called back, the latest first: since when, how often they were tried, and what came of it."""

    async def work(settings: Settings) -> Sequence[CallbackCard]:
        async with opened_store(settings) as store:
            return await Callbacks(store).all(await the_company(store, company), state or None, last)

    settings = loaded(context).settings
    found = run(work(settings))
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        say("Nobody asked to be called back.")
    else:
        columns = ("id", "asked", "number", "queue", "state", "attempts", "result", "due", "call")
        rows = [_row(each, settings.language) for each in found]
        print_table(columns, rows, right=("id", "attempts"), language=settings.language)


def _row(each: CallbackCard, language: str) -> tuple[object, ...]:
    return (
        each.id,
        f"{each.asked.astimezone():%Y-%m-%d %H:%M}",
        each.number,
        each.queue,
        word(each.state, language),
        f"{each.attempts}/{each.tries}",
        word(each.result, language),
        "" if each.ended else f"{each.due.astimezone():%Y-%m-%d %H:%M}",
        each.called or each.call,
    )


def cancel_callback(
    context: Context,
    number: Annotated[int, typer.Argument(help="The id that the list has.")],
    company: Company = None,
) -> None:
    """Call this caller back no more; a call to him that is up goes on."""

    async def work(settings: Settings) -> Result:
        async with opened_store(settings) as store:
            return await Callbacks(store).cancel(await the_company(store, company), number, actor())

    show_result(run(work(loaded(context).settings)))
