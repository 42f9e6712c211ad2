"""The sections of a company file that its menus are made of: read and written alone, the rest being as it is stored."""

from __future__ import annotations

import re
from datetime import date

from cordboard.documents import flow_tests
from cordboard.documents.inputs import CompanyFile
from cordboard.documents.margins import FORM
from cordboard.documents.merging import HEAD, put_together
from cordboard.documents.problems import Fault, listed
from cordboard.documents.reading import Reading, check_company
from cordboard.documents.remarks import Remarks, placed
from cordboard.documents.source import Source, read_source
from cordboard.documents.writing import export_sections
from cordboard.documents.yaml_text import section_text
from cordboard.store.flow_menus import SECTIONS
from cordboard.store.values import Company

OF_MENUS = (*SECTIONS, "dids", flow_tests.SECTION)
_REST = frozenset(CompanyFile.model_fields) - {FORM, *OF_MENUS}
STORED = "the company as it is stored"
"""What problems call the rest of the company."""


def read_menus(content: str | bytes, company: Company, file: str = "menus.yaml", today: date | None = None) -> Reading:
    """Read the sections of menus, the rest of the company being as it is here. Whatever the content, this returns;
    `today` as `read_company`."""
    return _read(read_source(content, file), company, today)


def read_draft(text: str, company: Company, today: date | None = None) -> Reading:
    """Read the draft of a company's menus: a whole company file, which has a head, or the sections of menus alone."""
    source = read_source(text, "draft")
    return check_company(source, today) if _is_whole(source) else _read(source, company, today)


def export_menus(company: Company) -> str:
    """What `read_menus` reads: the sections of menus alone, without tests, which are not stored."""
    return export_sections(company, OF_MENUS)


def menus_of(text: str) -> str:
    """The sections of menus in the text of a draft, as they are written there, with the comments above each; where
    they stand alone they are left as they are."""
    source = read_source(text)
    if not _is_whole(source):
        return text
    lines = text.splitlines(keepends=True)
    begins = sorted((_first_line(lines, source.spot((name,)).line, name), name) for name in source.data)
    ends = [begin for begin, _ in begins[1:]] + [len(lines)]
    kept = {name: content for name, content in source.data.items() if name in {FORM, *OF_MENUS}}
    parts = [lines[begin:end] for (begin, name), end in zip(begins, ends, strict=True) if name in kept]
    cut = "".join(line for part in parts for line in part)
    # What is written in one line, or by aliases of other sections, cannot be cut.
    if read_source(cut).data == kept:
        return cut
    remarks = Remarks.of(placed(source.comments, source.data, kept))
    sections = (
        [*noted.above(0), section_text(name, content, noted)]
        for name, content in kept.items()
        for noted in [remarks.at(name)]
    )
    return "\n".join(line for section in sections for line in section)


def _is_whole(source: Source) -> bool:
    return isinstance(source.data, dict) and HEAD in source.data


def _first_line(lines: list[str], line: int, name: str) -> int:
    """Where a section begins that has its name on this line (from 1): with what is noted above it, which is about the
    whole file where it stands above its form. From 0."""
    first = line - 1
    while first > 0 and name != FORM and re.match(r"#|\s*$", lines[first - 1]):
        first -= 1
    return first


def _read(source: Source, company: Company, today: date | None) -> Reading:
    if isinstance(source.data, dict):
        for name in [name for name in source.data if name in _REST]:
            cure = f"Import it; menus are {listed(OF_MENUS)}"
            source.faults.append(Fault((name,), "is no section of menus", cure, spot=source.spot((name,))))
            del source.data[name]
    rest = read_source(export_sections(company, _REST), STORED)
    return check_company(put_together([source, rest]), today)
