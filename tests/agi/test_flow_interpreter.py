"""One caller through a flow: what he hears, what his keys do, where he ends; on a clock that is moved."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken
from agi.flow.checker import Entry, check
from agi.flow.document import Edge, Flow, Hours, Interval, Menu, Node, Play, Retry, Schedule, Target, TargetKind
from agi.flow.interpreter import Ending, follow
from agi.flow.passage import MOST_STEPS
from agi.ports import PinnedFlow
from kit.scripted_caller import ScriptedCaller

PROMPTS = {
    name: {"fr": (name,), "en": (f"{name}-en",)} for name in ("welcome", "second", "third", "silent", "sorry", "notice")
}
LENGTHS = {"welcome": 4.0, "sorry": 1.0, "silent": 1.0}


def to(kind: str, name: str = "", language: str | None = None) -> Edge:
    return Edge(Target(TargetKind(kind), name), language)


def menu(name: str = "top", **changes: object) -> Menu:
    values: dict[str, object] = {
        "prompt": "welcome",
        "keys": {"1": to("queue", "one"), "2": to("menu", "second"), "3": to("queue", "three", "en")},
        "no_input": Retry(2, to("queue", "quiet"), "silent"),
        "wrong_input": Retry(3, to("message", "goodbye"), "sorry"),
        "first_digit_seconds": 5.0,
        "inter_digit_seconds": 2.0,
    }
    return Menu(id=name, **{**values, **changes})  # type: ignore[arg-type]


SECOND = menu(
    "second",
    prompt="second",
    keys={"1": to("person", "amel"), "8": to("back"), "9": to("repeat"), "*": to("top"), "0": to("play", "info")},
)


def flow(*nodes: Node, **more: Mapping[str, Schedule]) -> Flow:
    return Flow({node.id: node for node in nodes}, more.get("schedules", {}), PROMPTS, "fr")


async def run(caller: ScriptedCaller, *nodes: Node, start: str = "top", **more: Mapping[str, Schedule]) -> Ending:
    return await follow(Call(caller), PinnedFlow(flow(*nodes, **more), 7, start), caller)


def heard(caller: ScriptedCaller) -> list[str]:
    return [sound for sound, _, _ in caller.heard]


# --- keys and prompts -------------------------------------------------------------------------------------------------


async def test_a_single_key_is_taken_at_once() -> None:
    caller = ScriptedCaller(keys=[(6, "1")], lengths=LENGTHS)
    ending = await run(caller, menu(), SECOND)
    assert ending == Ending(Target(TargetKind.QUEUE, "one"), "key", ("top=1",))
    assert caller.clock == 6
    assert heard(caller) == ["welcome"]
    assert caller.told_of("CordboardMenu") == [{"Menu": "top", "Version": "7", "By": "flow"}]
    told = {"Menu": "top", "Edge": "key", "Key": "1", "By": "flow", "Silent": "0", "Wrong": "0", "To": ""}
    assert caller.told_of("CordboardChoice") == [told]


async def test_typing_stops_the_prompt_and_counts() -> None:
    caller = ScriptedCaller(keys=[(1.5, "1")], lengths=LENGTHS)
    await run(caller, menu(), SECOND)
    assert caller.heard == [("welcome", "fr", 1.5)]
    assert caller.clock == 1.5


async def test_keys_typed_ahead_go_through_nested_menus() -> None:
    caller = ScriptedCaller(keys=[(0, "2"), (0, "1")], lengths=LENGTHS)
    ending = await run(caller, menu(), SECOND)
    assert ending.target == Target(TargetKind.PERSON, "amel")
    assert ending.answers == ("top=2", "second=1")
    assert caller.clock == 0


async def test_without_barge_in_the_prompt_plays_whole_and_keys_are_dropped() -> None:
    caller = ScriptedCaller(keys=[(1, "1"), (4, "3")], lengths=LENGTHS)
    ending = await run(caller, menu(barge_in=False), SECOND)
    assert caller.heard == [("welcome", "fr", 4.0)]
    assert ending.target == Target(TargetKind.QUEUE, "three")


async def test_a_prompt_of_several_sounds_stops_as_one() -> None:
    pinned = PinnedFlow(
        Flow({"top": menu(), "second": SECOND}, {}, {"welcome": {"fr": ("a", "b", "c")}}, "fr"), 1, "top"
    )
    caller = ScriptedCaller(keys=[(3, "1")])
    await follow(Call(caller), pinned, caller)
    assert caller.heard == [("a", "fr", 2.0), ("b", "fr", 1.0)]


async def test_keys_of_several_digits_wait_for_the_next_digit() -> None:
    keys = {"12": to("queue", "twelve"), "13": to("queue", "thirteen"), "2": to("queue", "two")}
    caller = ScriptedCaller(keys=[(1, "1"), (1.5, "3")], lengths=LENGTHS)
    assert (await run(caller, menu(keys=keys))).target.id == "thirteen"
    caller = ScriptedCaller(keys=[(1, "2")], lengths=LENGTHS)
    assert (await run(caller, menu(keys=keys))).target.id == "two"
    assert caller.clock == 1


async def test_a_digit_that_comes_too_late_is_a_wrong_input() -> None:
    keys = {"12": to("queue", "twelve")}
    caller = ScriptedCaller(keys=[(5, "1"), (2.5, "1"), (0, "2")], lengths=LENGTHS)
    ending = await run(caller, menu(keys=keys))
    assert ending.target.id == "twelve"
    assert heard(caller) == ["welcome", "sorry"]


async def test_a_key_that_begins_another_is_taken_when_no_second_one_comes() -> None:
    keys = {"1": to("queue", "one"), "12": to("queue", "twelve")}
    caller = ScriptedCaller(keys=[(5, "1")], lengths=LENGTHS)
    assert (await run(caller, menu(keys=keys))).target.id == "one"
    assert caller.clock == 7


async def test_no_input_and_wrong_input_have_counts_prompts_and_targets_of_their_own() -> None:
    quiet = ScriptedCaller(lengths=LENGTHS)
    ending = await run(quiet, menu(), SECOND)
    assert (ending.target.id, ending.why) == ("quiet", "no_input")
    assert heard(quiet) == ["welcome", "silent", "welcome"]
    assert quiet.clock == 4 + 5 + 1 + 4 + 5

    lost = ScriptedCaller(keys=[(4.5, "7"), (5, "7"), (5, "#")], lengths=LENGTHS)
    ending = await run(lost, menu(), SECOND)
    assert (ending.target.id, ending.why) == ("goodbye", "wrong_input")
    assert heard(lost) == ["welcome", "sorry", "welcome", "sorry", "welcome"]
    told = {"Menu": "top", "Edge": "wrong_input", "Key": "", "By": "flow", "Silent": "0", "Wrong": "3", "To": ""}
    assert lost.told_of("CordboardChoice") == [told]


async def test_the_other_failure_does_not_count() -> None:
    # One wrong, one silence, two wrong: neither count is full before the last.
    caller = ScriptedCaller(keys=[(4.5, "7"), (19.5, "7"), (5, "7")], lengths=LENGTHS)
    ending = await run(caller, menu(), SECOND)
    assert ending.why == "wrong_input"


async def test_digits_without_end_are_one_decision_after_another() -> None:
    caller = ScriptedCaller(keys=[(0, "5")] * 10_000, lengths=LENGTHS)
    ending = await run(caller, menu(), SECOND)
    assert ending.why == "wrong_input"
    assert len(caller.commands) < 50


# --- ways -------------------------------------------------------------------------------------------------------------


async def test_repeat_back_and_top() -> None:
    third = menu("third", prompt="third", keys={"8": to("back"), "*": to("top")})
    second = menu("second", prompt="second", keys={"3": to("menu", "third"), "9": to("repeat"), "8": to("back")})
    keys = [(0, key) for key in "29383*1"]
    caller = ScriptedCaller(keys=keys, ordinary_length=0)
    ending = await run(caller, menu(), second, third)
    visited = [told["Menu"] for told in caller.told_of("CordboardMenu")]
    assert visited == ["top", "second", "second", "third", "second", "third", "top"]
    assert ending.target.id == "one"


async def test_back_in_the_first_menu_is_that_menu_again() -> None:
    caller = ScriptedCaller(keys=[(0, "8"), (0, "1")])
    ending = await run(caller, menu(keys={"8": to("back"), "1": to("queue", "one")}))
    assert ending.target.id == "one"
    assert len(caller.told_of("CordboardMenu")) == 2


async def test_an_announcement_plays_whole_and_goes_back_to_its_menu() -> None:
    info = Play("info", "notice", to("back"))
    caller = ScriptedCaller(keys=[(0, "2"), (0, "0"), (1, "1"), (3, "1")])
    ending = await run(caller, menu(), SECOND, info)
    assert caller.heard[-2:] == [("notice", "fr", 2.0), ("second", "fr", 2.0)]
    assert ending.answers == ("top=2", "second=0", "second=1")


async def test_a_key_that_stops_an_announcement_is_typed_ahead() -> None:
    info = Play("info", "notice", to("menu", "top"), barge_in=True)
    caller = ScriptedCaller(keys=[(1, "1")])
    ending = await run(caller, info, menu(), SECOND, start="info")
    assert caller.heard == [("notice", "fr", 1.0)]
    assert ending.answers == ("top=1",)


async def test_a_silent_announcement_only_leads_on() -> None:
    caller = ScriptedCaller()
    ending = await run(caller, Play("top", None, to("queue", "one")))
    assert ending == Ending(Target(TargetKind.QUEUE, "one"), "then", ())
    assert not caller.is_answered


async def test_the_language_changes_with_an_edge_and_with_a_menu() -> None:
    caller = ScriptedCaller(keys=[(0, "3")])
    await run(caller, menu(), SECOND)
    assert caller.variables["CHANNEL(language)"] == "en"

    english = menu("second", prompt="second", language="en")
    caller = ScriptedCaller(keys=[(0, "2"), (1, "1")])
    await run(caller, menu(), english)
    assert caller.heard[-1][:2] == ("second-en", "en")


@pytest.mark.parametrize(("hour", "target"), [(9, "open"), (11, "closed")])
async def test_hours_are_asked_of_the_clock(hour: int, target: str) -> None:
    # The caller's clock says Monday, 10:00 UTC.
    schedule = Schedule("office", "UTC", (Interval(("mon",), time(hour), time(hour + 2)),))
    hours = Hours("top", "office", to("queue", "open"), to("play", "sorry"))
    caller = ScriptedCaller()
    notice = Play("sorry", "sorry", to("message", "closed"))
    ending = await run(caller, hours, notice, schedules={"office": schedule})
    assert ending.target.id == target
    assert ending.why == target
    assert caller.is_answered == (target == "closed")


async def test_a_flow_that_leads_nowhere_is_left_to_the_dialplan() -> None:
    caller = ScriptedCaller(keys=[(0, "2")])
    with pytest.raises(FlowBroken):
        await run(caller, menu())
    assert caller.told_of("CordboardChoice")[-1]["Edge"] == "failure"
    for node in (Hours("top", "none", to("back"), to("back")), Play("top", None, to("back"))):
        with pytest.raises(FlowBroken):
            await run(ScriptedCaller(), node)


async def test_a_hang_up_ends_it_wherever_it_comes() -> None:
    for moment in range(20):
        caller = ScriptedCaller(lengths=LENGTHS, hangs_up_after=float(moment))
        with pytest.raises(CallerHungUp):
            await run(caller, menu(), SECOND)


# --- for every flow and every caller ----------------------------------------------------------------------------------

NAMES = ["top", "second", "third", "hours", "info"]
places = st.one_of(
    st.builds(lambda name: Target(TargetKind.MENU, name), st.sampled_from(["top", "second", "third"])),
    st.just(Target(TargetKind.HOURS, "hours")),
    st.just(Target(TargetKind.PLAY, "info")),
    st.sampled_from([Target(TargetKind.REPEAT), Target(TargetKind.BACK), Target(TargetKind.TOP)]),
    st.sampled_from([Target(TargetKind.QUEUE, "q"), Target(TargetKind.HANGUP), Target(TargetKind.MESSAGE, "m")]),
)
edges = st.builds(Edge, places, st.sampled_from([None, None, "fr", "en"]))
# Three in four lead out, so that the checker passes a fair part of the flows.
ends = st.sampled_from([to("queue", "q"), to("hangup"), to("message", "m")])
retries = st.builds(
    Retry, st.integers(1, 4), st.one_of(ends, ends, ends, edges), st.sampled_from([None, "sorry", "silent"])
)


def menus(name: str) -> st.SearchStrategy[Menu]:
    return st.builds(
        Menu,
        id=st.just(name),
        prompt=st.sampled_from([None, "welcome", "second"]),
        keys=st.dictionaries(st.from_regex(r"[0-9*#]{1,2}", fullmatch=True), edges, min_size=1, max_size=4),
        no_input=retries,
        wrong_input=retries,
        barge_in=st.booleans(),
        first_digit_seconds=st.sampled_from([1.0, 5.0]),
        inter_digit_seconds=st.sampled_from([0.5, 3.0]),
        language=st.sampled_from([None, "fr", "en"]),
    )


@st.composite
def any_flow(draw: st.DrawFn) -> Flow:
    nodes: list[Node] = [draw(menus(name)) for name in ("top", "second", "third")]
    nodes.append(Hours("hours", "office", draw(ends | edges), draw(ends | edges)))
    nodes.append(Play("info", draw(st.sampled_from([None, "notice"])), draw(ends | edges), draw(st.booleans())))
    hour = draw(st.sampled_from([9, 12]))
    schedule = Schedule("office", "UTC", (Interval(("mon",), time(hour), time(hour + 2)),))
    return flow(*nodes, schedules={"office": schedule})


presses = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0, 4.0, 9.0]), st.sampled_from("0123456789*#")), max_size=40)
KNOWN = {"queue": {"q"}, "message": {"m"}}


def is_safe(flow: Flow, start: str) -> bool:
    """Would the checker let calls begin here? Keys that hide one another are none of its matter."""
    problems = check(flow, [Entry(start, "fr")], KNOWN)
    return all(problem.is_warning or "is how" in problem.what for problem in problems)


@settings(max_examples=300)
@given(any_flow(), presses, st.sampled_from(NAMES))
async def test_any_keys_in_any_flow_come_to_an_end(flow: Flow, keys: list[tuple[float, str]], start: str) -> None:
    caller = ScriptedCaller(keys=keys, lengths=LENGTHS)
    try:
        ending = await follow(Call(caller), PinnedFlow(flow, 1, start), caller)
    except FlowBroken:
        # Round and round, or back before the first menu: only a flow that the checker does not pass, or a caller
        # who will not be served.
        assert not is_safe(flow, start) or len(caller.told_of("CordboardMenu")) > MOST_STEPS // 5
    else:
        assert ending.target.kind.is_exit
    assert len(caller.told_of("CordboardMenu")) <= MOST_STEPS
    assert sum(command.verb == "WAIT FOR DIGIT" for command in caller.commands) <= 3 * MOST_STEPS
    # A living server never sets off the dead man's switch.
    assert not caller.was_taken_back


@settings(max_examples=300)
@given(any_flow(), st.sampled_from(["top", "hours", "info"]))
async def test_a_silent_caller_of_a_flow_that_passes_the_checks_gets_somewhere(flow: Flow, start: str) -> None:
    if is_safe(flow, start):
        caller = ScriptedCaller(lengths=LENGTHS)
        ending = await follow(Call(caller), PinnedFlow(flow, 1, start), caller)
        assert ending.target.kind.is_exit


@settings(max_examples=300)
@given(st.text("1 7", max_size=12), st.integers(1, 4), st.integers(1, 4))
async def test_the_two_counts_are_independent(tries: str, most_silent: int, most_wrong: int) -> None:
    """Each letter is what the caller does when he is asked: the key, silence, or a wrong key."""
    expected, silent, wrong = "no_input", 0, 0
    for letter in tries + " " * 9:
        silent, wrong = silent + (letter == " "), wrong + (letter == "7")
        if letter == "1" or silent == most_silent or wrong == most_wrong:
            expected = "key" if letter == "1" else "no_input" if silent == most_silent else "wrong_input"
            break
    asked = menu(
        prompt=None,
        keys={"1": to("queue", "one")},
        no_input=Retry(most_silent, to("hangup")),
        wrong_input=Retry(most_wrong, to("hangup")),
    )
    keys, wait = [], 1.0
    for letter in tries:
        if letter == " ":
            wait += 5.0
        else:
            keys.append((wait, letter))
            wait = 1.0
    # A silence leaves the clock where the wait ended, a key where it was pressed: a second into the next wait.
    caller = ScriptedCaller(keys=keys)
    assert (await run(caller, asked)).why == expected


@settings(max_examples=200)
@given(any_flow(), st.text("0123456789*#", max_size=8))
async def test_typed_at_once_or_one_by_one_leads_to_the_same_place(flow: Flow, digits: str) -> None:
    """Where every prompt may be barged into, keys typed ahead are worth what the same keys in time are."""
    nodes: dict[str, Node] = {}
    for name, node in flow.nodes.items():
        if isinstance(node, Menu):
            node = menu(name, keys=node.keys, no_input=node.no_input, wrong_input=node.wrong_input)
        elif isinstance(node, Play):
            node = Play(name, node.prompt, node.then, barge_in=True)
        nodes[name] = node
    pinned = PinnedFlow(Flow(nodes, flow.schedules, PROMPTS, "fr"), 1, "top")

    async def choices(gap: float) -> list[tuple[str, str]]:
        caller = ScriptedCaller(keys=[(gap, digit) for digit in digits], lengths=LENGTHS)
        with contextlib.suppress(FlowBroken):
            await follow(Call(caller), pinned, caller)
        return [(told["Menu"], told["Key"]) for told in caller.told_of("CordboardChoice")]

    assert await choices(0.0) == await choices(0.1)
