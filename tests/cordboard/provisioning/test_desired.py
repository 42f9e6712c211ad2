"""Companies and flows compiled to what the templates see, and every problem found before anything is written."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from agi.flow.document import Flow, Hours, Interval, Menu, Play, Retry, Schedule
from cordboard.documents import flow_of
from cordboard.provisioning.checks import check
from cordboard.provisioning.compiled import compiled
from cordboard.provisioning.desired import contexts_in, desired, own_files
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import STRATEGIES, Company, Did, Person, Phone, RelaxStep, TargetKind, TargetRef, Trunk
from dialplan_templates.views import CompanyView, HoursView, IntervalView, TargetView
from dialplan_templates.views import TargetKind as To
from kit import acme
from kit.asterisk_conf import read
from kit.companies import companies

TODAY = date(2026, 11, 21)


def view(tenant: Tenant | None = None) -> CompanyView:
    (company,) = compiled([tenant or acme.tenant()], acme.placement(), 7).companies
    return company


def errors_of(*tenants: Tenant) -> list[PlanProblem]:
    return [problem for problem in check(tenants) if not problem.is_warning]


def problems(**company: Any) -> list[str]:
    return [str(problem) for problem in errors_of(acme.tenant(acme.company(**company)))]


def flow_problems(*nodes: Menu | Hours | Play) -> list[str]:
    flow = acme.flow()
    changed = replace(flow, nodes={**flow.nodes, **{node.id: node for node in nodes}})
    return [str(problem) for problem in check([acme.tenant(by=changed)])]


# --- compiled --------------------------------------------------------------------------------------------------------


def test_a_company_has_no_problem_and_a_whole_configuration() -> None:
    found = desired([acme.tenant()], acme.placement())
    assert found.problems == ()
    files = found.files(7, {})
    assert {"extensions.conf", "contexts-g7.conf", "pjsip.conf", "queues.conf", "asterisk.conf"} <= files.keys()
    assert not re.search(r"(?m)^member\s*=", files["queues.conf"])


def test_the_same_sources_give_the_same_configuration() -> None:
    one, other = (desired([acme.tenant()], acme.placement()) for _ in range(2))
    assert (one.identity, one.prints) == (other.identity, other.prints)
    assert one.files(3, {}) == other.files(3, {})


FILLED = re.compile(
    r"cordboard-in|cordboard-phones-.*|cb-(did|fallback|queue|wait|person|voicemail|own-box|message|hours|play|closed)-g1"
    r"|cb-blocked-.*"
)
"""Contexts that grow with the company."""
OF_ITSELF = re.compile(r"[hiT]|_?\*.*|withdrawable|_.*[XZN\[].*|1(?:12|5|7|8)")
"""Extensions that do not: names, and what is dialled for numbers outside and for help."""


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies())
def test_extensions_fall_so_that_asterisk_files_each_at_once(company: Company) -> None:
    files = desired([acme.tenant(company, flow_of(company, TODAY))], acme.placement()).files(1, {})
    found: dict[str, list[str]] = {}
    for line in [line for name in ("extensions.conf", "contexts-g1.conf") for line in read(files[name])]:
        exten = line.value.partition(",")[0]
        if line.name == "exten" and FILLED.fullmatch(line.section) and not OF_ITSELF.fullmatch(exten):
            found.setdefault(line.section, []).append(exten.replace("-", ""))
    for context, extensions in found.items():
        assert extensions == sorted(extensions, reverse=True), context


def test_a_switch_of_the_house_is_believed_and_an_operator_is_not() -> None:
    trunks = {
        name: Trunk(id=name, name=name, addresses=(f"192.0.2.{number}",), to=f"sip:192.0.2.{number}", is_peer=is_peer)
        for number, (name, is_peer) in enumerate({"a-house": True, "b-operator": False}.items())
    }
    company = acme.company(trunks=trunks)
    english = replace(company.queues["english"], when_full=TargetRef(TargetKind.EXTERNAL, "+33140000000"))
    company = replace(company, queues={**company.queues, "english": english})
    contexts = desired([acme.tenant(company)], acme.placement()).files(1, {})["contexts-g1.conf"]
    assert re.findall(r"(?m)^\[cb-peer-g1\]\n((?:exten.*\n)*)", contexts) == ["exten => acme-a-house,1,NoOp()\n"]
    assert "Dial(PJSIP/+33140000000@acme-b-operator,60,i)" in contexts


def test_publishing_the_same_menus_again_changes_nothing() -> None:
    one, again = (desired([replace(acme.tenant(), flow_version=n)], acme.placement()) for n in (1, 22))
    assert (one.identity, one.prints) == (again.identity, again.prints)
    assert "Version: 22,By: fallback)" in again.files(3, {})["contexts-g3.conf"]


def test_only_the_dialplan_carries_the_generation() -> None:
    found = desired([acme.tenant()], acme.placement())
    first, second = found.files(3, {}), found.files(4, {})
    differing = {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
    assert differing == {"extensions.conf", "contexts-g3.conf", "contexts-g4.conf"}


def test_kept_contexts_come_along() -> None:
    found = desired([acme.tenant()], acme.placement(etc="/srv/current"))
    files = found.files(9, {7: "[cb-did-g7]\n", 8: "[cb-did-g8]\n"})
    assert contexts_in(files).keys() == {7, 8, 9}
    assert '#include "/srv/current/contexts-g7.conf"' in files["extensions.conf"]
    assert own_files(files, 9).keys() == files.keys() - {"contexts-g7.conf", "contexts-g8.conf"}


def test_a_did_without_hours_leads_straight_on() -> None:
    flow = acme.flow()
    straight = Play("did.main", None, acme.edge("queue", "english", "en"))
    company = view(acme.tenant(by=replace(flow, nodes={**flow.nodes, "did.main": straight})))
    assert company.dids[0].start == TargetView(To.QUEUE, "english", "en")
    assert company.plays == ()


def test_hours_keep_their_midnights() -> None:
    weekly = (Interval(("mon", "sun"), time(9), time(18, 30)), Interval(("sat",), time(22), time(0)))
    schedule = Schedule("office", "Europe/Paris", weekly, (date(2026, 12, 25),))
    company = view(acme.tenant(by=acme.flow(schedules={"office": schedule})))
    assert company.hours == (
        HoursView(
            id="did.main",
            name="office",
            time_zone="Europe/Paris",
            weekly=(
                IntervalView(days=frozenset({0, 6}), opens=540, closes=1110),
                IntervalView(days=frozenset({5}), opens=1320, closes=1440),
            ),
            closed_dates=(date(2026, 12, 25),),
            when_open=TargetView(To.MENU, "accueil"),
            when_closed=TargetView(To.MESSAGE, "closed"),
        ),
    )


def test_a_ring_of_empty_steps_ends_the_call() -> None:
    flow = acme.flow()
    ring = {
        "one": Play("one", None, acme.edge("play", "two")),
        "two": Play("two", None, acme.edge("play", "one")),
        "did.main": Play("did.main", None, acme.edge("play", "one")),
    }
    company = view(acme.tenant(by=replace(flow, nodes={**flow.nodes, **ring})))
    assert company.dids[0].start.kind is To.HANGUP


def test_relaxation_and_music_reach_the_queue() -> None:
    queues = {
        "billing-fr": acme.queue(
            "billing-fr",
            relax=(RelaxStep(after=15, skills={"french": 2}), RelaxStep(after=40, skills={})),
            music="ringing",
        ),
        "english": acme.queue("english", skills={"english": 3}),
    }
    ringing, ordinary = view(acme.tenant(acme.company(queues=queues))).queues
    assert ringing.relax_after == (15, 40)
    assert (ringing.music, ringing.hears_ringing) == (None, True)
    assert (ordinary.music, ordinary.hears_ringing) == (None, False)


def test_each_strategy_of_a_company_file_is_one_of_app_queue() -> None:
    queues = {
        f"q{number}": acme.queue(f"q{number}", skills={"english": 3}, strategy=strategy)
        for number, strategy in enumerate(STRATEGIES)
    }
    made = view(acme.tenant(acme.company(queues=queues))).queues
    assert [queue.strategy.value for queue in made] == [
        *("leastrecent", "fewestcalls", "rrmemory", "random", "ringall", "linear"),
    ]


# --- checked ---------------------------------------------------------------------------------------------------------


def test_every_dangling_way_of_a_flow_is_told_at_once() -> None:
    told = flow_problems(
        acme.menu(
            keys={"1": acme.edge("queue", "gone"), "2": acme.edge("person", "dora"), "3": acme.edge("hours", "accueil")}
        ),
        Hours("evening", "nights", acme.edge("voicemail", "bruno"), acme.edge("message", "gone")),
        Play("hello", "welcome", acme.edge("menu", "gone")),
    )
    assert told == [
        "menu accueil: key 1 leads to queue gone, which does not exist; add this queue, or name one that exists",
        "menu accueil: key 2 leads to person dora, which does not exist; "
        "give this person an extension, add the phone, or name another",
        "menu accueil: key 3 leads to hours accueil, which does not exist; add these hours, or name others",
        "hours evening: open leads to voicemail bruno, which does not exist; "
        "add this box, set `voicemail: true` for the person, or name another",
        "hours evening: closed leads to message gone, which does not exist; add this message, or name one that exists",
        "play hello: the way on leads to menu gone, which does not exist; add this menu, or name one that exists",
        "hours evening: there is no schedule nights; add these hours, or name others",
    ]


def test_a_did_that_the_flow_does_not_know_is_told() -> None:
    more = Did(id="fax", number="+33199999999", name="Fax", language="fr", open=TargetRef(TargetKind.HANGUP))
    assert problems(dids={**acme.company().dids, "fax": more}) == [
        "DID +33199999999: the published flow does not know it; publish the flow again: `cordboard import` does so"
    ]
    unpublished = replace(acme.tenant(), flow=Flow(nodes={}), flow_version=0)
    assert [problem.where for problem in check([unpublished])] == [f"DID {acme.DID}"]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (TargetRef(TargetKind.MESSAGE, "gone"), "message gone"),
        (TargetRef(TargetKind.QUEUE, "gone"), "queue gone"),
        (TargetRef(TargetKind.MENU, "accueil"), "menu accueil"),
        (TargetRef(TargetKind.REPEAT), "repeat"),
    ],
)
def test_a_queue_leads_on_to_what_exists(target: TargetRef, told: str) -> None:
    queue = acme.queue("english", skills={"english": 3}, when_late=target)
    (found,) = problems(queues={**acme.company().queues, "english": queue})
    assert found.startswith(f"queue english: when late leads to {told}, which does not exist; ")


def test_an_outside_number_needs_a_trunk_that_dials() -> None:
    outside = TargetRef(TargetKind.EXTERNAL, "+33100000000")
    queues = {**acme.company().queues, "english": acme.queue("english", skills={"english": 3}, when_late=outside)}
    assert problems(queues=queues) == []
    (told,) = problems(queues=queues, trunks={})
    assert told.endswith("add a trunk with `to`, or choose a target inside the company")


def test_queues_that_pass_callers_round_are_told_once() -> None:
    def to(name: str) -> TargetRef:
        return TargetRef(TargetKind.QUEUE, name)

    queues = {
        "a": acme.queue("a", when_late=to("b")),
        "b": acme.queue("b", when_full=to("c")),
        "c": acme.queue("c", when_empty=to("a"), when_late=to("d")),
        "d": acme.queue("d"),
    }
    flow = acme.flow(nodes={"did.main": Play("did.main", None, acme.edge("queue", "a"))})
    (told,) = errors_of(acme.tenant(acme.company(queues=queues), flow))
    assert (told.where, told.what) == ("queue a", "its callers go round for ever: a -> b -> c -> a")


def test_a_queue_nobody_can_serve_is_a_warning() -> None:
    queues = {**acme.company().queues, "extra": acme.queue("extra", skills={"english": 5, "billing": 5})}
    told, unreached = check([acme.tenant(acme.company(queues=queues))])[::-1]
    assert told.is_warning
    assert (told.where, told.row) == ("queue extra", "acme: queues.extra.skills")
    assert unreached.what == "no call ever comes here"


def test_skills_exist() -> None:
    queue = acme.queue("extra", skills={"french": 1}, relax=(RelaxStep(after=5, skills={"klingon": 1}),))
    people = {**acme.company().people, "eva": Person(id="eva", name="Eva", skills={"latin": 3})}
    assert problems(queues={**acme.company().queues, "extra": queue}, people=people) == [
        "queue extra: there is no skill klingon; add it under skills, or name one that exists",
        "person eva: there is no skill latin; add it under skills, or name one that exists",
    ]


def test_numbers_belong_to_one() -> None:
    phones = {"lobby": Phone(id="lobby", name="Lobby", extension="601")}
    assert problems(phones=phones) == [
        "extension 601: belongs to phone lobby and queue billing-fr; give each its own number"
    ]
    other = acme.tenant(acme.company(id="other"))
    told, _ = errors_of(acme.tenant(), other)
    assert (told.where, told.what) == (f"DID {acme.DID}", "belongs to acme (main) and other (main)")


def test_a_phone_without_a_password_is_not_generated() -> None:
    tenant = acme.tenant()
    (told,) = check([replace(tenant, sip_secrets={**tenant.sip_secrets, "lobby": ""})])
    assert (told.where, told.what) == ("phone lobby", "it has no SIP password")


def test_the_budget_of_memberships_is_held() -> None:
    people = {f"p{n}": Person(id=f"p{n}", name=f"P {n}", skills={"french": 5}) for n in range(501)}
    queues = {f"q{n}": acme.queue(f"q{n}") for n in range(10)}
    flow = acme.flow(nodes={"did.main": Play("did.main", None, acme.edge("queue", "q0"))})
    (total,) = errors_of(acme.tenant(acme.company(people=people, queues=queues), flow))
    assert total.what == "their agents would be 5,010 memberships, Asterisk bears 5,000"

    one = {"p0": people["p0"]}
    (personal,) = errors_of(acme.tenant(acme.company(people=one, queues={**queues, "q10": acme.queue("q10")}), flow))
    assert (personal.where, personal.what) == ("person p0", "would be a member of 11 queues, 10 are possible")


def test_what_the_templates_refuse_is_a_problem_of_the_plan() -> None:
    placement = acme.placement()
    bad = replace(placement, network=replace(placement.network, sip_port=0))
    found = desired([acme.tenant()], bad)
    assert not found.is_possible
    assert found.prints == {}
    assert [problem.where for problem in found.problems] == ["network.sip_port"]


def test_a_menu_waits_as_long_as_its_flow_says() -> None:
    patient = acme.menu(
        first_digit_seconds=9.0, inter_digit_seconds=1.5, no_input=Retry(4, acme.edge("hangup"), "welcome")
    )
    flow = acme.flow()
    (menu,) = view(acme.tenant(by=replace(flow, nodes={**flow.nodes, "accueil": patient}))).menus
    assert (menu.first_digit_seconds, menu.inter_digit_seconds, menu.version) == (9.0, 1.5, 1)
    assert (menu.no_input.tries, menu.no_input.then.kind, menu.no_input.prompt) == (4, To.HANGUP, acme.FRENCH)
    assert [key.keys for key in menu.keys] == ["1", "2", "3", "9"]
