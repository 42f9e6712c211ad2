"""CSV files of spreadsheets -> rows of text by column, in bounds; and rows as CSV that no spreadsheet calculates.

The first line names the columns. Comma, semicolon or tab is told by that line; text is UTF-8, with or without its mark,
or cp1252 where the caller says so.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cordboard.documents.problems import did_you_mean, shown

MOST_BYTES = 16_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 50
LONGEST_LINE = 20_000
LONGEST_CELL = 1_000
ENCODINGS = ("utf-8", "cp1252")
DELIMITERS = ",;\t"
FORMULA = tuple("=+-@＝＋－＠\t\r\n")
"""What a spreadsheet takes for the beginning of something to calculate."""
WHERE, WHY = "rejected column", "rejected because"
"""Columns of the file of rejected lines, which is read again without them."""

_TOLD = re.compile(r"sep=([,;\t])")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class TableRefused(Exception):
    """Nothing of the file can be used."""

    def __init__(self, line: int, what: str, cure: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Rejection:
    """One line that is not taken: which, in which column (empty: the line as a whole), what stands there, why."""

    line: int
    column: str
    value: str
    what: str
    cure: str

    def told(self, file: str) -> str:
        """The rejection as a line of a compiler; safe for a terminal."""
        column = f"{self.column}: " if self.column else ""
        value = f'"{shown(self.value)}": ' if self.value and shown(self.value) not in self.what else ""
        stop = "" if self.cure.endswith("?") else "."
        return f"{shown(file)}:{self.line}: {column}{value}{self.what}. {self.cure}{stop}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its number in the file, its cells by column, trimmed; and as they were written."""

    line: int
    cells: Mapping[str, str]
    written: tuple[str, ...]

    def get(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[str, ...]
    """The first line as it was written."""
    columns: frozenset[str]
    """The columns that it names."""
    delimiter: str
    rows: tuple[Row, ...]
    rejected: tuple[tuple[Row, Rejection], ...]
    """Lines that are none."""


def read_table(file: BinaryIO, names: Mapping[str, str], needed: Collection[str], encoding: str = "utf-8") -> Table:
    """`names`: folded heading -> column; `needed`: columns that must be there. Raises: TableRefused."""
    lines = _lines(file, encoding)
    first = next(lines, None)
    if first is None:
        raise TableRefused(1, "is empty", "Begin it with the names of the columns")
    # A spreadsheet's own word about the separator may stand before the rest.
    told = _TOLD.fullmatch(first.strip("\r\n"))
    delimiter = told[1] if told else max(DELIMITERS, key=first.count)
    reader = csv.reader(lines if told else _again(first, lines), delimiter=delimiter, strict=True)
    skipped = 1 if told else 0
    rows: list[Row] = []
    rejected: list[tuple[Row, Rejection]] = []
    try:
        header = tuple(next(reader, ()))
        columns = _columns(header, names, needed)
        before = reader.line_num + skipped
        for cells in reader:
            line, before = before + 1, reader.line_num + skipped
            if not any(cell.strip() for cell in cells):
                continue
            row = Row(line, _by_column(columns, cells), tuple(cells))
            fault = _shape_fault(row, len(header))
            if fault:
                rejected.append((row, fault))
            else:
                rows.append(row)
            if len(rows) + len(rejected) > MOST_ROWS:
                raise TableRefused(line, f"has more than {MOST_ROWS} lines", "Split it in several")
    except csv.Error as error:
        line = reader.line_num + skipped
        raise TableRefused(line, f"is not CSV: {shown(error)}", "Check the quotes of this line") from error
    known = frozenset(column for column in columns if column)
    return Table(header, known, delimiter, tuple(rows), tuple(rejected))


def table_text(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as CSV. What a spreadsheet would calculate begins with an apostrophe, which reading takes off again."""
    text = io.StringIO()
    # With this end of line it puts a cell that holds either half of it in quotes: a CR alone ends a line elsewhere.
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue().replace("\r\n", "\n")


def rejected_text(table: Table, rejections: Sequence[tuple[Row, Rejection]]) -> str:
    """The rejected lines, once each, as they were written, with where and why: to be mended and imported again."""
    kept = [place for place, name in enumerate(table.header) if folded(name) not in (WHERE, WHY)]
    rows = [[*(table.header[place] for place in kept), WHERE, WHY]]
    told: set[int] = set()
    for row, rejection in sorted(rejections, key=lambda one: one[0].line):
        if row.line not in told:
            told.add(row.line)
            cells = [row.written[place] if place < len(row.written) else "" for place in kept]
            rows.append([*cells, rejection.column, f"{rejection.what}. {rejection.cure}"])
    return table_text(rows, table.delimiter)


def folded(heading: str) -> str:
    """`  N° d’appel ` -> `n d appel`: case, accents and signs of a heading count for nothing."""
    plain = unicodedata.normalize("NFKD", heading.casefold())
    letters = (letter if letter.isascii() and letter.isalnum() else " " for letter in plain if not _is_accent(letter))
    return " ".join("".join(letters).split())


def _is_accent(letter: str) -> bool:
    return unicodedata.combining(letter) != 0


def _harmless(cell: str) -> str:
    return f"'{cell}" if _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    # Some spreadsheets take the blanks before a formula away.
    return cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA)


def _cell(written: str) -> str:
    cell = written.strip()
    return cell[1:].strip() if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    size = number = 0
    while content := file.readline(LONGEST_LINE + 1):
        number, size = number + 1, size + len(content)
        if size > MOST_BYTES:
            raise TableRefused(number, f"is larger than {MOST_BYTES // 1_000_000} MB", "Split it in several")
        if len(content) > LONGEST_LINE:
            raise TableRefused(number, f"has a line of more than {LONGEST_LINE} bytes", "Is it a CSV file?")
        if number == 1 and content.startswith(_UTF_16):
            raise TableRefused(1, "is UTF-16 text", 'Save it as "CSV UTF-8"')
        try:
            line = content.decode(encoding)
        except UnicodeDecodeError as error:
            other = next(name for name in ENCODINGS if name != encoding)
            cure = f'Save it as "CSV UTF-8", or say --encoding {other}' if encoding == "utf-8" else "Save it as UTF-8"
            raise TableRefused(number, f"is not {encoding} text", cure) from error
        yield line.removeprefix("\ufeff") if number == 1 else line


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _columns(header: Sequence[str], names: Mapping[str, str], needed: Collection[str]) -> list[str]:
    """The column of each heading; empty for those of a file of rejected lines."""
    if len(header) > MOST_COLUMNS:
        raise TableRefused(1, f"has more than {MOST_COLUMNS} columns", "Is it the right file?")
    found: list[str] = []
    for heading in header:
        name = folded(heading)
        if name in (WHERE, WHY) or not name:
            found.append("")
        elif name not in names:
            raise TableRefused(1, f'the column "{shown(heading)}" is not known', did_you_mean(name, sorted(names)))
        elif names[name] in found:
            raise TableRefused(1, f'the column "{shown(heading)}" stands there twice', "Keep one of the two")
        else:
            found.append(names[name])
    for column in needed:
        if column not in found:
            raise TableRefused(1, f'the column "{column}" is missing', "`cordboard csv-template` shows the columns")
    return found


def _by_column(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {column: _cell(cell) for column, cell in zip(columns, cells, strict=False) if column}


def _shape_fault(row: Row, width: int) -> Rejection | None:
    if any(cell.strip() for cell in row.written[width:]):
        what = f"has {len(row.written)} cells where the first line has {width}"
        return Rejection(row.line, "", "", what, "Put text that holds the separator in quotes")
    for column, cell in row.cells.items():
        if len(cell) > LONGEST_CELL:
            return Rejection(row.line, column, cell, f"has more than {LONGEST_CELL} characters", "Shorten it")
    return None
