"""A company with what the author of its file noted there."""

from dataclasses import replace

from cordboard.documents.flow_tests import SECTION
from cordboard.documents.remarks import placed, still_there
from cordboard.documents.source import Source
from cordboard.documents.writing import document_of
from cordboard.store.values import Company


def annotated(company: Company, source: Source) -> Company:
    """With what the file that it was read from notes. Tests are not kept, and neither is what is noted there."""
    noted = {path: comment for path, comment in source.comments.items() if path[:1] != (SECTION,)}
    return replace(company, comments=placed(noted, source.data, document_of(company))) if noted else company


def annotated_as(company: Company, before: Company) -> Company:
    """With what was noted of it before, where the parts that it was about are still there."""
    return replace(company, comments=still_there(before.comments, document_of(company)))
