"""Records that wait for the database: bounded, counted, written in batches, each in the order in which it came."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

from cordboard.store.engine import Session, Store
from cordboard.store.errors import StoreError

R = TypeVar("R")


class Outbox(Generic[R]):
    """At most `most` records wait. Beyond it the oldest are given up, and counted in `lost`. `keep` writes them; it may
    be asked to write one twice."""

    def __init__(
        self, store: Store, keep: Callable[[Session, Sequence[R]], Awaitable[None]], *, batch: int, most: int
    ) -> None:
        self._store = store
        self._keep = keep
        self._most_in_batch = self._batch = batch
        self._most = most
        self._waiting: deque[R] = deque()
        self.kept = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[R]:
        return iter(self._waiting)

    def put(self, record: R) -> None:
        self._waiting.append(record)
        if len(self._waiting) > self._most:
            self._waiting.popleft()
            self.lost += 1

    async def write(self) -> None:
        """Keep the next batch. Raises StoreError; then the next batch is one record, and begins with another."""
        records = list(islice(self._waiting, self._batch))
        try:
            async with self._store.transaction() as session:
                await self._keep(session, records)
        except StoreError:
            self._batch = 1
            if self._waiting and self._waiting[0] is records[0]:
                self._waiting.rotate(-1)
            raise
        self._batch = min(self._batch * 2, self._most_in_batch)
        self.kept += len(records)
        for record in records:
            if self._waiting and self._waiting[0] is record:  # or it was given up while it was written
                self._waiting.popleft()
