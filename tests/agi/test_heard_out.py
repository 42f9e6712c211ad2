"""Prompts that no key stops, wherever they are played: what is heard of them, and what becomes of keys meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from agi.call import Call
from agi.flow.document import Edge, Flow, FlowRefused, Menu, Node, Play, Retry, Target, TargetKind
from agi.flow.interpreter import Ending, follow
from agi.flow.steps import Collect, Language
from agi.ports import PinnedFlow
from kit.scripted_caller import ScriptedCaller

LENGTHS = {"terms": 4.0, "welcome": 4.0, "sorry": 2.0, "sorry-en": 2.0, "terms-en": 3.0}
PROMPTS = {name: {"fr": (name,), "en": (f"{name}-en",)} for name in ("terms", "welcome", "sorry")}
ON = Edge(Target(TargetKind.QUEUE, "on"))
QUIET, WRONG = Edge(Target(TargetKind.QUEUE, "quiet")), Edge(Target(TargetKind.MESSAGE, "wrong"))
FAILURES: dict[str, Any] = {"no_input": Retry(2, QUIET), "wrong_input": Retry(3, WRONG, "sorry")}


def menu(prompt: str = "terms") -> Menu:
    return Menu("top", prompt=prompt, keys={"1": ON, "12": QUIET, "3": QUIET}, **FAILURES)


def flow(node: Node, *heard_out: str) -> Flow:
    return Flow({"top": node}, {}, PROMPTS, "fr", frozenset(heard_out))


async def run(caller: ScriptedCaller, node: Node, *heard_out: str) -> Ending:
    return await follow(Call(caller), PinnedFlow(flow(node, *heard_out), 1, "top"), caller)


async def test_a_menu_s_prompt_is_heard_out_and_keys_in_it_are_dropped() -> None:
    caller = ScriptedCaller(keys=[(1, "1"), (3.5, "3")], lengths=LENGTHS)
    ending = await run(caller, menu(), "terms")
    assert caller.heard == [("terms", "fr", 4.0)]
    assert (ending.target, ending.answers) == (QUIET.target, ("top=3",))


async def test_another_prompt_of_the_same_menu_is_stopped_as_ever() -> None:
    caller = ScriptedCaller(keys=[(1, "9"), (1, "3")], lengths=LENGTHS)
    await run(caller, menu("welcome"), "terms")
    assert caller.heard == [("welcome", "fr", 1.0), ("sorry", "fr", 1.0)]


async def test_what_follows_wrong_input_is_heard_out_by_itself() -> None:
    caller = ScriptedCaller(keys=[(1, "9"), (1, "3"), (3, "3")], lengths=LENGTHS)
    await run(caller, menu("welcome"), "sorry")
    assert caller.heard == [("welcome", "fr", 1.0), ("sorry", "fr", 2.0), ("welcome", "fr", 2.0)]


async def test_what_comes_ahead_of_it_is_heard_out_too() -> None:
    caller = ScriptedCaller(keys=[(4.5, "9"), (0.5, "3"), (6, "3")], lengths=LENGTHS)
    await run(caller, menu(), "terms")
    assert caller.heard == [("terms", "fr", 4.0), ("sorry", "fr", 2.0), ("terms", "fr", 4.0)]


async def test_it_is_heard_out_in_every_language() -> None:
    node = Language("top", prompt="terms", languages={"1": "fr", "2": "en"}, then=ON, **FAILURES)
    caller = ScriptedCaller(keys=[(1, "1"), (4, "1"), (2.5, "2")], lengths=LENGTHS)
    ending = await run(caller, node, "terms")
    assert caller.heard == [("terms", "fr", 4.0), ("terms-en", "en", 3.0)]
    assert ending.answers == ("top=2",)


async def test_an_announcement_that_a_key_would_stop_is_heard_out() -> None:
    caller = ScriptedCaller(keys=[(1, "1")], lengths=LENGTHS)
    await run(caller, Play("top", "terms", ON, barge_in=True), "terms")
    assert caller.heard == [("terms", "fr", 4.0)]


async def test_digits_said_back_ahead_of_it_are_heard_out() -> None:
    node = Collect("top", prompt="welcome", into="customer", most=2, confirm="terms", then=ON, **FAILURES)
    caller = ScriptedCaller(keys=[(1, "4"), (0.5, "2"), (0.5, "9"), (2.5, "9"), (4.5, "1")], lengths=LENGTHS | _DIGITS)
    ending = await run(caller, node, "terms")
    assert [(sound, seconds) for sound, _, seconds in caller.heard][1:] == [
        ("digits/4", 1.0),
        ("digits/2", 1.0),
        ("terms", 4.0),
    ]
    assert ending.variables == (("customer", "42"),)


_DIGITS = {"digits/4": 1.0, "digits/2": 1.0}


def test_it_stands_in_the_document() -> None:
    made = flow(menu(), "terms", "sorry")
    written = made.to_json()
    assert written["heard_out"] == ["sorry", "terms"]
    assert Flow.from_json(written) == made
    assert "heard_out" not in flow(menu()).to_json()


@pytest.mark.parametrize("written", [["nothing"], [7], "terms", {"terms": True}])
def test_what_is_no_prompt_cannot_be_heard_out(written: object) -> None:
    with pytest.raises(FlowRefused, match="heard_out"):
        Flow.from_json(flow(menu()).to_json() | {"heard_out": written})
