"""A call as people mean it, as it is at this moment: what a page that is drawn many times a second shows of it. Nothing
of what was before, and so made in a fraction of the time of the whole picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ami.conversation import Direction, Doing, Listener, Role
from ami.models import CallId
from ami.parts import LiveConversation, Part
from ami.portrait import Painter
from ami.sides import Sides


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is in a call now; as `Party`, with what he does and since when."""

    number: str
    name: str
    endpoint: str
    role: Role
    is_outside: bool
    doing: Doing
    since: datetime
    legs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """A call that is up; as `Conversation`. `present`: who is in it now, in the order in which they came. `phones`: the
    endpoints of ours that are in it, or were. `listeners`: who listens now. `space`: where somebody is parked."""

    id: CallId
    direction: Direction
    dialled: str
    queue: str
    started: datetime
    present: tuple[Present, ...]
    phones: tuple[str, ...]
    legs: tuple[str, ...]
    listeners: tuple[Listener, ...] = ()
    conference: str = ""
    space: str = ""
    spies_on: CallId | None = None
    is_recorded: bool = False
    is_partial: bool = False


def glance(live: LiveConversation, sides: Sides) -> Glance:
    """The conversation at a glance."""
    painter = Painter(live, sides)
    everybody = painter.legs_of_each()
    spaces = (part.space for part in live.present() if part.space)
    return Glance(
        id=live.id,
        direction=painter.direction(),
        dialled=painter.dialled(),
        queue=live.visits[-1].queue if live.visits else "",
        started=live.started,
        present=tuple(_present(painter, parts) for parts in everybody if any(part.left is None for part in parts)),
        phones=tuple(first.endpoint for first, *_ in everybody if first.endpoint and not painter.is_outside(first)),
        legs=tuple(leg for leg in live.parts if "/" not in leg),
        listeners=tuple(each for each in live.listeners.values() if each.until is None),
        conference=live.conference,
        space=next(spaces, ""),
        spies_on=live.spies_on,
        is_recorded=any(each.until is None for each in live.recordings),
        is_partial=live.is_partial,
    )


def _present(painter: Painter, parts: list[Part]) -> Present:
    first = parts[0]
    role = painter.role(first)
    doing, since = max((_now(part) for part in parts), key=lambda now: now[1])
    return Present(
        number=painter.number(parts, role),
        name=painter.name(parts),
        endpoint=first.endpoint,
        role=role,
        is_outside=painter.is_outside(first),
        doing=doing,
        since=since,
        legs=tuple(part.uniqueid for part in parts if part.left is None),
    )


def _now(part: Part) -> tuple[Doing, datetime]:
    """What a leg does now and since when; of one that does nothing yet, or no more, what it did last."""
    if part.doing is None:
        last = part.spans[-1] if part.spans else None
        return (last.doing, last.since) if last else (Doing.CONNECTING, part.joined)
    if part.loose is not None and part.loose_doing is not None:
        return part.loose_doing, part.loose
    return part.doing, part.since
