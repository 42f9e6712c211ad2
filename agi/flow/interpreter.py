"""Takes one caller through a flow to the place where he leaves it; the live call and the simulator run the same."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from agi.call import Call
from agi.errors import CommandRefused, FlowBroken, UnsafeValue
from agi.flow.acts import ACTS
from agi.flow.nodes import FAILURE, Asking, Edge, Menu, Node, Target, TargetKind
from agi.flow.passage import Passage
from agi.flow.routing import NO_WISH, Wish
from agi.ports import Callbacks, Clock, Nobody, NoCallbacks, NoSystems, NoVoice, PinnedFlow, Systems, Voice, Witness

logger = logging.getLogger(__name__)

_OF_THE_NODE = (FlowBroken, CommandRefused, UnsafeValue)
"""What keeps one node from being done, while the call itself goes on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a caller left a flow.

    `why` is the last edge that says something: key, no_input, wrong_input, open or closed (an announcement on the way
    changes nothing); `then` when there was none. `answers` are the keys that he chose by, oldest first, each as
    `<menu id>=<key>`. `variables` are those that the flow gave a value, secrets left out. `wish` is what is wanted
    of the queue, where he goes to one.
    """

    target: Target
    why: str
    answers: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    wish: Wish = NO_WISH


async def follow(
    call: Call,
    pinned: PinnedFlow,
    clock: Clock,
    witness: Witness | None = None,
    systems: Systems | None = None,
    voice: Voice | None = None,
    callbacks: Callbacks | None = None,
) -> Ending:
    """Take the caller from the flow's start to where he leaves it: queue, person, voicemail, message or hangup.

    `witness` is told of every node, prompt and edge; `systems` are those that may be asked, nobody unless given,
    `voice` says texts, none unless given, and `callbacks` takes down who is to be called back, nobody unless given.

    Raises FlowBroken where the flow leads nowhere, and what the call raises.
    """
    witness = witness or Nobody()
    passage = Passage(
        call, pinned, clock, witness, systems or NoSystems(), voice or NoVoice(), callbacks or NoCallbacks()
    )
    return await _Walk(passage, pinned.start, witness).follow()


class _Walk:
    """From node to node, and back by the menus on the way."""

    def __init__(self, passage: Passage, start: str, witness: Witness) -> None:
        self._passage = passage
        self._witness = witness
        self._place = start
        self._menus: list[str] = []
        """The menus on the way here, the one that he is in last."""

    async def follow(self) -> Ending:
        try:
            return await self._follow()
        except FlowBroken:
            if self._menus:
                await self._passage.leaves(self._menus[-1], FAILURE)
            raise

    async def _follow(self) -> Ending:
        passage = self._passage
        why = "then"
        await passage.begins(self._node())
        while True:
            node = self._node()
            way, edge = await self._enter(node)
            self._witness.left(node.id, way, edge.target)
            await passage.passes(node, way, edge.target)
            why = node.reason(way) or why
            if edge.language is not None:
                await passage.call.speak(edge.language)
            if edge.target.kind.is_exit:
                return Ending(edge.target, why, tuple(passage.answers), tuple(passage.told.items()), passage.wish)
            self._move(edge.target)

    def _node(self) -> Node:
        node = self._passage.flow.nodes.get(self._place)
        if node is None:
            raise FlowBroken("a flow leads to a node that it does not have")
        return node

    async def _enter(self, node: Node) -> tuple[str, Edge]:
        """Let the caller be at a node until he leaves it: by which way, as the document names it, and its edge."""
        self._passage.step()
        if isinstance(node, Menu) and self._menus[-1:] != [node.id]:
            self._menus.append(node.id)
        self._witness.entered(node.id, tuple(self._menus))
        return (way := await self._act(node)), dict(node.ways())[way]

    async def _act(self, node: Node) -> str:
        try:
            return await ACTS[type(node)](self._passage, node)
        except _OF_THE_NODE as error:
            if node.failure is None:
                raise
            logger.warning("a node of a flow cannot do what it is to do", extra={"node": node.id, "error": str(error)})
            if isinstance(node, Asking):
                await self._passage.leaves(node.id, FAILURE, to=node.failure.target)
            return FAILURE

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
