"""Every call as people mean it, inbound, outbound and internal: noted when it is over, kept once by its id."""

from __future__ import annotations

from collections import deque
from itertools import islice

from ami.conversation import Conversation
from cordboard.journal.story import record_of
from cordboard.store.conversations import record_conversations
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.records import ConversationRecord


class Ended:
    """What waits for the database: at most `most` calls. Beyond it the oldest are given up, and counted in `lost`."""

    def __init__(self, store: Store, *, batch: int, most: int) -> None:
        self._store = store
        self._most_in_batch = self._batch = batch
        self._most = most
        self._waiting: deque[ConversationRecord] = deque()
        self.kept = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, conversation: Conversation) -> None:
        """Take one that is over. One without parties is the switch talking to itself, and no call."""
        if not conversation.parties:
            return
        self._waiting.append(record_of(conversation))
        if len(self._waiting) > self._most:
            self._waiting.popleft()
            self.lost += 1

    async def write(self) -> None:
        """Keep the next batch. Raises StoreError; then the next batch is one call, and begins with another."""
        records = list(islice(self._waiting, self._batch))
        try:
            async with self._store.transaction() as session:
                await record_conversations(session, records)
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
