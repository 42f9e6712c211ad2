"""What becomes of a request to be called back: after an attempt, when its time is over, when it is cancelled. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cordboard.store.callbacks import Callback, CallbackState

ANSWERED, DENIED, NOT_THERE = "answered", "denied", "not_there"
"""Results: he was reached; he may not be dialled; the company has not any more what he asked for."""
_RESULTS = {
    "ANSWER": ANSWERED,
    "BUSY": "busy",
    "NOANSWER": "no_answer",
    "CANCEL": "agent_hung_up",
    "CONGESTION": "failed",
    "CHANUNAVAIL": "failed",
    "DENIED-permission": DENIED,
    "DENIED-number": DENIED,
}
"""DIALSTATUS, and why it was not dialled -> what is said of it. A switch that died in the middle says DIALLING."""
UNKNOWN = "unknown"
AGAIN = timedelta(seconds=5)
"""After which somebody stands in for him again who was let out of the queue."""


def after_a_placing(request: Callback, kept: str, now: datetime) -> Callback:
    """Nobody stands in for him any more. `kept`: what the switch keeps of his being dialled; "" if he was not, which is
    no attempt."""
    request = replace(request, placed=None)
    if not kept:
        return replace(request, state=CallbackState.WAITING, due=now + AGAIN) if request.is_open else request
    result = _RESULTS.get(kept, "no_line" if kept.startswith("DENIED") else UNKNOWN)
    request = replace(request, attempts=request.attempts + 1, result=result)
    if result == ANSWERED:
        return replace(request, state=CallbackState.DONE, ended=now)
    if not request.is_open:
        return request
    if result == DENIED or request.attempts >= request.tries:
        return given_up(request, result, now)
    return replace(request, state=CallbackState.WAITING, due=now + timedelta(seconds=request.pause))


def given_up(request: Callback, result: str, now: datetime) -> Callback:
    return replace(request, state=CallbackState.GIVEN_UP, result=result, ended=now)


def cancelled(request: Callback, now: datetime) -> Callback:
    """Whoever stands in for him leaves the queue then; a talk that is up goes on."""
    return replace(request, state=CallbackState.CANCELLED, ended=now)
