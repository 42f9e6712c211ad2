"""What Asterisk runs now, read over the deploying account: the dialplan, SIP objects, queues, boxes, and who is inside.

Nothing here reads a file, and no answer to a reload is believed: these are the objects in Asterisk's memory.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from ami import actions, rows
from ami.client import Manager
from ami.errors import ActionRefused
from ami.fields import MemberFacts, endpoint_of
from cordboard.provisioning.known import Known, Print, print_of
from cordboard.provisioning.modules import DIALPLAN, HEARING, MUSIC, PARKING, QUEUES, SIP, VOICEMAIL
from dialplan_templates import Manifest, Step

AT_ONCE = 200  # questions about single objects that are under way at a time
VERSIONED = re.compile(r".*-g([1-9][0-9]*)|cordboard-generation-([1-9][0-9]*)")
READ = (DIALPLAN, SIP, QUEUES, VOICEMAIL, MUSIC, PARKING, HEARING)
"""The modules whose objects can be read."""
FROM_FILES = "pbx_config"  # the registrar of what extensions.conf defines; other modules add contexts of their own

Asked = TypeVar("Asked")
Settings = Mapping[str, str]
Extensions = Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Seat:
    """One interface's place in a queue. `reason`: of its pause, if it is paused."""

    interface: str
    penalty: int
    is_paused: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveUse:
    """Who is inside at one moment: what a change may do harm to. A call counts once, however many channels it has."""

    calls: int = 0
    channels_of: Mapping[str, int] = field(default_factory=dict)
    """Endpoint -> its channels."""
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Queue -> the uniqueids of its callers, the first in line first."""
    seats: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)
    """Queue -> its members, by interface."""
    talking_in: Mapping[str, int] = field(default_factory=dict)
    """Queue -> members who talk to a caller of it."""
    generation_of_calls: Mapping[int, int] = field(default_factory=dict)
    """Generation -> calls that have a channel in its contexts."""

    @property
    def waiting(self) -> Mapping[str, int]:
        """Queue -> how many callers wait in it; queues without any are left out."""
        return {queue: len(line) for queue, line in self.lines.items()}

    @property
    def members(self) -> Mapping[str, frozenset[str]]:
        """Queue -> the interfaces that serve it; queues without any are left out."""
        return {queue: frozenset(seat.interface for seat in seats) for queue, seats in self.seats.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """Names and settings as Asterisk prints them. A context, endpoint ... that does not exist is absent."""

    contexts: Mapping[str, Extensions]
    is_whole_dialplan: bool
    """Were all contexts read, or only those that were asked for?"""
    endpoints: Mapping[str, Settings]
    aors: Mapping[str, Settings]
    auths: Mapping[str, rows.DetailRow]
    identifies: Mapping[str, Settings]
    queues: Mapping[str, rows.QueueRow]
    rules: Mapping[str, tuple[str, ...]]
    """Queue rule -> its changes, "seconds,highest penalty,least penalty"."""
    mailboxes: Mapping[tuple[str, str], rows.MailboxRow]
    pins: Mapping[tuple[str, str], str] = field(repr=False)
    """Of boxes that were asked for: the sha256 of the PIN."""
    musics: Mapping[str, rows.MusicRow] | None
    """None: the account that reads may not see them."""
    parkings: Mapping[str, Settings] | None
    """Lot -> its settings. None: the module is not loaded, or the account may not see them."""
    engines: Mapping[str, Settings] | None
    """Engine that hears callers -> its settings. None: the module is not loaded, or the account may not see them."""
    unread: frozenset[str] = frozenset()
    """Endpoints that are printed, with their identifies, as when they were last found to be as generated: what is
    printed of them stands in neither."""
    prints: Mapping[str, Print] = field(default_factory=dict, repr=False)
    """Endpoint -> all that was printed of it."""
    use: LiveUse = field(default_factory=LiveUse)
    """Read along with the queues."""


@dataclass(frozen=True, slots=True)
class _Sip:
    endpoints: Mapping[str, Settings] = field(default_factory=dict)
    aors: Mapping[str, Settings] = field(default_factory=dict)
    auths: Mapping[str, rows.DetailRow] = field(default_factory=dict)
    identifies: Mapping[str, Settings] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    prints: Mapping[str, Print] = field(default_factory=dict)


async def read(
    manager: Manager,
    manifest: Manifest,
    *,
    whole_dialplan: bool,
    modules: Container[str] = READ,
    known: Known | None = None,
) -> Actual:
    """Read what `manifest` speaks of, or only the objects of these modules. `whole_dialplan`: all contexts, so that
    foreign ones are seen too. `known`: what was found to be right before. Raises AmiError.
    """
    known = known or Known()
    contexts: Mapping[str, Extensions] = {}
    if DIALPLAN in modules:
        contexts = await _dialplan(manager, manifest, known, is_whole=whole_dialplan)
    sip = await _sip(manager, manifest, known) if SIP in modules else _Sip()
    queues: dict[str, rows.QueueRow] = {}
    use = LiveUse()
    if QUEUES in modules:
        served = await listed(manager, actions.QueueStatus())
        queues = {row.queue: row for row in served if isinstance(row, rows.QueueRow)}
        use = live_use(await listed(manager, actions.CoreShowChannels()), served)
    rules = await listed(manager, actions.QueueRule()) if QUEUES in modules else []
    listed_boxes = await listed(manager, actions.VoicemailUsersList()) if VOICEMAIL in modules else []
    boxes = {(row.context, row.mailbox): row for row in listed_boxes}
    return Actual(
        contexts=contexts,
        is_whole_dialplan=whole_dialplan,
        endpoints=sip.endpoints,
        aors=sip.aors,
        auths=sip.auths,
        identifies=sip.identifies,
        queues=queues,
        rules={row.name: row.changes for row in rules},
        mailboxes=boxes,
        pins=await _pins(manager, [box for box in manifest.mailboxes if box in boxes]),
        musics=await _musics(manager) if MUSIC in modules else {},
        parkings=await _parkings(manager) if PARKING in modules and manifest.parkings else {},
        engines=await _engines(manager) if HEARING in modules and manifest.engines else {},
        unread=sip.unread,
        prints=sip.prints,
        use=use,
    )


async def in_use(manager: Manager) -> LiveUse:
    """Who is inside now. Raises AmiError."""
    queues = await listed(manager, actions.QueueStatus())
    return live_use(await listed(manager, actions.CoreShowChannels()), queues)


def live_use(channels: Iterable[rows.ChannelRow], queues: Iterable[rows.Row]) -> LiveUse:
    """What the rows of CoreShowChannels and of QueueStatus amount to. Pure."""
    legs = [channel.leg for channel in channels]
    inside = {(generation, leg.linkedid) for leg in legs if (generation := generation_of(leg.context)) is not None}
    served = list(queues)
    callers = sorted((row.queue, row.position, row.uniqueid) for row in served if isinstance(row, rows.WaitingRow))
    members = sorted((row.member for row in served if isinstance(row, rows.MemberRow)), key=_by_queue_and_interface)
    return LiveUse(
        calls=len({leg.linkedid for leg in legs}),
        channels_of=Counter(endpoint for leg in legs if (endpoint := endpoint_of(leg.name)) is not None),
        lines={queue: tuple(each[2] for each in line) for queue, line in groupby(callers, lambda each: each[0])},
        seats={
            queue: tuple(Seat(each.interface, each.penalty, each.paused, each.pause_reason) for each in seats)
            for queue, seats in groupby(members, lambda each: each.queue)
        },
        talking_in=Counter(member.queue for member in members if member.in_call),
        generation_of_calls=Counter(generation for generation, _ in inside),
    )


def _by_queue_and_interface(member: MemberFacts) -> tuple[str, str]:
    return member.queue, member.interface


async def occupied(manager: Manager) -> frozenset[int]:
    """The generations in whose contexts there is a channel."""
    return generations_in(await listed(manager, actions.CoreShowChannels()))


def generations_in(channels: Iterable[rows.ChannelRow]) -> frozenset[int]:
    """The generations in whose contexts these channels are."""
    found = (generation_of(channel.leg.context) for channel in channels)
    return frozenset(generation for generation in found if generation is not None)


def generation_of(context: str) -> int | None:
    """The generation whose context this is; None for a stable one."""
    found = VERSIONED.fullmatch(context)
    return int(found[1] or found[2]) if found else None


async def listed(manager: Manager, action: actions.ListAction[actions.RowT]) -> list[actions.RowT]:
    """Every row of the answer. Raises AmiError."""
    try:
        return await manager.list(action)
    except ActionRefused as refused:
        if "permission" in refused.message.lower():
            raise
        # An empty list is answered by an error, and so is a question to a module that is not loaded. Either way there
        # are no such objects, and the comparison says which are missing.
        return []


async def _dialplan(manager: Manager, manifest: Manifest, known: Known, *, is_whole: bool) -> dict[str, Extensions]:
    """What is printed as it should be is not read any further: of a large dialplan that would take most of the time."""
    if is_whole:
        printed = await listed(manager, actions.PrintDialPlan())
    else:
        printed = [part for name in manifest.contexts for part in await listed(manager, actions.PrintDialPlan(name))]
    texts: dict[str, list[str]] = {}
    for context, steps in printed:
        texts.setdefault(context, []).extend(steps)
    found: dict[str, Extensions] = {}
    right: dict[str, Print] = {}
    for context, running in texts.items():
        wanted = manifest.contexts.get(context)
        print_now = print_of(running, wanted)
        if wanted is not None and (
            known.was_right(DIALPLAN, context, print_now) or sorted(running) == sorted(_printed(context, wanted))
        ):
            found[context], right[context] = wanted, print_now
        elif (steps_now := _read_steps(running)) is not None:
            found[context] = steps_now
    known.keep(DIALPLAN, right)
    return found


def _printed(context: str, extensions: Extensions) -> Iterator[str]:
    for exten, steps in extensions.items():
        for priority, application, data, label in steps:
            row = rows.DialplanRow(context, exten, priority, label, application, data, FROM_FILES, "", "")
            yield rows.text_of_step(row)


def _read_steps(texts: Iterable[str]) -> Extensions | None:
    """The steps of one context that come from files; None if nothing in it does."""
    extensions: dict[str, list[Step]] = {}
    lines = [line for text in texts if (line := rows.row_of_step(text)) is not None]
    lines = [line for line in lines if line.registrar == FROM_FILES]
    for line in lines:
        if line.priority > 0:
            step = Step(line.priority, line.application, line.data, line.label)
            extensions.setdefault(line.exten, []).append(step)
    if not lines:
        return None
    return {exten: tuple(sorted(steps, key=lambda step: step.priority)) for exten, steps in extensions.items()}


async def _sip(manager: Manager, manifest: Manifest, known: Known) -> _Sip:
    running = {row.name for row in await listed(manager, actions.PJSIPShowEndpoints())}
    endpoints: dict[str, Settings] = {name: {} for name in running}
    identifies: dict[str, Settings] = {}
    prints: dict[str, Print] = {}
    unread: set[str] = set()

    async def ask(name: str) -> None:
        printed = await listed(manager, actions.PrintEndpoint(name))
        wanted = manifest.endpoints[name], manifest.identifies.get(name)
        prints[name] = print_of((each.text for each in printed), wanted)
        if known.was_right(SIP, name, prints[name]):
            unread.add(name)
            return
        for each in printed:
            if (row := rows.row_of_object(each)) is not None:
                (endpoints if row.kind == "endpoint" else identifies)[row.name] = row.settings

    await _each(ask, sorted(running & set(manifest.endpoints)))
    aors = {row.name: row.settings for row in await listed(manager, actions.PJSIPShowAors())}
    auths = {row.name: row for row in await listed(manager, actions.PJSIPShowAuths())}
    return _Sip(endpoints, aors, auths, identifies, frozenset(unread), prints)


async def _pins(manager: Manager, boxes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}

    async def ask(box: tuple[str, str]) -> None:
        said = await manager.act(actions.VoicemailPin(*box))
        found[box] = hashlib.sha256(said.value.encode()).hexdigest()

    await _each(ask, boxes)
    return found


async def _musics(manager: Manager) -> dict[str, rows.MusicRow] | None:
    """The account of a generation that an earlier Cordboard wrote may not ask: its next apply renews it."""
    try:
        return {row.name: row for row in await manager.list(actions.ShowMusicClasses())}
    except ActionRefused:
        return None


async def _parkings(manager: Manager) -> Mapping[str, Settings] | None:
    """The module came with a later version: an Asterisk that was not restarted since knows no such command. Where it is
    loaded there is one lot at least, its own."""
    try:
        return {row.name: row.settings for row in await manager.list(actions.ShowParkingLots())} or None
    except ActionRefused:
        return None


async def _engines(manager: Manager) -> Mapping[str, Settings] | None:
    """An Asterisk that was not restarted since callers are to be heard has not loaded the module."""
    try:
        await manager.act(actions.ModuleCheck(HEARING))
        return {row.name: row.settings for row in await manager.list(actions.ShowSpeechEngines())}
    except ActionRefused:
        return None


async def _each(ask: Callable[[Asked], Awaitable[None]], questions: Iterable[Asked]) -> None:
    """Ask many at a time, another as soon as one is answered. All under way are waited for even if one fails."""
    waiting = iter(tuple(questions))
    failed = False

    async def ask_on() -> None:
        nonlocal failed
        for question in waiting:
            try:
                await ask(question)
            except BaseException:
                failed = True
                raise
            if failed:
                return

    for ended in await asyncio.gather(*(ask_on() for _ in range(AT_ONCE)), return_exceptions=True):
        if ended is not None:
            raise ended
