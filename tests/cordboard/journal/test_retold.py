"""Calls that nobody followed, from the lines that Asterisk wrote of them: who, which way, how long, how it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ami.conversation import Conversation, Direction, Doing, Role
from cordboard.journal.cdr import records_of
from cordboard.journal.queue_log import Visit
from cordboard.journal.retold import companies_in, retold
from cordboard.store.values import Company, Did, Person, QueueSpec, TargetKind, TargetRef, Trunk
from kit.cdr import NOON, row

END = TargetRef(TargetKind.HANGUP)
ACME = Company(
    id="acme",
    name="Acme",
    language="fr",
    country="FR",
    time_zone="Europe/Paris",
    people={
        each: Person(id=each, name=each.title(), extension=number) for each, number in (("amel", "201"), ("bob", "202"))
    },
    queues={
        "billing": QueueSpec(
            id="billing", name="Billing", number="300", skills={}, when_full=END, when_late=END, when_empty=END
        )
    },
    dids={"main": Did(id="main", number="+33199000001", name="Main", open=END, language="fr")},
    trunks={"carrier": Trunk(id="carrier", name="Carrier")},
)
AMEL, BOB, CARRIER = "PJSIP/acme-amel-00000001", "PJSIP/acme-bob-00000002", "PJSIP/acme-carrier-00000003"
ONE = {"account": "", "linkedid": "pbx1-1.1"}
FROM_AMEL = {**ONE, "leg": AMEL, "number": "201", "name": "Amel"}
TO_BOB = {"exten": "acme-bob", "context": "cb-person-g7", "application": "Dial", "peer": BOB}


def line(uniqueid: str, **fields: Any) -> str:
    return row(uniqueid, **fields)


def told(*rows: str, stays: tuple[Visit, ...] = ()) -> Conversation:
    records = list(records_of("".join(rows)))
    call = retold("pbx1", records, stays, {"acme": ACME})
    assert call is not None
    assert str(call.id) == "pbx1/pbx1-1.1"
    assert [(step.kind, step.data) for step in call.steps] == [("repaired", {"source": "cdr"})]
    assert call.is_partial
    return call


def who(call: Conversation) -> list[tuple[str, str, Role, bool]]:
    return [(party.number, party.endpoint, party.role, party.is_outside) for party in call.parties]


def test_a_call_between_colleagues() -> None:
    call = told(line("pbx1-1.1", seconds=20, **FROM_AMEL, **TO_BOB))
    assert (call.direction, call.dialled, call.agent) == (Direction.INTERNAL, "202", "acme-bob")
    assert who(call) == [("201", "acme-amel", Role.CALLER, False), ("202", "acme-bob", Role.CALLED, False)]
    assert (call.started, call.answered, call.ended) == (NOON, NOON, NOON + timedelta(seconds=20))
    assert (call.talked, call.rang) == (20.0, 0.0)
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail) == ("answered", "acme-bob")


@pytest.mark.parametrize(
    ("disposition", "word"),
    [("NO ANSWER", "cancelled"), ("BUSY", "busy"), ("FAILED", "failed"), ("CONGESTION", "failed")],
)
def test_one_that_was_not_answered(disposition: str, word: str) -> None:
    call = told(line("pbx1-1.1", seconds=5, disposition=disposition, **FROM_AMEL, **TO_BOB))
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail, call.answered) == (word, "acme-bob", None)
    assert (call.rang, call.talked) == (5.0, 0.0)
    assert [span.doing for party in call.parties for span in party.spans] == [Doing.CALLING, Doing.RINGING]


def test_what_the_dialplan_declared_stands_unless_somebody_talked() -> None:
    nobody = {"exten": "nobody", "context": "cb-end-g7", "application": "Hangup", "told": "dissuaded empty"}
    refused = line("pbx1-1.1", disposition="BUSY", **FROM_AMEL, **TO_BOB)
    call = told(refused, line("pbx1-1.1", at=NOON + timedelta(seconds=10), **FROM_AMEL, **nobody))
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail, call.dialled) == ("dissuaded", "empty", "202")


@pytest.mark.parametrize(("declared", "is_left"), [("voicemail amel", True), ("dissuaded message", False)])
def test_a_mailbox(declared: str, is_left: bool) -> None:
    box = {"exten": "h", "context": "cb-voicemail-g7", "application": "NoOp", "told": declared}
    assert told(line("pbx1-1.1", **FROM_AMEL, **box)).message_left is is_left
    assert told(line("pbx1-1.1", **FROM_AMEL, **TO_BOB)).message_left is None


def test_a_received_call_that_a_queue_brought_to_an_agent() -> None:
    stay = Visit(
        "acme-billing", NOON, "acme-amel", NOON + timedelta(seconds=4), NOON + timedelta(seconds=20), "COMPLETEAGENT"
    )
    received = {"linkedid": "pbx1-1.1", "leg": CARRIER}
    rang_bob = line("pbx1-1.1", seconds=2, disposition="NO ANSWER", peer=BOB, **received)
    talked = line("pbx1-1.1", at=NOON + timedelta(seconds=2), seconds=18, peer=AMEL, **received)
    call = told(rang_bob, talked, stays=(stay,))
    assert (call.direction, call.dialled, call.queue, call.agent) == (
        Direction.INBOUND, "+33199000001", "acme-billing", "acme-amel",
    )  # fmt: skip
    assert (call.waited, call.talked, call.answered) == (4.0, 16.0, NOON + timedelta(seconds=4))
    assert who(call)[0] == ("+33612345678", "acme-carrier", Role.CALLER, True)
    assert {party.role for party in call.parties[1:]} == {Role.AGENT}
    assert [(visit.end, visit.agent) for visit in call.visits] == [("connected", "acme-amel")]
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail) == ("handled", "acme-amel")


def test_a_received_call_that_was_given_up_in_line() -> None:
    stay = Visit("acme-billing", NOON, ended=NOON + timedelta(seconds=9), end="ABANDON")
    call = told(line("pbx1-1.1", seconds=9, linkedid="pbx1-1.1"), stays=(stay,))
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail, call.waited) == ("abandoned", "queue:acme-billing", 9.0)


def test_a_call_out() -> None:
    out = {"context": "cb-external-g7", "application": "Dial", "data": "PJSIP/+33612345678@acme-carrier,60,i"}
    call = told(line("pbx1-1.1", **FROM_AMEL, exten="acme-33612345678", peer=CARRIER, **out))
    assert (call.direction, call.agent, call.dialled) == (Direction.OUTBOUND, "acme-amel", "+33612345678")
    assert who(call)[1] == ("+33612345678", "acme-carrier", Role.CALLED, True)
    assert call.ending is not None
    assert (call.ending.word, call.ending.detail) == ("answered", "+33612345678")


def test_who_is_passed_on_talks_to_both() -> None:
    first = line("pbx1-1.1", seconds=4, **FROM_AMEL, **TO_BOB)
    on = {**TO_BOB, "peer": CARRIER, "data": "PJSIP/+33612345678@acme-carrier"}
    call = told(first, line("pbx1-1.1", at=NOON + timedelta(seconds=4), seconds=6, **FROM_AMEL, **on))
    assert [party.endpoint for party in call.parties] == ["acme-amel", "acme-bob", "acme-carrier"]
    assert (call.direction, call.talked) == (Direction.INTERNAL, 10.0)


def test_half_a_local_channel_is_nobody() -> None:
    half = {**ONE, "leg": "Local/202@x-00000000;2", "number": "201"}
    call = told(
        line("pbx1-1.1", **FROM_AMEL, exten="202", application="Dial", peer="Local/202@x-00000000;1"),
        line("pbx1-1.3", **half, application="Dial", peer=BOB),
    )
    assert [party.endpoint for party in call.parties] == ["acme-amel", "acme-bob"]
    assert call.ending is not None
    assert call.ending.word == "answered"


def test_who_listens_is_told_as_a_spy() -> None:
    call = told(line("pbx1-1.1", **FROM_AMEL, application="ChanSpy", data="PJSIP/acme-bob"))
    assert (call.direction, [party.role for party in call.parties]) == (Direction.SPYING, [Role.SPY])


def test_records_in_which_nobody_is_are_no_call() -> None:
    halves = line("pbx1-1.1", leg="Local/s@b-00000000;1", linkedid="pbx1-1.1")
    assert retold("pbx1", list(records_of(halves)), (), {}) is None


def test_whose_they_may_be() -> None:
    assert companies_in(list(records_of(line("1.1", account="", leg=AMEL, peer="PJSIP/other-x-00000001")))) == {
        "acme",
        "other",
    }
    assert companies_in(list(records_of(line("1.1", leg="PJSIP/1000-00000001")))) == {"acme"}
