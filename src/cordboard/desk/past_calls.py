"""What may be asked about calls that are over: the last of a company, and all that is known of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ami.conversation import Direction, Role
from cordboard.desk.errors import store_errors
from cordboard.desk.live_calls import Sight
from cordboard.journal.history import last_calls, past_call
from cordboard.store.engine import Store


class PastCalls:
    """Plain values, moments as they are, and no more than somebody of this sight is shown. Both raise DatabaseAway."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def last(
        self, company: str, limit: int, direction: Direction | None = None, sight: Sight = Sight.SPYING
    ) -> list[dict[str, Any]]:
        """Those that ended last, the latest first; with a direction those that went this way."""
        seen = [each for each in Direction if each is not Direction.SPYING or sight >= Sight.SPYING]
        wanted = [each for each in seen if direction in (None, each)]
        with store_errors():
            async with self._store.reading() as session:
                return [call.to_json() for call in await last_calls(session, company, limit, wanted)]

    async def one(self, company: str, node: str, uniqueid: str, sight: Sight = Sight.SPYING) -> dict[str, Any] | None:
        """The call of this id, or with this leg: `call` as the list has it, its `story` (None if nobody saw it to its
        end), and the `facts` of its received call. None if there is none, or it goes on."""
        with store_errors():
            async with self._store.reading() as session:
                found = await past_call(session, company, node, uniqueid)
        if found is None:
            return None
        call, facts = found
        row, story = call.to_json(), call.story
        if sight < Sight.SPYING:
            if row["direction"] == Direction.SPYING:
                return None
            if story is not None:
                parties = [party for party in story["parties"] if party["role"] != Role.SPY]
                story |= {"parties": parties, "spied_by": [], "spies_on": None}
        return {"call": row, "story": story, "facts": [asdict(fact) for fact in facts]}
