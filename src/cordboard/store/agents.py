"""Who wants to be logged in: kept here, so that a switch that forgot its agents is told again."""

from dataclasses import asdict

from sqlalchemy import delete, insert, select, update

from cordboard.store.engine import Session
from cordboard.store.fetch import every, first
from cordboard.store.records import AgentLogin
from cordboard.store.tables import AgentLogin as Row
from cordboard.store.tables import table_of


async def keep_login(session: Session, login: AgentLogin) -> None:
    """The person is logged in like this from now on, whatever was before."""
    row = table_of(Row)
    values = asdict(login)
    changed = update(row).filter_by(company=login.company, person=login.person).values(values).returning(row.c.person)
    if (await session.execute(changed)).first() is None:
        await session.execute(insert(row).values(values))


async def forget_login(session: Session, company: str, person: str) -> bool:
    """Was the person logged in?"""
    row = table_of(Row)
    gone = await session.execute(delete(row).filter_by(company=company, person=person).returning(row.c.person))
    return gone.first() is not None


async def find_login(session: Session, company: str, person: str) -> AgentLogin | None:
    query = select(table_of(Row)).filter_by(company=company, person=person)
    row = await first(session, query)
    return AgentLogin(**row) if row else None


async def find_login_on(session: Session, company: str, endpoint: str) -> AgentLogin | None:
    """Who is logged in on this phone, if anybody."""
    row = await first(session, select(table_of(Row)).filter_by(company=company, endpoint=endpoint))
    return AgentLogin(**row) if row else None


async def list_logins(session: Session, company: str | None = None) -> tuple[AgentLogin, ...]:
    """Everybody of one company or of all, in the order of company and person."""
    row = table_of(Row)
    query = select(row).order_by(row.c.company, row.c.person)
    if company is not None:
        query = query.where(row.c.company == company)
    return tuple(AgentLogin(**found) for found in await every(session, query))
