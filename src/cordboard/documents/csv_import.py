"""A list of people, numbers or closed days, put into a company: line by line taken or rejected, the whole checked.

The company as a document, with the lines put in, is read like any company file: what is wrong with it is told at the
line of the list that brought it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO

from cordboard.documents.annotations import annotated_as
from cordboard.documents.csv_kinds import Document, ListKind, Refused, known_of
from cordboard.documents.csv_table import Rejection, Row, Table, TableRefused, read_table, rejected_text
from cordboard.documents.problems import Fault, Path, Problem, Spot, shown, shown_path
from cordboard.documents.reading import Reading, company_in, judged
from cordboard.documents.source import Source
from cordboard.documents.writing import document_of
from cordboard.store.values import Company

_MOST_PASSES = 50
_MOST_FAULTS = 100_000


@dataclass(frozen=True, slots=True)
class ListReading:
    """What came of a list. `reading` is the company with the lines that were taken, or the problems of the file as a
    whole; `rejected` the lines that were not taken, and `rejected_file` those lines as CSV."""

    reading: Reading
    rejected: tuple[Rejection, ...] = ()
    taken: int = 0
    rejected_file: str = ""


def read_list(
    kind: ListKind, content: BinaryIO, file: str, company: Company, today: date, *, encoding: str, option: str = ""
) -> ListReading:
    """Put a list into a company. `option`: the hours that days without hours are for."""
    try:
        table = read_table(content, kind.names, kind.needed, encoding)
    except TableRefused as refused:
        return ListReading(Reading(None, (Problem(file, refused.line, "", refused.what, refused.cure),)))
    return _Merger(kind, table, file, company, today, option).read()


class _Merger:
    def __init__(self, kind: ListKind, table: Table, file: str, company: Company, today: date, option: str) -> None:
        self._kind = kind
        self._table = table
        self._file = file
        self._company = company
        self._base = document_of(company)
        self._today = today
        self._option = option
        self._rejected: dict[int, list[tuple[Row, Rejection]]] = defaultdict(list)
        for row, rejection in table.rejected:
            self._rejected[row.line].append((row, rejection))

    def read(self) -> ListReading:
        """Lines that are rejected are left out, and the rest is looked at again, until nothing more is."""
        for _ in range(_MOST_PASSES):
            rejected = len(self._rejected)
            document, places = self._document()
            if len(self._rejected) > rejected:
                continue
            source = Source(self._file, data=document, spots={(): Spot(self._file, 1)})
            source.spots |= {path: Spot(self._file, row.line) for path, row in places.items()}
            found = judged(source, self._today, _MOST_FAULTS)
            errors = [fault for fault in found.faults if not fault.is_warning]
            if not errors:
                # The odd things about the rest of the company were told when it came.
                told = [fault for fault in found.faults if self._row_of(fault.path, places, document)]
                reading = company_in(source, replace(found, faults=told), _MOST_FAULTS)
                return self._result(replace(reading, company=annotated_as(reading.accepted(), self._company)))
            loose = [fault for fault in errors if not self._reject(fault, places, document)]
            if loose:
                return self._result(Reading(None, tuple(map(self._problem, loose)), source))
        problem = Problem(self._file, 1, "", "its lines contradict each other", "Split it in several")
        return self._result(Reading(None, (problem,)))

    def _result(self, reading: Reading) -> ListReading:
        found = sorted((one for each in self._rejected.values() for one in each), key=lambda one: one[1].line)
        return ListReading(
            reading,
            tuple(rejection for _, rejection in found),
            len(self._table.rows) + len(self._table.rejected) - len(self._rejected),
            rejected_text(self._table, found) if found else "",
        )

    def _document(self) -> tuple[Document, dict[Path, Row]]:
        """The company with all lines that are not rejected, and what each of them is about."""
        document = {name: dict(part) if isinstance(part, dict) else part for name, part in self._base.items()}
        places: dict[Path, Row] = {}
        known = known_of(self._base, self._option)
        for row in self._table.rows:
            if row.line in self._rejected:
                continue
            try:
                path = self._kind.apply(document, row, known)
            except Refused as refused:
                self._note(row, refused.column, refused.value, refused.what, refused.cure)
                continue
            if path in places and len(path) == 2:
                what = f"{shown_path(path)} is on line {places[path].line} already"
                self._note(row, "id", row.get("id"), what, "Keep one of the two")
            else:
                places[path] = row
        for row, column, owner in _taken_twice(document, places):
            what = f'"{shown(row.get(column))}" is taken by {owner}'
            self._note(row, column, row.get(column), what, "Choose another")
        return document, places

    def _note(self, row: Row, column: str, value: str, what: str, cure: str) -> None:
        self._rejected[row.line].append((row, Rejection(row.line, column, value, what, cure)))

    def _reject(self, fault: Fault, places: Mapping[Path, Row], document: Document) -> bool:
        """Blame the line that brought a fault; False if none did."""
        row = self._row_of(fault.path, places, document)
        if row is None:
            return False
        column = next((str(step) for step in fault.path[2:] if step in row.cells), self._kind.key)
        self._note(row, column, row.get(column), fault.what, fault.cure)
        return True

    def _row_of(self, path: Path, places: Mapping[Path, Row], document: Document) -> Row | None:
        """The line that a part of the document came from, or else the one that what it names came from."""
        for length in range(len(path), 1, -1):
            if path[:length] in places:
                return places[path[:length]]
        for name in (_part(document, path), *path[1:2]):
            for section in ("people", "phones"):
                if isinstance(name, str) and (section, name) in places:
                    return places[section, name]
        return None

    def _problem(self, fault: Fault) -> Problem:
        return Problem(self._file, 1, shown_path(fault.path), fault.what, fault.cure)


def _taken_twice(document: Document, places: Mapping[Path, Row]) -> Iterator[tuple[Row, str, str]]:
    """Lines whose extension, or whose id of a number, somebody else has: line, column, whose."""
    numbers: list[tuple[str, Path, str]] = [
        (item[name], (section, key), name)
        for section, name in (("people", "extension"), ("phones", "extension"), ("queues", "number"))
        for key, item in document[section].items()
        if item.get(name)
    ]
    yield from _twice(numbers, places, "extension")
    ids = [(item["id"], ("dids", number), "id") for number, item in document["dids"].items()]
    yield from _twice(ids, places, "id")


def _twice(
    values: Sequence[tuple[str, Path, str]], places: Mapping[Path, Row], column: str
) -> Iterator[tuple[Row, str, str]]:
    owners: dict[str, Path] = {}
    # Who was there before has the first right, then the earlier line.
    for value, path, part in sorted(values, key=lambda one: places[one[1]].line if one[1] in places else 0):
        if value in owners and path in places:
            yield places[path], column, shown_path(owners[value])
        owners.setdefault(value, (*path, part))


def _part(document: Any, path: Path) -> Any:
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document
