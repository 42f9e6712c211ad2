"""Switches and the generations of configuration that were made for them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, insert, select, update

from cordboard.store.credentials import new_secret
from cordboard.store.engine import Session
from cordboard.store.fetch import every, first
from cordboard.store.records import Generation, GenerationState, Switch, SwitchSecrets
from cordboard.store.tables import Generation as GenerationRow
from cordboard.store.tables import Switch as SwitchRow
from cordboard.store.tables import table_of

RUN_ACCOUNT = "cordboard-run"
DEPLOY_ACCOUNT = "cordboard-deploy"


async def ensure_switch(session: Session, node: str, secrets: SwitchSecrets | None = None) -> Switch:
    """The switch of this name; its accounts' secrets are made at first sight and kept. Given ones are taken instead, in
    place of those that are there."""
    known = await find_switch(session, node)
    if known is None:
        chosen = secrets or SwitchSecrets(run=SecretStr(new_secret()), deploy=SecretStr(new_secret()))
        columns = {"node": node, "run_username": RUN_ACCOUNT, "deploy_username": DEPLOY_ACCOUNT}
        await session.execute(insert(table_of(SwitchRow)).values(columns | _secret_columns(chosen)))
    elif secrets and secrets != SwitchSecrets(run=known.run_secret, deploy=known.deploy_secret):
        await session.execute(update(table_of(SwitchRow)).filter_by(node=node).values(_secret_columns(secrets)))
    else:
        return known
    kept = await find_switch(session, node)
    assert kept is not None
    return kept


async def find_switch(session: Session, node: str) -> Switch | None:
    row = await first(session, select(table_of(SwitchRow)).filter_by(node=node))
    return _switch(row) if row else None


async def next_generation(session: Session, node: str) -> int:
    """One above the greatest number that was ever given on this switch; 1 on a new one."""
    row = table_of(GenerationRow)
    return ((await session.execute(select(func.max(row.c.number)).where(row.c.node == node))).scalar() or 0) + 1


async def add_generation(session: Session, generation: Generation) -> None:
    """Raises: Conflict (at the end of the statement) when the number was given meanwhile."""
    await session.execute(
        insert(table_of(GenerationRow)).values(
            node=generation.node,
            number=generation.number,
            state=str(generation.state),
            revisions=dict(generation.revisions),
            manifest=dict(generation.manifest),
            created=generation.created,
            by=generation.by,
            changed=generation.changed,
        )
    )


async def mark_generation(session: Session, node: str, number: int, state: GenerationState, at: datetime) -> None:
    """A generation that is confirmed replaces the one confirmed before it."""
    row = table_of(GenerationRow)
    if state is GenerationState.CONFIRMED:
        await session.execute(
            update(row)
            .where(row.c.node == node, row.c.number != number, row.c.state == str(GenerationState.CONFIRMED))
            .values(state=str(GenerationState.REPLACED), changed=at)
        )
    await session.execute(
        update(row).where(row.c.node == node, row.c.number == number).values(state=str(state), changed=at)
    )


async def find_generation(session: Session, node: str, number: int) -> Generation | None:
    row = await first(session, select(table_of(GenerationRow)).filter_by(node=node, number=number))
    return _generation(row) if row else None


async def list_generations(
    session: Session, node: str, limit: int | None = 20, *, since: int = 1
) -> tuple[Generation, ...]:
    """From number `since` on, the newest first. `limit` None: all of them."""
    row = table_of(GenerationRow)
    query = select(row).where(row.c.node == node, row.c.number >= since).order_by(row.c.number.desc()).limit(limit)
    return tuple(_generation(found) for found in await every(session, query))


async def revisions_applied(session: Session, company: str) -> Mapping[str, int | None]:
    """Switch -> the revision of a company that it runs, None if it has nothing of it. A switch to which nothing was
    ever applied is not among them."""
    row = table_of(GenerationRow)
    states = (str(GenerationState.APPLIED), str(GenerationState.CONFIRMED))
    query = select(row.c.node, row.c.revisions).where(row.c.state.in_(states)).order_by(row.c.number)
    return {found["node"]: found["revisions"].get(company) for found in await every(session, query)}


def _secret_columns(secrets: SwitchSecrets) -> dict[str, str]:
    return {"run_secret": secrets.run.get_secret_value(), "deploy_secret": secrets.deploy.get_secret_value()}


def _switch(row: dict[str, Any]) -> Switch:
    return Switch(
        **row | {"run_secret": SecretStr(row["run_secret"]), "deploy_secret": SecretStr(row["deploy_secret"])}
    )


def _generation(row: dict[str, Any]) -> Generation:
    return Generation(**row | {"state": GenerationState(row["state"])})
