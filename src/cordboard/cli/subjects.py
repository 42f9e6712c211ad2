"""The company that a command about menus is about: as files say it, or as it is stored; and the sounds that it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cordboard.cli.changes import problem_lines
from cordboard.cli.context import complain, run
from cordboard.documents import Problem
from cordboard.flows.subject import Subject, drafted_subject, read_subject, stored_subject
from cordboard.flows.trial import local
from cordboard.house.workshop import opened_store, the_company
from cordboard.settings import Settings, SettingsError
from cordboard.store.company import load_company
from cordboard.store.values import Company as CompanyValues

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE|FOLDER...]", help="The company file (YAML); without it, the company that is stored."),
]
Company = Annotated[str | None, typer.Option(help="Which stored company; not needed if there is one.")]
Version = Annotated[int | None, typer.Option(help="With this version of the stored menus.")]
IsDraft = Annotated[bool, typer.Option("--draft", help="With the draft of the stored menus.")]


def subject_for(
    settings: Settings,
    files: Sequence[Path] | None,
    company: str | None,
    version: int | None = None,
    *,
    is_draft: bool = False,
    at: str | None = None,
) -> Subject:
    """The company of the files, else the stored one, with a version of its menus or their draft; with neither, the
    version that calls enter, now or at a later moment. Ends the command where the files have errors."""
    today = datetime.now(UTC).date()
    if bool(files) + (version is not None) + is_draft > 1:
        raise SettingsError(["give one of them: files, --version, --draft"])
    if files:
        subject, reading = read_subject(files, today)
        if subject is None:
            refuse(reading.problems, settings.language)
        assert subject is not None
        return subject

    async def work() -> Subject:
        async with opened_store(settings) as store:
            of = await the_company(store, company)
            async with store.reading() as session:
                if is_draft:
                    return await drafted_subject(session, of, today)
                moment = moment_on(await load_company(session, of), at) if at else None
                return await stored_subject(session, of, version, moment)

    return run(work())


def moment_on(company: CompanyValues, text: str) -> datetime:
    """What an option --at says, on the company's clock. Raises SettingsError."""
    try:
        return local(company, datetime.fromisoformat(text))
    except ValueError as error:
        raise SettingsError([f'--at: {text[:40]!a} is not a moment; write it as "2026-12-24 18:31"']) from error


def refuse(problems: Sequence[Problem], language: str) -> None:
    """Print problems; with an error among them the command ends."""
    for line in problem_lines(problems, language):
        complain(line)
    if any(not problem.is_warning for problem in problems):
        raise typer.Exit(1)
