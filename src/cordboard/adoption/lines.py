"""Queues with their members -> queues, a skill for each, and the people's levels in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cordboard.adoption.asterisk import Running
from cordboard.adoption.conf import Conf, Option, Section, is_yes
from cordboard.adoption.dialplan import Dialplan
from cordboard.adoption.findings import Kind
from cordboard.adoption.handsets import Handset, handset_of
from cordboard.adoption.names import Ids, is_extension, shown_name
from cordboard.adoption.numbers import take_number
from cordboard.adoption.work import Work
from cordboard.store.values import BEST_LEVEL, DEFAULT_MAX_WAIT, Message, QueueSpec, Skill, TargetKind, TargetRef

STRATEGIES = {
    "leastrecent": "longest_idle",
    "fewestcalls": "fewest_calls",
    "rrmemory": "round_robin",
    "rrordered": "round_robin",
    "roundrobin": "round_robin",
    "random": "random",
    "wrandom": "random",
    "ringall": "ring_all",
    "linear": "linear",
}
_NOT_THE_SAME = {
    "rrordered": "each in turn, but not in the order of the file",
    "wrandom": "anyone, but not by their penalties",
}
SORRY = "sorry"
_SORRY_NAME = {"fr": "Tous occupés", "de": "Alle im Gespräch", "es": "Todos ocupados"}
_SORRY_SOUNDS = ("im-sorry", "please-try-call-later")
_NO_QUEUE = ("general",)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a queue. `option` is None for who logged in to the running Asterisk."""

    queue: str
    interface: str
    penalty: int
    name: str
    option: Option | None


def read_members(work: Work, queues: Conf, running: Running | None) -> list[Member]:
    """Members that are always there, from the files, and those who are logged in now or come from a
    database."""
    found: list[Member] = []
    for section in queues.sections:
        if section.is_template or section.name.lower() in _NO_QUEUE:
            continue
        for option in section.every("member"):
            fields = [*_arguments(option.value), "", "", ""]
            interface, written, name = fields[0], fields[1], fields[2]
            penalty = int(written) if written.isdecimal() else 0
            found.append(Member(section.name, interface, penalty, "" if "/" in name else shown_name(name), option))
            if rest := [field for field in fields[4:] if field]:
                what = "members' own wrap-up, pause and ring-in-use are not carried over"
                work.ledger.tell(Kind.LOST, f"queue {section.name}", what, f"It said {len(rest)} of them", option)
    for one in running.members if running else ():
        if one.membership != "static":
            name = "" if "/" in one.name else shown_name(one.name)
            found.append(Member(one.queue, one.interface, max(one.penalty, 0), name, None))
    return found


def _arguments(value: str) -> list[str]:
    """`a,"b, c",d` -> its parts, as Asterisk parts arguments."""
    parts = re.findall(r'((?:"[^"]*"|\\.|[^,\\"])*)(?:,|$)', value)
    return [re.sub(r"\\(.)", r"\1", part.replace('"', "")).strip() for part in parts]


def mark_members(work: Work, members: Iterable[Member], handsets: Mapping[str, Handset]) -> None:
    """Note on the phones that somebody takes calls of a queue on them; tell of members that are no phone."""
    for member in members:
        handset = handset_of(member.interface, handsets)
        if handset is None:
            what = f"the member {shown_name(member.interface.partition('@')[0])} is none of the phones that were read"
            work.ledger.tell(Kind.LOST, f"queue {member.queue}", what, "Give somebody the skill of the queue",
                             member.option)  # fmt: skip
            continue
        handset.is_member = True
        handset.member_name = handset.member_name or member.name
        if member.option is not None:
            work.ledger.take(member.option)


def adopt_queues(
    work: Work, queues: Conf, members: Sequence[Member], handsets: Mapping[str, Handset], dialplan: Dialplan
) -> None:
    """A queue and a skill for each queue of the file."""
    ids = Ids()
    known: set[str] = set()
    for section in queues.sections:
        if section.is_template or section.name.lower() in _NO_QUEUE:
            continue
        about = f"queue {section.name}"
        if section.name.lower() in known:
            what = "is there twice: names of queues are compared without case"
            work.ledger.tell(Kind.BROKEN, about, what, "The first was taken; keep one of them",
                             section, *section.options)  # fmt: skip
            continue
        known.add(section.name.lower())
        made = ids.give("queue", section.name)
        name = shown_name(f"Queue {section.name}" if section.name.isdigit() else section.name) or made
        mine = [member for member in members if member.queue.lower() == section.name.lower()]
        work.skills[made] = Skill(id=made, name=name)
        queue = _queue(work, section, made, name, _waits(work, section, dialplan))
        work.queues[made] = replace(queue, number=_number(work, section, dialplan))
        _levels(work, about, made, mine, handsets)
    if work.queues:
        language = work.head.language
        said = _SORRY_NAME.get(language.partition("_")[0], "Everybody is busy")
        work.messages[SORRY] = Message(id=SORRY, name=said, sounds={language: _SORRY_SOUNDS})


def _number(work: Work, section: Section, dialplan: Dialplan) -> str | None:
    own = [section.name] if is_extension(section.name) else []
    wishes = [*own, *dialplan.queue_numbers().get(section.name, [])]
    return take_number(work, f"queue {section.name}", wishes, section)


def _waits(work: Work, section: Section, dialplan: Dialplan) -> int:
    """How long callers wait at most: as the one line of the dialplan says that says it, else a default."""
    said = {seconds for seconds in dialplan.queue_waits().get(section.name, ()) if 5 <= seconds <= 7200}
    source = "as the dialplan says" if len(said) == 1 else "no queue of Asterisk says it"
    seconds = said.pop() if len(said) == 1 else DEFAULT_MAX_WAIT
    what = f"max_wait ({seconds} s, {source}) and when_late (a message) were filled in"
    cure = "Say how long callers wait, and where they go then; the dialplan behind Queue() says what it was"
    work.ledger.tell(Kind.DECIDE, f"queue {section.name}", what, cure, section)
    return seconds


def _queue(work: Work, section: Section, made: str, name: str, max_wait: int) -> QueueSpec:
    ledger, about = work.ledger, f"queue {section.name}"
    sorry = TargetRef(TargetKind.MESSAGE, SORRY)
    strategy = section.last("strategy")
    written = ledger.take(strategy).lower() or "ringall"
    if written not in STRATEGIES or written in _NOT_THE_SAME:
        what = f'the strategy "{shown_name(written)}" is not known; ring_all was taken'
        if written in _NOT_THE_SAME:
            what = f'the strategy "{written}" became {STRATEGIES[written]}: {_NOT_THE_SAME[written]}'
        ledger.tell(Kind.CHANGED, about, what, "Look whether that will do", strategy)
    return QueueSpec(
        id=made,
        name=name,
        skills={made: 1},
        strategy=STRATEGIES.get(written, "ring_all"),
        ring=_within(work, section, "timeout", 15, 5, 120, "rings {} s"),
        max_wait=max_wait,
        max_waiting=_most(work, section),
        wrap_up=_within(work, section, "wrapuptime", 0, 0, 600, "has {} s after a call"),
        music=_music(work, section),
        announce_position=_announces(work, section),
        when_late=sorry,
        when_full=sorry,
        when_empty=sorry,
    )


def _within(work: Work, section: Section, name: str, default: int, least: int, most: int, words: str) -> int:
    option = section.last(name)
    if option is None:
        return default
    written = work.ledger.take(option)
    seconds = int(written) if re.fullmatch(r"[0-9]{1,9}", written) else default
    kept = min(max(seconds, least), most)
    if str(kept) != written:
        what = f'{name} = "{shown_name(written)}" became {kept}: an agent {words.format(kept)}'
        work.ledger.tell(Kind.CHANGED, f"queue {section.name}", what, f"From {least} to {most} s can be said", option)
    return kept


def _most(work: Work, section: Section) -> int:
    option = section.last("maxlen")
    written = work.ledger.take(option)
    callers = int(written) if re.fullmatch(r"[0-9]{1,9}", written) else 0
    if 1 <= callers <= 1000:
        return callers
    what = "any number of callers could wait; now 1000 can"
    work.ledger.tell(Kind.CHANGED, f"queue {section.name}", what, "Say how many may wait at most: max_waiting",
                     option or section)  # fmt: skip
    return 1000


def _music(work: Work, section: Section) -> str:
    option = section.last("musicclass") or section.last("music")
    if option is None:
        return "default"
    if option.value in ("", "default"):
        work.ledger.take(option)
    else:
        what = "its music class is not carried over: its callers hear the music of all"
        work.ledger.tell(Kind.LOST, f"queue {section.name}", what, "Cordboard has one music, or ringing", option)
    return "default"


def _announces(work: Work, section: Section) -> bool:
    """Whether callers hear their place; without a frequency Asterisk says nothing."""
    frequency, position = section.last("announce-frequency"), section.last("announce-position")
    every = work.ledger.take(frequency)
    said = work.ledger.take(position).lower() or "yes"
    is_said = every not in ("", "0") and (is_yes(said) or said in ("limit", "more"))
    if is_said and (every != "30" or said in ("limit", "more")):
        what = "callers are told their place every 30 s, whatever it is"
        work.ledger.tell(Kind.CHANGED, f"queue {section.name}", what, "Look whether that will do", frequency, position)
    return is_said


def _levels(work: Work, about: str, skill: str, members: Sequence[Member], handsets: Mapping[str, Handset]) -> None:
    """Penalties as levels: 0 is 5, 4 and more is 1. Where a penalty goes beyond 4, the steps between them are what
    counts: the lowest is 5, the next 4, and so on. So the order stays, but for a sixth step and those after it."""
    seats: dict[str, Member] = {}
    for member in members:
        handset = handset_of(member.interface, handsets)
        owner = work.owners.get(handset.name) if handset else None
        if owner in work.people:
            # who is logged in with another penalty than the file says is taken as the file says
            seats.setdefault(owner, member)
    penalties = sorted({member.penalty for member in seats.values()})
    is_far = bool(penalties) and penalties[-1] >= BEST_LEVEL
    for owner, member in seats.items():
        step = penalties.index(member.penalty) if is_far else member.penalty
        work.levels.setdefault(owner, {})[skill] = max(BEST_LEVEL - step, 1)
    options = [member.option for member in seats.values() if member.option]
    if is_far:
        merged = [str(penalty) for penalty in penalties[BEST_LEVEL - 1 :]]
        what = "penalties above 4 became levels by their order: " + ", ".join(
            f"{penalty} is {max(BEST_LEVEL - step, 1)}" for step, penalty in enumerate(penalties)
        )
        if len(merged) > 1:
            what += f"; {', '.join(merged)} are no longer told apart"
        work.ledger.tell(Kind.CHANGED, about, what, "There are five levels; rules about penalties are not carried over",
                         *options)  # fmt: skip
    if options:
        what = "its members were always there; with Cordboard they log in"
        work.ledger.tell(Kind.CHANGED, about, what, "cordboard agent login ID, or the live page", *options)
    if any(member.option is None for member in seats.values()):
        names = sorted(owner for owner, member in seats.items() if member.option is None)
        what = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} logged in now, and got the skill"
        work.ledger.tell(Kind.CHANGED, about, what, "They log in again after the move")
