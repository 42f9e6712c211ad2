"""Every received call ends in exactly one way, and the way is read from what happened."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.models import Call, CallId, Fact, FactKind, Stage
from cordboard.journal.outcome import Outcome, OutcomeKind, answered_by, outcome_of, queue_of

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def call(*happened: tuple[str, dict[str, str]], cause: int | None = 16) -> Call:
    """A call of Acme to which these things happened, a second apart."""
    facts = tuple(Fact(START + timedelta(seconds=n), kind, data) for n, (kind, data) in enumerate(happened))
    return Call(
        CallId("pbx1", "pbx1-1.1"), "acme", "main", "+33600000000", "", START, 7, Stage.ENDED,
        facts=facts, hangup_cause=cause, ended=START + timedelta(seconds=len(facts)),
    )  # fmt: skip


ENTERED = ("entered", {"did": "main"})
MENU = ("menu", {"menu": "accueil", "by": "flow"})
CHOICE = ("choice", {"menu": "accueil", "edge": "key", "key": "1"})
ROUTED = ("routed", {"queue": "billing-fr"})
JOINED = ("joined", {"queue": "acme-billing-fr", "position": "1"})
OFFERED = ("offered", {"agent": "acme-amel", "queue": "acme-billing-fr"})
MISSED = ("not_answered", {"agent": "acme-amel", "queue": "acme-billing-fr"})
CANCELLED = ("offer_cancelled", {"agent": "acme-amel", "queue": "acme-billing-fr"})
CONNECTED = ("connected", {"agent": "acme-amel", "queue": "acme-billing-fr"})
GAVE_UP = ("gave_up", {"queue": "acme-billing-fr"})
STOPPED = ("stopped_waiting", {"queue": "acme-billing-fr"})
FALLBACK = ("fallback", {"script": "menu", "reason": "unfinished"})
HUNG_UP = ("hung_up", {"cause": "16"})


def left(status: str) -> tuple[str, dict[str, str]]:
    return "queue_left", {"queue": "billing-fr", "status": status}


def declared(outcome: str, detail: str = "") -> tuple[str, dict[str, str]]:
    return "outcome", {"outcome": outcome, "detail": detail}


WAITS = (ENTERED, MENU, CHOICE, ROUTED, JOINED)


@pytest.mark.parametrize(
    ("happened", "outcome"),
    [
        ((ENTERED, HUNG_UP), ("abandoned", "entry")),
        ((ENTERED, MENU, HUNG_UP), ("abandoned", "menu:accueil")),
        ((ENTERED, MENU, CHOICE, ("menu", {"menu": "anglais"}), HUNG_UP), ("abandoned", "menu:anglais")),
        ((*WAITS[:4], HUNG_UP), ("abandoned", "queue:billing-fr")),
        ((*WAITS, GAVE_UP, STOPPED, HUNG_UP), ("abandoned", "queue:billing-fr")),
        ((*WAITS, OFFERED, CANCELLED, GAVE_UP, STOPPED, HUNG_UP), ("abandoned", "ringing:amel")),
        ((*WAITS, OFFERED, MISSED, GAVE_UP, STOPPED, HUNG_UP), ("abandoned", "queue:billing-fr")),
        ((ENTERED, ("offered", {"agent": "acme-amel", "queue": ""}), HUNG_UP), ("abandoned", "ringing:amel")),
        ((*WAITS, OFFERED, STOPPED, CONNECTED, ("completed", {}), HUNG_UP), ("handled", "amel")),
        ((*WAITS, OFFERED, CONNECTED), ("handled", "amel")),
        ((ENTERED, ("answered", {"person": "bob-the-2nd"}), HUNG_UP), ("handled", "bob-the-2nd")),
        ((*WAITS, GAVE_UP, left("TIMEOUT"), declared("voicemail", "billing"), HUNG_UP), ("voicemail", "billing")),
        ((*WAITS, GAVE_UP, left("TIMEOUT"), declared("dissuaded", "late"), HUNG_UP), ("dissuaded", "late")),
        ((*WAITS, left("TIMEOUT"), declared("overflowed", "+33100000000"), HUNG_UP), ("overflowed", "+33100000000")),
        ((ENTERED, declared("blocked"), HUNG_UP), ("blocked", "")),
        ((ENTERED, MENU, declared("self_service", "hours"), HUNG_UP), ("self_service", "hours")),
        ((ENTERED, declared("dissuaded", "closed"), HUNG_UP), ("dissuaded", "closed")),
        ((ENTERED, MENU, declared("dissuaded", "wrong_input"), HUNG_UP), ("dissuaded", "wrong_input")),
        ((ENTERED, MENU, declared("technical", "routing"), HUNG_UP), ("technical", "routing")),
        ((ENTERED, declared("self_service", "step:balance"), MENU, HUNG_UP), ("self_service", "step:balance")),
        (
            (ENTERED, declared("self_service", "step:x"), declared(""), *WAITS[3:], HUNG_UP),
            ("abandoned", "queue:billing-fr"),
        ),
    ],
)
def test_what_happened_decides(happened: tuple[tuple[str, dict[str, str]], ...], outcome: tuple[str, str]) -> None:
    assert outcome_of(call(*happened)) == Outcome(OutcomeKind(outcome[0]), outcome[1])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("TIMEOUT", ("dissuaded", "late")),
        ("FULL", ("dissuaded", "full")),
        ("JOINEMPTY", ("dissuaded", "empty")),
        ("LEAVEEMPTY", ("dissuaded", "empty")),
        ("JOINUNAVAIL", ("dissuaded", "empty")),
        ("LEAVEUNAVAIL", ("dissuaded", "empty")),
        ("UNKNOWN", ("technical", "queue_status:UNKNOWN")),
        ("", ("technical", "queue_status:none")),
    ],
)
def test_a_queue_that_lets_its_caller_out_is_no_abandon(status: str, outcome: tuple[str, str]) -> None:
    # app_queue raises QueueCallerAbandon on its own timeouts too: the dialplan's word after Queue() decides.
    assert outcome_of(call(*WAITS, GAVE_UP, STOPPED, left(status), HUNG_UP)) == Outcome(
        OutcomeKind(outcome[0]), outcome[1]
    )


def test_a_call_that_overflows_inside_is_handled_once_where_it_is_answered() -> None:
    other = [("joined", {"queue": "acme-general"}), ("connected", {"agent": "acme-bob", "queue": "acme-general"})]
    ended = call(*WAITS, OFFERED, MISSED, GAVE_UP, left("TIMEOUT"), *other, ("completed", {}), HUNG_UP)
    assert outcome_of(ended) == Outcome(OutcomeKind.HANDLED, "bob")
    assert queue_of(ended.facts) == "general"


def test_a_caller_who_hangs_up_in_the_second_queue_abandoned_there() -> None:
    ended = call(*WAITS, GAVE_UP, left("TIMEOUT"), ("joined", {"queue": "acme-general"}), HUNG_UP)
    assert outcome_of(ended) == Outcome(OutcomeKind.ABANDONED, "queue:general")


def test_a_caller_served_by_the_fallback_is_served() -> None:
    assert outcome_of(call(ENTERED, FALLBACK, JOINED, CONNECTED, HUNG_UP)).kind is OutcomeKind.HANDLED
    assert outcome_of(call(ENTERED, FALLBACK, JOINED, HUNG_UP)) == Outcome(OutcomeKind.ABANDONED, "queue:billing-fr")


def test_an_answer_beats_every_declaration() -> None:
    ended = call(*WAITS, left("TIMEOUT"), declared("technical"), JOINED, CONNECTED, declared("voicemail"), HUNG_UP)
    assert outcome_of(ended) == Outcome(OutcomeKind.HANDLED, "amel")


def test_the_last_person_who_answered_is_named() -> None:
    ended = call(*WAITS, CONNECTED, ("answered", {"person": "bob"}), HUNG_UP)
    assert answered_by(ended.facts) == "bob"


def test_the_end_that_nobody_saw_is_technical() -> None:
    assert outcome_of(call(*WAITS)) == Outcome(OutcomeKind.TECHNICAL, "unseen")


def test_a_line_that_broke_is_technical() -> None:
    assert outcome_of(call(*WAITS, ("hung_up", {"cause": "44"}), cause=44)) == Outcome(
        OutcomeKind.TECHNICAL, "cause:44"
    )


@pytest.mark.parametrize("word", ["handled", "abandoned", "anything"])
def test_what_cannot_be_declared_is_not_believed(word: str) -> None:
    assert outcome_of(call(ENTERED, declared(word), HUNG_UP)) == Outcome(OutcomeKind.TECHNICAL, "undeclarable")


def test_a_call_seen_only_in_a_snapshot_keeps_what_it_declared() -> None:
    partial = replace(call(HUNG_UP), declared_outcome="voicemail", declared_detail="billing", is_partial=True)
    assert outcome_of(partial) == Outcome(OutcomeKind.VOICEMAIL, "billing")


words = st.text(max_size=8)
facts = st.builds(
    Fact,
    st.integers(-1000, 1000).map(lambda seconds: START + timedelta(seconds=seconds)),
    st.one_of(st.sampled_from(list(FactKind)).map(str), words),
    st.dictionaries(
        st.sampled_from(["queue", "agent", "person", "menu", "status", "outcome", "detail", "edge"]), words
    ),
)
calls = st.builds(
    lambda facts, cause, word: replace(call(cause=cause), facts=tuple(facts), declared_outcome=word),
    st.lists(facts, max_size=30),
    st.one_of(st.none(), st.integers(0, 127)),
    st.one_of(st.none(), words, st.sampled_from([kind.value for kind in OutcomeKind])),
)

IRRELEVANT = [
    FactKind.HELD,
    FactKind.RESUMED,
    FactKind.COMPLETED,
    FactKind.STOPPED_WAITING,
    FactKind.GAVE_UP,
    FactKind.FALLBACK,
    FactKind.OFFER_CANCELLED,
    FactKind.TRANSFERRED,
    FactKind.CHOICE,
    "new_in_the_next_version",
]


@given(calls)
def test_any_call_has_one_outcome_and_always_the_same(any_call: Call) -> None:
    outcome = outcome_of(any_call)
    assert isinstance(outcome.kind, OutcomeKind)
    assert outcome_of(replace(any_call)) == outcome


@given(calls, st.lists(st.tuples(st.sampled_from(IRRELEVANT), st.integers(0, 30)), max_size=10))
def test_facts_that_decide_nothing_change_nothing(any_call: Call, more: list[tuple[str, int]]) -> None:
    mixed = list(any_call.facts)
    for kind, position in more:
        mixed.insert(min(position, len(mixed)), Fact(START, str(kind), {"queue": "acme-other", "menu": "other"}))
    assert outcome_of(replace(any_call, facts=tuple(mixed))) == outcome_of(any_call)


@given(calls)
def test_what_is_not_a_fact_of_the_call_does_not_matter(any_call: Call) -> None:
    other = replace(any_call, caller_number="", stage=Stage.WAITING, waited=9.0, generation=1, queue="acme-x", did="y")
    assert outcome_of(other) == outcome_of(any_call)
