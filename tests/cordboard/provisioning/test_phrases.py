"""Changes in the words of the trade: realistic edits told exactly, any two companies told without a gap or a secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agi.flow.document import Hours, Interval, Retry, Schedule
from cordboard.provisioning.changes import Action, Change, compare_inventories
from cordboard.provisioning.inventory import Inventory, inventory
from cordboard.provisioning.outline import outline_changes, wrapped
from cordboard.provisioning.phrases import sentences
from cordboard.provisioning.show import changes_json
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Blocked, Company, Person, RelaxStep, TargetKind, TargetRef
from kit import acme
from kit.companies import companies
from kit.tenants import PIN, SECRET, tenant_of

BEFORE = acme.tenant()


def described(*tenants: Tenant) -> Inventory:
    return inventory(tenants, acme.placement())


def told(after: Tenant, before: Tenant = BEFORE, language: str = "en") -> list[str]:
    """What somebody reads: what follows from something else is told with it."""
    changes = compare_inventories(described(before), described(after))
    return [sentence for change in changes if not change.follows for sentence in sentences(change, language)]


def edited(**more: Any) -> Tenant:
    return acme.tenant(acme.company(**more))


def with_person(who: str, /, **more: Any) -> Tenant:
    people = acme.company().people
    return edited(people={**people, who: replace(people[who], **more)})


def with_queue(name: str = "billing-fr", **more: Any) -> Tenant:
    queues = acme.company().queues
    return edited(queues={**queues, name: replace(queues[name], **more)})


def with_flow(heard_out: frozenset[str] = frozenset(), **nodes: Any) -> Tenant:
    flow = acme.flow()
    changed = {**flow.nodes, **{node.id: node for node in nodes.values()}}
    return acme.tenant(by=replace(flow, nodes=changed, heard_out=heard_out))


def with_hours(*weekly: Interval, closed: tuple[date, ...] = (date(2020, 12, 24),)) -> Tenant:
    return acme.tenant(by=acme.flow(schedules={"office": Schedule("office", "Europe/Paris", weekly, closed)}))


WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
MORNING = Interval(WORKDAYS, time(9), time(12, 30))
AFTERNOON = Interval(WORKDAYS, time(14), time(18))


# --- realistic edits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "english", "french"),
    [
        (
            with_queue(max_wait=90),
            ["queue billing-fr: max wait 300 -> 90 s"],
            ["file billing-fr : attente maximale 300 -> 90 s"],
        ),
        (
            with_queue(ring=20, announce_position=True),
            ["queue billing-fr: ring 15 -> 20 s", "queue billing-fr: tells position no -> yes"],
            ["file billing-fr : sonnerie 15 -> 20 s", "file billing-fr : annonce du rang non -> oui"],
        ),
        (
            with_queue(when_full=TargetRef(TargetKind.VOICEMAIL, "billing")),
            ["queue billing-fr: callers who find it full now go to voicemail billing (was message busy)"],
            [
                "file billing-fr : les appelants qui la trouvent pleine arrivent désormais à la messagerie billing "
                "(avant : message busy)"
            ],
        ),
        (
            with_queue(number=None),
            ["queue billing-fr: no extension any more (was 601)"],
            ["file billing-fr : numéro interne : aucun (avant : 601)"],
        ),
        (
            with_queue(relax=(RelaxStep(after=30, skills={"french": 1}),)),
            [
                "queue billing-fr: nothing changes after 15 s any more (was french 1)",
                "queue billing-fr: after 30 s asks for french 1",
            ],
            [
                "file billing-fr : plus rien ne change après 15 s (avant : french 1)",
                "file billing-fr : après 30 s demande french 1",
            ],
        ),
        (
            with_person("amel", skills={"french": 4, "english": 3}),
            [
                "Amel Haddad: French 5 -> 4",
                "Amel Haddad loses Billing 4",
                "Amel Haddad gains English 3",
                "Amel Haddad now serves queue english",
                "Amel Haddad is called later in queue billing-fr",
            ],
            [
                "Amel Haddad : French 5 -> 4",
                "Amel Haddad perd Billing 4",
                "Amel Haddad gagne English 3",
                "Amel Haddad sert désormais la file english",
                "Amel Haddad est appelé plus tard dans la file billing-fr",
            ],
        ),
        (
            with_person("amel", name="Amel Haddad-Roy"),
            ["Amel Haddad is now called Amel Haddad-Roy"],
            ["Amel Haddad s'appelle désormais Amel Haddad-Roy"],
        ),
        (
            with_person("bruno", extension="222"),
            ["Bruno Müller: phone 202 -> 222"],
            ["Bruno Müller : poste 202 -> 222"],
        ),
        (
            with_person("bruno", voicemail=True),
            ["phone 202 (Bruno Müller) has a voicemail box now", "voicemail box bruno (Bruno Müller) is new"],
            ["poste 202 (Bruno Müller) a désormais une boîte vocale", "ajout : boîte vocale bruno (Bruno Müller)"],
        ),
        (
            edited(people={**acme.company().people, "eve": Person(id="eve", name="Eve", extension="204")}),
            ["Eve is new"],
            ["ajout : Eve"],
        ),
        (
            edited(trunks={"carrier": replace(acme.company().trunks["carrier"], to="sip:127.0.0.9:5091")}),
            ["trunk carrier: calls now go out to sip:127.0.0.9:5091 (was sip:127.0.0.9:5090)"],
            ["liaison carrier : les appels sortent désormais vers sip:127.0.0.9:5091 (avant : sip:127.0.0.9:5090)"],
        ),
        (
            edited(trunks={"carrier": replace(acme.company().trunks["carrier"], addresses=("192.0.2.9",))}),
            ["trunk carrier: calls now also come from 192.0.2.9"],
            ["liaison carrier : les appels viennent désormais aussi de 192.0.2.9"],
        ),
        (
            edited(trunks={"carrier": replace(acme.company().trunks["carrier"], is_peer=True)}),
            ["trunk carrier now leads to a switch of the house: ids of calls are told and believed"],
            [
                "liaison carrier mène désormais à un autocommutateur de la maison : "
                "identifiants d'appel transmis et crus"
            ],
        ),
        (
            edited(blocked=(*acme.company().blocked, Blocked(number="+33899123456", reason="insists"))),
            ["blocked caller +33899123456 is new: treatment hung up at once; reason insists"],
            ["ajout : appelant bloqué +33899123456, traitement raccroché aussitôt; raison insists"],
        ),
        (
            with_flow(menu=acme.menu(keys={**acme.menu().keys, "3": acme.edge("queue", "billing-fr")})),
            ["menu accueil: key 3 now goes to queue billing-fr (was person chloe)"],
            ["menu accueil : touche 3 mène désormais vers file billing-fr (avant : personne chloe)"],
        ),
        (
            with_flow(heard_out=frozenset({"welcome"})),
            ["prompt welcome: barge-in yes -> no"],
            ["annonce welcome : interruption par touche oui -> non"],
        ),
        (
            with_flow(menu=acme.menu(no_input=Retry(3, acme.edge("queue", "english")), barge_in=False)),
            [
                "menu accueil: barge-in yes -> no",
                "menu accueil: no input 2 times, then queue billing-fr -> 3 times, then queue english",
            ],
            [
                "menu accueil : interruption par touche oui -> non",
                "menu accueil : sans touche 2 fois, puis file billing-fr -> 3 fois, puis file english",
            ],
        ),
        (
            with_flow(did=Hours("did.main", "office", acme.edge("menu", "accueil"), acme.edge("voicemail", "billing"))),
            [f"DID {acme.DID}: closed callers now go to voicemail billing (was message closed)"],
            [
                f"SDA {acme.DID} : les appelants hors horaires arrivent désormais à la messagerie billing "
                "(avant : message closed)"
            ],
        ),
    ],
)  # fmt: skip
def test_an_edit_is_told(after: Tenant, english: list[str], french: list[str]) -> None:
    assert told(after) == english
    assert told(after, language="fr") == french


@pytest.mark.parametrize(
    ("before", "after", "english"),
    [
        (
            with_hours(MORNING, AFTERNOON),
            with_hours(replace(MORNING, end=time(13)), AFTERNOON),
            ["hours office: Monday to Friday 09:00-12:30 -> 09:00-13:00"],
        ),
        (
            with_hours(MORNING),
            with_hours(replace(MORNING, days=("tue", "wed", "thu", "fri")), Interval(("mon",), time(9), time(13))),
            ["hours office: Monday 09:00-12:30 -> 09:00-13:00"],
        ),
        (
            with_hours(MORNING),
            with_hours(MORNING, AFTERNOON),
            ["hours office: Monday to Friday also open 14:00-18:00"],
        ),
        (
            with_hours(MORNING, AFTERNOON),
            with_hours(MORNING, replace(AFTERNOON, days=WORKDAYS[:4])),
            ["hours office: Friday no longer open 14:00-18:00"],
        ),
        (
            with_hours(MORNING),
            with_hours(MORNING, Interval(("sat",), time(9), time(12)), closed=(date(2026, 12, 24), date(2026, 12, 31))),
            [
                "hours office: also closed on 2026-12-24, 2026-12-31",
                "hours office: no longer closed on 2020-12-24",
                "hours office: Saturday now open 09:00-12:00",
            ],
        ),
    ],
)  # fmt: skip
def test_hours_are_told_by_what_differs(before: Tenant, after: Tenant, english: list[str]) -> None:
    assert told(after, before) == english


def test_somebody_who_goes_takes_phone_and_box_along() -> None:
    people = {name: person for name, person in acme.company().people.items() if name != "amel"}
    changes = compare_inventories(described(BEFORE), described(edited(people=people)))
    assert {change.thing: change.follows for change in changes} == {
        ("person", "acme-amel"): (),
        ("phone", "acme-amel"): (("person", "acme-amel"),),
        ("voicemail box", "acme-amel"): (("person", "acme-amel"),),
    }
    assert "with phone 201, voicemail box amel" in wrapped(outline_changes(changes))


def test_what_a_requirement_moves_is_counted_under_it() -> None:
    people = {
        f"p{number}": Person(id=f"p{number}", name=f"Person {number}", skills={"french": 1 + number % 5, "billing": 3})
        for number in range(1000)
    }
    before = edited(people=people)
    queue = replace(before.company.queues["billing-fr"], skills={"french": 5, "billing": 2})
    after = replace(before, company=replace(before.company, queues={**before.company.queues, "billing-fr": queue}))
    changes = compare_inventories(described(before), described(after))
    assert len(changes) > 300
    shown = wrapped(outline_changes(changes)).splitlines()
    assert shown[1:3] == [
        "  ~ queue billing-fr now asks for billing 2, french 5 (was billing 2, french 3)",
        "      400 agents change place",
    ]
    assert len(shown) < 6
    assert len(wrapped(outline_changes(changes, is_verbose=True)).splitlines()) > 800


def test_a_skill_that_moves_somebody_is_no_consequence() -> None:
    both = with_person("bruno", skills={"french": 4, "english": 4, "billing": 2})
    queue = replace(both.company.queues["billing-fr"], skills={"french": 4})
    both = replace(both, company=replace(both.company, queues={**both.company.queues, "billing-fr": queue}))
    (bruno,) = [
        change for change in compare_inventories(described(BEFORE), described(both)) if change.name == "acme-bruno"
    ]
    assert bruno.follows == ()
    assert sentences(bruno)[0] == "Bruno Müller: French 3 -> 4"


def test_what_nobody_has_a_phrase_for_is_told_by_its_name() -> None:
    change = Change(
        action=Action.CHANGE, kind="lift", name="acme-two", before={"floor": "2"}, after={"floor": "3", "bell": "yes"}
    )
    assert sentences(change) == ("lift two: floor 2 -> 3", "lift two: bell yes (was not set)")
    assert sentences(replace(change, before={}, after={})) == ("lift two changes",)


def test_a_name_cannot_move_the_cursor() -> None:
    change = Change(action=Action.REMOVE, kind="person", name="acme-x", title="Amel\x1b[2J\u202e\u00a0Roy")
    assert sentences(change) == ("Amel?[2J? Roy is removed",)


# --- any two companies -----------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(companies(), companies(), st.booleans())
def test_any_change_is_told_in_both_languages_without_a_secret(one: Company, other: Company, is_same: bool) -> None:
    other = replace(other, id=one.id) if is_same else other
    before, after = described(tenant_of(one, 1)), described(tenant_of(other, 2))
    changes = compare_inventories(before, after)
    made = {change.thing for change in changes}
    for change in changes:
        for language in ("en", "fr"):
            found = sentences(change, language)
            assert found
            assert all(sentence.strip() and sentence.isprintable() for sentence in found)
            assert not any(secret in sentence for sentence in found for secret in (SECRET, PIN))
        assert set(change.follows) <= made - {change.thing}
    text = wrapped(outline_changes(changes, is_verbose=True)) + str(changes_json(changes))
    assert SECRET not in text
    assert PIN not in text
    for change in changes:
        for secret in ("password", "PIN"):
            assert change.before.get(secret, "hidden") == "hidden"
            assert change.after.get(secret, "hidden") in ("hidden", "a new one")
