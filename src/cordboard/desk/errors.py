"""What keeps the desk from doing what it was asked.

DeskError
├── DatabaseAway       nothing can be read or kept now; nothing was changed
├── NoSuchCompany      there is no company of this id
├── NoSuchRevision     the company was never saved under this number, or before revisions were kept
├── NoSuchVersion      no such version of its menus is kept that can be read, or there is no draft
├── NoSuchRecording    no recording of this name is kept here
└── ChangedMeanwhile   somebody else saved the company while this was made ready; nothing was changed

A request that is understood and turned down is no error: its use-case answers `Refused`. Who may come in, and what
keeps somebody out, is the tree of access.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cordboard.store.errors import RevisionConflict, StoreError, UnknownCompany, UnknownVersion


class DeskError(Exception):
    """Base of what keeps the desk from working."""


class DatabaseAway(DeskError):
    """Nothing can be read or kept now."""


class NoSuchCompany(DeskError):
    def __init__(self, company: str) -> None:
        super().__init__(f"no company {company!r}")
        self.company = company


class NoSuchRevision(DeskError):
    def __init__(self, company: str, revision: int) -> None:
        super().__init__(f"company {company!r} has no revision {revision}")
        self.company = company
        self.revision = revision


class NoSuchRecording(DeskError):
    def __init__(self, name: str) -> None:
        super().__init__(f"no recording {name!r} is kept here")


class NoSuchVersion(DeskError):
    """`version` None: the draft."""

    def __init__(self, unknown: UnknownVersion) -> None:
        super().__init__(str(unknown))
        self.company = unknown.company
        self.version = unknown.version


class ChangedMeanwhile(DeskError):
    def __init__(self, company: str) -> None:
        super().__init__(f"company {company!r} was changed by somebody else meanwhile; nothing was stored, try again")
        self.company = company


@contextmanager
def store_errors() -> Iterator[None]:
    """Errors of the store leave the block as errors of the desk."""
    try:
        yield
    except UnknownCompany as error:
        raise NoSuchCompany(error.company) from error
    except UnknownVersion as error:
        raise NoSuchVersion(error) from error
    except RevisionConflict as error:
        raise ChangedMeanwhile(error.company) from error
    except StoreError as error:
        raise DatabaseAway(str(error)) from error
