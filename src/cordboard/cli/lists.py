"""The commands about lists from spreadsheets: import-csv, csv-template."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cordboard.cli.changes import dry_lines, exit_status, imported_json, imported_lines, problem_lines
from cordboard.cli.context import Company, Context, Json, complain, loaded, print_json, run, say
from cordboard.cli.keeping import keep_text
from cordboard.desk.lists import ImportedList, Lists
from cordboard.documents.csv_kinds import LISTS
from cordboard.documents.csv_table import table_text
from cordboard.house.workshop import actor, opened_store, the_company

SHOWN_REJECTIONS = 200


class Kind(StrEnum):
    EXTENSIONS = "extensions"
    DIDS = "dids"
    HOLIDAYS = "holidays"


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    CP1252 = "cp1252"


def add_to(app: typer.Typer) -> None:
    app.command("import-csv")(import_csv)
    app.command("csv-template")(csv_template)


def import_csv(
    context: Context,
    kind: Annotated[Kind, typer.Argument(help="What is listed.")],
    file: Annotated[Path, typer.Argument(help="The list (CSV); its first line names the columns.")],
    company: Company = None,
    hours: Annotated[str, typer.Option(help="The hours that days are for which name none.")] = "",
    encoding: Annotated[Encoding, typer.Option(help="How the file is written.")] = Encoding.UTF_8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; store nothing.")] = False,
    skip_rejected: Annotated[
        bool,
        typer.Option("--skip-rejected", help="Store the other lines; write the rejected ones to FILE.rejected.csv."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Add or change people and phones, numbers or closed days from a spreadsheet, as one new revision.

    With one rejected line nothing is stored, unless --skip-rejected. With --dry-run the exit status is that of `plan`.
    """
    settings = loaded(context).settings

    async def work() -> ImportedList:
        async with opened_store(settings) as store:
            of = await the_company(store, company)
            return await Lists(store).import_list(
                LISTS[kind],
                file,
                of,
                actor(),
                encoding=encoding,
                hours=hours,
                is_dry=dry_run,
                skip_rejected=skip_rejected,
            )

    found = run(work())
    imported = found.imported
    kept = file.with_name(f"{file.name}.rejected.csv") if found.rejected and imported.was_stored else None
    if as_json:
        print_json(_json(found, kept, settings.language))
    else:
        _say(found, file, kept, settings.language)
    if kept is not None:
        keep_text(kept, "\ufeff" + found.rejected_file, like=file)
    raise typer.Exit(exit_status(imported) if imported.is_dry else int(not imported.is_accepted))


def _say(found: ImportedList, file: Path, kept: Path | None, language: str) -> None:
    imported = found.imported
    for line in problem_lines(imported.problems, language):
        complain(line)
    for rejection in found.rejected[:SHOWN_REJECTIONS]:
        complain(rejection.told(str(file)))
    if len(found.rejected) > SHOWN_REJECTIONS:
        complain(f"and {len(found.rejected) - SHOWN_REJECTIONS} more rejected lines")
    if not imported.is_accepted:
        if found.rejected:
            counts = f"{_counted(found.taken, 'line')} right, {len(found.rejected)} rejected"
            complain(f"{counts}: nothing was stored. --skip-rejected stores the others.")
        else:
            complain("Nothing was stored.")
        return
    say(f"{_counted(found.taken, 'line')} taken, {len(found.rejected)} rejected.")
    if kept is not None:
        say(f"Rejected lines: {kept}")
    for line in (dry_lines if imported.is_dry else imported_lines)(imported, language):
        say(line)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _json(found: ImportedList, kept: Path | None, language: str) -> dict[str, Any]:
    return imported_json(found.imported, language) | {
        "lines_taken": found.taken,
        "rejected": [asdict(rejection) for rejection in found.rejected],
        "rejected_file": str(kept) if kept else None,
    }


def csv_template(context: Context, kind: Annotated[Kind, typer.Argument(help="What is listed.")]) -> None:
    """The columns of a list and two examples, as CSV, in the language of the setting."""
    typer.echo(table_text(LISTS[kind].template(loaded(context).settings.language)), nl=False)
