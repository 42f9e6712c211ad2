"""What the live page shows: every stage, every state, sums that add up, and nothing of another company."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.live import Live
from ami.models import Agent, AgentState, CallId, LinkState, LinkStatus, Snapshot
from cordboard.desk.board import Board, Boards, History, board, is_live
from cordboard.desk.cards import (
    AgentCard,
    CallCard,
    Card,
    LastCard,
    LinkCard,
    OtherCard,
    OutcomeCard,
    QueueCard,
    TodayCard,
    WhyCard,
)
from cordboard.desk.names import names_of
from cordboard.journal.tally import Tally
from cordboard.store.records import CallRecord
from kit import acme
from kit.told import START, Told

NAMES = names_of(acme.company())
BILLING = "acme-billing-fr"
CardT = TypeVar("CardT", bound=Card)


@pytest.fixture
def told() -> Told:
    return Told()


def shown(told: Told, history: History | None = None) -> Board:
    return board([told.live.snapshot()], NAMES, history or History())


def card(told: Told, key: str, kind: type[CardT]) -> CardT:
    found = shown(told).cards[key]
    assert isinstance(found, kind)
    return found


def call(told: Told) -> CallCard:
    return card(told, "call/pbx1/1.1", CallCard)


def billing(told: Told) -> QueueCard:
    return card(told, f"queue/pbx1/{BILLING}", QueueCard)


def amel(told: Told) -> AgentCard:
    return card(told, "agent/pbx1/acme-amel", AgentCard)


def test_an_empty_switch_shows_every_queue_and_every_agent_as_logged_out(told: Told) -> None:
    cards = shown(told).cards
    assert [key for key in cards if key.startswith("queue/")] == [f"queue/pbx1/{BILLING}", "queue/pbx1/acme-english"]
    assert {found.id: found.state for found in cards.values() if isinstance(found, AgentCard)} == dict.fromkeys(
        ("amel", "bruno", "chloe", "dora"), "logged_out"
    )
    assert (billing(told).waiting, billing(told).ready, billing(told).rank) == ((), 0, 0)


def test_a_call_is_shown_where_it_is_from_entry_to_end(told: Told) -> None:
    told.member("acme-amel", BILLING)
    entered = START.timestamp()
    caller = told.call("1.1").enters()
    assert (call(told).stage, call(told).did, call(told).entered) == ("entering", "Standard", entered)
    told.after(3)
    caller.says("Menu", Menu="accueil", Version="1", By="flow")
    assert (call(told).stage, call(told).place, call(told).since) == ("menu", "accueil", entered)
    told.after(4)
    caller.joins(BILLING)
    assert (call(told).stage, call(told).place, call(told).position) == ("waiting", "Billing-Fr", 1)
    assert call(told).since == entered + 7
    told.after(2)
    caller.rings("acme-amel", BILLING)
    assert (call(told).stage, call(told).offered_to) == ("ringing", ("Amel Haddad",))
    assert call(told).since == entered + 7, "the wait goes on while a phone rings"
    told.after(5)
    caller.talks_to("acme-amel", BILLING)
    assert (call(told).stage, call(told).agent, call(told).since) == ("talking", "Amel Haddad", entered + 14)
    assert (call(told).position, call(told).offered_to) == (None, ())
    caller.hangs_up()
    assert "call/pbx1/1.1" not in shown(told).cards


def test_a_queue_tells_who_waits_and_who_could_take_the_call(told: Told) -> None:
    told.member("acme-amel", BILLING)
    told.member("acme-bruno", BILLING, Paused="1", PausedReason="lunch")
    told.call("1.1").enters().joins(BILLING)
    found = billing(told)
    assert [(one.call, one.caller, one.caller_name, one.position) for one in found.waiting] == [
        ("pbx1/1.1", "+33612345678", "Ana", 1)
    ]
    assert (found.ready, found.busy, found.away, found.late_after) == (1, 0, 1, 300.0)
    told.after(1)
    told.call("1.1").rings("acme-amel", BILLING).talks_to("acme-amel", BILLING)
    assert (billing(told).waiting, billing(told).ready, billing(told).busy) == ((), 0, 1)


def test_an_agent_shows_the_state_since_when_and_with_whom(told: Told) -> None:
    told.member("acme-amel", BILLING)
    assert (amel(told).state, amel(told).since, amel(told).name) == ("ready", START.timestamp(), "Amel Haddad")
    told.after(9)
    told.call("1.1").enters().joins(BILLING).rings("acme-amel", BILLING).talks_to("acme-amel", BILLING)
    assert amel(told).state == "inbound_call"
    assert (amel(told).caller, amel(told).queue, amel(told).since) == (
        "+33612345678",
        "Billing-Fr",
        START.timestamp() + 9,
    )


def test_a_pause_shows_its_reason(told: Told) -> None:
    told.member("acme-amel", BILLING, Paused="1", PausedReason="lunch")
    assert (amel(told).state, amel(told).reason) == ("pause", "lunch")


def test_an_agent_without_skills_of_any_queue_is_none(told: Told) -> None:
    told.member("acme-lobby", BILLING)
    assert "agent/pbx1/acme-lobby" in shown(told).cards, "logged in all the same, so he is shown"
    assert not any(key.endswith("acme-lobby") for key in shown(Told()).cards)


def test_nothing_of_another_company_is_shown(told: Told) -> None:
    told.member("other-zoe", "other-sales")
    told.call("1.1").enters(did="main", company="other").joins("other-sales")
    told.call("1.2").enters()
    cards = shown(told).cards
    assert "call/pbx1/1.2" in cards
    assert "other" not in json.dumps({key: dataclasses.asdict(found) for key, found in cards.items()})
    assert "call/pbx1/1.1" not in cards


def test_a_call_known_from_a_relist_alone_belongs_to_whose_queue_it_waits_in(told: Told) -> None:
    told.relist(told.call("1.1"), queue=BILLING, seconds=30)
    found = call(told)
    assert (found.stage, found.is_partial, found.since) == ("waiting", True, START.timestamp() - 30)
    foreign = Told()
    foreign.relist(foreign.call("1.1"), queue="other-sales", seconds=30)
    assert "call/pbx1/1.1" not in shown(foreign).cards


def test_the_link_says_how_far_the_page_can_be_believed(told: Told) -> None:
    assert is_live(shown(told))
    told.after(60)
    told.live.set_link(LinkState.DOWN, "connection lost")
    assert card(told, "link/pbx1", LinkCard) == LinkCard("pbx1", "down", START.timestamp() + 60, None)
    assert not is_live(shown(told))


@given(st.builds(Tally, **dict.fromkeys(Tally.__dataclass_fields__, st.integers(0, 10_000))))
def test_the_outcomes_add_up_to_the_calls_received(tally: Tally) -> None:
    today = board([], NAMES, History("2026-11-21", tally, open={"pbx2": tally.in_progress})).cards["today"]
    assert isinstance(today, TodayCard)
    parts = (
        today.handled, today.self_service, today.overflowed, today.dissuaded, today.abandoned, today.voicemail,
        today.callback, today.technical, today.in_progress,
    )  # fmt: skip
    assert today.received == sum(parts)
    assert (today.blocked, today.service_rate) == (tally.blocked, tally.service_rate)


def record(outcome: str, detail: str = "", **more: Any) -> CallRecord:
    values: dict[str, Any] = {
        "node": "pbx1", "uniqueid": "1.9", "company": "acme", "did": "main", "caller_number": "+33612345678",
        "caller_name": "Ana", "entered": START, "ended": START + timedelta(seconds=40), "outcome": outcome,
        "detail": detail, **more,
    }  # fmt: skip
    return CallRecord(**values)


def ended(call: CallRecord) -> OutcomeCard:
    last = board([], NAMES, History(last=(call,))).cards["last"]
    assert isinstance(last, LastCard)
    return last.calls[0]


@pytest.mark.parametrize(
    ("outcome", "detail", "code", "place"),
    [
        ("abandoned", "queue:billing-fr", "queue", "Billing-Fr"),
        ("abandoned", "menu:accueil", "menu", "accueil"),
        ("abandoned", "ringing:amel", "ringing", "Amel Haddad"),
        ("abandoned", "entry", "entry", ""),
        ("dissuaded", "closed", "closed", ""),
        ("voicemail", "billing", "", "Facturation"),
        ("voicemail", "amel", "", "Amel Haddad"),
        ("handled", "?", "", ""),
        ("technical", "cause:38", "cause", "38"),
        ("handled", "chloe", "", "Chloé d'Arc"),
    ],
)
def test_an_outcome_says_where_in_the_companys_words(outcome: str, detail: str, code: str, place: str) -> None:
    found = ended(record(outcome, detail))
    assert (found.outcome, found.detail, found.place) == (outcome, code, place)


def candidate(agent: str, reason: str, **more: Any) -> dict[str, Any]:
    return {"agent": agent, "reason": reason, "tier": 0, "penalty": 0, **more}


@pytest.mark.parametrize(
    ("reasons", "rule"),
    [
        ([], "only_one"),
        (["paused", "busy"], "only_one"),
        (["less_skilled", "paused"], "best_skilled"),
        (["served_more_recently", "less_skilled"], "longest_idle"),
        (["served_more_calls", "equal"], "fewest_calls"),
        (["after_in_line"], "first_in_line"),
        (["not_in_turn", "less_skilled"], "in_turn"),
        (["not_drawn"], "drawn"),
        (["rang_too", "paused"], "first_to_answer"),
        (["equal"], "equal"),
    ],
)
def test_a_handled_call_says_why_this_agent(reasons: list[str], rule: str) -> None:
    others = [candidate("bruno", reason) for reason in reasons]
    choice = {"queue": "billing-fr", "agent": "amel", "waited": 4.0, "tier": 1}
    chosen = candidate("amel", "chosen", idle=252.0)
    found = ended(record("handled", "amel", agent="amel", why={**choice, "candidates": [*others, chosen]}))
    assert found.why == WhyCard(rule, 1, 252.0, tuple(OtherCard("Bruno Müller", reason) for reason in reasons))


@pytest.mark.parametrize("why", [{}, {"candidates": []}, {"candidates": 3}, {"candidates": [{}], "tier": 0}])
def test_a_reason_of_another_version_is_left_out(why: dict[str, Any]) -> None:
    assert ended(record("handled", "amel", why=why)).why is None


def test_cards_are_plain_json(told: Told) -> None:
    told.member("acme-amel", BILLING)
    told.call("1.1").enters().joins(BILLING).rings("acme-amel", BILLING)
    cards = shown(told, History(last=(record("handled", "amel", agent="amel"),))).cards
    for found in cards.values():
        assert json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))


def test_two_switches_show_on_one_board(told: Told) -> None:
    second = Told("pbx2")
    told.member("acme-amel", BILLING)
    second.member("acme-bruno", BILLING)
    cards = board([told.live.snapshot(), second.live.snapshot()], NAMES).cards
    assert {"link/pbx1", "link/pbx2", "agent/pbx1/acme-amel", "agent/pbx2/acme-bruno"} <= set(cards)
    assert "agent/pbx1/acme-bruno" not in cards, "logged in somewhere is not logged out elsewhere"


@given(
    st.lists(
        st.tuples(st.sampled_from(list(AgentState)), st.sampled_from(["acme-amel", "acme-bruno", "acme-chloe"])),
        unique_by=lambda pair: pair[1],
    )
)
def test_every_agent_has_exactly_one_card(states: list[tuple[AgentState, str]]) -> None:
    agents = tuple(Agent("pbx1", name, f"PJSIP/{name}", (BILLING,), state, START) for state, name in states)
    link = LinkStatus(LinkState.LIVE, START)
    snapshot = Snapshot(node="pbx1", revision=1, at=START, link=link, agents=agents)
    found = [one for one in board([snapshot], NAMES).cards.values() if isinstance(one, AgentCard)]
    assert sorted(one.id for one in found) == ["amel", "bruno", "chloe", "dora"]


def test_an_agent_with_an_unknown_call_is_shown_without_it() -> None:
    agent = Agent("pbx1", "acme-amel", "PJSIP/acme-amel", (), AgentState.INBOUND_CALL, START, call=CallId("pbx1", "9"))
    snapshot = Snapshot(node="pbx1", revision=1, at=START, link=LinkStatus(LinkState.LIVE, START), agents=(agent,))
    found = board([snapshot], NAMES).cards["agent/pbx1/acme-amel"]
    assert isinstance(found, AgentCard)
    assert (found.state, found.caller) == ("inbound_call", "")


class TestBoards:
    def test_a_company_has_a_board_once_it_has_names(self, told: Told) -> None:
        boards = Boards([told.live])
        assert boards.board("acme") is None
        boards.set_names(NAMES)
        assert boards.companies == {"acme": "Acme Conseil"}
        assert boards.board("acme") == board([told.live.snapshot()], NAMES)
        boards.forget("acme")
        assert boards.board("acme") is None
        boards.close()

    def test_watchers_are_told_of_what_may_have_changed_and_only_of_that(self, told: Told) -> None:
        boards = Boards([told.live])
        seen: list[str] = []
        stop = boards.watch(lambda: seen.append("changed"))
        boards.set_names(NAMES)
        boards.set_names(replace(NAMES))
        boards.set_history("acme", History("2026-11-21"))
        boards.set_history("acme", History("2026-11-21"))
        assert len(seen) == 2
        told.member("acme-amel", BILLING)
        told_so_far = len(seen)
        assert told_so_far > 2
        stop()
        told.call("1.1").enters()
        assert len(seen) == told_so_far
        boards.close()

    def test_what_is_known_grows_old_from_the_moment_it_was_lost(self, told: Told) -> None:
        boards = Boards([told.live])
        boards.set_names(NAMES)

        def stale_since() -> float | None:
            current = boards.board("acme")
            assert current is not None
            link = current.cards["link/pbx1"]
            assert isinstance(link, LinkCard)
            return link.stale_since

        assert stale_since() is None
        lost = told.after(5).now.timestamp()
        for state in (LinkState.DOWN, LinkState.CONNECTING, LinkState.DOWN, LinkState.SYNCING):
            told.live.set_link(state)
            told.after(10)
            assert stale_since() == lost
        told.live.set_link(LinkState.LIVE)
        assert stale_since() is None
        boards.close()

    def test_what_was_never_true_does_not_grow_old(self) -> None:
        live = Live("pbx1", lambda: START)
        boards = Boards([live])
        boards.set_names(NAMES)

        def link() -> LinkCard:
            current = boards.board("acme")
            assert current is not None
            found = current.cards["link/pbx1"]
            assert isinstance(found, LinkCard)
            return found

        for state in (LinkState.DOWN, LinkState.CONNECTING, LinkState.SYNCING):
            live.set_link(state)
            assert (link().state, link().stale_since) == (state, None)
        live.set_link(LinkState.LIVE)
        live.set_link(LinkState.DOWN)
        assert link().stale_since == START.timestamp()
        boards.close()

    def test_closed_boards_listen_to_no_switch(self, told: Told) -> None:
        boards = Boards([told.live])
        seen: list[str] = []
        boards.watch(lambda: seen.append("changed"))
        boards.close()
        told.call("1.1").enters()
        assert seen == []
