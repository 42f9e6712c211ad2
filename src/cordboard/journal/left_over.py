"""History that was told and could not be written before its recorder ended: what it is, and how it is written later."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.journal.ended import Ended, keep_ended
from cordboard.store.engine import Session
from cordboard.store.journal import find_calls, record_calls, record_facts
from cordboard.store.records import AgentSpan, CallRecord, FactRecord
from cordboard.store.spans import record_spans


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Received calls with what is new of them, calls that are over, and what agents did."""

    calls: tuple[CallRecord, ...] = ()
    facts: tuple[FactRecord, ...] = ()
    ended: tuple[Ended, ...] = ()
    spans: tuple[AgentSpan, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.calls or self.ended or self.spans)


async def keep_left_over(session: Session, left: LeftOver) -> None:
    """Keep it. A call that was closed by others meanwhile stays closed."""
    known = await find_calls(session, [(call.node, call.uniqueid) for call in left.calls])
    closed = {(call.node, call.uniqueid) for call in known if call.outcome is not None}
    await record_calls(session, [call for call in left.calls if (call.node, call.uniqueid) not in closed])
    await record_facts(session, left.facts)
    await keep_ended(session, left.ended)
    await record_spans(session, left.spans)
