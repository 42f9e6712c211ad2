"""A company file -> the company, or its problems: of all its parts, and of callers' ways by what is right of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path as FilePath

from cordboard.documents.annotations import annotated
from cordboard.documents.checks import faults_of
from cordboard.documents.convert import company_of
from cordboard.documents.draft import Draft, Drafter
from cordboard.documents.errors import DocumentRefused
from cordboard.documents.flow import flow_faults
from cordboard.documents.flow_tests import SECTION, FlowTest, Known, faults_in_tests, tests_of
from cordboard.documents.gaps import NO_GAPS, Gaps, beside
from cordboard.documents.merging import read_sources
from cordboard.documents.problems import MOST_PROBLEMS, Fault, Path, Problem, Spot, listed, shown_path
from cordboard.documents.secrets import FileSecrets, secrets_of
from cordboard.documents.source import MOST_BYTES, Source
from cordboard.store.values import Company

_MOST_FILES = 200
_MOST_USES = 3
_CHECK = "Check the name and the rights"


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file, or of several: the company (None if there is any error), errors and warnings in the order of
    the files."""

    company: Company | None
    problems: tuple[Problem, ...] = ()
    source: Source = field(default_factory=Source, repr=False, compare=False)
    secrets: FileSecrets | None = field(default=None, repr=False)
    """What the file carries with the company, if it has the section."""
    tests: tuple[FlowTest, ...] = ()
    """What is to come of calls, as the file says it; nothing of it is stored."""
    rest: Company | None = field(default=None, repr=False, compare=False)
    """Where there is no company: what is right of it, to judge callers' ways; None where these cannot be judged."""
    gaps: Gaps = field(default=NO_GAPS, repr=False, compare=False)
    """What is not known beside that."""

    def accepted(self) -> Company:
        """The company. Raises: DocumentRefused."""
        if self.company is None:
            raise DocumentRefused(self.problems)
        return self.company

    def first_error(self) -> Problem:
        """Of a reading without a company."""
        return next(each for each in self.problems if not each.is_warning)

    def problem(self, path: Path, what: str, cure: str, *, is_warning: bool = False) -> Problem:
        """What somebody else found wrong at a place of the document."""
        return _problems([Fault(path, what, cure, is_warning)], self.source, MOST_PROBLEMS)[0]


def read_company(content: str | bytes, file: str = "company.yaml", today: date | None = None) -> Reading:
    """Read a company file. Whatever the content, this returns; `file` is only how problems call it.

    `today` (UTC) decides which public holidays are looked at when its menus are checked."""
    return read_company_parts([(file, content)], today)


def read_company_parts(files: Sequence[tuple[str, str | bytes]], today: date | None = None) -> Reading:
    """Read a company that is written in several files, each by name and content: as if they were one."""
    return check_company(read_sources(files), today)


def check_company(source: Source, today: date | None = None, most: int = MOST_PROBLEMS) -> Reading:
    """The company of a source, or its problems, `most` of them at most."""
    return company_in(source, judged(source, today or datetime.now(UTC).date(), most), most)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a source holds, and everything that is wrong with it. `rest`: the company, or what is right of it as in
    `Reading`, and so `gaps`."""

    draft: Draft
    faults: list[Fault]
    rest: Company | None = None
    gaps: Gaps = NO_GAPS


def judged(source: Source, today: date, most: int) -> Judged:
    """About `most` faults at most."""
    drafter = Drafter(source, most)
    if source.data is not None or not source.faults:
        drafter.read()
    faults = [*source.faults, *_unless_told(drafter.faults, source)]
    if not isinstance(source.data, dict) or drafter.is_full:
        return Judged(drafter.draft, faults)
    faults += _so_many(faults_of(drafter.draft), most)
    right = beside(drafter.draft, faults) if sum(not fault.is_warning for fault in faults) <= most else None
    faults += islice(faults_in_tests(drafter.draft.tests, Known.in_draft(drafter.draft)), most + 1)
    if right is None:
        return Judged(drafter.draft, faults)
    rest, gaps = company_of(right[0]), right[1]
    faults += _so_many(flow_faults(rest, today, gaps), most)
    return Judged(drafter.draft, faults, rest, gaps)


def _so_many(faults: Iterable[Fault], most: int) -> Iterator[Fault]:
    """Somewhat more than `most` errors, and as many warnings: what is odd hides nothing that is wrong."""
    left = dict.fromkeys((False, True), most + 1)
    for fault in faults:
        if left[fault.is_warning]:
            left[fault.is_warning] -= 1
            yield fault
        if not left[False]:
            return


def company_in(source: Source, found: Judged, most: int) -> Reading:
    """The reading of what was judged so."""
    problems = _problems(found.faults, source, most)
    if not all(fault.is_warning for fault in found.faults):
        return Reading(None, problems, source, rest=found.rest, gaps=found.gaps)
    draft, company = found.draft, annotated(found.rest, source) if found.rest else None
    return Reading(company, problems, source, secrets_of(draft.secrets), tests_of(draft.tests))


def read_tests(paths: Sequence[FilePath], company: Company) -> tuple[tuple[FlowTest, ...], tuple[Problem, ...]]:
    """The tests that files hold, for a company that is there already: the tests, none if there is any error in them,
    and the problems. What else the files hold is not looked at."""
    files, problems = _contents(paths)
    if problems:
        return (), tuple(problems)
    source = read_sources(files)
    drafter = Drafter(source)
    if source.data is not None or not source.faults:
        drafter.read()
    faults = [*source.faults, *(fault for fault in drafter.faults if not fault.path or fault.path[0] == SECTION)]
    if isinstance(source.data, dict):
        faults += faults_in_tests(drafter.draft.tests, Known.in_company(company))
    found = _problems(faults, source, MOST_PROBLEMS)
    return () if faults else tests_of(drafter.draft.tests), found


def read_company_file(path: FilePath, today: date | None = None) -> Reading:
    """Read a company file from disk. An unreadable file is a problem like any other."""
    return read_company_files([path], today)


def read_company_files(paths: Sequence[FilePath], today: date | None = None) -> Reading:
    """Read a company from files on disk; a folder stands for its `*.yaml`, in the order of their names."""
    files, problems = _contents(paths)
    return Reading(None, tuple(problems)) if problems else read_company_parts(files, today)


def _contents(paths: Sequence[FilePath]) -> tuple[list[tuple[str, bytes]], list[Problem]]:
    """What the files hold, or why they cannot be read."""
    files: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    left = MOST_BYTES
    for path in paths:
        try:
            for each in _files_of(path):
                # No more of the whole than is needed to say that it is too long.
                if left >= 0 and len(files) <= _MOST_FILES:
                    files.append((str(each), _head_of(each, left + 1)))
                    left -= len(files[-1][1])
        except OSError as error:
            problems.append(Problem(str(path), 1, "", f"cannot be read: {error.strerror or error}", _CHECK))
    if len(files) > _MOST_FILES:
        what = f"is one of more than {_MOST_FILES} files"
        problems.append(Problem(files[_MOST_FILES][0], 1, "", what, "Put some of them together"))
    return files, problems


def _files_of(path: FilePath) -> list[FilePath]:
    """Raises: OSError."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.glob("*.yaml") if not each.name.startswith(".") and each.is_file())
    if not found:
        raise FileNotFoundError("no file *.yaml is in it")
    return found


def _head_of(path: FilePath, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _unless_told(faults: Iterable[Fault], source: Source) -> list[Fault]:
    """Without what follows from YAML that was refused at the same place."""
    told = {fault.path for fault in source.faults}
    return [fault for fault in faults if fault.path not in told]


def _problems(faults: list[Fault], source: Source, most: int) -> tuple[Problem, ...]:
    files = {name: place for place, name in enumerate((source.file, *source.others))}

    def order(found: tuple[Spot, Fault]) -> tuple[int, int, tuple[str, ...], str]:
        spot, fault = found
        return files.get(spot.file, 0), spot.line, tuple(map(str, fault.path)), fault.what

    placed = [(fault.spot or source.spot(fault.path), fault) for fault in dict.fromkeys(faults)]
    problems = [
        Problem(spot.file, spot.line, shown_path(fault.path), what, fault.cure, fault.is_warning, spot.column)
        for spot, fault, what in _told_once(sorted(placed, key=order))
    ]
    if len(problems) > most:
        places = sorted(range(len(problems)), key=lambda place: problems[place].is_warning)
        told = [problems[place] for place in sorted(places[:most])]
        is_warning = problems[places[most]].is_warning
        what, cure = "there are more problems than these", "Mend these first"
        return (*told, replace(told[-1], path="", what=what, cure=cure, is_warning=is_warning))
    return tuple(problems)


def _told_once(placed: Iterable[tuple[Spot, Fault]]) -> Iterator[tuple[Spot, Fault, str]]:
    """What is wrong with an aliased part is told once, however often it is used, with the lines that use it."""
    same: dict[tuple[str, int, str, object], list[tuple[Spot, Fault]]] = {}
    for spot, fault in placed:
        step = fault.path[-1] if fault.path else ""
        same.setdefault((spot.file, spot.line, fault.what, step), []).append((spot, fault))
    for group in same.values():
        uses = dict.fromkeys(str(spot.used) for spot, _ in group if spot.used)
        alone = [one for one in group if not one[0].used] or group[:1]
        told = f"{group[0][1].what} (used on line {listed(uses, _MOST_USES)})" if uses else group[0][1].what
        yield from ((spot, fault, told) for spot, fault in alone)
