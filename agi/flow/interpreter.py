"""Takes one caller through a flow to the place where he leaves it; the live call and the simulator run the same.

A menu counts silence and wrong keys apart, from nothing each time it is entered. Typing stops a prompt that may be
barged into, and what stopped it counts; keys typed ahead wait in the channel for the next prompt or menu. A prompt that
may not be barged into plays whole, and keys pressed meanwhile are dropped, as `Playback` drops them in the dialplan.
Every step first pushes the dead man's switch forward: a server that is gone loses the call to the dialplan soon after.
"""

from __future__ import annotations

from dataclasses import dataclass

from agi.call import ALL_KEYS, Call
from agi.errors import FlowBroken
from agi.flow.nodes import Edge, Hours, Menu, Node, Play, Retry, Target, TargetKind, begins_longer
from agi.ports import Clock, Nobody, PinnedFlow, Witness
from agi.protocol import LONGEST_SOUND

MOST_STEPS = 100
"""Nodes entered and menus asked again, over a whole call; who needs more is no caller."""


_WHY = {"keys": "key"}


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a caller left a flow.

    `why` is the last edge that says something: key, no_input, wrong_input, open or closed (an announcement on the way
    changes nothing); `then` when there was none. `answers` are the keys that he chose by, oldest first, each as
    `<menu id>=<key>`.
    """

    target: Target
    why: str
    answers: tuple[str, ...]


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
            if not isinstance(node, Play):
                why = _WHY.get(first := way.partition(".")[0], first)
            if edge.language is not None:
                await self._call.speak(edge.language)
            if edge.target.kind.is_exit:
                return Ending(edge.target, why, tuple(self._answers))
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
            case Menu():
                return await self._menu(node)
            case Hours():
                schedule = self._flow.schedules.get(node.schedule)
                if schedule is None:
                    raise FlowBroken("a flow asks for a schedule that it does not have")
                return ("open", node.open) if schedule.is_open(self._clock.now()) else ("closed", node.closed)
            case Play():
                await self._say(node.prompt, is_interruptible=node.barge_in)
                return "then", node.then
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

    # --- menus --------------------------------------------------------------------------------------------------------

    async def _menu(self, menu: Menu) -> tuple[str, Edge]:
        if menu.language is not None:
            await self._call.speak(menu.language)
        await self._call.tell("CordboardMenu", menu=menu.id, version=self._version, by="flow")
        failures = {"no_input": 0, "wrong_input": 0}
        retry: Retry | None = None
        while True:
            if retry is not None:
                await self._say(retry.prompt, is_interruptible=menu.barge_in)
            await self._say(menu.prompt, is_interruptible=menu.barge_in)
            typed = await self._read(menu)
            if typed in menu.keys:
                self._answers.append(f"{menu.id}={typed}")
                await self._choice(menu.id, "key", typed)
                return f"keys.{typed}", menu.keys[typed]
            failure, retry = ("wrong_input", menu.wrong_input) if typed else ("no_input", menu.no_input)
            failures[failure] += 1
            if failures[failure] >= retry.tries:
                await self._choice(menu.id, failure)
                return f"{failure}.then", retry.then
            self._step()

    async def _choice(self, menu: str, edge: str, key: str = "") -> None:
        await self._call.tell("CordboardChoice", menu=menu, edge=edge, key=key, by="flow")

    async def _say(self, prompt: str | None, *, is_interruptible: bool) -> None:
        """Play a prompt unless a key that may stop it was typed already; remember the key that stops it."""
        sounds = self._flow.sounds(prompt, self._call.language)
        if prompt is not None and sounds and not (self._typed and is_interruptible):
            self._witness.prompted(prompt)
        for sound in sounds:
            if self._typed and is_interruptible:
                return
            await self._call.guard(LONGEST_SOUND)
            await self._call.answer()
            self._typed = await self._call.play([sound], ALL_KEYS if is_interruptible else "") or ""

    async def _read(self, menu: Menu) -> str:
        """Read keys until they answer the menu, cannot answer it any more, or the caller stops typing."""
        typed, self._typed = self._typed, ""
        while not _is_decided(typed, menu):
            seconds = menu.inter_digit_seconds if typed else menu.first_digit_seconds
            await self._call.guard(seconds)
            await self._call.answer()
            key = await self._call.read_digit(seconds)
            if key is None:
                break
            typed += key
        return typed


def _is_decided(typed: str, menu: Menu) -> bool:
    """Can no further key change what was typed into an answer?"""
    return bool(typed) and not begins_longer(typed, menu.keys)
