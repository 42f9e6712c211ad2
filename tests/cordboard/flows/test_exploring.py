"""Every path: each can be pressed again, none is missing, and what nobody took is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agi.flow.deciding import Case, Condition
from agi.flow.document import Edge, Flow, Hours, Interval, Menu, Schedule, Target
from agi.flow.plan import Plan
from agi.flow.ways import TargetKind as WayKind
from agi.simulated_caller import Planned
from agi.stand_in import told
from cordboard.calls.paper import Paper, ready
from cordboard.documents import flow_of, read_company_file
from cordboard.flows.callers import WITHHELD, callers_of
from cordboard.flows.errors import NoSuchPlace
from cordboard.flows.exploring import AGAIN, DEEPER, Path, coverage, explore
from cordboard.flows.moments import moments
from cordboard.flows.reaching import Reaching, places_of, reaching
from cordboard.flows.testing import path_line
from cordboard.flows.trial import try_call
from cordboard.store.values import Company, Did, Outgoing, TargetKind, TargetRef, Trunk
from kit.random_flows import Shape, random_flow
from kit.switch import REPOSITORY

TODAY = date(2026, 11, 22)
SINCE = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Company:
    return read_company_file(REPOSITORY / "demo/company.yaml", TODAY).accepted()


async def paths_of(books: Paper, depth: int = 4) -> list[Path]:
    return [path async for path in explore(books, SINCE, depth=depth)]


def a_book(flow: Flow, start: str) -> Paper:
    """A company whose only number leads to the start of a flow, and that calls people back in its country."""
    did = Did(id="x", number="+33199000001", name="X", open=TargetRef(TargetKind.HANGUP), language="fr")
    company = Company(
        id="acme",
        name="A",
        language="fr",
        country="FR",
        time_zone="Europe/Paris",
        dids={"x": did},
        trunks={"carrier": Trunk(id="carrier", name="C", header=("X-Trunk", "carrier"), to="sip:127.0.0.1:9")},
        outgoing={"national": Outgoing(id="national", name="France", national=("fixed", "mobile"))},
    )
    nodes = {**flow.nodes, "did.x": replace(flow.nodes[start], id="did.x")} if start != "did.x" else flow.nodes
    return Paper(company, replace(flow, nodes=nodes))


# --- paths ------------------------------------------------------------------------------------------------------------


async def test_every_path_of_the_demo(company: Company) -> None:
    paths = await paths_of(Paper(company, flow_of(company, TODAY)))
    lines = {path_line(path.passage) for path in paths if not path.cut}
    assert "did.office open > accueil key 2 > english key 1 > queue billing-en" in lines
    assert "did.office closed > message closed" in lines
    assert "did.main open > accueil key 2 > english key 0 > accueil key 4 > message opening-hours" in lines
    covered = coverage(flow_of(company, TODAY), paths)
    assert covered.is_whole
    assert covered.nodes == ()
    assert set(covered.edges) == {("did.archive", "open"), ("did.main", "closed")}
    assert set(covered.schedules) == {"always closed", "never open"}


async def test_what_is_left_out_is_of_the_numbers_that_were_called(company: Company) -> None:
    flow = flow_of(company, TODAY)
    office = next(did for did in company.dids.values() if did.id == "office")
    paths = [path async for path in explore(Paper(company, flow), SINCE, dids=[office], depth=4)]
    of_all = coverage(flow, paths)
    assert {"did.archive", "did.main"} <= set(of_all.nodes)
    covered = coverage(flow, paths, [office])
    assert (covered.nodes, covered.edges, covered.schedules) == ((), (), ())
    # One that is called and never comes to a way that it has is told of it.
    archive = next(did for did in company.dids.values() if did.id == "archive")
    paths = [path async for path in explore(Paper(company, flow), SINCE, dids=[archive], depth=4)]
    covered = coverage(flow, paths, [archive])
    assert ("did.archive", "open") in covered.edges
    assert "never open" in covered.schedules


async def test_a_bound_is_kept_and_told(company: Company) -> None:
    flow = flow_of(company, TODAY)
    paths = await paths_of(Paper(company, flow), depth=1)
    assert {path.cut for path in paths} == {"", AGAIN, DEEPER}
    assert all(len(path.pressed.split()) <= 3 for path in paths)
    assert not coverage(flow, paths).is_whole


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
async def test_what_is_to_be_pressed_leads_there_again(random: Random) -> None:
    flow, start = random_flow(random, Shape(menus=3, others=2, keys=("1", "2", "12", "#")))
    books = a_book(flow, start)
    did = books.company.dids["x"]
    async for path in explore(books, SINCE, depth=2):
        plan, replies = Planned(Plan.parse(path.pressed)), told(path.answers)
        begins, number = path.passage.begins, path.passage.caller
        again = await try_call(books, did, plan, number=number, begins=begins, replies=replies)
        taken = path.passage.edges
        assert again.edges[: len(taken)] == taken, path.pressed
        if not path.cut:
            assert again.end == path.passage.end


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
async def test_no_way_of_the_first_menu_is_missing(random: Random) -> None:
    flow, start = random_flow(random, Shape(menus=3, others=2, is_sound=True))
    menu = flow.nodes[start]
    assert isinstance(menu, Menu)
    found = {path.passage.edges[0][1] async for path in explore(a_book(flow, start), SINCE, depth=1)}
    lacking = {f"keys.{key}" for key in menu.keys} | {"no_input.then", "wrong_input.then"}
    assert found == lacking


async def test_a_number_calls_for_each_case_of_the_callers_number() -> None:
    cases = [("+33",), ("+331",), ("+41441234567", "112"), ("unknown",)]
    ends = [Edge(Target(WayKind.QUEUE, f"q{place}")) for place in range(len(cases))]
    asked = [
        Case(ends[0], prefixes=cases[0]),
        Case(ends[1], prefixes=cases[1]),
        Case(ends[2], values=cases[2]),
        Case(ends[3], values=cases[3]),
    ]
    flow = Flow({"did.x": Condition("did.x", "caller", tuple(asked), Edge(Target(WayKind.QUEUE, "other")))})
    books = a_book(flow, "did.x")
    found = [(path.passage.caller, path.passage.end.id) async for path in explore(books, SINCE)]
    # Whoever calls from +331 is let through by the case before.
    assert found == [("", "q3"), ("+10000000000", "other"), ("+33000000000", "q0"), ("+41441234567", "q2")]
    told = [path async for path in explore(books, SINCE, numbers=["112"])]
    assert [(path.passage.caller, path.passage.end.id) for path in told] == [("112", "q2")]
    assert callers_of([flow.nodes["did.x"]])[:2] == [WITHHELD, "+10000000000"]
    everybody = Condition("n", "caller", (Case(ends[0], prefixes=tuple("+123456789")),), ends[1])
    assert callers_of([everybody])[:2] == [WITHHELD, "1".ljust(12, "0")]
    assert callers_of([]) == [WITHHELD]


# --- moments ----------------------------------------------------------------------------------------------------------


def test_each_combination_of_hours_that_ever_comes() -> None:
    week = ("mon", "tue", "wed", "thu", "fri")
    early = Schedule("early", "Europe/Paris", (Interval(week, time(8), time(12)),), (date(2026, 12, 24),))
    late = Schedule("late", "Europe/Paris", (Interval(week, time(10), time(18)),))
    flow = Flow({}, {"early": early, "late": late})
    found = moments(flow, ["early", "late", "nowhere"], SINCE)
    assert set(found) == {frozenset(), frozenset({"early"}), frozenset({"late"}), frozenset({"early", "late"})}
    for together, moment in found.items():
        assert moment >= SINCE
        assert {name for name, schedule in flow.schedules.items() if schedule.is_open(moment)} == together
    assert moments(flow, [], SINCE) == {frozenset(): SINCE}


@given(st.datetimes(datetime(2026, 11, 20), datetime(2027, 11, 1)))  # noqa: DTZ001
def test_no_combination_is_missed_within_the_year(naive: datetime) -> None:
    """Whatever is open together at some moment of the year is found from its beginning."""
    zone = ZoneInfo("Europe/Paris")
    one = Schedule("one", "Europe/Paris", (Interval(("mon", "sat"), time(8), time(12)),), (date(2026, 12, 26),))
    two = Schedule("two", "America/New_York", (Interval(("mon", "sun"), time(3), time.min),), (date(2027, 3, 29),))
    flow = Flow({}, {"one": one, "two": two})
    found = moments(flow, ["one", "two"], datetime(2026, 11, 20, tzinfo=UTC))
    moment = naive.replace(tzinfo=zone)
    assert frozenset(name for name, each in flow.schedules.items() if each.is_open(moment)) in found


async def test_hours_within_menus_are_tried_both_ways() -> None:
    office = Schedule("office", "UTC", (Interval(("mon",), time(9), time(12)),))
    flow = read_company_file(REPOSITORY / "demo/company.yaml", TODAY).accepted()
    nodes = flow_of(flow, TODAY).nodes
    hours = Hours("did.x", "office", next(iter(nodes["accueil"].keys.values())), nodes["accueil"].no_input.then)  # type: ignore[attr-defined]
    paths = await paths_of(a_book(Flow({"did.x": hours}, {"office": office}), "did.x"))
    assert {path.passage.edges for path in paths} == {(("did.x", "open"),), (("did.x", "closed"),)}
    assert max(path.passage.begins for path in paths) - min(path.passage.begins for path in paths) < timedelta(days=8)


# --- who reaches whom -------------------------------------------------------------------------------------------------


async def reached(company: Company, word: str) -> list[Reaching]:
    flow = flow_of(company, TODAY)
    paths = await paths_of(Paper(company, flow, presence=ready(company)))
    return list(reaching(company, flow, places_of(company, word), paths))


async def test_who_reaches_a_person(company: Company) -> None:
    found = await reached(company, "201")
    assert {each.path.passage.did.id for each in found} == {"amel", "main", "office", "english"}
    direct = [each for each in found if not each.after]
    assert [path_line(each.path.passage) for each in direct] == ["did.amel on > person amel"]
    assert ["offered as an agent of billing-fr"] in [list(map(str, each.after)) for each in found]


async def test_who_reaches_a_box_a_queue_and_a_message(company: Company) -> None:
    boxes = await reached(company, "billing")
    assert {str(each.after[-1]) for each in boxes} == {"billing-fr when late -> voicemail billing"}
    assert {each.path.pressed for each in await reached(company, "603")} >= {"3", "2 2"}
    assert {each.path.passage.end.id for each in await reached(company, "opening-hours")} == {"opening-hours"}


async def test_the_same_word_may_name_a_person_and_a_box(company: Company) -> None:
    assert places_of(company, "amel") == [
        TargetRef(TargetKind.PERSON, "amel"),
        TargetRef(TargetKind.VOICEMAIL, "amel"),
    ]
    with pytest.raises(NoSuchPlace, match="'999' is no extension"):
        places_of(company, "999")
