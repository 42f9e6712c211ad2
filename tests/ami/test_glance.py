"""A call at a glance is what the whole picture says of this moment, whatever a real Asterisk told."""

from __future__ import annotations

import pytest

from ami.conversation import Conversation
from ami.glance import Glance
from ami.live import Live
from kit.recorded import recordings, timed


@pytest.mark.parametrize("name", recordings())
def test_it_agrees_with_the_whole_picture_after_every_event(name: str) -> None:
    live = Live("mechb")
    for event in timed(name):
        live.apply(event)
        snapshot = live.snapshot(with_conversations=True, with_glances=True)
        assert len(snapshot.conversations) == len(snapshot.glances)
        for whole, brief in zip(snapshot.conversations, snapshot.glances, strict=True):
            agree(whole, brief)


def agree(whole: Conversation, brief: Glance) -> None:
    for field in ("id", "direction", "dialled", "queue", "started", "legs", "conference", "spies_on", "is_partial"):
        assert getattr(brief, field) == getattr(whole, field), field
    present = [party for party in whole.parties if party.left is None]
    assert [(each.number, each.name, each.endpoint, each.role, each.is_outside) for each in brief.present] == [
        (party.number, party.name, party.endpoint, party.role, party.is_outside) for party in present
    ]
    now = [(party.spans[-1].doing, party.spans[-1].since) for party in present if party.spans]
    assert [(each.doing, each.since) for each, party in zip(brief.present, present, strict=True) if party.spans] == now
    assert all(set(each.legs) <= set(party.legs) for each, party in zip(brief.present, present, strict=True))
    assert brief.phones == tuple(party.endpoint for party in whole.parties if party.endpoint and not party.is_outside)
    assert brief.listeners == tuple(each for each in whole.listeners if each.until is None)
    assert brief.is_recorded == any(each.until is None for each in whole.recordings)
    assert brief.space == next((party.space for party in present if party.space), "")


def test_it_is_the_same_object_while_nothing_changes() -> None:
    live = Live("mechb")
    for event in timed("34_agent_direct_outbound_call"):
        live.apply(event)
        if live.fold.conversations.live:
            break
    first, again = (live.snapshot(with_glances=True).glances for _ in range(2))
    assert first
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert live.snapshot().glances == ()
