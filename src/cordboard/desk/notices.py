"""What other systems were not told: looked at, told again now, or dropped; who did so is in the audit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from cordboard.store.audit import record_audit
from cordboard.store.engine import Session, Store
from cordboard.store.notices import KeptNotice, drop_notice, list_notices, try_again
from cordboard.store.records import AuditEntry

RETRIED, DROPPED = "notice_retried", "notice_dropped"


class Notices:
    """Raises StoreError where the database is away."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    async def waiting(self) -> tuple[KeptNotice, ...]:
        """Those that are given up first, then those that are told again soonest."""
        async with self._store.reading() as session:
            return await list_notices(session)

    async def retry(self, key: str, actor: str) -> bool:
        """Let it be told again at once, with all its tries; False: there is none of this key."""
        now = self._clock()
        return await self._do(key, actor, RETRIED, lambda session: try_again(session, key, now))

    async def drop(self, key: str, actor: str) -> bool:
        """Forget it; False: there is none of this key."""
        return await self._do(key, actor, DROPPED, lambda session: drop_notice(session, key))

    async def _do(
        self, key: str, actor: str, action: str, deed: Callable[[Session], Awaitable[KeptNotice | None]]
    ) -> bool:
        async with self._store.transaction() as session:
            notice = await deed(session)
            if notice is None:
                return False
            entry = AuditEntry(
                at=self._clock(),
                actor=actor,
                action=action,
                object=key,
                detail=f"{notice.source}, step {notice.node}",
                company=notice.company,
            )
            await record_audit(session, entry)
        return True
