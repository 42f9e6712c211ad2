"""A plan as it is read: harm first, the first of many, authors, drift and its end, in the width of a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.provisioning.actual import LiveUse
from cordboard.provisioning.changes import Action, Author, Change, authors_of, with_authors
from cordboard.provisioning.desired import Desired, desired
from cordboard.provisioning.outline import Line, wrapped
from cordboard.provisioning.plan import Base, Plan, plan
from cordboard.provisioning.show import plan_json, plan_text
from cordboard.provisioning.sources import Tenant
from cordboard.provisioning.verify import Difference, Place
from cordboard.store.records import RevisionEntry, Touched
from cordboard.store.values import Company, Person
from kit import acme

AT = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


def wanted(*companies: Company) -> Desired:
    return desired([acme.tenant(company) for company in companies or (acme.company(),)], acme.placement())


def base(of: Desired) -> Base:
    return Base(number=12, wanted=of.identity, inventory=of.inventory, prints=of.prints)


def crowd(number: int, level: int = 3) -> Company:
    company = acme.company()
    people = {
        f"p{each}": Person(id=f"p{each}", name=f"Person {each}", extension=str(1000 + each), skills={"french": level})
        for each in range(number)
    }
    return replace(company, people={**company.people, **people})


def saved(number: int, by: str, *touched: tuple[str, str]) -> RevisionEntry:
    things = tuple(Touched(kind=kind, id=item) for kind, item in touched)
    return RevisionEntry(company="acme", number=number, by=by, at=AT, reason="", touched=things)


def two_edits() -> tuple[Desired, Desired]:
    company = acme.company()
    queue = replace(company.queues["english"], max_wait=90)
    lobby = replace(company.phones["lobby"], extension="251")
    return wanted(), wanted(replace(company, queues={**company.queues, "english": queue}, phones={"lobby": lobby}))


def lines(found: Plan, *, is_verbose: bool = False) -> list[str]:
    return plan_text(found, is_verbose=is_verbose).splitlines()


def test_of_many_the_first_are_told_and_the_rest_is_counted() -> None:
    found = plan(wanted(crowd(400)), base(wanted()), live=LiveUse())
    shown = lines(found)
    assert len(shown) < 40
    assert "  ... and 390 more (person: 390 to add) (--verbose)" in shown
    assert sum(" is new" in line for line in lines(found, is_verbose=True)) == 800


def test_authors_stand_with_what_they_touched() -> None:
    before, after = two_edits()
    revisions = {"acme": [saved(4, "nadia", ("queue", "english")), saved(5, "karim", ("queue", "english"))]}
    found = plan(after, base(before), live=LiveUse(), authors=authors_of(revisions))
    shown = lines(found)
    assert "      reload of pbx_config; karim, 2026-11-21 14:02 UTC, revision 5, and before nadia" in shown
    (queue,) = [change for change in found.effective if change.kind == "queue"]
    assert queue.authors == (Author("nadia", AT, 4), Author("karim", AT, 5))
    told = {change["name"]: change["authors"] for change in plan_json(found)["changes"]}
    assert told["acme-lobby"] == []
    assert [author["by"] for author in told["acme-english"]] == ["nadia", "karim"]


def test_one_author_of_all_is_said_once() -> None:
    """What comes of the settings has no author, and changes nothing in that."""
    before, after = two_edits()
    later = replace(acme.placement().deploy_account, username="deployer")
    moved = desired([acme.tenant()], acme.placement(deploy_account=later))
    revisions = {"acme": [saved(4, "nadia", ("queue", "english"), ("phone", "lobby"))]}
    for start in (before, moved):
        shown = lines(plan(after, base(start), live=LiveUse(), authors=authors_of(revisions)))
        assert shown[0] == "All by nadia, 2026-11-21 14:02 UTC, revision 4"
        assert sum("nadia" in line for line in shown) == 1
    assert any("deployer" in line for line in shown)


def test_a_person_is_the_author_of_phone_and_box() -> None:
    found = authors_of({"acme": [saved(4, "nadia", ("person", "amel"), ("blocked", "+33899...")), saved(5, "karim")]})
    assert found.keys() == {
        ("person", "acme-amel"),
        ("phone", "acme-amel"),
        ("voicemail box", "acme-amel"),
        ("blocked caller", "acme +33899..."),
    }


def test_what_follows_has_the_author_of_its_cause() -> None:
    before = wanted(crowd(3))
    company = crowd(3)
    queue = replace(company.queues["billing-fr"], skills={"french": 4}, relax=())
    after = wanted(replace(company, queues={**company.queues, "billing-fr": queue}))
    authors = authors_of({"acme": [saved(7, "nadia", ("queue", "billing-fr"))]})
    found = plan(after, base(before), live=LiveUse(), authors=authors)
    moved = [change for change in found.effective if change.kind == "person"]
    assert moved
    assert {change.authors for change in moved} == {(Author("nadia", AT, 7),)}


@pytest.mark.parametrize(
    ("kind", "name", "company"),
    [
        ("company", "acme", "acme"),
        ("queue", "acme-billing-fr", "acme"),
        ("blocked caller", "acme +33899000000", "acme"),
        ("switch", "acme-1", ""),
        ("manager account", "acme-deploy", ""),
        ("file", "acme-queues.conf", ""),
    ],
)
def test_a_thing_is_of_its_company_or_of_the_switch(kind: str, name: str, company: str) -> None:
    change = Change(action=Action.CHANGE, kind=kind, name=name)
    assert change.company == company
    author = Author("nadia", AT, 7)
    (signed,) = with_authors([change], {("company", "acme"): (author,)})
    assert signed.authors == ((author,) if company else ())


def test_drift_says_what_the_apply_does_about_it() -> None:
    drift = (
        Difference(Place.FILE, "file", "queues.conf", "as it was written", "edited by hand", "app_queue"),
        Difference(Place.ASTERISK, "max of queue", "acme-english", "50", "5", "app_queue"),
        Difference(Place.FILE, "generation", "12", "as it was written", "damaged"),
    )
    shown = lines(plan(wanted(), base(wanted()), live=LiveUse(), drift=drift))
    assert shown[:4] == [
        "Not as generation 12 was left (the apply ends in what the database wants):",
        "  ! file queues.conf was edited by hand: it is written anew (`cordboard plan --files` shows the lines)",
        "  ! Asterisk: max of queue acme-english is 5, not 50: app_queue is loaded anew from the files",
        "  ! file: generation 12 is damaged, not as it was written: no apply mends this",
    ]


def test_harm_comes_before_everything_but_errors() -> None:
    tenant: Tenant = acme.tenant()
    renewed = replace(tenant, sip_secrets={**tenant.sip_secrets, "amel": "another-secret-0123456789"})
    found = plan(desired([renewed], acme.placement()), base(wanted()), live=LiveUse(calls=1))
    assert lines(found)[:2] == [
        "HARM TO CALLS AND PEOPLE NOW:",
        "  !! phone 201 (Amel Haddad): cannot be reached until it has the new password",
    ]


def test_several_companies_are_told_apart() -> None:
    company = acme.company()
    other = replace(company, id="beta", dids={}, trunks={}, blocked=())
    flow = replace(acme.flow(), nodes={"accueil": acme.menu()})
    tenants = [acme.tenant(), acme.tenant(other, flow)]
    found = plan(desired(tenants, acme.placement()), None, live=LiveUse())
    shown = plan_text(found, is_verbose=True)
    assert "  + [acme] queue english (English) is new" in shown
    assert "  + [beta] queue english (English) is new" in shown
    assert "  + switch pbx1 is new" in shown


def test_an_unread_asterisk_is_said() -> None:
    assert "Asterisk was not reached: what it runs was not looked at." in lines(plan(wanted(), None))


def test_french_from_head_to_end() -> None:
    before, after = two_edits()
    shown = plan_text(plan(after, base(before), live=LiveUse()), language="fr")
    assert "Files\n  ~ file english : attente maximale 120 -> 90 s\n      rechargement de pbx_config\n" in shown
    assert "0 à ajouter, 2 à modifier, 0 à retirer" in shown


@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=200)), max_size=5), st.integers(20, 120))
def test_no_line_moves_the_cursor_and_words_stay_whole(written: list[tuple[int, str]], width: int) -> None:
    text = wrapped([Line(indent, words) for indent, words in written], width)
    for row in text.splitlines():
        assert row.isprintable()
        assert len(row) <= width or " " not in row.strip()
    for _, words in written:
        for word in words.split():
            assert not word.isprintable() or word in text


def test_wide_letters_take_two_columns() -> None:
    assert wrapped([Line(0, "漢字漢字 漢字漢字 漢字漢字")], 20) == "漢字漢字 漢字漢字\n    漢字漢字\n"
