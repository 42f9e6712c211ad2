"""What may be asked about calls that are over: the last of a company, and all that is known of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ami.conversation import Direction
from cordboard.desk.errors import store_errors
from cordboard.journal.history import last_calls, past_call
from cordboard.store.engine import Store


class PastCalls:
    """Plain values, moments as they are. Both raise DatabaseAway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def last(self, company: str, limit: int, direction: Direction | None = None) -> list[dict[str, Any]]:
        """Those that ended last, the latest first."""
        with store_errors():
            async with self._store.reading() as session:
                return [call.to_json() for call in await last_calls(session, company, limit, direction)]

    async def one(self, company: str, node: str, uniqueid: str) -> dict[str, Any] | None:
        """The call of this id, or with this leg: `call` as the list has it, its `story` (None if nobody saw it to its
        end), and the `facts` of its received call. None if there is none, or it goes on."""
        with store_errors():
            async with self._store.reading() as session:
                found = await past_call(session, company, node, uniqueid)
        if found is None:
            return None
        call, facts = found
        return {"call": call.to_json(), "story": call.story, "facts": [asdict(fact) for fact in facts]}
