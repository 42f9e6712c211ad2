"""A company with what the author of its file noted there; a draft with what is noted at its tests, too."""

from dataclasses import replace

from cordboard.documents.flow_tests import SECTION
from cordboard.documents.remarks import placed, still_there
from cordboard.documents.source import Source
from cordboard.documents.writing import document_of, export_document
from cordboard.store.values import Company


def annotated(company: Company, source: Source) -> Company:
    """With what the file that it was read from notes. Tests are not kept, and neither is what is noted there."""
    noted = {path: comment for path, comment in source.comments.items() if path[:1] != (SECTION,)}
    return replace(company, comments=placed(noted, source.data, document_of(company))) if noted else company


def export_draft(company: Company, source: Source) -> str:
    """The company file with the tests of the file that it was read from, and what is noted there."""
    tests = {SECTION: source.data.get(SECTION) or {}}
    noted = {path: comment for path, comment in source.comments.items() if path[:1] == (SECTION,)}
    comments = {**company.comments, **placed(noted, source.data, tests)}
    return export_document(replace(company, comments=comments), document_of(company) | tests)


def annotated_as(company: Company, before: Company) -> Company:
    """With what was noted of it before, where the parts that it was about are still there."""
    return replace(company, comments=still_there(before.comments, document_of(company)))
