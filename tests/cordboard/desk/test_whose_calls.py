"""What may be steered is what is shown: whose a call is, is one rule for the page and for commands."""

from __future__ import annotations

from cordboard.desk.open_calls import open_calls
from cordboard.store.values import Company
from kit import acme
from kit.told import Told
from kit.told_calls import TRUNK, Dialled

ACME = acme.company()
OTHER = Company(id="other", name="Other", language="fr", country="FR", time_zone="Europe/Paris")


def steered(told: Told, company: Company) -> set[str]:
    snapshot = told.live.snapshot(with_conversations=True)
    return {one.id.uniqueid for one in open_calls(snapshot, company.id, {ACME.id, OTHER.id})}


def test_a_call_is_steered_by_the_company_of_its_number_its_queue_or_its_phones() -> None:
    told = Told()
    Dialled(told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    told.call("1.2").enters(company="other")
    told.call("1.3").enters(company="other").joins("other-sales")
    assert (steered(told, ACME), steered(told, OTHER)) == ({"1.1"}, {"1.2", "1.3"})


def test_through_whose_trunk_a_call_comes_tells_nothing() -> None:
    told = Told()
    leg = {**told.call("1.1").leg, "Channel": "PJSIP/acme-carrier-1"}
    told.event("Newchannel", **leg)
    assert steered(told, ACME) == set()
    told.event("UserEvent", UserEvent="CordboardEntered", Did="main", Company="other", Generation="7", **leg)
    assert (steered(told, ACME), steered(told, OTHER)) == (set(), {"1.1"})


def test_a_call_with_phones_of_two_companies_is_steered_by_neither() -> None:
    told = Told()
    Dialled(told, "1.1", "acme-amel", "900").rings("other-zoe").is_answered()
    told.call("1.3").enters(company="other").joins("acme-billing-fr")
    assert (steered(told, ACME), steered(told, OTHER)) == (set(), set())
    Dialled(told, "1.4", "acme-amel", "901").rings("front-desk").is_answered()
    assert steered(told, ACME) == {"1.4"}, "not every phone with a hyphen in its name is one of a company"
