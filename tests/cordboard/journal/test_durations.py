"""Waiting, talking and hold are counted from the moments of the facts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ami.models import Fact, FactKind
from cordboard.journal.durations import Durations, durations_of

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def at(seconds: float, kind: str, **data: str) -> Fact:
    return Fact(START + timedelta(seconds=seconds), kind, data)


def test_a_queue_call_waits_until_the_agent_and_talks_until_he_is_gone() -> None:
    facts = [
        at(0, "entered"),
        at(3, "menu"),
        at(10, "joined", queue="acme-billing"),
        at(12, "offered", agent="acme-amel", queue="acme-billing"),
        at(15, "stopped_waiting", queue="acme-billing"),
        at(15, "connected", agent="acme-amel"),
        at(40, "completed", agent="acme-amel"),
        at(41, "hung_up"),
    ]
    assert durations_of(facts) == Durations(waited=5.0, talked=25.0)


def test_the_waits_in_two_queues_add_up() -> None:
    facts = [
        at(0, "joined", queue="acme-billing"),
        at(20, "gave_up"),
        at(20, "stopped_waiting"),
        at(20, "queue_left", status="TIMEOUT"),
        at(22, "joined", queue="acme-general"),
        at(30, "connected", agent="acme-bob"),
        at(35, "hung_up"),
    ]
    assert durations_of(facts) == Durations(waited=28.0, talked=5.0)


def test_hold_is_no_talk() -> None:
    facts = [
        at(0, "joined"),
        at(1, "connected"),
        at(11, "held"),
        at(31, "resumed"),
        at(40, "held"),
        at(45, "completed"),
        at(45, "hung_up"),
    ]
    assert durations_of(facts) == Durations(waited=1.0, talked=19.0, held=25.0)


def test_a_person_dialled_directly_is_waited_for_while_the_phone_rings() -> None:
    rings = at(2, "offered", agent="acme-amel", queue="")
    assert durations_of([rings, at(8, "answered", person="amel"), at(18, "hung_up")]) == Durations(6.0, 10.0)
    assert durations_of([rings, at(22, "not_answered", queue=""), at(60, "hung_up")]) == Durations(20.0)


def test_what_nobody_saw_end_is_not_counted() -> None:
    assert durations_of([at(0, "joined"), at(4, "connected")]) == Durations(waited=4.0)
    assert durations_of([at(0, "joined")]) == Durations()


def test_music_in_the_queue_is_not_a_held_talk() -> None:
    assert durations_of([at(0, "joined"), at(1, "held"), at(5, "resumed"), at(9, "hung_up")]) == Durations(waited=9.0)


@given(st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(list(FactKind))), max_size=40))
def test_no_spell_is_negative_and_none_is_counted_twice(happened: list[tuple[int, FactKind]]) -> None:
    in_order = sorted(happened, key=lambda pair: pair[0])
    found = durations_of([at(seconds, kind.value) for seconds, kind in in_order])
    assert found.waited >= 0
    assert found.talked >= 0
    assert found.held >= 0
    span = in_order[-1][0] - in_order[0][0] if in_order else 0
    assert found.talked + found.held <= span
    assert found.waited <= span


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.sampled_from(list(FactKind))), max_size=40))
def test_a_clock_that_steps_back_takes_nothing_away(happened: list[tuple[int, FactKind]]) -> None:
    found = durations_of([at(seconds, kind.value) for seconds, kind in happened])
    assert min(found.waited, found.talked, found.held) >= 0
