"""What is wrong with a flow is found before a caller finds it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agi.flow.checker import Entry, Sort, check
from agi.flow.deciding import Case, Condition
from agi.flow.document import (
    Edge,
    Flow,
    Hours,
    Menu,
    Node,
    Play,
    Problem,
    Prompt,
    Retry,
    Schedule,
    Target,
    TargetKind,
    Unknown,
)

KNOWN = {"queue": {"billing"}, "person": {"amel"}, "voicemail": {"box"}, "message": {"bye"}}
PROMPTS: Mapping[str, Prompt] = {"hi": {"fr": ("hi",), "en": ("hi",)}}


def to(kind: str, name: str = "", language: str | None = None) -> Edge:
    return Edge(Target(TargetKind(kind), name), language)


OUT = to("queue", "billing")


def menu(name: str, keys: Mapping[str, Edge], **changes: object) -> Menu:
    values: dict[str, object] = {"prompt": "hi", "no_input": Retry(2, OUT), "wrong_input": Retry(2, OUT)}
    return Menu(id=name, keys=keys, **{**values, **changes})  # type: ignore[arg-type]


def problems(
    *nodes: Node,
    start: str = "a",
    language: str = "fr",
    prompts: Mapping[str, Prompt] = PROMPTS,
    schedules: Mapping[str, Schedule] | None = None,
) -> list[Problem]:
    flow = Flow({node.id: node for node in nodes}, schedules or {}, prompts, "fr")
    return check(flow, [Entry(start, language)], KNOWN)


def places(found: list[Problem]) -> list[str]:
    return [problem.where for problem in found]


def test_a_good_flow_has_no_problem() -> None:
    assert not problems(
        Hours("did.main", "office", to("menu", "a"), to("message", "bye")),
        menu("a", {"1": to("queue", "billing", "en"), "2": to("menu", "b"), "9": to("repeat"), "0": to("play", "p")}),
        menu("b", {"1": to("person", "amel"), "2": to("voicemail", "box"), "8": to("back"), "*": to("top")}),
        Play("p", "hi", to("back")),
        start="did.main",
        schedules={"office": Schedule("office", "UTC", ())},
    )


def test_what_a_problem_is_about_is_told_as_data() -> None:
    bound = menu("a", {"1": to("queue", "nope"), "2": to("play", "h")})
    found = problems(bound, Hours("h", "never", OUT, OUT), start="z")
    found += problems(menu("a", {"1": OUT}), prompts={"hi": {"fr": ("hi",)}}, language="en")
    assert {(problem.where, problem.sort) for problem in found if problem.sort} == {
        ("nodes.z", Sort.START),
        ("nodes.a.keys.1", Sort.WAY),
        ("nodes.a.keys.2", Sort.WAY),
        ("nodes.h.schedule", Sort.SCHEDULE),
        ("prompts.hi", Sort.LANGUAGE),
    }


def test_dangling_targets_are_named_with_their_place() -> None:
    found = problems(
        menu(
            "a",
            {"1": to("queue", "nope"), "2": to("menu", "b"), "3": to("menu", "info"), "4": to("message", "billing")},
            no_input=Retry(1, to("person", "nobody"), "lost"),
            wrong_input=Retry(1, to("voicemail", "none")),
            prompt="gone",
        ),
        Play("info", "hi", OUT),
        Hours("h", "never", to("hours", "x"), to("play", "y")),
    )
    for place in (
        "nodes.a.keys.1",
        "nodes.a.keys.2",
        "nodes.a.keys.3",
        "nodes.a.keys.4",
        "nodes.a.no_input.then",
        "nodes.a.wrong_input.then",
        "nodes.a.prompt",
        "nodes.a.no_input.prompt",
        "nodes.h.schedule",
        "nodes.h.open",
        "nodes.h.closed",
    ):
        assert place in places(found), place
    assert all(problem.cure for problem in found)


def test_calls_that_begin_nowhere() -> None:
    assert places(problems(menu("a", {"1": OUT}), start="z")) == ["nodes.z", "nodes.a"]


def test_a_node_that_nobody_reaches_is_a_warning() -> None:
    found = problems(menu("a", {"1": OUT}), menu("b", {"1": OUT}))
    assert [(problem.where, problem.is_warning) for problem in found] == [("nodes.b", True)]


@pytest.mark.parametrize(
    "nodes",
    [
        [menu("a", {"1": OUT}, no_input=Retry(2, to("repeat")))],
        [menu("a", {"1": OUT}, no_input=Retry(2, to("menu", "a")))],
        [menu("a", {"1": OUT}, no_input=Retry(2, to("back")))],
        [menu("a", {"1": OUT}, no_input=Retry(2, to("top")))],
        [
            menu("a", {"1": OUT}, no_input=Retry(1, to("menu", "b"))),
            menu("b", {"1": OUT}, no_input=Retry(1, to("back"))),
        ],
        [menu("a", {"1": OUT}, no_input=Retry(1, to("play", "p"))), Play("p", "hi", to("menu", "a"))],
        [Hours("a", "office", to("play", "p"), OUT), Play("p", "hi", to("hours", "a"))],
    ],
)
def test_a_caller_who_presses_nothing_must_not_go_round(nodes: list[Node]) -> None:
    found = problems(*nodes, schedules={"office": Schedule("office", "UTC", ())})
    assert any("presses nothing" in problem.what and not problem.is_warning for problem in found)


def test_silence_that_leads_back_to_a_menu_with_an_end_is_fine() -> None:
    assert not problems(
        menu("a", {"1": to("menu", "b")}, no_input=Retry(2, OUT)),
        menu("b", {"1": OUT}, no_input=Retry(1, to("back")), wrong_input=Retry(1, to("top"))),
    )


def test_keys_that_begin_other_keys() -> None:
    found = problems(menu("a", {"1": OUT, "12": OUT, "2": OUT, "121": OUT}))
    assert places(found) == ["nodes.a.keys.1", "nodes.a.keys.1", "nodes.a.keys.12"]


def test_a_menu_without_keys_and_a_place_without_a_way_out() -> None:
    found = problems(
        menu("a", {}, no_input=Retry(1, to("menu", "b")), wrong_input=Retry(1, to("menu", "b"))),
        menu("b", {"1": to("menu", "a")}, no_input=Retry(1, to("back")), wrong_input=Retry(1, to("top"))),
    )
    assert "nodes.a.keys" in places(found)
    assert {problem.where for problem in found if "leads out" in problem.what} == {"nodes.a", "nodes.b"}


def test_back_and_top_before_any_menu_and_repeat_without_one() -> None:
    found = problems(
        Hours("a", "office", to("top"), to("play", "p")),
        Play("p", None, to("repeat")),
        schedules={"office": Schedule("office", "UTC", ())},
    )
    assert {"nodes.a.open", "nodes.p.then"} <= set(places(found))


def test_languages_are_followed_through_the_flow() -> None:
    prompts: Mapping[str, Prompt] = {
        "hi": {"fr": ("hi",), "en": ("hi",)},
        "french": {"fr": ("french",)},
        "german": {"de": ("german",)},
        "empty": {"fr": ()},
    }
    nodes: list[Node] = [
        menu("a", {"1": OUT, "2": to("menu", "b", "en"), "3": to("menu", "c"), "4": to("play", "p")}),
        menu("b", {"1": OUT}, prompt="french"),
        menu("c", {"1": OUT}, prompt="german", language="de"),
        Play("p", "empty", OUT),
    ]
    found = problems(*nodes, prompts=prompts)
    assert [(problem.where, problem.is_warning) for problem in found] == [
        ("prompts.french", True),
        ("prompts.empty", False),
    ]
    assert not problems(menu("a", {"1": OUT}), prompts=prompts, language="fr_CA")


def test_a_prompt_is_asked_in_the_language_that_its_callers_have() -> None:
    # French callers never reach `b`: nothing is missing.
    assert not problems(
        menu("a", {"1": to("menu", "b", "en")}),
        menu("b", {"1": OUT}, prompt="english"),
        prompts={"hi": {"fr": ("hi",)}, "english": {"en": ("english",)}},
    )


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.tuples(st.sampled_from("abcq"), st.sampled_from("abcq")),
        min_size=1,
    )
)
def test_a_loop_of_silence_is_found_exactly_when_there_is_one(ways: dict[str, tuple[str, str]]) -> None:
    def edge(name: str) -> Edge:
        return OUT if name == "q" or name not in ways else to("menu", name)

    nodes = [menu(name, {"1": edge(key)}, no_input=Retry(1, edge(silence))) for name, (key, silence) in ways.items()]
    start = min(ways)
    reached, waiting = set(), [start]
    while waiting:
        place = waiting.pop()
        if place in ways and place not in reached:
            reached.add(place)
            waiting += ways[place]
    loops = set()
    for name in reached:
        place, steps = name, 0
        while place in ways and steps < 4:
            place, steps = ways[place][1], steps + 1
            if place == name:
                loops.add(name)
    found = problems(*nodes, start=start)
    assert {problem.where for problem in found if "presses nothing" in problem.what} == {f"nodes.{n}" for n in loops}


def told_beside(unknown: Unknown, *nodes: Node) -> list[str]:
    """Where there are problems in a flow of which this is not known; calls begin at `a`."""
    return places(check(Flow({node.id: node for node in nodes}, {}, PROMPTS, "fr", unknown=unknown), [FIRST], KNOWN))


FIRST = Entry("a", "fr")
LOST = menu("lost", {"1": to("back"), "2": to("repeat")}, no_input=Retry(2, to("back")))
RING = menu("ring", {"1": OUT}, no_input=Retry(2, to("menu", "ring")))
GERMAN = Play("german", "hi", to("queue", "billing"))


def test_nothing_is_told_that_an_unknown_way_could_refute() -> None:
    """A loop is one, from wherever callers come; whether they come, in which language, and from which menu is not."""
    one = menu("a", {"1": OUT})
    assert told_beside(Unknown(), one, LOST, RING, GERMAN) == ["nodes.lost", "nodes.ring", "nodes.german"]
    for unknown in (Unknown(ways=frozenset({"a"})), Unknown(starts=True)):
        assert told_beside(unknown, one, LOST, RING, GERMAN) == ["nodes.ring"]
    # Nobody comes to what is not known.
    assert told_beside(Unknown(ways=frozenset({"lost"})), one, LOST, RING) == ["nodes.lost", "nodes.ring"]


def test_a_way_that_is_not_known_may_lead_out_and_a_variable_get_a_value() -> None:
    bound = menu("a", {"1": to("repeat")}, no_input=Retry(2, to("repeat")), wrong_input=Retry(2, to("repeat")))
    assert told_beside(Unknown(), bound) == ["nodes.a", "nodes.a"]
    assert told_beside(Unknown(ways=frozenset({"a"})), bound) == ["nodes.a"]
    asks = Condition("a", "tier", (Case(OUT, ("gold",)),), OUT)
    assert told_beside(Unknown(), asks) == ["nodes.a.variable"]
    assert told_beside(Unknown(values=True), asks) == []
