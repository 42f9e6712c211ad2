"""How a conversation ended: one word, where or why, and who ended it. Pure; any conversation that is over gets one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ami.conversation import TALK, Direction, Doing, Ending, Party, Role, StepKind, Visit
from ami.parts import SAME, LiveConversation, Part

_MENUS = frozenset({"BackGround", "Background", "Read", "WaitExten", "AGI"})

_REFUSALS = frozenset({"Busy", "Congestion"})  # applications that end a call with a cause of the network's

LET_OUT = {
    "timeout": "late",
    "full": "full",
    "joinempty": "empty",
    "leaveempty": "empty",
    "joinunavail": "empty",
    "leaveunavail": "empty",
    "withdraw": "withdrawn",
}
"""QUEUESTATUS in the words of docs/live.md."""
_BUSY, _NO_ANSWER = frozenset({17}), frozenset({18, 19})
_BROKEN_LINE = frozenset({27, 34, 38, 41, 42, 44, 47, 58})  # causes that no hand produces
_DIALS = {"BUSY": "busy", "NOANSWER": "no_answer", "CONGESTION": "failed", "CHANUNAVAIL": "failed"}


@dataclass(frozen=True, slots=True)
class Account:
    """What the ending is read from."""

    live: LiveConversation
    direction: Direction
    parties: tuple[Party, ...]
    visits: tuple[Visit, ...]
    agent: str
    dialled: str


def ending_of(account: Account) -> Ending:
    """The first that holds: it went on as part of another; nobody saw its end; it spied; people talked; our dialplan
    declared it; it came to a mailbox; it was let out of a queue, or given up in one; whom it rang did not answer;
    nobody was rung at all."""
    live = account.live
    if live.merged_into is not None:
        return Ending("merged", str(live.merged_into))
    if lost := next((step for step in live.steps if step.kind == StepKind.LOST), None):
        return Ending("unseen", lost.data["reason"])
    by = _ended_by(account)
    if account.direction is Direction.SPYING:
        return Ending("spied", str(live.spies_on), by)
    if (talked := _talked(account, by)) is not None:
        return talked
    first = account.parties[0] if account.parties else None
    caller = live.parts.get(first.legs[0]) if first is not None else None
    if caller is None:
        return Ending("completed", "", by)
    word, detail = live.declared
    if word:
        return Ending(word, detail, by)
    if any(part.has_mailbox for part in live.parts.values()):
        return Ending("voicemail", _after_queue(account.visits), by)
    if account.visits and (waited := _waited(account, by)) is not None:
        return waited
    return _rang(account, caller, by)


def _talked(account: Account, by: str) -> Ending | None:
    """People talked to each other: `handled` for who came from outside, `answered` for calls that we made."""
    talkers = [party for party in account.parties if any(span.doing in TALK for span in party.spans)]
    if len(talkers) < 2:
        return None
    others = [party for party in talkers if party is not account.parties[0]] or talkers
    word = "handled" if account.direction is Direction.INBOUND else "answered"
    if all(party.role is Role.MEMBER for party in others):
        return Ending(word, f"conference:{account.live.conference}", by)
    if account.direction is not Direction.INBOUND:
        return Ending(word, _label(others[-1]), by)
    if all(party.is_outside and party.role is Role.CALLED for party in others):
        was_let_out = any(visit.end != "connected" for visit in account.visits)
        return Ending("overflowed" if was_let_out else "forwarded", _label(others[-1]), by)
    return Ending(word, account.agent or _label(others[-1]), by)


def _label(party: Party) -> str:
    """An agent's name; else what somebody is reached by: he may be called anything."""
    if party.role is Role.AGENT:
        return party.name
    return party.number or party.endpoint if party.is_outside else party.endpoint or party.number


def _after_queue(visits: Sequence[Visit]) -> str:
    return f"queue:{visits[-1].queue}:{visits[-1].end}" if visits else ""


def _waited(account: Account, by: str) -> Ending | None:
    """He was in a queue, or at its door."""
    last = account.visits[-1]
    if last.end == "abandoned":
        rang = [offer.agent for offer in last.offers if offer.result == "cancelled" and _is_end(last, offer.until)]
        return Ending("abandoned", f"ringing:{rang[-1]}" if rang else f"queue:{last.queue}", by)
    rung_after = [part for part in account.live.parts.values() if last.left is not None and part.joined > last.left]
    if rung_after:
        return None
    if last.end in LET_OUT:
        return Ending("dissuaded", LET_OUT[last.end], by)
    if by == Role.CALLER:
        return Ending("abandoned", f"queue:{last.queue}", by)
    return Ending("failed", f"queue:{last.queue}:{last.end}", by)


def _is_end(visit: Visit, at: datetime | None) -> bool:
    """Asterisk tells of one end in several events."""
    return at is not None and visit.left is not None and abs(at - visit.left) < SAME


def _rang(account: Account, caller: Part, by: str) -> Ending:
    """Nobody talked: what became of those who were rung, else of the caller alone."""
    live = account.live
    if failed := next((step for step in live.steps if step.kind == StepKind.ORIGINATE_FAILED), None):
        return Ending(_by_cause(caller.cause) or failed.data["reason"], caller.label, by)
    rung = [part for part in live.parts.values() if not part.is_local and not part.is_caller and part is not caller]
    if live.is_originated and caller.status not in ("", "ANSWER"):
        return Ending(_DIALS.get(caller.status, "failed"), caller.label, by)
    if rung:
        last = rung[-1]
        if caller.asked is not None and last.left is not None and last.left >= caller.asked:
            if account.direction is Direction.INBOUND:
                return Ending("abandoned", f"ringing:{last.label}", by)
            return Ending("cancelled", last.label, by)
        word = _DIALS.get(last.status) or _by_cause(last.cause) or "no_answer"
        return Ending(word, last.label if word != "failed" else f"cause:{last.cause}", by)
    if live.conference:
        return Ending("completed", f"conference:{live.conference}", by)
    return _alone(account, caller, by)


def _alone(account: Account, caller: Part, by: str) -> Ending:
    """Only the dialplan was there."""
    was_up = any(span.doing is Doing.PROGRAM for span in caller.spans)
    place = "menu" if caller.application in _MENUS else f"program:{caller.application}"
    if not caller.application:
        place = "entry" if account.direction is Direction.INBOUND else ""
    if by == Role.CALLER and account.direction is Direction.INBOUND:
        return Ending("abandoned", place, by)
    if (word := _by_cause(caller.cause)) and by != Role.CALLER:
        return Ending(word, f"cause:{caller.cause}", by)
    if caller.cause in _BROKEN_LINE and not account.live.is_originated:
        return Ending("failed", f"cause:{caller.cause}", by)
    return Ending("completed" if was_up else "failed", place, by)


def _by_cause(cause: int | None) -> str:
    if cause in _BUSY:
        return "busy"
    if cause in _NO_ANSWER:
        return "no_answer"
    return "failed" if cause in _BROKEN_LINE else ""


def _ended_by(account: Account) -> str:
    """The role of who hung up first in its last phase; else network, dialplan or switch."""
    live = account.live
    phase = max((span.since for party in account.parties for span in party.spans if span.doing in TALK), default=None)
    first: tuple[datetime, Part] | None = None
    for part in live.parts.values():
        if part.is_local or part.asked is None or (phase is not None and part.asked < phase):
            continue
        if first is None or part.asked < first[0]:
            first = part.asked, part
    if first is not None:
        for party in account.parties:
            if first[1].uniqueid in party.legs:
                return party.role.value
    people = [part for part in live.parts.values() if not part.is_local]
    if any(part.cause in _BROKEN_LINE and part.application not in _REFUSALS for part in people):
        return "network"
    reason = next((visit.reason for visit in reversed(account.visits) if visit.reason in ("caller", "agent")), "")
    if reason or not live.is_rich:
        return reason
    return "dialplan" if not live.is_originated or phase is not None else "switch"
