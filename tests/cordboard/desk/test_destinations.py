"""Where a call may be sent: what people write, and that nothing written there becomes dialplan."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.actions import BlindTransfer, SetVariable
from cordboard.desk.destinations import DESK, Destination, destination, queue_of
from cordboard.desk.requests import TurnedDown
from kit import acme

COMPANY = acme.company()
WRITTEN = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["amel", "english", "601", "201", "lobby", "+33140000001"]).flatmap(
        lambda word: st.tuples(st.just(word), st.text(max_size=6)).map("".join)
    ),
    st.tuples(st.sampled_from(["queue:", "person:", "external:", ""]), st.text(max_size=10)).map("".join),
)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("english", Destination("queue", "acme-english", "602")),
        ("602", Destination("queue", "acme-english", "602")),
        ("queue:english", Destination("queue", "acme-english", "602")),
        ("amel", Destination("person", "acme-amel", "201")),
        ("201", Destination("person", "acme-amel", "201")),
        ("lobby", Destination("person", "acme-lobby", "250")),
        ("person:250", Destination("person", "acme-lobby", "250")),
        ("+33140000001", Destination("external", "acme-33140000001", "0")),
    ],
)
def test_places_are_named_by_id_by_extension_or_by_number(named: str, expected: Destination) -> None:
    assert destination(COMPANY, named) == expected


@pytest.mark.parametrize(
    ("named", "reason"),
    [("moon", "unknown_target"), ("dora", "unknown_target"), ("queue:amel", "unknown_target"), ("", "unknown_target"),
     ("external:33", "unknown_target"), ("+0033", "unknown_target"), ("0140000001", "unknown_target")],
)  # fmt: skip
def test_what_is_no_place_is_said(named: str, reason: str) -> None:
    with pytest.raises(TurnedDown) as refused:
        destination(COMPANY, named)
    assert refused.value.answer.reason == reason


def test_a_name_that_is_both_must_be_told_apart() -> None:
    both = replace(COMPANY, queues={**COMPANY.queues, "amel": acme.queue("amel", number="699")})
    with pytest.raises(TurnedDown) as refused:
        destination(both, "amel")
    assert refused.value.answer.reason == "ambiguous_target"
    assert destination(both, "queue:amel").kind == "queue"
    assert destination(both, "person:amel").kind == "person"


def test_a_queue_is_named_by_id_or_number() -> None:
    assert queue_of(COMPANY, "602") is queue_of(COMPANY, "english")
    with pytest.raises(TurnedDown):
        queue_of(COMPANY, "amel")


@given(WRITTEN)
def test_nothing_written_becomes_dialplan(named: str) -> None:
    try:
        place = destination(COMPANY, named)
    except TurnedDown:
        return
    assert re.fullmatch(r"acme-[a-z0-9-]+", place.item)
    assert BlindTransfer("PJSIP/acme-amel-1", DESK, place.door).headers()
    assert SetVariable("PJSIP/acme-amel-1", "CB_TO", place.item).headers()
