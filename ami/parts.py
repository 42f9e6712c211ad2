"""What is collected of a conversation while it lives: its legs with what each was doing, its queue visits, its steps.

Only levels are kept: what is told twice, or late, changes nothing or corrects nothing that is over. Pure; the moments
come from outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ami.conversation import TALK, Conversation, Doing, Listener, Offered, Recording, Role, Span, StepKind, Visit
from ami.fields import Leg, endpoint_of
from ami.models import CallId, ChannelState, Fact

if TYPE_CHECKING:
    from ami.glance import Glance

MAX_SPANS, MAX_PARTS, MAX_STEPS = 500, 300, 500  # a caller who is rung around all day must not fill the memory
GRACE = timedelta(seconds=0.1)
"""A leg that changes from one bridge to another is in none for an instant: that is no end of a talk."""
SAME = timedelta(seconds=2)  # a step told again within this time is the same one

# Channels that Asterisk makes for itself: the halves of Local channels, and what carries a transfer, an announcement or
# a message
NOBODY = ("Local/", "AsyncGoto/", "Surrogate/", "CBAnn/", "CBRec/", "Announcer/", "Recorder/", "Bridge/", "Message/")
TOGETHER = TALK | {Doing.PARKED}
APART = frozenset({Doing.PROGRAM, Doing.CONNECTING, Doing.CALLING, Doing.ALONE})


_PASSING_NAMES = ("<MASQ>", "<ZOMBIE>")  # of a channel whose phone moves to another


class Part:
    """One leg's part in a conversation."""

    __slots__ = (
        "answers",
        "application",
        "asked",
        "caller_name",
        "cause",
        "context",
        "dialled_by",
        "dials",
        "doing",
        "endpoint",
        "exten",
        "has_left_message",
        "has_mailbox",
        "held_in",
        "is_caller",
        "is_local",
        "joined",
        "left",
        "left_others",
        "linkedid",
        "loose",
        "loose_doing",
        "member",
        "name",
        "number",
        "pair",
        "queue",
        "role",
        "since",
        "space",
        "spans",
        "spies",
        "state",
        "status",
        "uniqueid",
    )

    def __init__(self, leg: Leg, joined: datetime, *, is_caller: bool) -> None:
        self.uniqueid = leg.uniqueid
        self.linkedid = leg.linkedid
        self.number = leg.caller_number
        self.caller_name = leg.caller_name
        self.context, self.exten = leg.context, leg.exten  # where it was born
        self.is_local = leg.name.startswith(NOBODY)  # nobody is behind it
        self.is_caller = is_caller
        self.dialled_by = ""  # uniqueid
        self.dials: dict[str, bool] = {}  # legs that ring for it -> has it answered?
        self.answers = 0  # how many legs that it dialled answered
        self.pair = ""  # uniqueid of the other half of a Local channel
        self.role: Role | None = None
        self.member = ""  # name of the queue's member that it is a leg to
        self.joined = joined
        self.left: datetime | None = None
        self.cause: int | None = None
        self.state: ChannelState | None = None  # its channel's, when it was last looked at
        self.status = ""  # how a dial to it ended
        self.asked: datetime | None = None  # when its phone hung up
        self.application = ""  # the last one that the dialplan ran for it
        self.queue = ""  # the queue for which it last ran Queue()
        self.has_mailbox = False  # was it ever with a mailbox?
        self.has_left_message = False
        self.spans: list[Span] = []
        self.doing: Doing | None = None
        self.since = joined
        self.loose: datetime | None = None  # since when it is in no company any more, if that lasts ...
        self.loose_doing: Doing | None = None  # ... and what it then does
        self.left_others: tuple[str, ...] = ()  # the legs it left behind when it was taken out of their bridge
        self.held_in = ""  # the bridge in which its phone holds
        self.space = ""  # where it is parked now
        self.spies = ""  # uniqueid of the leg that it listens to
        self.endpoint = ""
        self.rename(leg.name)

    def rename(self, name: str) -> None:
        self.name = name
        if not name.endswith(_PASSING_NAMES):
            self.endpoint = endpoint_of(name) or ""

    def is_another(self, name: str) -> bool:
        """Whether a new name means that another phone is behind this leg now: a masquerade."""
        is_passing = name.endswith(_PASSING_NAMES) or self.name.endswith(_PASSING_NAMES)
        return not is_passing and not self.is_local and (endpoint_of(name) or "") != self.endpoint

    @property
    def label(self) -> str:
        """A short name for steps."""
        return self.endpoint or self.number or self.name

    @property
    def has_talked(self) -> bool:
        return self.doing in TOGETHER or any(span.doing in TOGETHER for span in self.spans)

    def be(self, doing: Doing | None, at: datetime) -> None:
        """Do this from now on. An instant of nothing leaves no trace."""
        since, between, self.loose = self.loose, self.loose_doing, None
        if doing is self.doing:
            return
        if since is None:
            self._turn_to(doing, at)
        elif doing is between or (doing is not None and at - since < GRACE):
            self._turn_to(doing, since)
        else:
            self._turn_to(between if at - since >= GRACE else None, since)
            self._turn_to(doing, at)

    def _turn_to(self, doing: Doing | None, at: datetime) -> None:
        at = max(at, self.since)
        if doing is self.doing:
            return
        if self.doing is not None and at > self.since:
            self.spans.append(Span(self.doing, self.since, at))
            del self.spans[:-MAX_SPANS]
        self.doing, self.since = doing, at
        if doing is not None and self.spans and (last := self.spans[-1]).doing is doing and last.until == at:
            self.since = self.spans.pop().since

    def is_let_go(self, doing: Doing, at: datetime) -> bool:
        """It is in no company any more: has that lasted long enough to be one, or is it on its way to the next?"""
        if self.loose is None:
            self.loose = at
        if at - self.loose < GRACE:
            self.loose_doing = doing
            return False
        return True

    def leave(self, at: datetime) -> None:
        """The leg is gone."""
        if self.left is None:
            self.be(None, at)
            self.left = at
            self.dials.clear()
            self.held_in = self.space = self.spies = ""

    def all_spans(self) -> tuple[Span, ...]:
        if self.doing is None:
            return tuple(self.spans)
        if self.loose is None or self.loose_doing is None:
            return (*self.spans, Span(self.doing, self.since))
        ended = () if self.loose <= self.since else (Span(self.doing, self.since, self.loose),)
        return (*self.spans, *ended, Span(self.loose_doing, self.loose))

    def copy(self) -> Part:
        """A part that goes its own way from here."""
        twin = copy(self)
        twin.dials, twin.spans = dict(self.dials), list(self.spans)
        return twin


class LiveVisit:
    """A caller in one queue, once."""

    __slots__ = (
        "agent",
        "caller",
        "completed",
        "connected",
        "gave_up",
        "hold_seconds",
        "joined",
        "left",
        "offers",
        "parted",
        "peer",
        "position",
        "queue",
        "reason",
        "status",
        "talk_seconds",
    )

    def __init__(self, caller: str, queue: str, joined: datetime | None, position: int) -> None:
        self.caller = caller
        self.queue = queue
        self.joined = joined
        self.left: datetime | None = None
        self.position = position
        self.gave_up: datetime | None = None
        self.connected: datetime | None = None
        self.completed: datetime | None = None
        self.parted: datetime | None = None  # when one of the two was taken out of the talk
        self.status = ""  # QUEUESTATUS
        self.agent = ""
        self.peer = ""  # uniqueid of the agent's leg
        self.reason = ""
        self.hold_seconds: int | None = None
        self.talk_seconds: int | None = None
        self.offers: dict[str, Offered] = {}

    @property
    def is_open(self) -> bool:
        return self.left is None

    def leave(self, at: datetime) -> None:
        self.left = self.left or at
        for leg, offer in self.offers.items():
            if offer.until is None:
                self.end_offer(leg, at, "answered" if leg == self.peer else "cancelled")

    def end_offer(self, leg: str, at: datetime, result: str) -> None:
        """The first that tells how an offer ended is right, but that app_queue says of a refusal too that nobody
        answered."""
        offer = self.offers.get(leg)
        if offer is None:
            return
        if offer.until is None or (offer.result, result) == ("no_answer", "busy"):
            at = offer.until or at
            self.offers[leg] = Offered(offer.agent, offer.interface, offer.since, max(at, offer.since), result)

    def copy(self) -> LiveVisit:
        twin = copy(self)
        twin.offers = dict(self.offers)
        return twin

    def value(self, end: str, parted: datetime | None) -> Visit:
        """`parted`: when the agent was taken out of the talk, or left alone in it."""
        left, talk_until = self.left, self.completed
        parted = min((each for each in (parted, self.parted) if each is not None), default=None)
        if parted is not None and talk_until is not None and self.connected is not None:
            # Who was redirected or parked talks no more, though app_queue counts on until both are gone.
            talk_until = max(self.connected, min(parted, talk_until))
        return Visit(
            queue=self.queue,
            joined=self.joined,
            left=left,
            position=self.position,
            end=end,
            agent=self.agent,
            offers=tuple(self.offers.values()),
            waited=_seconds(self.joined, left),
            talked=_seconds(self.connected, talk_until),
            hold_seconds=self.hold_seconds,
            talk_seconds=self.talk_seconds,
            completed=self.completed,
            reason=self.reason,
        )


class LiveConversation:
    """All that is known of one conversation. `value` is the frozen one, made when it is asked for; so is its `glance`.
    To take the value away is to say that both are old."""

    __slots__ = (
        "_value",
        "conference",
        "declared",
        "ended",
        "first",
        "forgotten",
        "glance",
        "id",
        "is_originated",
        "is_partial",
        "is_rich",
        "linkedids",
        "listeners",
        "merged",
        "merged_into",
        "parts",
        "recordings",
        "spies_on",
        "started",
        "steps",
        "visits",
    )

    def __init__(self, call: CallId, started: datetime) -> None:
        self.id = call
        self.started = started
        self.ended: datetime | None = None
        self.first = ""  # uniqueid of the leg that began it
        self.is_originated = False
        self.is_partial = False
        self.is_rich = False  # what applications do is told to us
        self.linkedids: set[str] = {call.uniqueid}
        self.parts: dict[str, Part] = {}
        self.visits: list[LiveVisit] = []
        self.steps: list[Fact] = []
        self.listeners: dict[str, Listener] = {}  # by the spy's leg
        self.recordings: list[Recording] = []
        self.conference = ""
        self.declared = ("", "")  # outcome and detail, as our own dialplan tells them before the last prompt
        self.spies_on: CallId | None = None
        self.merged: list[CallId] = []
        self.merged_into: CallId | None = None
        self.forgotten = 0
        self._value: Conversation | None = None
        self.glance: Glance | None = None

    @property
    def value(self) -> Conversation | None:
        return self._value

    @value.setter
    def value(self, value: Conversation | None) -> None:
        self._value = value
        if value is None:
            self.glance = None

    @property
    def is_over(self) -> bool:
        return all(part.left is not None for part in self.parts.values())

    def is_up(self, leg: str) -> bool:
        """Whether this leg is in it and has not hung up."""
        part = self.parts.get(leg)
        return part is not None and part.left is None

    def present(self) -> list[Part]:
        return [part for part in self.parts.values() if part.left is None]

    def add(self, part: Part) -> None:
        """One leg more. Of too many the oldest that rang for nothing is forgotten."""
        self.parts[part.uniqueid] = part
        self.value = None
        if len(self.parts) > MAX_PARTS:
            for old in self.parts.values():
                if old.left is not None and not old.has_talked and old.uniqueid != self.first:
                    del self.parts[old.uniqueid]
                    self.forgotten += 1
                    return

    def split(self, part: Part, at: datetime) -> None:
        """Another phone is behind this leg from now on: what it did until now was done by somebody else."""
        before = part.copy()
        before.uniqueid = f"{part.uniqueid}/{len(self.parts)}"
        before.leave(at)
        self.parts[before.uniqueid] = before
        part.spans, part.doing, part.joined, part.since = [], None, at, at
        part.number = part.caller_name = part.member = ""
        part.role = None
        self.value = None

    def note(self, at: datetime, kind: StepKind, data: Mapping[str, str]) -> bool:
        """Write a step down; False if it is known already."""
        if len(self.steps) >= MAX_STEPS:
            return False
        for step in reversed(self.steps):
            if step.kind == kind and step.data == data and abs(step.at - at) < SAME:
                return False
        self.steps.append(Fact(at, kind, data))
        self.value = None
        return True

    def take_back(self, kinds: frozenset[StepKind], since: datetime) -> None:
        """What was concluded since then turned out to be something else."""
        self.steps = [step for step in self.steps if step.kind not in kinds or step.at < since]

    def has_step(self, kinds: frozenset[StepKind], since: datetime) -> bool:
        """Whether something of this kind happened since then."""
        return any(step.kind in kinds and step.at >= since for step in self.steps)

    def kin(self, part: Part) -> set[str]:
        """The legs that this one called or was called by, also through Local channels and over others; itself too."""
        found, left = {part.uniqueid}, [part]
        while left:
            here = left.pop()
            for other in self.parts.values():
                is_near = here.uniqueid in (other.dialled_by, other.pair) or other.uniqueid in (
                    here.dialled_by,
                    here.pair,
                )
                if is_near and other.uniqueid not in found:
                    found.add(other.uniqueid)
                    left.append(other)
        return found

    # Queues

    def peer_of(self, visit: LiveVisit) -> Part | None:
        """The agent's own leg, which may be behind a Local channel."""
        peer = self.parts.get(visit.peer)
        if peer is not None and peer.is_local:
            return next((part for part in self.parts.values() if peer.pair and part.dialled_by == peer.pair), None)
        return peer

    def take_apart(self, part: Part, there: list[Part], at: datetime) -> None:
        """Somebody was taken out of a talk, and is with others now: if a queue brought him, or somebody to him, that
        talk is over ..."""
        for visit in self.visits:
            both = self.parts.get(visit.caller), self.peer_of(visit)
            has_begun = visit.connected is not None and visit.connected <= at
            if has_begun and part in both and not any(other in both for other in there):
                visit.parted = visit.parted or at

    def bring_together(self, legs: Collection[str]) -> None:
        """... unless the two meet again."""
        for visit in self.visits:
            peer = self.peer_of(visit) if visit.parted is not None and visit.caller in legs else None
            if peer is not None and peer.uniqueid in legs:
                visit.parted = None

    def join(self, at: datetime, caller: str, queue: str, position: int) -> None:
        for visit in self.visits:
            if visit.caller == caller and (visit.is_open or visit.joined == at) and visit.queue == queue:
                return
        for visit in self.visits_of(caller):
            visit.leave(at)
        self.visits.append(LiveVisit(caller, queue, at, position))
        del self.visits[:-MAX_STEPS]

    def visits_of(self, caller: str) -> list[LiveVisit]:
        return [visit for visit in self.visits if visit.caller == caller]

    def visit(self, caller: str, queue: str) -> LiveVisit | None:
        """The last time that this caller was in this queue; queues' names are alike in any case."""
        for visit in reversed(self.visits):
            if visit.caller == caller and visit.queue.lower() == queue.lower():
                return visit
        return None

    def waits(self, caller: str) -> bool:
        return any(visit.is_open and visit.caller == caller for visit in self.visits)

    def take_out_of_line(self, caller: str, at: datetime) -> None:
        """A manager put a waiting caller together with somebody, of which app_queue tells nothing."""
        for visit in self.visits:
            if visit.is_open and visit.caller == caller:
                visit.status = "redirected"
                visit.leave(at)

    # Recordings

    def record(self, at: datetime, *, is_on: bool) -> None:
        running = bool(self.recordings) and self.recordings[-1].until is None
        if is_on and not running and not any(known.since == at for known in self.recordings):
            self.recordings.append(Recording(at))
        elif not is_on and running:
            self.recordings[-1] = Recording(self.recordings[-1].since, at)

    # Its own way

    def take_over(self, other: LiveConversation) -> None:
        """The other conversation goes on as part of this one."""
        parts = [*self.parts.values(), *other.parts.values()]
        self.parts = {part.uniqueid: part for part in sorted(parts, key=_joined)}
        self.visits += other.visits
        self.steps = sorted([*self.steps, *other.steps], key=_moment)
        self.listeners.update(other.listeners)
        self.recordings += other.recordings
        self.linkedids |= other.linkedids
        self.merged += [other.id, *other.merged]
        self.conference = self.conference or other.conference
        self.is_rich |= other.is_rich
        self.forgotten += other.forgotten
        self.value = None

    def copy(self) -> LiveConversation:
        """A conversation that goes its own way from here."""
        twin = copy(self)
        twin.linkedids = set(self.linkedids)
        twin.parts = {leg: part.copy() for leg, part in self.parts.items()}
        twin.visits = [visit.copy() for visit in self.visits]
        twin.steps, twin.recordings, twin.merged = list(self.steps), list(self.recordings), list(self.merged)
        twin.listeners = dict(self.listeners)
        return twin


def _seconds(start: datetime | None, end: datetime | None) -> float:
    if start is None or end is None:
        return 0.0
    return max(0.0, (end - start).total_seconds())


def _joined(part: Part) -> datetime:
    return part.joined


def _moment(step: Fact) -> datetime:
    return step.at
