"""One call on its way through a flow: what is known of it, and what any kind of node can do with it.

Typing stops a prompt that may be barged into, and what stopped it counts; keys typed ahead wait in the channel for the
next prompt or menu, and those that are pressed while another system is asked are kept for it. A prompt that may not be
barged into plays whole and drops the keys that were pressed before or meanwhile, as `Playback` in the dialplan does.
Everything first pushes the dead man's switch forward: a server that is gone loses the call to the dialplan soon after.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from agi.call import ALL_KEYS, Call
from agi.ear import Ear, Heard
from agi.errors import FlowBroken
from agi.flow.document import Flow
from agi.flow.nodes import Asking, Node, Target, TargetKind
from agi.flow.routing import NO_WISH
from agi.ports import Callbacks, Clock, PinnedFlow, Systems, Voice, Witness
from agi.protocol import LONGEST_SOUND

Result = TypeVar("Result")
MOST_STEPS = 100
"""Nodes entered and menus asked again, over a whole call; who needs more is no caller."""


class Passage:
    """`answers` are the keys that the caller chose by, oldest first, each as `<menu id>=<key>`."""

    def __init__(
        self,
        call: Call,
        pinned: PinnedFlow,
        clock: Clock,
        witness: Witness,
        systems: Systems,
        voice: Voice,
        callbacks: Callbacks,
    ) -> None:
        self.call = call
        self.flow: Flow = pinned.flow
        self.clock = clock
        self.systems = systems
        self.voice = voice
        self.callbacks = callbacks
        self.ear = Ear(call)
        self.answers: list[str] = []
        self.wish = NO_WISH
        """What is wanted of the queue that the call goes to."""
        self._version = pinned.version
        self._witness = witness
        self._typed = ""
        """Keys that were pressed and not used yet: one that stopped an announcement, those of a while of waiting."""
        self._variables: dict[str, str] = {}
        self._secrets: set[str] = set()
        """Variables that are told to nobody."""
        self._steps = 0

    def step(self) -> None:
        """Count a node that is entered, or asks again."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise FlowBroken("a flow took more steps than a caller needs")

    # --- variables ----------------------------------------------------------------------------------------------------

    def give(self, name: str, value: str, *, is_secret: bool = False) -> None:
        """Give a variable its value. What is secret is told to nobody."""
        self._variables[name] = value
        if is_secret:
            self._secrets.add(name)
        else:
            self._secrets.discard(name)

    def value(self, name: str) -> str:
        """What a variable holds; "" if it was given nothing."""
        given = {"caller": self.call.caller, "language": self.call.language}
        return given.get(name) or self._variables.get(name, "")

    def sent(self, send: Mapping[str, str]) -> tuple[dict[str, str], frozenset[str]]:
        """Names with the values of the variables after them, and which of them are secret."""
        secrets = frozenset(name for name, variable in send.items() if self.is_secret(variable))
        return {name: self.value(variable) for name, variable in send.items()}, secrets

    def is_secret(self, name: str) -> bool:
        """Is what a variable holds told to nobody?"""
        return name in self._secrets

    def sayable(self, name: str) -> str:
        """What a variable holds that may be put into words; "" for nothing, and for what is secret."""
        value = "" if self.is_secret(name) else self.value(name)
        if not value:
            self._witness.unsaid(name, is_secret=self.is_secret(name))
        return value

    @property
    def told(self) -> Mapping[str, str]:
        """Variables that were given a value, secrets left out."""
        return {name: value for name, value in self._variables.items() if name not in self._secrets}

    # --- what is told of the call -------------------------------------------------------------------------------------

    async def asks(self, node: str) -> None:
        """Tell that something is asked at this node."""
        await self.call.tell("CordboardMenu", menu=node, version=self._version, by="flow")

    async def leaves(
        self, node: str, edge: str, key: str = "", *, to: Target | None = None, silent: int = 0, wrong: int = 0
    ) -> None:
        """Tell by which kind of edge a node that asks is left: key, no_input, wrong_input, failure; for where; and how
        often in it nothing was typed, and something wrong. A key that was said is told with how sure that is."""
        to_node = self._node(to)
        sure, self.ear.sure = self.ear.sure, None
        said = {} if sure is None else {"said": sure}
        counts: dict[str, str | int] = {"silent": silent, "wrong": wrong, "to": to_node}
        await self.call.tell("CordboardChoice", menu=node, edge=edge, key=key, by="flow", **counts, **said)

    async def begins(self, start: Node) -> None:
        """Tell where the call begins, if he can hang up there before anything else is told of it."""
        node = self.flow.nodes.get(self._node(Target(TargetKind.STEP, start.id)))
        if node is not None and not isinstance(node, Asking) and not node.is_instant:
            await self._tell_step("", "", node.id)

    async def passes(self, node: Node, way: str, to: Target) -> None:
        """Tell by which way a node is left that asks nothing, and for where.

        One event a node: leading to another node is entering it. What only leads on does nothing to tell of, and what
        the dialplan does, it tells of.
        """
        if not (isinstance(node, Asking) or node.only_leads_on or to.kind is TargetKind.DIAL):
            await self._tell_step(node.id, way.removesuffix(".then"), self._node(to))

    async def _tell_step(self, node: str, way: str, to: str) -> None:
        await self.call.tell("CordboardStep", node=node, way=way, to=to, version=self._version, by="flow")

    def _node(self, target: Target | None) -> str:
        """The node at which somebody is who is led there, past those that only lead on; "" where it is none, or is
        known by the way of the call alone."""
        passed: set[str] = set()
        while target is not None and target.kind.is_node:
            node = self.flow.nodes.get(target.id)
            if node is None or node.id in passed:
                break
            if not node.only_leads_on:
                return node.id
            passed.add(node.id)
            _, edge = next(node.ways())
            target = edge.target
        return ""

    async def serves(self, node: str) -> None:
        """Tell that the caller has his answer, by this node; the dialplan counts on it when the call ends."""
        await self.call.set_variable("CB_GIVEN", node)
        await self.call.tell("CordboardOutcome", outcome="self_service", detail=f"step:{node}")

    # --- sounds and keys ----------------------------------------------------------------------------------------------

    def has_typed_over(self, *, is_interruptible: bool) -> bool:
        """Is a key waiting that keeps the next prompt from being heard?"""
        return bool(self._typed) and is_interruptible

    async def say(self, prompt: str | None, *, is_interruptible: bool) -> None:
        """Play a prompt unless a key that may stop it was typed already; remember the key that stops it."""
        sounds = self.flow.sounds(prompt, self.call.language)
        if prompt is not None and sounds and not self.has_typed_over(is_interruptible=is_interruptible):
            self._witness.prompted(prompt)
        for sound in sounds:
            await self._hear(sound, is_interruptible=is_interruptible)

    async def hear(self, prompt: str | None, seconds: float, *, is_interruptible: bool) -> Heard | None:
        """Play a prompt, and listen for so many seconds behind it to what is pressed or said: in it already, if this
        may stop it. A key is remembered. None: nobody listens any more, and keys count."""
        if not is_interruptible:
            await self.say(prompt, is_interruptible=False)
            prompt = None
        if self._typed:
            return Heard(key=self._typed[0])
        sounds = self.flow.sounds(prompt, self.call.language)
        if prompt is not None and sounds:
            self._witness.prompted(prompt)
        await self.call.guard(LONGEST_SOUND * len(sounds) + seconds)
        await self.call.answer()
        heard = await self.ear.listen(sounds, seconds)
        self._typed = heard.key if heard is not None else ""
        return heard

    async def waits(self, work: Awaitable[Result]) -> Result:
        """What comes of something that is done while nothing is heard; keys pressed meanwhile count for what is asked
        next, be it done or not."""
        keeps = await self.call.keep_keys()
        try:
            return await work
        finally:
            if keeps:
                self._typed += await self.call.kept_keys()

    async def say_digits(self, digits: str, *, is_interruptible: bool) -> None:
        for digit in digits:
            await self._hear(f"digits/{digit}", is_interruptible=is_interruptible)

    async def say_number(self, number: int) -> None:
        await self._uninterrupted()
        await self.call.say_number(number)

    async def say_moment(self, epoch: int, form: str, time_zone: str) -> None:
        """As `Call.say_moment`."""
        await self._uninterrupted()
        await self.call.say_moment(epoch, form, time_zone)

    async def say_text(self, text: str, language: str, seconds: float) -> bool:
        """Have a text said, whole, if it can be made in so many seconds; was it? Of nothing there is nothing to say."""
        if not text:
            return False
        await self.call.guard(seconds)
        await self.call.answer()
        sound = await self.waits(self.voice.said(text, language, seconds))
        if sound is None:
            return False
        await self._hear(sound, is_interruptible=False)
        return True

    async def _uninterrupted(self) -> None:
        await self.call.guard(LONGEST_SOUND)
        await self.call.answer()
        self._typed = ""

    async def _hear(self, sound: str, *, is_interruptible: bool) -> None:
        if self.has_typed_over(is_interruptible=is_interruptible):
            return
        await self.call.guard(LONGEST_SOUND)
        await self.call.answer()
        self._typed = await self.call.play([sound], ALL_KEYS if is_interruptible else "") or ""

    def hold(self, key: str) -> None:
        """Keep a key that stopped what was heard, in place of one that waits; "": there is none."""
        self._typed = key

    async def read(self, node: Asking, is_decided: Callable[[str], bool]) -> str:
        """Read keys until what was typed is decided, or the caller stops typing."""
        typed = ""
        while not (typed and is_decided(typed)):
            key = await self.read_key(node.inter_digit_seconds if typed else node.first_digit_seconds)
            if key is None:
                break
            typed += key
        return typed

    async def read_key(self, seconds: float) -> str | None:
        """The next key that is not used yet, or the one that is pressed within so many seconds."""
        if self._typed:
            key, self._typed = self._typed[0], self._typed[1:]
            return key
        await self.call.guard(seconds)
        await self.call.answer()
        return await self.call.read_digit(seconds)
