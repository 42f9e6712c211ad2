"""The flow document goes to JSON and back unchanged, and tells all its problems at once."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.flow import document
from agi.flow.document import (
    DAYS,
    Edge,
    Flow,
    FlowRefused,
    Hours,
    Interval,
    Menu,
    Play,
    Retry,
    Schedule,
    Target,
    TargetKind,
)

slugs = st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True)
node_ids = st.from_regex(r"[a-z][a-z0-9.-]{0,12}", fullmatch=True)
languages = st.sampled_from(["fr", "en", "pt_BR", "de-CH"])
sounds = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,7}(/[a-z0-9]{1,4})?", fullmatch=True)
numbers = st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True)
prompt_names = st.none() | slugs


@st.composite
def targets(draw: st.DrawFn) -> Target:
    kind = draw(st.sampled_from(list(TargetKind)))
    if not kind.has_id:
        return Target(kind)
    outside = kind is TargetKind.EXTERNAL
    return Target(kind, draw(numbers if outside else node_ids if kind.is_node else slugs))


edges = st.builds(Edge, targets(), st.none() | languages)
retries = st.builds(Retry, st.integers(1, 9), edges, prompt_names)
seconds = st.floats(0.5, 30, allow_nan=False)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    nodes: dict[str, Menu | Hours | Play] = {}
    for name in draw(st.sets(node_ids, max_size=4)):
        nodes[name] = draw(
            st.builds(
                Menu,
                id=st.just(name),
                prompt=prompt_names,
                keys=st.dictionaries(st.from_regex(r"[0-9*#]{1,12}", fullmatch=True), edges, max_size=3),
                no_input=retries,
                wrong_input=retries,
                barge_in=st.booleans(),
                first_digit_seconds=seconds,
                inter_digit_seconds=seconds,
                language=st.none() | languages,
            )
            | st.builds(Hours, st.just(name), slugs, edges, edges)
            | st.builds(Play, st.just(name), prompt_names, edges, st.booleans())
        )
    schedules = {}
    for name in draw(st.sets(slugs, max_size=2)):
        intervals = []
        for days in draw(st.lists(st.sets(st.sampled_from(DAYS), min_size=1), max_size=2)):
            start, length = draw(st.integers(0, 1438)), draw(st.integers(1, 1440))
            end = min(start + length, 1440) % 1440
            intervals.append(
                Interval(
                    tuple(day for day in DAYS if day in days), time(start // 60, start % 60), time(end // 60, end % 60)
                )
            )
        zone = draw(st.sampled_from(["Europe/Paris", "UTC", "America/New_York"]))
        schedules[name] = Schedule(name, zone, tuple(intervals), tuple(draw(st.lists(st.dates(), max_size=2))))
    prompts = draw(
        st.dictionaries(slugs, st.dictionaries(languages, st.lists(sounds, max_size=2).map(tuple), max_size=2))
    )
    return Flow(nodes, schedules, prompts, draw(languages))


@given(flows())
def test_a_flow_survives_json_unchanged(flow: Flow) -> None:
    written = json.loads(json.dumps(flow.to_json()))
    assert Flow.from_json(written) == flow


def test_the_example_in_the_docstring_is_read() -> None:
    assert document.__doc__
    flow = Flow.from_json(json.loads(document.__doc__.split("\n\n")[1]))
    assert set(flow.nodes) == {"did.main", "accueil", "hello"}
    assert flow.schedules["office"].closed_dates == (date(2026, 12, 24),)


def test_every_problem_is_told_at_once_with_its_place() -> None:
    broken = {
        "cordboard_flow": 7,
        "surprise": 1,
        "prompts": {"welcome": {"french": ["ok"], "fr": ["../etc/passwd", "a&b", "/abs", "x,y", 3]}},
        "schedules": {
            "office": {
                "time_zone": "../../etc/passwd",
                "weekly": [{"days": ["lundi"], "from": "25:00", "to": "08:00"}],
                "closed_dates": ["24/12"],
            },
            "night": {"time_zone": "UTC", "weekly": [{"days": ["mon"], "from": "22:00", "to": "06:00"}]},
        },
        "nodes": {
            "Bad Name": {"kind": "menu"},
            "a": {
                "kind": "menu",
                "first_digit_seconds": True,
                "inter_digit_seconds": float("nan"),
                "barge_in": "yes",
                "keys": {"x": {"kind": "queue", "id": "q"}, "1": {"kind": "queue"}, "2": {"kind": "repeat", "id": "z"}},
                "no_input": {"tries": 0, "then": {"kind": "nowhere"}},
                "wrong_input": {"tries": 1},
            },
            "b": {"kind": "fly"},
        },
    }
    with pytest.raises(FlowRefused) as refused:
        Flow.from_json(broken)
    places = [problem.where for problem in refused.value.problems]
    for place in (
        "cordboard_flow",
        "surprise",
        "prompts.welcome.french",
        "prompts.welcome.fr.0",
        "prompts.welcome.fr.1",
        "prompts.welcome.fr.2",
        "prompts.welcome.fr.3",
        "prompts.welcome.fr.4",
        "schedules.office.time_zone",
        "schedules.office.weekly.0.days",
        "schedules.office.weekly.0.from",
        "schedules.office.closed_dates.0",
        "schedules.night.weekly.0",
        "nodes.Bad Name",
        "nodes.a.first_digit_seconds",
        "nodes.a.inter_digit_seconds",
        "nodes.a.barge_in",
        "nodes.a.keys.x",
        "nodes.a.keys.1.id",
        "nodes.a.keys.2.id",
        "nodes.a.no_input.tries",
        "nodes.a.no_input.then.kind",
        "nodes.a.wrong_input.then",
        "nodes.b.kind",
    ):
        assert place in places, place
    assert all(problem.cure for problem in refused.value.problems)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["prompts", "schedules", "nodes", "language"]))
def test_any_json_is_read_or_refused(value: object, room: str) -> None:
    for written in (value, {"cordboard_flow": 1, room: value}, {"cordboard_flow": 1, room: {"a": value}}):
        with suppress(FlowRefused):
            flow = Flow.from_json(written)
            assert Flow.from_json(flow.to_json()) == flow


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), True),  # Monday 09:00 in Paris, winter
        (datetime(2026, 3, 2, 7, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 17, 0, tzinfo=UTC), False),  # 18:00 exactly is closed
        (datetime(2026, 6, 1, 7, 0, tzinfo=UTC), True),  # Monday 09:00 in summer
        (datetime(2026, 6, 6, 7, 0, tzinfo=UTC), False),  # Saturday morning
        (datetime(2026, 6, 6, 21, 59, tzinfo=UTC), True),  # Saturday 23:59, open to midnight
        (datetime(2026, 6, 6, 22, 0, tzinfo=UTC), False),  # Sunday 00:00
        (datetime(2026, 12, 24, 10, 0, tzinfo=UTC), False),  # closed date, a Thursday
        (datetime(2026, 12, 23, 23, 30, tzinfo=UTC), False),
    ],
)
def test_opening_hours_follow_the_clock_of_their_place(moment: datetime, is_open: bool) -> None:
    schedule = Schedule(
        "office",
        "Europe/Paris",
        (
            Interval(("mon", "tue", "wed", "thu", "fri"), time(9), time(18)),
            Interval(("sat",), time(20), time(0)),
        ),
        (date(2026, 12, 24),),
    )
    assert schedule.is_open(moment) is is_open


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Schedule("s", "UTC", ()).is_open(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_prompt_is_spoken_in_the_nearest_language() -> None:
    flow = Flow({}, {}, {"hi": {"fr": ("bonjour",), "en": ("hello",)}, "de": {"de": ("hallo",)}}, "en")
    assert flow.sounds("hi", "fr_CA") == ("bonjour",)
    assert flow.sounds("hi", "es") == ("hello",)
    assert flow.sounds("de", "es") == ()
    assert flow.sounds(None, "fr") == ()
    assert flow.sounds("missing", "fr") == ()
