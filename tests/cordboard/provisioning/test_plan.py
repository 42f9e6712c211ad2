"""Plans: nothing where nothing differs, the reverse where the two are exchanged, refused where it would do harm."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.provisioning.actual import LiveUse
from cordboard.provisioning.changes import Action
from cordboard.provisioning.desired import Desired, desired
from cordboard.provisioning.inventory import Inventory
from cordboard.provisioning.modules import in_order, module_of
from cordboard.provisioning.plan import Base, edited_files, plan
from cordboard.provisioning.show import plan_json, plan_text
from cordboard.provisioning.shrinking import losses
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Company, Person, QueueSpec
from kit import acme

REVERSED = {
    Action.ADD: Action.REMOVE,
    Action.REMOVE: Action.ADD,
    Action.CHANGE: Action.CHANGE,
    Action.KEEP: Action.KEEP,
}


def wanted(*tenants: Tenant, **placement: Any) -> Desired:
    return desired(tenants or [acme.tenant()], acme.placement(**placement))


def base(of: Desired, number: int = 1, **more: Any) -> Base:
    return Base(number=number, wanted=of.identity, inventory=of.inventory, prints=of.prints, **more)


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Acme, more or less."""
    company = acme.company()
    people: dict[str, Person] = {}
    for person in company.people.values():
        if draw(st.integers(0, 4)) or person.id == "chloe":
            skills = draw(st.dictionaries(st.sampled_from(sorted(company.skills)), st.integers(1, 5)))
            name = draw(st.sampled_from([person.name, "Somebody Else"]))
            people[person.id] = replace(person, skills=skills, name=name)
    queues: dict[str, QueueSpec] = {}
    for queue in [*company.queues.values(), acme.queue("extra")]:
        if queue.id != "extra" or draw(st.booleans()):
            queues[queue.id] = replace(queue, max_wait=draw(st.sampled_from([60, 300])), ring=draw(st.integers(5, 7)))
    return replace(company, people=people, queues=queues)


desires = companies().map(lambda company: wanted(acme.tenant(company)))


@settings(max_examples=15)
@given(desires)
def test_the_plan_of_what_is_there_is_empty(same: Desired) -> None:
    found = plan(same, base(same), live=LiveUse())
    assert found.is_empty
    assert found.exit_code == 0
    assert (found.reloads, found.restarts) == ((), ())
    assert {change.action for change in found.changes} == {Action.KEEP}


@settings(max_examples=15)
@given(desires, desires)
def test_a_plan_back_is_the_plan_reversed(one: Desired, other: Desired) -> None:
    there = plan(other, base(one), live=LiveUse(), allow_shrink=True)
    back = plan(one, base(other), live=LiveUse(), allow_shrink=True)
    assert there.reloads == back.reloads
    assert {(change.kind, change.name): REVERSED[change.action] for change in there.changes} == {
        (change.kind, change.name): change.action for change in back.changes
    }
    ways_back = {(change.kind, change.name): change for change in back.changes}
    for change in there.effective:
        if change.kind != "file":
            way_back = ways_back[change.kind, change.name]
            assert (change.before, change.after) == (way_back.after, way_back.before)


@settings(max_examples=15)
@given(desires, desires)
def test_an_identity_is_for_one_desire_on_one_base(one: Desired, other: Desired) -> None:
    identities = {
        plan(each, on).identity for each in (one, other) for on in (None, base(one), base(one, 2), base(other))
    }
    assert len(identities) == (8 if one.identity != other.identity else 3)


def test_the_company_is_told_in_its_own_words() -> None:
    company = acme.company()
    amel = replace(company.people["amel"], skills={"french": 5, "billing": 4, "english": 3}, extension="211")
    queue = replace(company.queues["billing-fr"], max_wait=180, relax=())
    people = {name: person for name, person in company.people.items() if name != "dora"}
    changed = replace(company, people={**people, "amel": amel}, queues={**company.queues, queue.id: queue})
    flow = acme.flow()
    menu = acme.menu(keys={**acme.menu().keys, "4": acme.edge("queue", "billing-fr")})
    tenant = acme.tenant(changed, replace(flow, nodes={**flow.nodes, "accueil": menu}))
    found = plan(wanted(tenant), base(wanted()), live=LiveUse())
    assert (
        plan_text(found)
        == f"""\
People and phones
  ~ Amel Haddad gains English 3
  ~ Amel Haddad now serves queue english
      in force since its import
  - Dora is removed
      in force since its import
  ~ Amel Haddad: phone 201 -> 211
      reload of res_pjsip, pbx_config
Queues
  ~ queue billing-fr: max wait 300 -> 180 s
      reload of app_queue, pbx_config
  - queue billing-fr asks for no less after a while
      reload of app_queue, pbx_config
Menus and hours
  ~ menu accueil: key 4 now goes to queue billing-fr
      in force since its import; Asterisk's own copy by reload of pbx_config
Plan {found.identity}: 0 to add, 4 to change, 2 to remove, 20 unchanged.
Reloads: res_pjsip, app_queue, pbx_config.
"""
    )


def test_a_new_password_is_told_but_not_shown() -> None:
    tenant = acme.tenant()
    renewed = replace(
        tenant, sip_secrets={**tenant.sip_secrets, "amel": "another-secret-0123456789"}, pins={"amel": "0000"}
    )
    found = plan(wanted(renewed), base(wanted()), live=LiveUse())
    told = plan_text(found) + json.dumps(plan_json(found))
    assert "~ phone 201 (Amel Haddad): a new password" in told
    assert "~ voicemail box amel (Amel Haddad): a new PIN" in told
    for secret in ("another-secret", "amel-sip-secret", "490817", "0000"):
        assert secret not in told
    first = plan_text(plan(wanted(), None))
    assert acme.DEPLOY_SECRET not in first
    assert "sip-secret" not in first


def test_a_file_that_cordboard_writes_differently_is_a_change_too() -> None:
    now = wanted()
    then = replace(now, prints={**now.prints, "logger.conf": "0" * 64, "asterisk.conf": "0" * 64})
    found = plan(now, base(then), live=LiveUse())
    assert [(change.kind, change.name, change.reload) for change in found.effective] == [
        ("file", "asterisk.conf", ("restart",)),
        ("file", "logger.conf", ("logger",)),
    ]
    assert (found.reloads, found.restarts) == (("logger", "pbx_config"), ("asterisk.conf",))
    assert "Taken over only when Asterisk is restarted: asterisk.conf." in plan_text(found)


def test_a_transport_needs_a_restart() -> None:
    network = replace(acme.placement().network, sip_port=5070)
    found = plan(wanted(network=network), base(wanted()), live=LiveUse())
    assert found.restarts == ("SIP transport 127.0.0.1:5070",)


def test_a_generation_that_was_never_proven_is_loaded_whole() -> None:
    found = plan(wanted(), base(wanted(), is_proven=False), live=LiveUse())
    assert found.is_empty
    assert {"pbx_config", "app_queue", "res_pjsip", "app_voicemail"} <= set(found.reloads)


def test_drift_makes_a_plan_and_reloads_what_it_is_in() -> None:
    found = plan(wanted(), base(wanted()), drift=edited_files({"queues.conf": "edited"}), live=LiveUse())
    assert (found.exit_code, found.reloads, found.effective) == (2, ("app_queue", "pbx_config"), ())
    assert "! file queues.conf was edited by hand: it is written anew" in plan_text(found)


@pytest.mark.parametrize(
    ("done", "english", "french"),
    [
        ("edited", "was edited by hand: it is written anew", "modifié à la main : il sera réécrit"),
        ("removed", "was removed by hand: it is written anew", "retiré à la main : il sera réécrit"),
        ("added", "was added by hand: it goes", "ajouté à la main : il sera retiré"),
    ],
)
def test_a_hand_edit_is_told_as_what_it_was(done: str, english: str, french: str) -> None:
    found = plan(wanted(), base(wanted()), drift=edited_files({"extra.conf": done}), live=LiveUse())
    assert f"! file extra.conf {english}" in plan_text(found)
    assert f"! fichier extra.conf {french}" in plan_text(found, language="fr")


# --- refused ---------------------------------------------------------------------------------------------------------


def test_an_emptied_database_is_refused_unless_it_is_meant() -> None:
    nothing = desired([], acme.placement())
    found = plan(nothing, base(wanted()), live=LiveUse())
    assert found.exit_code == 1
    told = [str(problem) for problem in found.errors]
    assert told[0].startswith("phones: this removes 4 of 4; if that is meant, apply with --allow-shrink")
    assert [problem.where for problem in found.errors] == ["phones", "queues", "persons", "voicemail boxes", "things"]
    assert all(problem.is_shrinking for problem in found.errors)
    assert "This plan cannot be applied." in plan_text(found)
    assert plan(nothing, base(wanted()), live=LiveUse(), allow_shrink=True).exit_code == 2


def test_the_way_back_from_a_small_company_loses_nothing() -> None:
    small: Inventory = {"person": {name: {} for name in ("one", "two")}}
    whole: Inventory = {"person": {name: {} for name in ("amel", "bob", "chloe", "david", "emma", "farid")}}
    assert list(losses(small, whole)) == []
    assert [(loss.what, loss.removed, loss.had) for loss in losses(whole, small)] == [
        ("persons", 6, 6),
        ("things", 6, 6),
    ]


def test_half_may_go() -> None:
    company = acme.company()
    flow = acme.flow()
    menu = acme.menu(keys={"1": acme.edge("queue", "billing-fr")})
    fewer = replace(company, queues={"billing-fr": company.queues["billing-fr"]})
    tenant = acme.tenant(fewer, replace(flow, nodes={**flow.nodes, "accueil": menu}))
    assert plan(wanted(tenant), base(wanted()), live=LiveUse()).exit_code == 2


def test_a_queue_with_callers_stays() -> None:
    company = acme.company()
    flow = acme.flow()
    menu = acme.menu(keys={"1": acme.edge("queue", "billing-fr")})
    fewer = replace(company, queues={"billing-fr": company.queues["billing-fr"]})
    tenant = acme.tenant(fewer, replace(flow, nodes={**flow.nodes, "accueil": menu}))
    found = plan(wanted(tenant), base(wanted()), live=LiveUse(lines={"acme-english": ("1.1", "1.2", "1.3")}))
    assert [str(problem) for problem in found.errors] == [
        "queue acme-english: it would be removed while 3 callers wait in it; "
        "lead new callers elsewhere first, and apply again when these are served"
    ]


def test_a_warning_does_not_stop() -> None:
    company = acme.company()
    nobody = replace(
        company, queues={**company.queues, "arabic": acme.queue("arabic", skills={"billing": 5, "english": 5})}
    )
    found = plan(wanted(acme.tenant(nobody)), base(wanted()), live=LiveUse())
    assert {problem.where for problem in found.problems} == {"queue arabic"}
    assert found.exit_code == 2
    assert "warning: queue arabic: nobody has the skills it asks for" in plan_text(found)


def test_an_impossible_company_is_still_compared() -> None:
    company = acme.company()
    broken = replace(company, messages={name: each for name, each in company.messages.items() if name != "busy"})
    found = plan(wanted(acme.tenant(broken)), base(wanted()), live=LiveUse())
    assert found.is_refused
    assert [(change.action, change.kind, change.name) for change in found.effective] == [
        (Action.REMOVE, "message", "acme-busy")
    ]


# --- which module ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("extensions.conf", "pbx_config"),
        ("contexts-g12.conf", "pbx_config"),
        ("cordboard_queuerules.conf", "app_queue"),
        ("cordboard_pjsip.conf", "res_pjsip"),
        ("modules.conf", "restart"),
        ("something-new.conf", "restart"),
    ],
)
def test_each_file_has_its_module(file: str, module: str) -> None:
    assert module_of(file) == module


def test_the_dialplan_is_loaded_last() -> None:
    modules = ["pbx_config", "res_pjsip", "restart", "app_queue", "app_voicemail"]
    assert in_order(modules) == ("app_voicemail", "res_pjsip", "app_queue", "pbx_config")
