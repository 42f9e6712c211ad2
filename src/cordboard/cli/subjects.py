"""The company that a command about menus is about: as files say it, or as it is stored; and the sounds that it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cordboard.cli.changes import problem_lines
from cordboard.cli.context import complain, run
from cordboard.documents import Problem
from cordboard.flows.subject import Subject, read_subject, stored_subject
from cordboard.house.placement import installed_of
from cordboard.house.workshop import opened_store, the_company
from cordboard.provisioning.checks import library_of
from cordboard.provisioning.sounds import Library
from cordboard.settings import Settings
from dialplan_templates.views import Mode

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE|FOLDER...]", help="The company file (YAML); without it, the company that is stored."),
]
Company = Annotated[str | None, typer.Option(help="Which stored company; not needed if there is one.")]


def subject_for(settings: Settings, files: Sequence[Path] | None, company: str | None) -> Subject:
    """The company of the files, else the stored one. Ends the command where the files have errors."""
    if files:
        subject, reading = read_subject(files, datetime.now(UTC).date())
        if subject is None:
            refuse(reading.problems)
        assert subject is not None
        return subject

    async def work() -> Subject:
        async with opened_store(settings) as store:
            of = await the_company(store, company)
            async with store.reading() as session:
                return await stored_subject(session, of)

    return run(work())


def refuse(problems: Sequence[Problem]) -> None:
    """Print problems; with an error among them the command ends."""
    for line in problem_lines(problems):
        complain(line)
    if any(not problem.is_warning for problem in problems):
        raise typer.Exit(1)


def library_for(settings: Settings, files: Sequence[Path] | None) -> Library | None:
    """The sounds of the Asterisk of these settings. What files have spoken is made when they are imported."""
    installed = installed_of(settings)
    if files and installed is not None and installed.studio is not None:
        installed = replace(installed, studio=replace(installed.studio, is_of_drafts=True))
    return library_of(installed, Mode(settings.asterisk_mode))
