"""The commands about what calls left as recordings: recordings list, export, delete. Who asks is in the audit trail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cordboard.cli.context import Company, Context, Json, loaded, print_json, print_table, run, say
from cordboard.cli.keeping import keep_bytes
from cordboard.desk.recordings import Recordings
from cordboard.house.placement import recordings_folder
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings

T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="The recording, as the list has it.")]


def add_to(app: typer.Typer) -> None:
    recordings = typer.Typer(help="Recordings of calls: list, export and delete them.", no_args_is_help=True)
    recordings.command("list")(list_kept)
    recordings.command()(export)
    recordings.command()(delete)
    app.add_typer(recordings, name="recordings")


def list_kept(
    context: Context,
    call: Annotated[str | None, typer.Option(help="Those of one call, by its id.")] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """The recordings that are kept, the newest first."""

    async def listed(recordings: Recordings, of: str) -> list[dict[str, object]]:
        return [
            {
                "recording": str(each.name),
                "at": each.at,
                "seconds": round(each.seconds, 1),
                "what": str(each.name.what),
                "step": each.name.node,
                "call": each.name.call,
            }
            for each in recordings.kept(of, call)
        ]

    settings = loaded(context).settings
    found = run(_asked(settings, company, listed))
    if as_json:
        print_json(found)
    elif not found:
        say("No recording is kept.")
    else:
        columns = ["recording", "at", "seconds", "what", "step", "call"]
        rows = [[_shown(each[column]) for column in columns] for each in found]
        print_table(columns, rows, right=["seconds"], language=settings.language)


def export(
    context: Context,
    recording: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="The WAV file to write.")],
    company: Company = None,
) -> None:
    """Write a recording to a file, for your eyes and ears alone (mode 0600)."""

    async def taken_out(recordings: Recordings, of: str) -> bytes:
        return await recordings.taken_out(actor(), of, recording)

    keep_bytes(output, run(_asked(loaded(context).settings, company, taken_out)))


def delete(context: Context, recording: Name, company: Company = None) -> None:
    """Delete a recording for good."""

    async def deleted(recordings: Recordings, of: str) -> None:
        await recordings.delete(actor(), of, recording)

    run(_asked(loaded(context).settings, company, deleted))


async def _asked(settings: Settings, company: str | None, work: Callable[[Recordings, str], Awaitable[T]]) -> T:
    async with opened_store(settings) as store:
        return await work(Recordings(store, recordings_folder(settings)), await the_company(store, company))


def _shown(value: object) -> object:
    return f"{value.astimezone():%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value
