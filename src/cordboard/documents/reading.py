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
    if source.data is not None and not drafter.is_full:
        faults.extend(islice(faults_of(drafter.draft), MOST_PROBLEMS))
        if not any(not fault.is_warning and fault.path[:1] and fault.path[0] in _OF_THE_FLOW for fault in faults):
            faults.extend(
                islice(flow_faults(_callers_side(drafter.draft), today or datetime.now(UTC).date()), MOST_PROBLEMS)
            )
    problems = _problems(faults, source, file)
    is_right = all(fault.is_warning for fault in faults)
    return Reading(company_of(drafter.draft) if is_right else None, problems)


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
    return company_of(
        Draft(head=draft.head, hours=draft.hours, prompts=draft.prompts, menus=draft.menus, dids=draft.dids)
    )


def _problems(faults: list[Fault], source: Source, file: str) -> tuple[Problem, ...]:
    ordered = sorted(
        dict.fromkeys(faults), key=lambda fault: (source.line(fault.path), tuple(map(str, fault.path)), fault.what)
    )
    problems = [
        Problem(file, source.line(fault.path), shown_path(fault.path), fault.what, fault.cure, fault.is_warning)
        for fault in ordered[:MOST_PROBLEMS]
    ]
    if len(ordered) > MOST_PROBLEMS:
        last = problems[-1]
        problems.append(replace(last, path="", what="there are more problems than these", cure="Mend these first"))
    return tuple(problems)
