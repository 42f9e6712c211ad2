"""A received call as it was when its last kept fact was told, for a program that begins in the middle of it.

Where it stands and since when follows from its facts. By which legs it does is told by the first list of the switch
(see `ami.relist`). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ami.models import CallId, Fact, FactKind, Stage
from ami.received import ReceivedCall

_OUT_OF_LINE = frozenset({FactKind.STOPPED_WAITING, FactKind.QUEUE_LEFT, FactKind.CONNECTED})
_RANG_IN_VAIN = frozenset({FactKind.NOT_ANSWERED, FactKind.OFFER_CANCELLED})


def recollected(
    call: CallId, caller_number: str, caller_name: str, entered: datetime, facts: Iterable[Fact]
) -> ReceivedCall:
    """The call that these facts tell of, in their order."""
    found = ReceivedCall(call, entered, caller_number, caller_name)
    for fact in facts:
        found.note(fact.at, fact.kind, fact.data)
        _take(found, fact)
    return found


def _take(call: ReceivedCall, fact: Fact) -> None:
    at, kind, data = fact.at, fact.kind, fact.data
    if kind in _OUT_OF_LINE or (kind in _RANG_IN_VAIN and call.rings_directly):
        call.waiting.stop(at)
        call.rings_directly = False
    match kind:
        case FactKind.ENTERED:
            call.did, call.company = data.get("did", ""), data.get("company", "")
            call.generation = int(data.get("generation") or 0)
            call.entered, call.is_partial = at, False
        case FactKind.MENU:
            call.program, call.menu = Stage.MENU, data.get("menu")
        case FactKind.ROUTED:
            call.program, call.priority = Stage.ROUTING, int(data.get("priority") or 0)
        case FactKind.JOINED:
            call.queue, call.program = data.get("queue"), Stage.ROUTING
            call.stop_talking(at)
            call.waiting.start(at)
        case FactKind.OFFERED if not data.get("queue") and not call.is_talking and not call.is_in_line:
            call.rings_directly = True
            call.waiting.start(at)
        case FactKind.CONNECTED:
            if call.interface != data.get("interface"):
                call.stop_talking(at)
            call.agent, call.interface = data.get("agent"), data.get("interface", "")
            call.served_by = data.get("queue", "")
            call.answered = call.answered or at
            call.talking.start(at)
        case FactKind.HELD:
            call.held.start(at)
        case FactKind.RESUMED:
            call.end_hold(at)
        case FactKind.COMPLETED:
            call.stop_talking(at)
        case FactKind.OUTCOME:
            call.outcome, call.detail = data.get("outcome") or None, data.get("detail", "")
            if call.outcome:
                call.program = Stage.VOICEMAIL if call.outcome == "voicemail" else Stage.MESSAGE
