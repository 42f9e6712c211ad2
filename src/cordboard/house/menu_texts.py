"""The menus of companies as a text that is edited on a page: to begin with, judged as it stands, kept as a draft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cordboard.desk.errors import ChangedMeanwhile
from cordboard.desk.flow_versions import draft_json, publication_json
from cordboard.desk.flows import Flows, Written
from cordboard.desk.foreseeing import Basis
from cordboard.desk.menu_problems import problems_in
from cordboard.desk.operations import DeedRefused
from cordboard.documents import Problem, Reading
from cordboard.documents.menus import OF_MENUS
from cordboard.flows.checking import Finding, findings_of
from cordboard.flows.picture import tree
from cordboard.house.hearing import lexicon_of
from cordboard.house.placement import library_for
from cordboard.house.systems import needs_of
from cordboard.provisioning.menus import words_of
from cordboard.settings import Settings
from cordboard.words.told import finding_in


def check_of(settings: Settings, reading: Reading) -> list[Finding]:
    """What `flow check` tells of files, on the Asterisk of these settings."""
    library = library_for(settings, is_draft=True)
    return findings_of(reading, library, datetime.now(UTC).date(), needs_of(settings), lexicon_of(settings))


class MenuTexts:
    """Values of JSON. Raises: DatabaseAway, NoSuchCompany; what keeps a text DeedRefused (`stale`: somebody drafted or
    published since it was read, with what there is now; `refused`, with `problems`: nothing of it can be read)."""

    def __init__(self, flows: Callable[[], Flows], check: Callable[[Reading], Sequence[Finding]]) -> None:
        """`flows`: made anew for each question, for what is no more than a draft. `check`: what is wrong with files,
        for a text that is no company with its errors."""
        self._flows = flows
        self._check = check
        self._judging = asyncio.Lock()
        """One at a time is judged: the daemon has calls to follow."""

    async def text(self, company: str) -> dict[str, Any]:
        """The sections of menus to go on with, and what they were taken from."""
        written = await (await self._made()).text(company)
        return {"text": written.text, **_standing(written)}

    async def check(self, company: str, text: str, language: str) -> dict[str, Any]:
        """What `flow check` and `flow draft` would tell of it. Nothing is kept."""
        async with self._judging:
            flows = await self._made()
            reading = await flows.read(company, text)
            if reading.company is None:
                problems = await asyncio.to_thread(self._errors, reading)
                return {"problems": problems_json(problems, language), "changes": [], "not_taken": [], "tree": None}
            foreseen = await flows.foresee(reading)
            problems = await asyncio.to_thread(problems_in, reading, foreseen.problems)
            drawn = await asyncio.to_thread(tree, foreseen.after.company, foreseen.after.flow, language)
            return {
                "problems": problems_json(problems, language),
                "changes": list(words_of(foreseen.changes, language)),
                "not_taken": [section for section in foreseen.others if section in OF_MENUS],
                "tree": drawn,
            }

    async def keep(self, company: str, actor: str, text: str, basis: Basis, language: str) -> dict[str, Any]:
        """Make the text the draft, with errors, too, as long as it can be read."""
        async with self._judging:
            flows = await self._made()
            reading = await flows.read(company, text)
            if reading.company is None:
                problems = await asyncio.to_thread(self._errors, reading)
                raise DeedRefused("refused", "nothing was kept", {"problems": problems_json(problems, language)})
            try:
                drafted = await flows.draft_text(company, text, reading, basis, actor)
            except ChangedMeanwhile as error:
                now = _standing(await flows.text(company))
                raise DeedRefused("stale", "somebody drafted or published meanwhile", now) from error
        kept = drafted.draft
        return {"draft": draft_json(kept), "basis": _basis_json(Basis(kept.made_at, kept.base))}

    def _errors(self, reading: Reading) -> Sequence[Problem]:
        found = tuple(
            Problem(each.file, each.line, each.path, each.what, each.cure, each.is_warning, each.column)
            for each in self._check(reading)
        )
        return problems_in(replace(reading, problems=found))

    async def _made(self) -> Flows:
        """Looks for sounds on the disk."""
        return await asyncio.to_thread(self._flows)


def problems_json(problems: Sequence[Problem], language: str) -> list[dict[str, Any]]:
    """What is wrong with a text, for the page, in the language of who reads it."""
    return [
        {
            "where": each.path,
            "what": each.what,
            "cure": each.cure,
            "is_warning": each.is_warning,
            "line": each.line,
            "column": each.column,
        }
        for each in (finding_in(problem, language) for problem in problems)
    ]


def _standing(written: Written) -> dict[str, Any]:
    """Who drafted and who published last, and what a text of now is written from."""
    return {
        "draft": None if written.draft is None else draft_json(written.draft),
        "version": None if written.newest is None else publication_json(written.newest),
        "basis": _basis_json(written.basis),
    }


def _basis_json(basis: Basis) -> dict[str, Any]:
    return {"draft": basis.draft.isoformat() if basis.draft else None, "version": basis.version}
