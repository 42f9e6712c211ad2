"""One received call: what is known of it, and what each thing that happens to it means.

Everything follows from facts. A fact that is told twice (same moment, kind and data) is taken once, so that events
which come again after a relist change nothing. Pure; the moments come from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from ami.models import RESTART, Call, CallId, Fact, FactKind, Stage

MAX_FACTS = 2000  # a caller who circles in a menu all day must not fill the memory


@dataclass(frozen=True, slots=True)
class Offer:
    """A leg that rings for this call. `queue` is "" for a direct dial."""

    agent: str
    interface: str
    queue: str
    since: datetime


class Spell:
    """Time that runs and stops: seconds in `total`, the beginning of the running one in `since`."""

    __slots__ = ("since", "total")

    def __init__(self) -> None:
        self.since: datetime | None = None
        self.total = 0.0

    def start(self, at: datetime) -> None:
        if self.since is None:
            self.since = at

    def stop(self, at: datetime) -> float:
        """Seconds of the spell that ends here; a clock that was set back counts 0."""
        if self.since is None:
            return 0.0
        seconds = max(0.0, (at - self.since).total_seconds())
        self.since = None
        self.total += seconds
        return seconds


class ReceivedCall:
    """A call that came in, from its entry until its caller's channel is gone."""

    __slots__ = (
        "_held_in_talk",
        "_noted",
        "_value",
        "agent",
        "answered",
        "caller_name",
        "caller_number",
        "company",
        "detail",
        "did",
        "ended",
        "entered",
        "facts",
        "finished",
        "generation",
        "hangup_cause",
        "held",
        "holders",
        "id",
        "interface",
        "is_partial",
        "menu",
        "offers",
        "outcome",
        "parted",
        "peer",
        "position",
        "priority",
        "program",
        "queue",
        "rings_directly",
        "rung",
        "served_by",
        "talking",
        "waiting",
    )

    def __init__(self, call: CallId, entered: datetime, caller_number: str = "", caller_name: str = "") -> None:
        self.id = call
        self.company = ""
        self.did = ""
        self.caller_number = caller_number
        self.caller_name = caller_name
        self.entered = entered
        self.generation = 0
        self.is_partial = True
        self.program = Stage.ENTERING
        self.menu: str | None = None
        self.queue: str | None = None
        self.position: int | None = None
        self.priority = 0
        self.agent: str | None = None
        self.interface = ""  # of the agent who talks to the caller now
        self.peer = ""  # uniqueid of his leg
        self.served_by = ""  # the queue that brought the two together, "" if none did
        self.parted: datetime | None = None  # when caller and agent stopped sharing a bridge, if they did not return
        self.offers: dict[str, Offer] = {}  # by the uniqueid of the leg that rings
        self.rung: set[str] = set()  # every leg that ever rang for it
        self.finished: set[str] = set()  # every leg whose part in it is over
        self.answered: datetime | None = None
        self.ended: datetime | None = None
        self.rings_directly = False  # he waits for a person who was dialled, not in a queue's line
        self.waiting = Spell()
        self.talking = Spell()
        self.held = Spell()
        self._held_in_talk = 0.0
        self.holders: set[str] = set()  # uniqueids of the legs whose phone holds
        self.outcome: str | None = None
        self.detail = ""
        self.hangup_cause: int | None = None
        self.facts: list[Fact] = []
        self._noted: set[tuple[object, ...]] = set()
        self._value: Call | None = None

    # What it is now

    @property
    def is_talking(self) -> bool:
        return self.talking.since is not None

    @property
    def is_in_line(self) -> bool:
        return self.waiting.since is not None and not self.rings_directly

    @property
    def stage(self) -> Stage:
        if self.ended is not None:
            return Stage.ENDED
        if self.is_talking:
            return Stage.HELD if self.holders else Stage.TALKING
        if self.offers:
            return Stage.RINGING
        return Stage.WAITING if self.is_in_line else self.program

    def value(self) -> Call:
        """The frozen value; the same object while nothing changes."""
        if self._value is None:
            self._value = Call(
                id=self.id,
                company=self.company,
                did=self.did,
                caller_number=self.caller_number,
                caller_name=self.caller_name,
                entered=self.entered,
                generation=self.generation,
                stage=self.stage,
                menu=self.menu,
                queue=self.queue,
                position=self.position,
                joined=self.waiting.since,
                agent=self.agent,
                offered_to=tuple(dict.fromkeys(offer.agent for offer in self.offers.values())),
                answered=self.answered,
                talking_since=self.talking.since,
                held_since=self.held.since,
                ended=self.ended,
                waited=self.waiting.total,
                talked=self.talking.total,
                held_for=self.held.total,
                facts=tuple(self.facts),
                hangup_cause=self.hangup_cause,
                declared_outcome=self.outcome,
                declared_detail=self.detail,
                is_partial=self.is_partial,
            )
        return self._value

    def changed(self) -> None:
        self._value = None

    def copy(self) -> ReceivedCall:
        """A call that goes its own way from here."""
        twin = copy(self)
        twin.offers = dict(self.offers)
        twin.holders = set(self.holders)
        twin.rung = set(self.rung)
        twin.finished = set(self.finished)
        twin.facts = list(self.facts)
        twin._noted = set(self._noted)
        twin.waiting, twin.talking, twin.held = copy(self.waiting), copy(self.talking), copy(self.held)
        return twin

    def note(self, at: datetime, kind: str, data: Mapping[str, str]) -> bool:
        """Write a fact down; False if it is known already."""
        key = (at, kind, *data.values())
        if key in self._noted:
            return False
        if len(self.facts) < MAX_FACTS or kind in _ALWAYS_NOTED:
            self._noted.add(key)
            self.facts.append(Fact(at, kind, data))
        self._value = None
        return True

    # What the dialplan and the scripts tell

    def enter(self, at: datetime, did: str, company: str, generation: int, origin: str = "") -> None:
        self.did, self.company, self.generation = did, company, generation
        data = {"did": did, "company": company, "generation": str(generation)}
        if origin:
            data["origin"] = origin
        if self.note(at, FactKind.ENTERED, data):
            self.entered = at
            self.is_partial = False

    def show_menu(self, at: datetime, menu: str, version: str, by: str) -> None:
        if self.note(at, FactKind.MENU, {"menu": menu, "version": version, "by": by}):
            self.program, self.menu = Stage.MENU, menu

    def choose(
        self, at: datetime, menu: str, edge: str, key: str, by: str, how: Mapping[str, int], to: str = ""
    ) -> None:
        """`how`: how often he was silent, and wrong, before he left the menu; how surely it was understood, of 100, if
        he said it. `to`: the node that he came to."""
        told = {name: str(number) for name, number in how.items() if number > 0}
        self.note(at, FactKind.CHOICE, {"menu": menu, "edge": edge, "key": key, "by": by, **told, **_led(to)})

    def leave_step(self, at: datetime, node: str, way: str, to: str, version: str, by: str) -> None:
        self.note(at, FactKind.STEP, {"node": node, "way": way, "version": version, "by": by, **_led(to)})

    def record(self, at: datetime, recording: str, what: str, step: str) -> None:
        self.note(at, FactKind.RECORDED, {"recording": recording, "what": what, "step": step})

    def route(self, at: datetime, queue: str, priority: int, max_penalty: int, by: str, why: str) -> None:
        limits = {"priority": str(priority), "max_penalty": str(max_penalty)}
        data = {"queue": queue, **limits, "by": by, "why": why}
        if self.note(at, FactKind.ROUTED, data):
            self.program, self.priority = Stage.ROUTING, priority

    def leave_queue(self, at: datetime, queue: str, status: str) -> None:
        """Queue() returned: an agent cannot be ringing for it any more."""
        if self.note(at, FactKind.QUEUE_LEFT, {"queue": queue, "status": status}):
            self.waiting.stop(at)
            self.position = None
            for leg in [leg for leg, offer in self.offers.items() if offer.queue]:
                self.cancel_offer(at, leg)
            self.program = Stage.ROUTING

    def fall_back(self, at: datetime, script: str, reason: str) -> None:
        self.note(at, FactKind.FALLBACK, {"script": script, "reason": reason})

    def declare(self, at: datetime, outcome: str, detail: str) -> None:
        """Told just before the last prompt, or when a step gave an answer; "" takes back what was declared before."""
        if self.note(at, FactKind.OUTCOME, {"outcome": outcome, "detail": detail}):
            self.outcome, self.detail = outcome or None, detail
            if outcome:
                self.program = Stage.VOICEMAIL if outcome == "voicemail" else Stage.MESSAGE

    def answer(self, at: datetime, person: str) -> None:
        """A person who was dialled directly answered; the dial itself tells who talks since when."""
        if self.note(at, FactKind.ANSWERED, {"person": person}):
            self.answered = self.answered or at

    # Queues

    def join(self, at: datetime, queue: str, position: int, count: int) -> None:
        if self.note(at, FactKind.JOINED, {"queue": queue, "position": str(position), "count": str(count)}):
            self.complete(at)
            self.queue = queue
            self.program = Stage.ROUTING
            self.rings_directly = False
            self.waiting.start(at)

    def stop_waiting(self, at: datetime, queue: str, position: int) -> None:
        if self.note(at, FactKind.STOPPED_WAITING, {"queue": queue, "position": str(position)}):
            self.waiting.stop(at)
            self.position = None

    def give_up(self, at: datetime, queue: str, position: int, hold_seconds: int) -> None:
        data = {"queue": queue, "position": str(position), "hold_seconds": str(hold_seconds)}
        self.note(at, FactKind.GAVE_UP, data)

    # Offers, talk, hold

    def offer(self, leg: str, offer: Offer) -> None:
        data = {"agent": offer.agent, "interface": offer.interface, "queue": offer.queue}
        if leg in self.rung:
            return
        self.rung.add(leg)
        if self.note(offer.since, FactKind.OFFERED, data):
            self.offers[leg] = offer
            if not offer.queue and not self.is_talking and not self.is_in_line:
                self.rings_directly = True
                self.waiting.start(offer.since)

    def miss_offer(self, at: datetime, leg: str, ring_seconds: float | None = None) -> None:
        if (offer := self.offers.pop(leg, None)) is not None:
            if ring_seconds is None:
                ring_seconds = max(0.0, (at - offer.since).total_seconds())
            self._note_offer(at, FactKind.NOT_ANSWERED, offer, {"ring_seconds": f"{ring_seconds:.1f}"})

    def cancel_offer(self, at: datetime, leg: str) -> None:
        if (offer := self.offers.pop(leg, None)) is not None:
            self._note_offer(at, FactKind.OFFER_CANCELLED, offer, {})

    def _note_offer(self, at: datetime, kind: FactKind, offer: Offer, more: Mapping[str, str]) -> None:
        data = {"agent": offer.agent, "interface": offer.interface, "queue": offer.queue, **more}
        self.note(at, kind, data)
        if self.rings_directly and not self.offers:
            self.rings_directly = False
            self.waiting.stop(at)
        self.changed()

    def connect(
        self, at: datetime, leg: str, agent: str, interface: str, queue: str, hold_seconds: str, ring_seconds: str
    ) -> None:
        data = {
            "agent": agent,
            "interface": interface,
            "queue": queue,
            "hold_seconds": hold_seconds,
            "ring_seconds": ring_seconds,
        }
        if not self.note(at, FactKind.CONNECTED, data):
            return
        if self.peer != leg:
            self.complete(at)
        self.offers.pop(leg, None)
        self.waiting.stop(at)
        self.position = None
        if queue:
            self.queue = queue
        self.agent, self.interface, self.peer, self.served_by = agent, interface, leg, queue
        self.parted = None
        self.answered = self.answered or at
        self.talking.start(at)

    def talks_through(self, leg: str) -> None:
        """Say by which leg the agent talks, of a call that was recollected without."""
        self.peer = leg
        if self.held.since is not None:
            self.holders.add(leg)
        self.changed()

    def part(self, at: datetime) -> None:
        """Caller and agent are in no bridge together any more; they may come back."""
        if self.is_talking and self.parted is None:
            self.parted = at
            self.changed()

    def rejoin(self) -> None:
        if self.parted is not None:
            self.parted = None
            self.changed()

    def complete(self, at: datetime, hold_seconds: str = "", talk_seconds: str = "", reason: str = "") -> None:
        """The agent's part is over. If the two had parted before, it was over then: after a redirect app_queue tells it
        only at the caller's last hang-up."""
        if not self.is_talking:
            return
        at = min(at, self.parted) if self.parted is not None else at
        data = {
            "agent": self.agent or "",
            "queue": self.served_by,
            "hold_seconds": hold_seconds,
            "talk_seconds": talk_seconds,
            "reason": reason,
        }
        self.note(at, FactKind.COMPLETED, data)
        self.stop_talking(at)

    def stop_talking(self, at: datetime) -> None:
        """What follows from the end of a talk, without a word in the facts."""
        if self.is_talking:
            self._held_in_talk += self.held.stop(at)
            self.talking.stop(at)
            self.talking.total = max(0.0, self.talking.total - self._held_in_talk)
        self._held_in_talk = 0.0
        self.holders.clear()
        self.parted = None
        if self.peer:
            self.finished.add(self.peer)
        self.interface = self.peer = ""
        self.changed()

    def hold(self, at: datetime, leg: str, by: str) -> None:
        if not self.is_talking or leg in self.holders:
            return
        if not self.holders and self.note(at, FactKind.HELD, {"by": by}):
            self.held.start(at)
        self.holders.add(leg)
        self.changed()

    def resume(self, at: datetime, leg: str, by: str) -> None:
        if leg not in self.holders:
            return
        self.holders.discard(leg)
        self.changed()
        if not self.holders and self.note(at, FactKind.RESUMED, {"by": by}):
            self.end_hold(at)

    def end_hold(self, at: datetime) -> None:
        """What follows from the end of a hold, without a word in the facts."""
        self._held_in_talk += self.held.stop(at)

    def transfer(self, at: datetime, how: str, by: str, to: str, result: str) -> None:
        self.note(at, FactKind.TRANSFERRED, {"how": how, "by": by, "to": to, "result": result})

    # The end

    def hang_up(self, at: datetime, cause: int, text: str) -> None:
        """The caller's channel is gone."""
        if self.ended is None:
            self._close(at)
            self.note(at, FactKind.HUNG_UP, {"cause": str(cause), "text": text})
            self.hangup_cause = cause

    def lose(self, at: datetime, reason: str) -> None:
        """The call was gone when the switch was seen again; nobody saw how it ended, but that it ended with its
        switch."""
        if self.ended is None:
            if reason == RESTART:
                self.complete(at)
            else:
                # Spells that ran into the gap are not counted: nobody saw their end.
                self.waiting.since = self.talking.since = self.held.since = None
            self.note(at, FactKind.LOST, {"reason": reason})
            self._close(at)

    def _close(self, at: datetime) -> None:
        self.complete(at)
        for leg in list(self.offers):
            self.cancel_offer(at, leg)
        self.waiting.stop(at)
        self.position = None
        self.ended = at
        self.changed()


_ALWAYS_NOTED = frozenset({FactKind.OUTCOME, FactKind.CONNECTED, FactKind.COMPLETED, FactKind.HUNG_UP, FactKind.LOST})


def _led(to: str) -> dict[str, str]:
    """Where the flow led on to, if that is told."""
    return {"to": to} if to else {}
