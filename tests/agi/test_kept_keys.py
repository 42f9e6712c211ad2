"""Keys that are pressed while nothing is heard: who is called back is judged and taken down, a text is made."""

from __future__ import annotations

import pytest

from agi.call import Call
from agi.flow.callback import Callback
from agi.flow.document import Edge, Flow, Node, Play, Target, TargetKind
from agi.flow.interpreter import Ending, follow
from agi.flow.nodes import Retry
from agi.flow.saying import Say, What
from agi.flow.serving import Answer
from agi.flow.speaking import Speak
from agi.flow.steps import Collect
from agi.ports import CallbackRequest, Callbacks, PinnedFlow, Reachable, Voice
from agi.stand_in import anywhere
from kit.scripted_caller import ScriptedCaller


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


RETRY = Retry(1, to("hangup"))
AFTER = Collect(
    "after",
    prompt="heard",
    into="typed",
    then=to("queue", "typed"),
    no_input=RETRY,
    wrong_input=RETRY,
    most=2,
    first_digit_seconds=30.0,
)
OFFER = Callback(
    "offer",
    prompt="heard",
    confirm="heard",
    ask="heard",
    thanks="thanks",
    queue="support",
    outgoing="national",
    schedule="office",
    refused=to("step", "after"),
    failure=to("step", "after"),
    no_input=RETRY,
    wrong_input=RETRY,
)


class SlowCallbacks:
    """Needs two seconds to judge a number, and two to find that it cannot be kept, on the caller's clock."""

    def __init__(self, caller: ScriptedCaller) -> None:
        self._caller = caller

    async def reachable(self, company: str, outgoing: str, number: str) -> Reachable | None:
        self._caller.idle(2.0)
        return anywhere(outgoing, number)

    async def take(self, request: CallbackRequest) -> bool:
        self._caller.idle(2.0)
        return False


class SlowVoice:
    """Needs two seconds for a text, on the caller's clock."""

    def __init__(self, caller: ScriptedCaller, sound: str | None) -> None:
        self._caller, self._sound = caller, sound

    async def said(self, text: str, language: str, seconds: float) -> str | None:
        self._caller.idle(2.0)
        return self._sound


async def met(
    caller: ScriptedCaller, *nodes: Node, callbacks: Callbacks | None = None, voice: Voice | None = None
) -> Ending:
    prompts = {"heard": {"fr": ("heard",)}, "thanks": {"fr": ("thanks",)}}
    flow = Flow({node.id: node for node in (*nodes, AFTER)}, {}, prompts, "fr")
    return await follow(
        Call(caller), PinnedFlow(flow, 1, nodes[0].id), caller, None, None, voice=voice, callbacks=callbacks
    )


async def test_keys_count_that_are_pressed_while_the_caller_s_number_is_judged() -> None:
    caller = ScriptedCaller(keys=[(1, "3"), (2, "4"), (1, "2")])
    ending = await met(caller, OFFER, callbacks=SlowCallbacks(caller))
    assert ending.answers == ("offer=3",)
    assert [sound for sound, _, heard in caller.heard if heard] == ["heard"], "the offer was typed over"
    assert dict(ending.variables)["typed"] == "42"


async def test_keys_count_that_are_pressed_while_a_typed_number_is_judged() -> None:
    typed = [(0.5, key) for key in "0612#"]
    caller = ScriptedCaller(keys=[(2.5, "0"), *typed[1:], (1, "3"), (2, "4"), (1, "2")], number="unknown")
    ending = await met(caller, OFFER, callbacks=SlowCallbacks(caller))
    assert ending.answers == ("offer=3",)
    assert not [sound for sound, *_ in caller.heard if sound.startswith("digits/")]
    assert dict(ending.variables)["typed"] == "42"


async def test_keys_count_that_are_pressed_while_a_request_is_refused() -> None:
    caller = ScriptedCaller(keys=[(2.5, "1"), (0.5, "4"), (0.5, "2")])
    ending = await met(caller, OFFER, callbacks=SlowCallbacks(caller))
    assert dict(ending.variables)["typed"] == "42"
    assert ending.answers == ()


SPEAK = Speak("first", text={"fr": "Bonjour."}, then=to("step", "after"))


async def test_keys_count_that_are_pressed_while_a_text_is_made_in_vain() -> None:
    caller = ScriptedCaller(keys=[(0.5, "4"), (0.5, "2")])
    ending = await met(caller, SPEAK, voice=SlowVoice(caller, None))
    assert dict(ending.variables)["typed"] == "42"


@pytest.mark.parametrize(
    "whole",
    [
        Play("second", "heard", to("step", "after")),
        Say("second", what=What.DIGITS, variable="caller", then=to("step", "after")),
        Answer("second", to("step", "after"), "heard"),
        Speak("second", text={"fr": "Au revoir."}, then=to("step", "after")),
        None,
    ],
    ids=lambda node: "speak itself" if node is None else node.kind,
)
async def test_what_is_heard_whole_drops_what_was_pressed_before(whole: Node | None) -> None:
    """Whatever it is, and whether it is pressed while it plays or while it is made."""
    begins = SPEAK if whole is None else Speak("first", text={"fr": "Bonjour."}, then=to("step", "second"))
    caller = ScriptedCaller(keys=[(0.5, "9"), (2, "8"), (12, "4"), (0.5, "2")], number="0612")
    ending = await met(caller, begins, *([] if whole is None else [whole]), voice=SlowVoice(caller, "made"))
    assert dict(ending.variables)["typed"] == "42"
