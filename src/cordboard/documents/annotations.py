"""A company with what the author of its file noted there; a draft with what is noted at its tests, too."""

from dataclasses import replace

from cordboard.documents.flow_tests import SECTION
from cordboard.documents.remarks import fitted, placed, still_there
from cordboard.documents.source import Source
from cordboard.documents.writing import document_of, export_document
from cordboard.store.flow_menus import with_flow_of
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


def with_noted_flow_of(company: Company, source: Company) -> Company:
    """The company with the menus of `source`, and what is noted there: of a part of a number that the company does not
    have, at the end of the number."""
    met = with_flow_of(company, source)
    return replace(met, comments=fitted(met.comments.items(), document_of(met))) if met.comments else met


def annotated_as(company: Company, before: Company) -> Company:
    """With what was noted of it before, where the parts that it was about are still there."""
    return replace(company, comments=still_there(before.comments, document_of(company)))
