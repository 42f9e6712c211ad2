"""Whatever cannot be written is said before anything is, all at once, with its place and its cure."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from dialplan_templates import ViewRefused, render
from dialplan_templates.check import problems
from dialplan_templates.views import (
    BlockedView,
    CompanyView,
    Directories,
    IntervalView,
    KeptGeneration,
    KeyView,
    Mode,
    Network,
    Strategy,
    SwitchView,
    TrunkView,
)
from kit.generated import EVERYTHING, SMALL, to, view_of

PHONE, BRUNO, LOBBY = EVERYTHING.phones
BILLING, RECEPTION = EVERYTHING.queues
MENU, ENGLISH, LANGUAGE = EVERYTHING.menus
HOURS = EVERYTHING.hours[0]
TRUNKS = EVERYTHING.trunks
WHOLE = view_of(SMALL, EVERYTHING)


def places(view: SwitchView) -> list[str]:
    return [problem.where for problem in problems(view)]


def acme(**changes: Any) -> SwitchView:
    return view_of(replace(EVERYTHING, **changes))


def test_nothing_is_wrong_with_the_companies_of_these_tests() -> None:
    assert problems(WHOLE) == []


def test_all_is_said_at_once_and_nothing_is_rendered() -> None:
    view = acme(
        phones=(replace(PHONE, name="a\nb", secret="short"), replace(BRUNO, number="x"), LOBBY),
        dids=(replace(EVERYTHING.dids[0], number="0123"),),
    )
    with pytest.raises(ViewRefused) as refused:
        render(view)
    assert [problem.where for problem in refused.value.problems] == [
        "companies.acme.phones.amel.name",
        "companies.acme.phones.amel.secret",
        "companies.acme.phones.bruno.number",
        "companies.acme.dids.main.number",
    ]
    assert all(problem.what and problem.cure for problem in refused.value.problems)
    assert "short" not in str(refused.value)


def menus(**changes: Any) -> SwitchView:
    return acme(menus=(replace(MENU, **changes), ENGLISH, LANGUAGE))


def queues(**changes: Any) -> SwitchView:
    return acme(queues=(replace(BILLING, **changes), RECEPTION))


def hours(**changes: Any) -> SwitchView:
    return acme(hours=(replace(HOURS, **changes),))


def interval(day: int, opens: int, closes: int) -> IntervalView:
    return IntervalView(days=frozenset({day}), opens=opens, closes=closes)


def run(**changes: Any) -> SwitchView:
    return view_of(SMALL, run_account=replace(WHOLE.run_account, **changes))


@pytest.mark.parametrize(
    ("view", "where"),
    [
        (view_of(SMALL, generation=-1), "generation"),
        (view_of(SMALL, systemname="a b"), "systemname"),
        (view_of(SMALL, tone_zone="xx"), "tone_zone"),
        (view_of(SMALL, opus_module="../x"), "opus_module"),
        (view_of(SMALL, network=Network(sip_address="localhost")), "network.sip_address"),
        (view_of(SMALL, network=Network(sip_port=0)), "network.sip_port"),
        (view_of(SMALL, network=Network(rtp_first=2000, rtp_last=2001)), "network.rtp_last"),
        (view_of(SMALL, network=Network(menu_guard_seconds=0)), "network.menu_guard_seconds"),
        (view_of(SMALL, directories=Directories(etc="etc"), mode=Mode.INCLUDED), "directories.etc"),
        (view_of(SMALL, run_account=WHOLE.deploy_account), "deploy_account.username"),
        (run(username="general"), "run_account.username"),
        (run(permit=()), "run_account.permit"),
        (run(permit=("all",)), "run_account.permit.0"),
        (view_of(SMALL, kept=(KeptGeneration(number=7, path="/a"),)), "kept.0.number"),
        (view_of(SMALL, kept=(KeptGeneration(number=6, path='/a"\n#exec x'),)), "kept.0.path"),
        (view_of(replace(SMALL, id="general")), "companies.general.id"),
        (acme(language="x"), "companies.acme.language"),
        (acme(phones=(PHONE, replace(BRUNO, number="201"), LOBBY)), "companies.acme.phones.bruno.number"),
        (acme(phones=(PHONE, BRUNO, replace(LOBBY, number="*98"))), "companies.acme.phones.lobby.number"),
        (acme(phones=(replace(PHONE, mailbox="x"), BRUNO, LOBBY)), "companies.acme.phones.amel.mailbox"),
        (acme(trunks=(*TRUNKS, TrunkView(id="amel", name="x", match=("::1",)))), "companies.acme.trunks.amel.id"),
        (acme(trunks=(*TRUNKS, TrunkView(id="x", name="x"))), "companies.acme.trunks.x"),
        (acme(trunks=(*TRUNKS, TrunkView(id="x", name="x", contact="sip:x", is_peer=True))), "companies.acme.trunks.x"),
        (acme(trunks=(TrunkView(id="x", name="x", contact="x"),), outgoing=None), "companies.acme.trunks.x.contact"),
        (queues(relax_after=(9, 3)), "companies.acme.queues.billing-fr.relax_after"),
        (queues(music="x"), "companies.acme.queues.billing-fr.music"),
        (queues(number="201"), "companies.acme.queues.billing-fr.number"),
        (queues(max_wait_seconds=0), "companies.acme.queues.billing-fr.max_wait_seconds"),
        (queues(when_late=to("back")), "companies.acme.queues.billing-fr.when_late"),
        (queues(when_late=to("message", "x")), "companies.acme.queues.billing-fr.when_late"),
        (hours(time_zone="Europe/Paname"), "companies.acme.hours.did.main.time_zone"),
        (hours(weekly=(interval(7, 0, 1),)), "companies.acme.hours.did.main.weekly.0.days"),
        (hours(weekly=(interval(1, 9, 9),)), "companies.acme.hours.did.main.weekly.0"),
        (menus(keys=(*MENU.keys, KeyView(keys="1", target=to("hangup")))), "companies.acme.menus.accueil.keys.1"),
        (menus(keys=(KeyView(keys="x", target=to("hangup")),)), "companies.acme.menus.accueil.keys.x"),
        (menus(prompt={"fr": ("a;b",)}), "companies.acme.menus.accueil.prompt.fr.0"),
        (menus(prompt={"x\n": ()}), r"'companies.acme.menus.accueil.prompt.x\n'"),
        (menus(no_input=replace(MENU.no_input, tries=0)), "companies.acme.menus.accueil.no_input.tries"),
        (menus(first_digit_seconds=-1), "companies.acme.menus.accueil.first_digit_seconds"),
        (acme(blocked=(BlockedView(number="x"),)), "companies.acme.blocked.0.number"),
        (acme(blocked=(BlockedView(number="+331"), BlockedView(number="331"))), "companies.acme.blocked.1.number"),
        (acme(blocked=(BlockedView(number="+331", message="x"),)), "companies.acme.blocked.0.message"),
    ],
)
def test_a_value_that_cannot_be_written_is_refused(view: SwitchView, where: str) -> None:
    assert places(view) == [where]


def test_a_strategy_that_app_queue_does_not_know_is_refused() -> None:
    assert places(queues(strategy="kindest")) == ["companies.acme.queues.billing-fr.strategy"]
    for strategy in Strategy:
        assert places(queues(strategy=strategy)) == []


def test_objects_that_asterisk_would_take_for_one_are_refused() -> None:
    # It skips hyphens between extensions; and a phone is an endpoint and a place to call.
    twins = [replace(LOBBY, number="7"), replace(LOBBY, id="lob-by", number="8")]
    assert places(acme(phones=(PHONE, BRUNO, LOBBY, *twins))) == [
        "companies.acme.phones.lobby.id",
        "companies.acme.phones.lob-by.id",
        "companies.acme.phones.lobby.id",
        "companies.acme.phones.lob-by.id",
    ]
    assert "companies.atelier.id" in places(view_of(SMALL, SMALL))
    assert "companies.other.dids.main.number" in places(view_of(SMALL, replace(SMALL, id="other")))


def test_an_outside_number_needs_a_trunk_that_dials() -> None:
    assert places(acme(trunks=TRUNKS[-1:], outgoing=None)) == [
        "companies.acme.steps.abroad.number",
        "companies.acme.outside.0",
        "companies.acme.menus.accueil.keys.77",
        "companies.acme.queues.reception.when_full",
    ]


@pytest.mark.parametrize(
    ("view", "is_between_things"),
    [
        (acme(phones=(PHONE, BRUNO, LOBBY, replace(LOBBY, number="7"))), True),
        (acme(trunks=TRUNKS[-1:], outgoing=None), True),
        (acme(queues=(BILLING, replace(RECEPTION, when_late=to("queue", "billing-fr")))), True),
        (queues(when_late=to("message", "x")), True),
        (acme(phones=(PHONE, BRUNO, replace(LOBBY, number="*98"))), True),
        (queues(max_wait_seconds=0), False),
        (menus(prompt={"fr": ("a;b",)}), False),
        (queues(when_late=to("back")), False),
    ],
)
def test_what_is_wrong_between_things_is_told_from_what_no_file_can_hold(
    view: SwitchView, is_between_things: bool
) -> None:
    found = problems(view)
    assert found
    assert {problem.is_between_things for problem in found} == {is_between_things}


def test_names_that_asterisk_would_cut_are_refused() -> None:
    long = "a" * 60
    company = CompanyView(id="c" * 40, name="x", language="fr", menus=(replace(ENGLISH, id=long),))
    company = replace(company, menus=(replace(company.menus[0], keys=(), wrong_input=replace(ENGLISH.no_input)),))
    assert places(view_of(company)) == [f"companies.{company.id}.menus.{long}.id"]


def test_a_way_that_goes_round_without_asking_anything_is_refused() -> None:
    news, queue = EVERYTHING.plays
    round_and_round = acme(
        plays=(replace(news, then=to("hours", "did.main")), queue),
        hours=(replace(HOURS, when_closed=to("play", "news")),),
    )
    assert places(round_and_round) == ["companies.acme.plays.news.then"]
    chained = acme(queues=(BILLING, replace(RECEPTION, when_late=to("queue", "billing-fr"))))
    assert places(chained) == ["companies.acme.queues.billing-fr.when_empty"]
    called = acme(phones=(PHONE, BRUNO, replace(LOBBY, unanswered=to("queue", "reception"))))
    assert places(called) == ["companies.acme.phones.lobby.unanswered"]


def test_a_prompt_that_makes_a_line_too_long_is_refused() -> None:
    sounds = tuple(f"{'x' * 110}{number}" for number in range(60))
    with pytest.raises(ViewRefused) as refused:
        render(acme(messages=tuple(replace(message, sounds={"fr": sounds}) for message in EVERYTHING.messages)))
    assert "4000 bytes" in refused.value.problems[0].what


def test_places_of_hostile_ids_can_be_printed() -> None:
    view = acme(phones=(replace(PHONE, id="x\n\x1b[31m" + "y" * 65536), BRUNO, LOBBY))
    for problem in problems(view):
        assert str(problem).isascii()
        assert str(problem).isprintable()
        assert len(str(problem)) < 600


def test_closed_dates_may_come_twice_and_in_any_order() -> None:
    day = datetime.date(2026, 12, 25)
    assert problems(acme(hours=(replace(HOURS, closed_dates=(day, day, datetime.date(2026, 1, 1))),))) == []
