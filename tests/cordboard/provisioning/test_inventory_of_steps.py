"""What plans and comparisons of versions say of steps, part by part."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date

from agi.flow.document import Play
from cordboard.documents import flow_of, read_company
from cordboard.documents.reading import check_company
from cordboard.documents.source import Source
from cordboard.provisioning.changes import Action
from cordboard.provisioning.inventory import inventory
from cordboard.provisioning.menus import menu_changes, menu_words, not_there
from cordboard.provisioning.sources import Tenant
from kit import acme
from kit.guide import WHOLE
from kit.switch import REPOSITORY
from kit.tenants import tenant_of

TODAY = date(2026, 11, 22)


def test_parts_of_steps_are_told_in_words() -> None:
    text = (REPOSITORY / "tests/cordboard/flows/steps.yaml").read_text(encoding="utf-8")
    company = read_company(text, today=TODAY).accepted()
    steps = inventory([acme.tenant(company, flow_of(company, TODAY))], None)["step"]
    routed = steps["acme-to-agents"]
    assert (routed["kind"], routed["queue"], routed["priority"]) == ("route", "sales", "1")
    assert routed["cases"] == ("customer 7000000 or 7000001: priority 7, language fr and customer 7...: sales 3")
    outside = steps["acme-abroad-office"]
    assert (outside["number"], outside["ring"], outside["failure"]) == ("+41441234567", "20", "message closed")
    assert steps["acme-answered"]["kind"] == "answer"


def test_a_number_that_the_company_does_not_have_is_a_number_all_the_same() -> None:
    """Two versions of menus are compared in the company as it is."""
    flow = acme.flow()
    started = replace(flow, nodes={**flow.nodes, "did.zurich": Play("did.zurich", None, acme.edge("queue", "english"))})
    changes = menu_changes(acme.tenant(by=started), acme.tenant())
    assert [(change.kind, change.action) for change in changes] == [("DID", Action.REMOVE)]
    assert menu_words(acme.tenant(by=started), acme.tenant()) == ("- DID zurich is removed",)
    assert menu_words(acme.tenant(), acme.tenant(by=started)) == ("+ DID zurich is new: leads to queue english",)


def test_a_step_that_uses_a_part_is_told_as_a_step() -> None:
    flow = acme.flow()

    def using(*kept: str) -> Tenant:
        nodes = {"sure-to-buy": Play("sure-to-buy", None, acme.edge("menu", *kept))} if kept else {}
        return acme.tenant(by=replace(flow, nodes={**flow.nodes, **nodes}))

    first, second = using("sure-to-buy.ask"), using("sure-to-buy.again")
    assert menu_words(acme.tenant(), first) == ("+ step sure-to-buy is new",)
    assert menu_words(first, second) == ("~ step sure-to-buy: leads to menu sure-to-buy.ask -> menu sure-to-buy.again",)


def test_a_phone_that_is_no_persons_is_called_a_phone() -> None:
    def with_key(leads_to: dict[str, str]) -> Tenant:
        changed = copy.deepcopy(WHOLE)
        changed["menus"]["more"]["keys"]["3"] = leads_to
        return tenant_of(check_company(Source(data=changed), TODAY).accepted())

    before, after = with_key({"person": "amel"}), with_key({"phone": "lobby"})
    assert menu_words(before, after) == ("~ menu more: key 3 now goes to phone lobby (was person amel)",)
    assert menu_words(before, after, "fr") == (
        "~ menu more : touche 3 mène désormais vers poste lobby (avant : personne amel)",
    )
    assert list(not_there(after, replace(before.company, phones={}), after.flow)) == ["phone lobby"]
