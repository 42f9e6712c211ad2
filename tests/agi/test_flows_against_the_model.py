"""The simulator, which runs the interpreter, against a second reading of the rules: random flows, random callers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agi.flow.document import Flow
from agi.flow.hearing import Hearing
from agi.flow.nodes import Edge, Menu, Retry, Target, TargetKind
from agi.flow.plan import Plan
from agi.flow.recording import Record
from kit.flow_model import ENDS
from kit.flow_trial import compared, modelled, simulated
from kit.random_flows import PHRASES


@given(st.randoms(use_true_random=False), st.datetimes(datetime(2026, 11, 20), datetime(2027, 1, 10)))  # noqa: DTZ001
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_flows_take_random_callers_where_the_model_says(random: Random, moment: datetime) -> None:
    ours, model = compared(random, moment.replace(tzinfo=UTC))
    assert ours == model


def test_some_thousand_more_by_a_plain_source() -> None:
    random = Random(20261122)
    ends: set[str] = set()
    said: set[str] = set()
    for number in range(1500):
        ours, model = compared(random, datetime(2026, 11, 23, 7 + number % 12, 30, tzinfo=UTC))
        assert ours == model, number
        ends.add(ours.end[0])
        said.update(ours.said)
    assert said == {*PHRASES}
    assert ends == {*ENDS, "hung up", "fallback"}


@pytest.mark.parametrize("start", ["menu", "note"])
def test_who_would_speak_at_the_moment_when_a_silence_ends_speaks_after_the_tone_that_comes_then(start: str) -> None:
    again, keys = Retry(1, Edge(Target(TargetKind.STEP, "note"))), {"1": Edge(Target(TargetKind.QUEUE, "sales"))}
    kept = Edge(Target(TargetKind.MESSAGE, "kept"))
    menu = Menu("menu", prompt=None, keys=keys, no_input=again, wrong_input=again, first_digit_seconds=2.0)
    note = Record("note", prompt=None, into="note", then=kept, no_input=again, silence_seconds=2)
    flow = Flow({"menu": menu, "note": note}, {}, {}, "en")
    plan, begins = Plan.parse("2s says-5s 0.25s #"), datetime(2026, 11, 23, 9, tzinfo=UTC)

    def length(sound: str, language: str) -> None:
        return None

    ours = simulated(flow, start, "en", plan, length, begins)
    assert ours == modelled(flow, start, "en", plan, length, begins)
    assert (ours.nodes, ours.end[:2], ours.clock) == ([start, "note"], ("message", "kept"), 7.25)


def test_who_speaks_over_the_end_of_a_sound_hears_the_next_one_until_he_is_understood() -> None:
    again, keys = Retry(1, Edge(Target(TargetKind.HANGUP))), {"1": Edge(Target(TargetKind.QUEUE, "sales"))}
    menu = Menu("menu", prompt="p", keys=keys, no_input=again, wrong_input=again)
    menu = replace(menu, speech=Hearing({"1": {"en": ("sales",)}}))
    flow = Flow({"menu": menu}, {}, {"p": {"en": ("a", "b", "c")}}, "en")

    def length(sound: str, language: str) -> float:
        return 1.0

    given = (flow, "menu", "en", Plan.parse("0.75s say:sales"), length, datetime(2026, 11, 23, 9, tzinfo=UTC))
    ours = simulated(*given)
    assert ours == modelled(*given)
    assert [sound for sound, *_ in ours.sounds] == ["a", "b"]
    assert 1.25 < sum(seconds for *_, seconds in ours.sounds) < 2.0
    assert ours.end[:2] == ("queue", "sales")
