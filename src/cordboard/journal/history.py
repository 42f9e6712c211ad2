"""The calls that are over, as people look for them: each once, with what the journal knows of it from both sides.

A received call has its outcome, its agent and why that one in its own row; the call as people mean it has everybody who
took part, and when. One that nobody received from outside has the second alone; one that nobody followed to its end, or
at all, the first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ami.conversation import Direction
from cordboard.store.conversations import conversation_with, find_conversations, last_conversations
from cordboard.store.engine import Session
from cordboard.store.fetch import Key
from cordboard.store.journal import facts_of, find_calls, last_outcomes
from cordboard.store.records import CallRecord, ConversationRecord, FactRecord

_NOT_SEEN = {
    "direction": Direction.INBOUND.value,
    "dialled": "",
    "ended_by": "",
    "rang": 0.0,
    "parked": 0.0,
    "merged_into": None,
    "message_left": None,
    "is_repaired": False,
}
"""What only the whole knows, of a received call that nobody saw as a whole."""
_BORN = re.compile(r"(\d{9,10})\.\d+$")
"""A uniqueid ends in the second in which its channel began, and its number."""
_AROUND = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call that is over: at least one of the two is there. `is_another`: of the received calls that became this
    whole it is not the one that is listed under its id, but under its own."""

    received: CallRecord | None
    whole: ConversationRecord | None
    is_another: bool = False

    @property
    def id(self) -> str:
        """The same in AMI, AGI, CDR and recordings: the switch and the call's first linkedid."""
        either = self.received if self.is_another else self.whole or self.received
        assert either is not None
        return f"{either.node}/{either.uniqueid}"

    @property
    def ended(self) -> datetime:
        both = (self.received, None if self.is_another else self.whole)
        ends = [each.ended for each in both if each is not None and each.ended is not None]
        return max(ends)

    def to_json(self) -> dict[str, Any]:
        """Plain values, moments as they are. What the dialplan and the queues told of a received call goes first."""
        received, whole = self.received, self.whole
        row: dict[str, Any] = {"id": self.id}
        if received is not None:
            row |= asdict(received)
        if whole is not None and received is None:
            row |= {name: value for name, value in asdict(whole).items() if name not in ("story", "started")}
            row |= {"did": None, "entered": whole.started, "why": {}, "generation": 0, "conversation": whole.uniqueid}
        return row | ({name: getattr(whole, name) for name in _NOT_SEEN} if whole is not None else _NOT_SEEN)

    @property
    def story(self) -> dict[str, Any] | None:
        """Everybody and everything in it, as `cordboard replay` tells a call; None if nobody saw it to its end. Of one
        that was asked for, not listed."""
        return json.loads(self.whole.story) if self.whole is not None else None


async def last_calls(
    session: Session, company: str, limit: int, directions: Collection[Direction] = tuple(Direction)
) -> tuple[PastCall, ...]:
    """The calls of a company that ended last and went these ways, the latest first. Raises: StoreUnavailable."""
    received = await last_outcomes(session, company, limit) if Direction.INBOUND in directions else ()
    latest = await last_conversations(session, company, limit, directions)
    wholes = {_key(each): each for each in latest}
    wholes |= await find_conversations(session, [key for each in received if (key := _whole_key(each)) not in wholes])
    calls: dict[Key, PastCall] = {}
    for each in received:
        key = _whole_key(each)
        whole = wholes.get(key)  # which may go on when its caller has left
        if key in calls or whole is None:
            calls[_key(each)] = PastCall(each, whole, is_another=whole is not None)
        else:
            calls[key] = PastCall(each, whole)
    others = [_key(each) for each in latest if _key(each) not in calls]
    begun = {_key(each): each for each in await find_calls(session, others)}
    calls |= {key: PastCall(begun.get(key), wholes[key]) for key in others}
    return tuple(sorted(calls.values(), key=lambda call: (call.ended, call.id), reverse=True)[:limit])


async def past_call(
    session: Session, company: str, node: str, uniqueid: str
) -> tuple[PastCall, tuple[FactRecord, ...]] | None:
    """The call of a company of which this is the id, or any leg's uniqueid, with the facts of its received call; None
    if there is none, or it goes on. Raises: StoreUnavailable."""
    received = next(iter(await find_calls(session, [(node, uniqueid)])), None)
    key = _whole_key(received) if received is not None else (node, uniqueid)
    whole = (await find_conversations(session, [key], with_story=True)).get(key) or await _with_leg(
        session, company, uniqueid
    )
    if received is None and whole is not None:
        legs = [leg for party in json.loads(whole.story)["parties"] for leg in party["legs"]]
        received = next(iter(await find_calls(session, [(whole.node, leg) for leg in legs])), None)
    call = PastCall(received if received is not None and received.outcome is not None else None, whole)
    if {each.company for each in (call.received, call.whole) if each is not None} != {company}:
        return None
    facts = await facts_of(session, call.received.node, call.received.uniqueid) if call.received is not None else ()
    return call, facts


async def _with_leg(session: Session, company: str, uniqueid: str) -> ConversationRecord | None:
    born = _BORN.search(uniqueid)
    if born is None:
        return None
    moment = datetime.fromtimestamp(int(born[1]), UTC)
    return await conversation_with(session, company, uniqueid, moment - _AROUND, moment + _AROUND)


def _key(record: CallRecord | ConversationRecord) -> Key:
    return record.node, record.uniqueid


def _whole_key(received: CallRecord) -> Key:
    return received.node, received.conversation or received.uniqueid
