"""What can go wrong in the store.

StoreError
├── StoreUnavailable    the database cannot be opened, reached, written or is locked for too long
├── SchemaMismatch      the database was made by another version; run the migration, or a newer Cordboard
├── UnknownCompany      no company has this id
├── UnknownRevision     the company was never saved under this number, or before revisions were kept
├── UnknownVersion      no such version of its menus is kept that can be read, or there is no draft
├── RevisionConflict    somebody else saved the company meanwhile
├── NumberTaken         a DID belongs to another company already
├── Conflict            a row contradicts another one
└── ValueRefused        a foreign database cannot read a value as what its query takes
"""


class StoreError(Exception):
    """Base of all errors of the store."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, reached or written."""


class SchemaMismatch(StoreError):
    """The database's schema is not the one this version works with."""


class UnknownCompany(StoreError):
    def __init__(self, company: str) -> None:
        super().__init__(f"no company {company!r}")
        self.company = company


class UnknownRevision(StoreError):
    def __init__(self, company: str, number: int) -> None:
        super().__init__(f"revision {number} of company {company!r} is not kept")
        self.company = company
        self.number = number


class UnknownVersion(StoreError):
    """`version` None: the draft; `why`: why the one that there is cannot be read."""

    def __init__(self, company: str, version: int | None = None, why: str = "") -> None:
        named = "draft" if version is None else f"version {version}"
        unread = f" that can be read ({why})" if why else ""
        super().__init__(f"company {company!r} has no {named} of its menus{unread}; see `cordboard flow versions`")
        self.company = company
        self.version = version


class RevisionConflict(StoreError):
    """`found` is the revision in the database, `expected` the one the caller had seen."""

    def __init__(self, company: str, expected: int, found: int) -> None:
        super().__init__(f"company {company!r} is at revision {found}, not {expected}")
        self.company = company
        self.expected = expected
        self.found = found


class NumberTaken(StoreError):
    def __init__(self, number: str, company: str) -> None:
        super().__init__(f"number {number} belongs to company {company!r}")
        self.number = number
        self.company = company


class Conflict(StoreError):
    """A row contradicts another: something referred to is missing, or exists twice."""


class ValueRefused(StoreError):
    """A foreign database is there, and cannot read a value as what its query takes."""
