"""The flow document that a company's calls run on, and the way of its problems back into the company file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agi.flow.checker import Entry, check
from agi.flow.document import Edge, Hours, Menu, Play, Target, TargetKind, start_node
from cordboard.documents import flow_of, read_company_file
from cordboard.documents.flow import YEARS_OF_HOLIDAYS, schedule_of
from cordboard.store.values import Hours as HoursValue
from cordboard.store.values import OpenTime

DEMO = read_company_file(Path(__file__).parents[3] / "demo" / "company.yaml").accepted()
TODAY = date(2026, 11, 21)
PARIS = ZoneInfo("Europe/Paris")


def test_every_did_is_an_entry() -> None:
    flow = flow_of(DEMO, TODAY)
    main, english = flow.nodes[start_node("main")], flow.nodes[start_node("english")]
    assert main == Hours(
        id="did.main",
        schedule="always",
        open=Edge(Target(TargetKind.MENU, "accueil")),
        closed=Edge(Target(TargetKind.MESSAGE, "closed")),
    )
    assert english == Play(id="did.english", prompt=None, then=Edge(Target(TargetKind.MENU, "english")))


def test_a_menu_keeps_its_keys_languages_times_and_retries() -> None:
    menu = flow_of(DEMO, TODAY).nodes["accueil"]
    assert isinstance(menu, Menu)
    assert menu.keys["1"] == Edge(Target(TargetKind.QUEUE, "billing-fr"), "fr")
    assert menu.keys["2"] == Edge(Target(TargetKind.MENU, "english"), "en")
    assert menu.keys["*"] == Edge(Target(TargetKind.TOP))
    assert (menu.first_digit_seconds, menu.inter_digit_seconds, menu.barge_in) == (5, 2, True)
    assert (menu.wrong_input.tries, menu.wrong_input.prompt) == (3, "again")


def test_the_checker_of_flows_has_nothing_to_say_about_the_demo() -> None:
    flow = flow_of(DEMO, TODAY)
    known = {
        "queue": DEMO.queues,
        "person": {item.id for item in DEMO.endpoints()},
        "voicemail": {box.id for box in DEMO.boxes()},
        "message": DEMO.messages,
    }
    assert check(flow, [Entry(start_node(did.id), did.language) for did in DEMO.dids.values()], known) == []


def test_the_flow_depends_on_the_year_alone() -> None:
    assert flow_of(DEMO, date(2026, 1, 1)) == flow_of(DEMO, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-20T09:00", True),
        ("2026-11-20T08:59", False),
        ("2026-11-20T12:30", False),
        ("2026-11-20T13:30", True),
        ("2026-11-20T17:00", False),  # Friday
        ("2026-11-19T17:59", True),
        ("2026-11-21T10:00", False),  # Saturday
        ("2026-11-11T10:00", False),  # armistice day
        ("2026-12-24T10:00", False),  # closed by the company
        ("2027-05-06T10:00", False),  # Ascension
        ("2035-07-14T10:00", False),  # the last year that is known
    ],
)
def test_office_hours_of_the_demo(local: str, is_open: bool) -> None:
    schedule = flow_of(DEMO, TODAY).schedules["office"]
    assert schedule.is_open(datetime.fromisoformat(local).replace(tzinfo=PARIS)) is is_open


def test_always_and_never_are_what_they_say() -> None:
    schedules = flow_of(DEMO, TODAY).schedules
    for hour in range(24):
        moment = datetime(2026, 12, 25, hour, 59, 59, tzinfo=UTC)
        assert schedules["always"].is_open(moment)
        assert not schedules["never"].is_open(moment)


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    hours = HoursValue(
        id="x",
        name="x",
        time_zone="Europe/Paris",
        open=(OpenTime(days=tuple(range(7)), start=0, end=1440),),
        holidays="FR-57",
    )
    years = range(2026, 2026 + YEARS_OF_HOLIDAYS)
    assert date(2026, 12, 26) in schedule_of(hours, years).closed_dates  # Saint Stephen, in Moselle
    assert date(2026, 12, 26) not in flow_of(DEMO, TODAY).schedules["office"].closed_dates
