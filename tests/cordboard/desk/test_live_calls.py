"""Every call in progress, once, as people mean it; nobody sees what is another company's, or not for him."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from ami.conversation import Doing
from ami.live import Live
from ami.models import LinkState, Stage
from cordboard.desk.board import Boards
from cordboard.desk.cards import CallCard
from cordboard.desk.live_calls import MOST_PARTIES, Sight
from cordboard.desk.names import names_of
from cordboard.store.values import Company
from kit import acme
from kit.recorded import recordings, timed
from kit.told import START, Told
from kit.told_calls import TRUNK, Dialled, spies

BILLING = "acme-billing-fr"
OTHER = Company(id="other", name="Other", language="fr", country="FR", time_zone="Europe/Paris")


class Desk:
    """A live state, and what the boards of two companies show of it."""

    def __init__(self) -> None:
        self.told = Told()
        self.boards = Boards([self.told.live])
        self.boards.set_names(names_of(acme.company()))
        self.boards.set_names(names_of(OTHER))

    def calls(self, company: str = "acme", sight: Sight = Sight.SPYING) -> dict[str, CallCard]:
        board = self.boards.board(company, sight)
        assert board is not None
        return {key: card for key, card in board.cards.items() if isinstance(card, CallCard)}

    def call(self) -> CallCard:
        (card,) = self.calls().values()
        return card


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_out_rings_is_talked_held_and_over(desk: Desk) -> None:
    call = Dialled(desk.told, "1.1", "acme-amel", "0612345678")
    assert (desk.call().caller_name, desk.call().dialled) == ("Amel Haddad", "0612345678")
    call.rings(TRUNK)
    assert list(desk.calls()) == ["call/pbx1/1.1"]
    card = desk.call()
    assert (card.direction, card.stage) == ("outbound", "ringing")
    assert [(each.id, each.name, each.is_outside, each.doing) for each in card.parties] == [
        ("amel", "Amel Haddad", False, "calling"),
        ("", "", True, "ringing"),
    ]
    desk.told.after(5)
    call.is_answered()
    assert (desk.call().stage, desk.call().since, desk.call().entered) == (
        "talking",
        START.timestamp() + 5,
        START.timestamp(),
    )
    desk.told.after(7)
    call.holds("acme-amel")
    assert (desk.call().stage, desk.call().since) == ("held", START.timestamp() + 12)
    assert [each.doing for each in desk.call().parties] == ["holding", "held"]
    call.resumes("acme-amel")
    assert desk.call().stage == "talking"
    call.hangs_up()
    assert desk.calls() == {}


def test_calls_within_the_house_parked_and_in_a_room(desk: Desk) -> None:
    call = Dialled(desk.told, "1.1", "acme-amel", "202").rings("acme-bruno", "202").is_answered()
    assert (desk.call().direction, [each.id for each in desk.call().parties]) == ("internal", ["amel", "bruno"])
    call.is_parked("acme-bruno")
    assert (desk.call().stage, desk.call().place) == ("parked", "701")
    call.hangs_up()
    room = Dialled(desk.told, "2.1", "acme-chloe", "800").confers("acme-board")
    assert (desk.call().stage, desk.call().place, desk.call().more) == ("conference", "board", 0)
    for number in range(12):
        Dialled(desk.told, f"3.{number}", f"acme-p{number}", "800").confers("acme-board")
    assert (desk.call().stage, len(desk.call().parties), desk.call().more) == ("conference", MOST_PARTIES, 5)
    room.hangs_up()


def test_a_received_call_is_one_call_with_what_its_dialplan_told(desk: Desk) -> None:
    desk.told.member("acme-amel", BILLING)
    caller = desk.told.call("1.1").enters().joins(BILLING).rings("acme-amel", BILLING)
    card = desk.call()
    assert (card.direction, card.stage, card.did, card.place) == ("inbound", "ringing", "Standard", "Billing-Fr")
    assert (card.offered_to, card.dialled) == (("Amel Haddad",), "")
    assert [each.id for each in card.parties] == ["", "amel"]
    caller.hangs_up()
    assert desk.calls() == {}


def test_who_listens_is_told_to_those_alone_who_oversee(desk: Desk) -> None:
    call = Dialled(desk.told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    news: list[int] = []
    desk.boards.watch(lambda: news.append(1))
    spies(desk.told, "1.9", "acme-dora", call, "acme-amel")
    assert news
    spied, listening = desk.calls().values()
    assert (spied.spied_by, listening.direction, listening.stage) == (("Dora",), "spying", "spying")
    assert listening.spies_on == "pbx1/1.1"
    (plain,) = desk.calls(sight=Sight.CALLS).values()
    assert plain == replace(spied, spied_by=())
    assert "Dora" not in json.dumps(asdict(plain))


class TestWhoseACallIs:
    def test_nobody_sees_the_calls_of_another_company(self, desk: Desk) -> None:
        Dialled(desk.told, "1.1", "other-zoe", "0612345678").rings(TRUNK).is_answered()
        Dialled(desk.told, "1.2", "acme-amel", "202").rings("acme-bruno").is_answered()
        desk.told.call("1.3").enters(company="other").joins("other-sales")
        assert set(desk.calls(sight=Sight.STRAYS)) == {"call/pbx1/1.2"}
        assert set(desk.calls("other")) == {"call/pbx1/1.1", "call/pbx1/1.3"}

    def test_what_nobody_knows_is_shown_to_those_alone_who_see_all(self, desk: Desk) -> None:
        desk.told.event("Newchannel", **desk.told.call("1.1", "0687654321").leg)
        Dialled(desk.told, "1.2", "front-desk", "0612345678").rings(TRUNK).is_answered()
        for company in ("acme", "other"):
            assert desk.calls(company, Sight.CALLS) == desk.calls(company, Sight.SPYING) == {}
            strays = desk.calls(company, Sight.STRAYS)
            assert [card.is_stray for card in strays.values()] == [True, True]

    def test_one_of_two_companies_is_neithers(self, desk: Desk) -> None:
        Dialled(desk.told, "1.1", "acme-amel", "900").rings("other-zoe").is_answered()
        assert desk.calls("acme") == desk.calls("other") == {}
        assert len(desk.calls("acme", Sight.STRAYS)) == 1

    def test_a_trunk_tells_nothing(self, desk: Desk) -> None:
        leg = {**desk.told.call("1.1").leg, "Channel": "PJSIP/acme-carrier-1"}
        desk.told.event("Newchannel", **leg)
        assert desk.calls("acme") == {}

    def test_a_company_that_is_gone_leaves_strays(self, desk: Desk) -> None:
        Dialled(desk.told, "1.1", "acme-amel", "900").rings("other-zoe").is_answered()
        desk.boards.forget("other")
        assert len(desk.calls("acme")) == 1, "the other phone is now nobody's"

    def test_a_call_shows_nothing_of_who_listens_from_another_company(self, desk: Desk) -> None:
        call = Dialled(desk.told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
        spies(desk.told, "1.9", "other-zoe", call, "acme-amel")
        assert desk.call().spied_by == ("",)


def test_only_what_changed_is_made_anew(desk: Desk) -> None:
    calls = [Dialled(desk.told, f"1.{n}", "acme-amel", "0612345678").rings(TRUNK) for n in range(5)]
    before = desk.calls()
    calls[2].is_answered()
    after = desk.calls()
    assert [key for key in after if after[key] is not before[key]] == ["call/pbx1/1.2"]


@pytest.mark.parametrize("name", recordings())
def test_every_recorded_call_is_shown_once_as_long_as_somebody_is_in_it(name: str) -> None:
    """Whatever a real Asterisk told: each conversation with somebody in it has one card, that a browser can read."""
    live = Live("mechb")
    live.set_link(LinkState.LIVE)
    boards = Boards([live])
    boards.set_names(names_of(acme.company()))
    for event in timed(name):
        live.apply(event)
        board = boards.board("acme", Sight.STRAYS)
        assert board is not None
        cards = {key: card for key, card in board.cards.items() if isinstance(card, CallCard)}
        there = live.snapshot(with_conversations=True).conversations
        with_somebody = {f"call/{each.id}" for each in there if any(party.left is None for party in each.parties)}
        assert set(cards) == with_somebody
        for card in cards.values():
            assert card.stage in {*Doing, *Stage}
            assert 0 < len(card.parties) <= MOST_PARTIES
            assert json.dumps(asdict(card), allow_nan=False)


def test_a_recorded_call_out_goes_through_its_stages() -> None:
    live = Live("mechb")
    boards = Boards([live])
    boards.set_names(names_of(acme.company()))
    stages: list[tuple[str, str]] = []
    for event in timed("34_agent_direct_outbound_call"):
        live.apply(event)
        board = boards.board("acme", Sight.STRAYS)
        assert board is not None
        for card in board.cards.values():
            if isinstance(card, CallCard) and (card.direction, card.stage) not in stages:
                stages.append((card.direction, card.stage))
    assert stages == [
        ("internal", "program"),
        ("outbound", "ringing"),
        ("outbound", "connecting"),
        ("outbound", "talking"),
        ("outbound", "program"),
    ]
