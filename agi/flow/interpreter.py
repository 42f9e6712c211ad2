"""Takes one caller through a flow to the place where he leaves it; the live call and the simulator run the same.

A menu counts silence and wrong keys apart, from nothing each time it is entered. Typing stops a prompt that may be
barged into, and what stopped it counts; keys typed ahead wait in the channel for the next prompt or menu. A prompt that
may not be barged into plays whole, and keys pressed meanwhile are dropped, as `Playback` drops them in the dialplan.
Every step first pushes the dead man's switch forward: a server that is gone loses the call to the dialplan soon after.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agi.call import ALL_KEYS, Call
from agi.errors import FlowBroken
from agi.flow.deciding import Assign, Condition
from agi.flow.nodes import FAILURES, Asking, Choice, Edge, Hours, Menu, Node, Play, Target, TargetKind, begins_longer
from agi.flow.saying import Say, What
from agi.flow.steps import YES, Collect, Language
from agi.ports import Clock, Nobody, PinnedFlow, Witness
from agi.protocol import LONGEST_SOUND

MOST_STEPS = 100
"""Nodes entered and menus asked again, over a whole call; who needs more is no caller."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a caller left a flow.

    `why` is the last edge that says something: key, no_input, wrong_input, open or closed (an announcement on the way
    changes nothing); `then` when there was none. `answers` are the keys that he chose by, oldest first, each as
    `<menu id>=<key>`. `variables` are those that the flow gave a value, secrets left out.
    """

    target: Target
    why: str
    answers: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()


async def follow(call: Call, pinned: PinnedFlow, clock: Clock, witness: Witness | None = None) -> Ending:
    """Take the caller from the flow's start to where he leaves it: queue, person, voicemail, message or hangup.

    `witness` is told of every node, prompt and edge.

    Raises FlowBroken where the flow leads nowhere, and what the call raises.
    """
    return await _Passage(call, pinned, clock, witness or Nobody()).follow()


class _Passage:
    """One caller on his way."""

    def __init__(self, call: Call, pinned: PinnedFlow, clock: Clock, witness: Witness) -> None:
        self._call = call
        self._flow = pinned.flow
        self._version = pinned.version
        self._clock = clock
        self._witness = witness
        self._place = pinned.start
        self._menus: list[str] = []
        """The menus on the way here, the one that he is in last."""
        self._answers: list[str] = []
        self._typed = ""
        """A key that stopped an announcement, not used yet."""
        self._variables: dict[str, str] = {}
        self._secrets: set[str] = set()
        """Variables that are told to nobody."""
        self._steps = 0

    async def follow(self) -> Ending:
        try:
            return await self._follow()
        except FlowBroken:
            if self._menus:
                await self._choice(self._menus[-1], "failure")
            raise

    async def _follow(self) -> Ending:
        why = "then"
        while True:
            node = self._node()
            way, edge = await self._enter(node)
            self._witness.left(node.id, way, edge.target)
            why = node.reason(way) or why
            if edge.language is not None:
                await self._call.speak(edge.language)
            if edge.target.kind.is_exit:
                told = ((name, value) for name, value in self._variables.items() if name not in self._secrets)
                return Ending(edge.target, why, tuple(self._answers), tuple(told))
            self._move(edge.target)

    def _node(self) -> Node:
        node = self._flow.nodes.get(self._place)
        if node is None:
            raise FlowBroken("a flow leads to a node that it does not have")
        return node

    async def _enter(self, node: Node) -> tuple[str, Edge]:
        """Let the caller be at a node until he leaves it: by which way, as the document names it, and its edge."""
        self._step()
        if isinstance(node, Menu) and self._menus[-1:] != [node.id]:
            self._menus.append(node.id)
        self._witness.entered(node.id, tuple(self._menus))
        match node:
            case Choice():
                return await self._asked(node, lambda: self._choose(node))
            case Collect():
                return await self._asked(node, lambda: self._collect(node))
            case Hours():
                schedule = self._flow.schedules.get(node.schedule)
                if schedule is None:
                    raise FlowBroken("a flow asks for a schedule that it does not have")
                return ("open", node.open) if schedule.is_open(self._clock.now()) else ("closed", node.closed)
            case Play():
                await self._say(node.prompt, is_interruptible=node.barge_in)
                return "then", node.then
            case Assign():
                for name, value in node.values.items():
                    self._give(name, value)
                return "then", node.then
            case Say():
                await self._tell(node, self._value(node.variable))
                return "then", node.then
            case Condition():
                way = node.way_of(self._value(node.variable))
                return way, dict(node.ways())[way]
            case _:
                raise FlowBroken("a flow has a kind of node that nobody knows to meet")

    def _move(self, target: Target) -> None:
        """Go to another node: by its id, or by the way that the caller came."""
        match target.kind:
            case TargetKind.REPEAT:
                self._place = self._menu_before(0)
            case TargetKind.BACK:
                # From an announcement, back is the menu that led to it; from a menu, the menu before.
                self._place = self._menu_before(1 if self._menus and self._menus[-1] == self._place else 0)
            case TargetKind.TOP:
                del self._menus[1:]
                self._place = self._menu_before(0)
            case _:
                self._place = target.id

    def _menu_before(self, steps: int) -> str:
        if not self._menus:
            raise FlowBroken("a flow goes back before any menu")
        for _ in range(min(steps, len(self._menus) - 1)):
            self._menus.pop()
        return self._menus[-1]

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise FlowBroken("a flow took more steps than a caller needs")

    # --- variables ----------------------------------------------------------------------------------------------------

    def _give(self, name: str, value: str, *, is_secret: bool = False) -> None:
        self._variables[name] = value
        if is_secret:
            self._secrets.add(name)
        else:
            self._secrets.discard(name)

    def _value(self, name: str) -> str:
        given = {"caller": self._call.caller, "language": self._call.language}
        return given.get(name) or self._variables.get(name, "")

    # --- what asks ----------------------------------------------------------------------------------------------------

    async def _asked(self, node: Asking, attempt: Callable[[], Awaitable[str]]) -> tuple[str, Edge]:
        """Let the caller try until he answers, or has failed often enough; an attempt gives a way or how it failed."""
        if (language := node.spoken(self._call.language)) != self._call.language:
            await self._call.speak(language)
        await self._call.tell("CordboardMenu", menu=node.id, version=self._version, by="flow")
        failures = dict.fromkeys(FAILURES, 0)
        while (way := await attempt()) in FAILURES:
            retry = node.no_input if way == "no_input" else node.wrong_input
            failures[way] += 1
            if failures[way] >= retry.tries:
                await self._choice(node.id, way)
                return f"{way}.then", retry.then
            self._step()
            await self._say(retry.prompt, is_interruptible=node.barge_in)
        return way, dict(node.ways())[way]

    async def _choice(self, menu: str, edge: str, key: str = "") -> None:
        await self._call.tell("CordboardChoice", menu=menu, edge=edge, key=key, by="flow")

    async def _choose(self, node: Choice) -> str:
        if isinstance(node, Language):
            typed = await self._in_each_language(node)
        else:
            await self._say(node.prompt, is_interruptible=node.barge_in)
            typed = await self._read(node, lambda typed: not begins_longer(typed, node.offered))
        if typed not in node.offered:
            return "wrong_input" if typed else "no_input"
        self._answers.append(f"{node.id}={typed}")
        await self._choice(node.id, "key", typed)
        return node.offered[typed]

    async def _in_each_language(self, node: Language) -> str:
        before = self._call.language
        for language in node.heard_in:
            if not (self._typed and node.barge_in):
                await self._call.speak(language)
                await self._say(node.prompt, is_interruptible=node.barge_in)
        typed = await self._read(node, lambda typed: not begins_longer(typed, node.offered))
        if typed not in node.offered and self._call.language != before:
            await self._call.speak(before)
        return typed

    async def _collect(self, node: Collect) -> str:
        await self._say(node.prompt, is_interruptible=node.barge_in)
        typed = await self._read(node, node.is_complete)
        digits = typed.removesuffix(node.end) if node.end else typed
        if not node.accepts(digits):
            return "wrong_input" if digits else "no_input"
        if node.confirm is not None:
            await self._say_digits(digits, is_interruptible=node.barge_in)
            await self._say(node.confirm, is_interruptible=node.barge_in)
            answer = await self._read(node, bool)
            if answer != YES:
                return "wrong_input" if answer else "no_input"
        self._give(node.into, digits, is_secret=node.secret)
        await self._choice(node.id, "key")
        return "then"

    # --- sounds and keys ----------------------------------------------------------------------------------------------

    async def _say(self, prompt: str | None, *, is_interruptible: bool) -> None:
        """Play a prompt unless a key that may stop it was typed already; remember the key that stops it."""
        sounds = self._flow.sounds(prompt, self._call.language)
        if prompt is not None and sounds and not (self._typed and is_interruptible):
            self._witness.prompted(prompt)
        for sound in sounds:
            await self._hear(sound, is_interruptible=is_interruptible)

    async def _tell(self, node: Say, value: str) -> None:
        if node.what is What.DIGITS:
            await self._say_digits(node.digits(value), is_interruptible=False)
        elif node.what in (What.DATE, What.TIME):
            moment = node.moment(value, self._clock.now(), self._call.language)
            if moment is not None:
                await self._uninterrupted()
                await self._call.say_moment(moment.epoch, moment.form, moment.time_zone)
        else:
            for number, prompt in node.numbers(value):
                await self._uninterrupted()
                await self._call.say_number(number)
                await self._say(prompt, is_interruptible=False)

    async def _uninterrupted(self) -> None:
        await self._call.guard(LONGEST_SOUND)
        await self._call.answer()
        self._typed = ""

    async def _say_digits(self, digits: str, *, is_interruptible: bool) -> None:
        for digit in digits:
            await self._hear(f"digits/{digit}", is_interruptible=is_interruptible)

    async def _hear(self, sound: str, *, is_interruptible: bool) -> None:
        if self._typed and is_interruptible:
            return
        await self._call.guard(LONGEST_SOUND)
        await self._call.answer()
        self._typed = await self._call.play([sound], ALL_KEYS if is_interruptible else "") or ""

    async def _read(self, node: Asking, is_decided: Callable[[str], bool]) -> str:
        """Read keys until what was typed is decided, or the caller stops typing."""
        typed, self._typed = self._typed, ""
        while not (typed and is_decided(typed)):
            seconds = node.inter_digit_seconds if typed else node.first_digit_seconds
            await self._call.guard(seconds)
            await self._call.answer()
            key = await self._call.read_digit(seconds)
            if key is None:
                break
            typed += key
        return typed
