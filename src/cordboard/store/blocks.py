"""Callers who are not let in."""

from sqlalchemy import or_, select

from cordboard.store.engine import Session
from cordboard.store.fetch import every
from cordboard.store.numbers import international
from cordboard.store.tables import BlockedNumber, Company, table_of
from cordboard.store.values import Blocked
from cordboard.store.values import Company as CompanyValues


async def find_block(session: Session, company: str, caller: str) -> Blocked | None:
    """What stops this caller, if anything: the number itself before prefixes, the longest prefix first.

    `caller` is as the network gave it, `+33...`, `0033...` or `01...`."""
    row, head = table_of(BlockedNumber), table_of(Company)
    country = (await session.execute(select(head.c.country).filter_by(id=company))).scalar()
    if country is None:
        return None
    number = international(caller, country)
    prefixes = [number[:length] for length in range(1, len(number) + 1)]
    query = select(row).where(
        row.c.company == company,
        or_(row.c.is_prefix.is_(False) & (row.c.number == number), row.c.is_prefix & row.c.number.in_(prefixes)),
    )
    found = [
        Blocked(number=match["number"], is_prefix=match["is_prefix"], reason=match["reason"], message=match["message"])
        for match in await every(session, query)
    ]
    return _nearest(found)


def block_among(company: CompanyValues, caller: str) -> Blocked | None:
    """The same for a company in hand, stored or not."""
    number = international(caller, company.country)
    return _nearest(
        [
            block
            for block in company.blocked
            if (number.startswith(block.number) if block.is_prefix else number == block.number)
        ]
    )


def _nearest(found: list[Blocked]) -> Blocked | None:
    return min(found, key=lambda block: (block.is_prefix, -len(block.number)), default=None)
