"""Where calls go and whose numbers are whose: each problem found, and pointed at in the company file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agi.flow.document import Interval, Play, Schedule
from agi.flow.routing import Route
from cordboard.documents import flow_of
from cordboard.provisioning.checks import check
from cordboard.provisioning.desired import desired
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.store.values import Blocked, Company, Did, Message, Phone, TargetKind, TargetRef, Trunk
from kit import acme
from kit.companies import companies


def told(*tenants: Tenant) -> dict[str, PlanProblem]:
    """Row -> problem."""
    return {problem.row: problem for problem in check(tenants)}


def of_company(**company: Any) -> dict[str, PlanProblem]:
    return told(acme.tenant(acme.company(**company)))


def of_flow(**flow: Any) -> dict[str, PlanProblem]:
    return told(acme.tenant(by=acme.flow(**flow)))


# --- where calls go --------------------------------------------------------------------------------------------------


def test_a_caller_who_presses_nothing_must_get_somewhere() -> None:
    first = acme.menu(no_input=replace(acme.menu().no_input, then=acme.edge("menu", "second")))
    second = acme.menu(id="second", no_input=replace(acme.menu().no_input, then=acme.edge("menu", "accueil")))
    problems = of_flow(nodes={**acme.flow().nodes, "accueil": first, "second": second})
    assert problems["acme: menus.accueil"].what == "a caller who presses nothing comes back here for ever"
    assert problems["acme: menus.second"].where == "menu second"
    assert not problems["acme: menus.second"].is_warning


def test_a_menu_without_a_way_out_is_told() -> None:
    closed_in = acme.menu(
        keys={"1": acme.edge("repeat")},
        no_input=replace(acme.menu().no_input, then=acme.edge("repeat")),
        wrong_input=replace(acme.menu().wrong_input, then=acme.edge("repeat")),
    )
    problems = check([acme.tenant(by=acme.flow(nodes={**acme.flow().nodes, "accueil": closed_in}))])
    assert "no key leads out of here" in [problem.what for problem in problems if not problem.is_warning]


def test_what_no_call_comes_to_is_a_warning_at_its_row() -> None:
    company = acme.company()
    problems = told(
        acme.tenant(
            acme.company(
                queues={**company.queues, "lost": acme.queue("lost")},
                messages={**company.messages, "lost": Message(id="lost", name="Lost", sounds=acme.FRENCH)},
            ),
            acme.flow(nodes={**acme.flow().nodes, "lost": acme.menu(id="lost")}),
        )
    )
    rows = {"acme: queues.lost", "acme: messages.lost", "acme: menus.lost"}
    assert problems.keys() == rows
    assert all(problem.is_warning and problem.what == "no call ever comes here" for problem in problems.values())


def test_a_queue_with_a_number_is_reached_from_inside() -> None:
    flow = acme.flow(nodes={"did.main": Play("did.main", None, acme.edge("queue", "english"))})
    inside = {**acme.company().queues, "inside": acme.queue("inside", number="603")}
    assert "acme: queues.inside" not in told(acme.tenant(acme.company(queues=inside), flow))


@pytest.mark.parametrize("skills", [{"english": 5}, {}])
def test_a_queue_that_a_step_chooses_by_skills_is_reached(skills: dict[str, int]) -> None:
    queues = acme.company().queues
    best = replace(queues["english"], id="best", number=None, skills={**queues["english"].skills, "english": 5})
    nodes = {
        "did.main": Play("did.main", None, acme.edge("step", "to-agents")),
        "to-agents": Route(id="to-agents", queue="english", skills=skills),
    }
    found = told(acme.tenant(acme.company(queues={**queues, "best": best}), acme.flow(nodes=nodes)))
    assert ("acme: queues.best" in found) is not bool(skills)


def test_hours_that_are_never_open_are_told() -> None:
    never = {"office": Schedule("office", "Europe/Paris", (), ())}
    assert of_flow(schedules=never)["acme: hours.office"].is_warning
    one = {"office": Schedule("office", "Europe/Paris", (Interval(("mon",), time(9), time(10)),), ())}
    assert of_flow(schedules=one) == {}


def test_where_a_way_dangles_what_lies_behind_it_is_no_news() -> None:
    broken = acme.menu(keys={"1": acme.edge("queue", "gone")})
    problems = of_flow(nodes={**acme.flow().nodes, "accueil": broken})
    assert problems.keys() == {"acme: menus.accueil.keys.1"}


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"when_late": TargetRef(TargetKind.MESSAGE, "gone")}, "acme: queues.english.when_late"),
        ({"when_full": TargetRef(TargetKind.PERSON, "dora")}, "acme: queues.english.when_full"),
        ({"when_empty": TargetRef(TargetKind.QUEUE, "english")}, "acme: queues.english.when_empty"),
        ({"skills": {"klingon": 1}}, "acme: queues.english.skills.klingon"),
    ],
)
def test_problems_of_a_queue_point_at_its_row(changed: dict[str, Any], row: str) -> None:
    queues = {**acme.company().queues, "english": replace(acme.company().queues["english"], **changed)}
    assert not of_company(queues=queues)[row].is_warning


def test_a_did_that_dangles_is_shown_by_its_number() -> None:
    flow = acme.flow(nodes={"did.main": Play("did.main", None, acme.edge("queue", "gone"))})
    assert f"acme: dids.{acme.DID}.target" in told(acme.tenant(by=flow))


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["*98", "*43", "*44"])
def test_an_extension_is_no_number_that_every_phone_has(number: str) -> None:
    phones = {"lobby": Phone(id="lobby", name="Lobby", extension=number)}
    assert "every phone" in of_company(phones=phones)["acme: phones.lobby.extension"].what


@pytest.mark.parametrize(("number", "country"), [("112", "FR"), ("15", "FR"), ("911", "US"), ("999", "GB")])
def test_an_extension_hides_no_emergency_number(number: str, country: str) -> None:
    phones = {"lobby": Phone(id="lobby", name="Lobby", extension=number)}
    problem = of_company(phones=phones, country=country)["acme: phones.lobby.extension"]
    assert problem.what == f"of phone lobby hides an emergency number of {country}"


def test_two_companies_may_have_the_same_extensions_but_not_the_same_did() -> None:
    second = acme.company(id="other", trunks={}, dids={**acme.company().dids})
    problems = told(acme.tenant(), acme.tenant(second))
    assert problems.keys() == {f"other: dids.{acme.DID}"}


def test_a_prefix_that_refuses_ones_own_numbers_is_told() -> None:
    fax = Did(id="fax", number="+33199999999", name="Fax", language="fr", open=TargetRef(TargetKind.HANGUP))
    for number, is_prefix, is_told in (
        ("+33199", True, True),
        ("+331999999991", True, False),
        (fax.number, False, True),
    ):
        company = acme.company(dids={"fax": fax}, blocked=(Blocked(number=number, is_prefix=is_prefix),))
        flow = acme.flow(nodes={"did.fax": Play("did.fax", None, acme.edge("queue", "english"))})
        found = told(acme.tenant(company, flow)).get("acme: blocked[0]")
        assert (found is not None) is is_told
        assert found is None or found.is_warning


# --- trunks ----------------------------------------------------------------------------------------------------------


def with_trunk(company: str, *addresses: str, header: tuple[str, str] | None = None) -> Tenant:
    trunk = Trunk(id="line", name="Line", addresses=addresses, header=header)
    return acme.tenant(acme.company(id=company, dids={}, trunks={"line": trunk}), acme.flow(nodes={}))


def meet(problems: dict[str, PlanProblem]) -> set[str]:
    return {row for row, problem in problems.items() if "wrong company" in problem.what}


def test_a_trunk_inside_another_companys_network_would_be_taken_for_it() -> None:
    problems = told(
        with_trunk("one", "192.0.2.0/24"), with_trunk("two", "192.0.2.17"), with_trunk("three", "198.51.100.1")
    )
    assert meet(problems) == {"two: trunks.line.from"}
    assert not problems["two: trunks.line.from"].is_warning


def test_one_header_cannot_tell_two_companies_apart() -> None:
    header = ("X-Trunk", "carrier")
    problems = told(with_trunk("one", header=header), with_trunk("two", header=("x-trunk", "carrier")))
    assert meet(problems) == {"two: trunks.line.header"}


networks = st.builds(
    lambda address, length: str(ip_network((address, length), strict=False)),
    st.integers(0x0A000000, 0x0A0000FF),
    st.integers(24, 32),
)


@given(st.lists(networks, min_size=2, max_size=6))
def test_trunks_meet_if_and_only_if_some_two_networks_do(addresses: list[str]) -> None:
    tenants = [with_trunk(f"c{number}", address) for number, address in enumerate(addresses)]
    found = [ip_network(address) for address in addresses]
    is_met = any(one.overlaps(other) for at, one in enumerate(found) for other in found[:at])
    assert bool(meet(told(*tenants))) is is_met


# --- whatever is missing ---------------------------------------------------------------------------------------------

SECTIONS = (
    "people",
    "phones",
    "queues",
    "messages",
    "voicemails",
    "menus",
    "dids",
    "trunks",
    "skills",
    "prompts",
    "hours",
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(companies(), st.data())
def test_whatever_is_taken_out_of_a_company_is_told_and_breaks_nothing(company: Company, data: st.DataObject) -> None:
    flow = flow_of(company, date(2026, 11, 21))
    section = data.draw(st.sampled_from([name for name in SECTIONS if getattr(company, name)]))
    item = data.draw(st.sampled_from(sorted(getattr(company, section))))
    kept: dict[str, Any] = {section: {name: each for name, each in getattr(company, section).items() if name != item}}
    smaller = replace(company, **kept)
    wanted = desired([replace(acme.tenant(smaller), flow=flow)], acme.placement())
    for problem in wanted.problems:
        assert problem.row.startswith(f"{company.id}: ")
        assert problem.what
        assert problem.cure
    assert wanted.is_possible is bool(wanted.prints)
