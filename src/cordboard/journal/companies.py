"""Companies as history needs them: read once, and again when they change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cordboard.store.company import company_revision, load_company
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownCompany
from cordboard.store.values import Company


@dataclass(slots=True)
class Companies:
    """Companies by id, read again when their revision changes."""

    known: dict[str, tuple[int, Company]] = field(default_factory=dict)

    def last_known(self, company: str) -> Company | None:
        """As it was read last, without the database."""
        return self.known[company][1] if company in self.known else None

    async def find(self, session: Session, company: str) -> Company | None:
        """This company as it is now; None if there is none. Raises StoreUnavailable."""
        revision = await company_revision(session, company)
        found = self.known.get(company)
        if found is None or found[0] != revision:
            try:
                found = self.known[company] = revision, await load_company(session, company)
            except UnknownCompany:
                self.known.pop(company, None)
                return None
        return found[1]

    async def named(self, session: Session, names: Iterable[str]) -> dict[str, Company]:
        """Those of these that there are. Raises StoreUnavailable."""
        found = {name: await self.find(session, name) for name in names}
        return {name: company for name, company in found.items() if company is not None}
