"""Who is parked where and since when, for who was told of it by a list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ami import events as told
from ami.comparison import compare
from ami.conversation import Conversation, Doing
from ami.fields import Leg
from ami.fold import Fold
from ami.live import snapshot_of
from ami.models import ChannelState, LinkState, LinkStatus, Snapshot
from ami.relist import Listing, Memory, load, settle
from ami.rows import BridgeRow, ChannelRow, ParkedRow
from kit.recorded import START

LISTED = START + timedelta(seconds=60)
PARKEE = Leg("pbx1-1", "pbx1-1", "PJSIP/carrier-1", ChannelState.UP, "0612345678", "", "", "", "in", "500")
AGENT = Leg("pbx1-2", "pbx1-1", "PJSIP/ag1-2", ChannelState.UP, "201", "", "", "", "phones", "s")
LOT = BridgeRow("lot", "parking", "holding_bridge", "", "Parking")
TALK = BridgeRow("talk", "basic", "simple_bridge", "")
ROW = ParkedRow("pbx1-1", "default", 701, "PJSIP/ag1", 35.0, 10)
PARKED = told.CallParked(None, PARKEE, "701", "PJSIP/ag1", 45)
STEP = {"party": "carrier", "space": "701", "by": "ag1", "timeout": "45"}


def listed(*parked: ParkedRow, bridge: BridgeRow = LOT, before: Fold | None = None) -> Fold:
    fold = Fold("pbx1")
    channel = ChannelRow(PARKEE, "Queue", bridge.id, 50.0)
    memory = None if before is None else Memory.of(before, "link")
    load(fold, Listing(LISTED, (channel,), (bridge,), (), (), parked), memory)
    return fold


def talking() -> Fold:
    """He has talked to an agent for 40 s."""
    fold, at = Fold("pbx1"), LISTED - timedelta(seconds=40)
    for leg in (PARKEE, AGENT):
        fold.apply(told.ChannelSeen(None, leg, True), at)
    fold.apply(told.DialBegan(None, PARKEE, AGENT), at)
    for leg in (PARKEE, AGENT):
        fold.apply(told.BridgeEntered(None, leg, "talk", "basic", "simple_bridge", ""), at)
    return fold


def parking(fold: Fold, seconds_ago: float) -> Fold:
    at = LISTED - timedelta(seconds=seconds_ago)
    fold.apply(told.BridgeEntered(None, PARKEE, "lot", "parking", "holding_bridge", "", creator="Parking"), at)
    fold.apply(PARKED, at)
    return fold


def seen(fold: Fold) -> Snapshot:
    return snapshot_of(fold, LISTED, 0, LinkStatus(LinkState.LIVE, LISTED), with_conversations=True)


def call_of(fold: Fold) -> Conversation:
    settle(fold, LISTED)
    [conversation] = seen(fold).conversations
    return conversation


def test_from_lists_alone() -> None:
    call = call_of(listed(ROW))
    [party] = call.parties
    assert (party.space, party.spans[-1].doing) == ("701", Doing.PARKED)
    assert party.spans[-1].since == LISTED - timedelta(seconds=10)
    assert [(step.kind, step.at, step.data) for step in call.steps] == [
        ("parked", LISTED - timedelta(seconds=10), STEP)
    ]


def test_nobody_is_parked_longer_than_he_is_there() -> None:
    party = call_of(listed(replace(ROW, lasts=9e11))).parties[0]
    assert party.spans[-1].since == party.joined


def test_what_was_missed_ends_the_talk_when_he_was_parked() -> None:
    call = call_of(listed(ROW, before=talking()))
    talk, parked = call.parties[0].spans
    assert (talk.doing, talk.until, parked.doing) == (Doing.TALKING, LISTED - timedelta(seconds=10), Doing.PARKED)


@pytest.mark.parametrize("seconds_ago", [10.9, 9.2])
def test_what_is_known_is_not_told_again(seconds_ago: float) -> None:
    before = parking(talking(), seconds_ago)
    call = call_of(listed(ROW, before=before))
    assert [(step.kind, step.at) for step in call.steps] == [("parked", LISTED - timedelta(seconds=seconds_ago))]
    assert call.parties[0].spans[-1].since == LISTED - timedelta(seconds=seconds_ago)


def test_an_event_of_before_that_comes_after_the_list_is_the_same_parking() -> None:
    fold = listed(ROW)
    assert [step.kind for step in call_of(parking(fold, 4.0)).steps] == ["parked"]


def test_whom_the_channels_show_in_a_talk_is_parked_by_the_events_that_follow() -> None:
    fold = listed(replace(ROW, lasts=0, left=45.0), bridge=TALK)
    assert seen(fold).conversations[0].steps == ()
    assert [step.data for step in call_of(parking(fold, 0.0)).steps] == [STEP]


def test_parked_twice_in_one_slot_is_two_parkings() -> None:
    fold = parking(talking(), 30.0)
    fold.apply(told.CallRetrieved(None, PARKEE, AGENT, "701"), LISTED - timedelta(seconds=20))
    fold.apply(told.BridgeEntered(None, PARKEE, "talk", "basic", "simple_bridge", ""), LISTED - timedelta(seconds=20))
    assert seen(fold).conversations[0].parties[0].space == ""
    assert [step.kind for step in call_of(parking(fold, 10.0)).steps] == ["parked", "retrieved", "parked"]


@pytest.mark.parametrize(
    ("rows", "found"), [((replace(ROW, slot=702),), [("space", "701", "702")]), ((ROW,), []), ((), [])]
)
def test_another_slot_than_the_known_one_is_drift(rows: tuple[ParkedRow, ...], found: list[tuple[str, ...]]) -> None:
    model, fresh = parking(talking(), 10.0), listed(*rows)
    model.apply(told.ChannelHungUp(None, AGENT, 16, ""), LISTED)
    settle(fresh, LISTED)
    differences = [each for each in compare(seen(model), seen(fresh)) if each.kind == "conversation"]
    assert [(each.field, each.model, each.fresh) for each in differences] == found
