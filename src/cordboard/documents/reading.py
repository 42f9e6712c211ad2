"""A company file -> the company, or every problem of the file at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path as FilePath

from cordboard.documents.checks import faults_of
from cordboard.documents.convert import company_of
from cordboard.documents.draft import Draft, Drafter
from cordboard.documents.errors import DocumentRefused
from cordboard.documents.flow import flow_faults
from cordboard.documents.problems import MOST_PROBLEMS, Fault, Problem, shown_path
from cordboard.documents.source import MOST_BYTES, Source, read_source
from cordboard.store.values import Company

_OF_THE_FLOW = ("company", "menus", "dids", "prompts", "hours", "cordboard")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file: the company (None if there is any error), errors and warnings in the order of the file."""

    company: Company | None
    problems: tuple[Problem, ...] = ()

    def accepted(self) -> Company:
        """The company. Raises: DocumentRefused."""
        if self.company is None:
            raise DocumentRefused(self.problems)
        return self.company


def read_company(content: str | bytes, file: str = "company.yaml", today: date | None = None) -> Reading:
    """Read a company file. Whatever the content, this returns; `file` is only how problems call it.

    `today` (UTC) decides which public holidays are looked at when its menus are checked."""
    source = read_source(content)
    drafter = Drafter(source)
    if source.data is not None or not source.faults:
        drafter.read()
    faults = [*source.faults, *_unless_told(drafter.faults, source)]
    if isinstance(source.data, dict) and not drafter.is_full:
        faults += islice(faults_of(drafter.draft), MOST_PROBLEMS + 1)
        if not any(_stops_flow(fault) for fault in faults):
            callers = _callers_side(drafter.draft)
            faults += islice(flow_faults(callers, today or datetime.now(UTC).date()), MOST_PROBLEMS + 1)
    is_right = all(fault.is_warning for fault in faults)
    return Reading(company_of(drafter.draft) if is_right else None, _problems(faults, source, file))


def read_company_file(path: FilePath, today: date | None = None) -> Reading:
    """Read a company file from disk. An unreadable file is a problem like any other."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        problem = Problem(str(path), 1, "", f"cannot be read: {error.strerror}", "Check the name and the rights")
        return Reading(None, (problem,))
    return read_company(content, str(path), today)


def _unless_told(faults: Iterable[Fault], source: Source) -> list[Fault]:
    """Without what follows from YAML that was refused at the same place."""
    told = {fault.path for fault in source.faults}
    return [fault for fault in faults if fault.path not in told]


def _stops_flow(fault: Fault) -> bool:
    """Does it leave out a part that the callers' ways are made of?"""
    return not fault.is_warning and bool(fault.path) and fault.path[0] in _OF_THE_FLOW


def _callers_side(draft: Draft) -> Company:
    """The part of the company that its callers' ways are made of, whatever is wrong with the rest."""
    part = Draft(head=draft.head, hours=draft.hours, prompts=draft.prompts, menus=draft.menus, dids=draft.dids)
    return company_of(part)


def _problems(faults: list[Fault], source: Source, file: str) -> tuple[Problem, ...]:
    def line(fault: Fault) -> int:
        return fault.line or source.line(fault.path)

    ordered = sorted(dict.fromkeys(faults), key=lambda fault: (line(fault), tuple(map(str, fault.path)), fault.what))
    problems = [
        Problem(file, line(fault), shown_path(fault.path), fault.what, fault.cure, fault.is_warning)
        for fault in ordered[:MOST_PROBLEMS]
    ]
    if len(ordered) > MOST_PROBLEMS:
        last = problems[-1]
        problems.append(replace(last, path="", what="there are more problems than these", cure="Mend these first"))
    return tuple(problems)
