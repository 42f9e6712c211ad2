"""The simulator, which runs the interpreter, against a second reading of the rules: random flows, random callers."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.flow_trial import compared
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
    assert ends == {
        *("queue", "person", "voicemail", "message", "callback", "external", "dial", "hangup"),
        *("hung up", "fallback"),
    }
