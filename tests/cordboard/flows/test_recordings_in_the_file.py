"""Steps that record, in the company file: read and written back, tried, tested, explored, drawn and compiled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from agi.flow.document import Flow
from agi.flow.plan import Plan
from agi.flow.recording_names import LEAST_SECONDS, bytes_of
from agi.simulated_caller import Planned
from cordboard.calls.paper import Paper
from cordboard.documents import export_company, flow_of, read_company
from cordboard.flows.exploring import coverage, explore
from cordboard.flows.picture import picture
from cordboard.flows.telling import Teller
from cordboard.flows.testing import run_tests
from cordboard.flows.trial import try_call
from cordboard.provisioning.compiled import compiled
from cordboard.provisioning.inventory import inventory
from cordboard.store.values import Company
from dialplan_templates.views import RecordCallView, RecordView
from kit import acme

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
prompts: {speak: {en: [beep]}, keep: {en: [beep]}, told: {en: [beep]}}
messages: {thanks: {en: [beep]}, nothing: {en: [beep]}}
steps:
  taped: {kind: recording, do: start, announcement: told, keep_days: 180, then: {step: note}}
  note:
    kind: record
    prompt: speak
    into: note
    end: any
    longest: 60
    silence: 3
    review: keep
    barge_in: false
    first_digit: 4
    keep_days: 90
    then: {step: untaped}
    no_input: {tries: 2, prompt: keep, then: {message: nothing}}
    failure: {message: nothing}
  untaped: {kind: recording, do: stop, then: {message: thanks}}
dids: {"+33199000001": {id: main, name: Main, target: {step: taped}}}
tests:
  left: {to: "+33199000001", at: "2026-11-24 10:00", press: "says-9s 7 1", records: [note], ends: {message: thanks}}
  silent: {to: "+33199000001", at: "2026-11-24 10:00", press: "wait wait", records: [], ends: {message: nothing}}
  gone: {to: "+33199000001", at: "2026-11-24 10:00", press: "says-9s hangup", records: [note], ends: hangup}
"""


@pytest.fixture
def company() -> Company:
    return read_company(TEXT, today=TODAY).accepted()


def test_it_is_written_as_it_was_read(company: Company) -> None:
    assert read_company(export_company(company), today=TODAY).accepted() == company
    assert company.steps["note"].parts["keep_days"] == 90


def test_how_long_it_is_kept_is_the_settings_to_say_where_the_step_does_not(company: Company) -> None:
    flow = flow_of(company, TODAY)
    steps = inventory([acme.tenant(company, flow)], None)["step"]
    told = {name: parts.get("kept for days") for name, parts in steps.items()}
    assert told == {"acme-taped": "180", "acme-note": "90", "acme-untaped": None}
    assert Flow.from_json(flow.to_json()) == flow


async def test_its_tests_hold_and_another_says_what_came_otherwise(company: Company) -> None:
    tests = read_company(TEXT, today=TODAY).tests
    for outcome in await run_tests(company, flow_of(company, TODAY), tests):
        assert outcome.has_passed, (outcome.test.id, outcome.faults)
    wrong = read_company(TEXT.replace("records: []", "records: [note]"), today=TODAY).tests
    [failed] = [each for each in await run_tests(company, flow_of(company, TODAY), wrong) if not each.has_passed]
    assert failed.faults == ("is to leave recordings in note, leaves them in no step",)


def test_a_test_names_steps_that_record() -> None:
    read = read_company(TEXT.replace("records: []", "records: [taped]"), today=TODAY)
    assert [problem.what for problem in read.problems] == ['no step that records "taped"']


async def test_every_path_is_taken_and_told(company: Company) -> None:
    flow = flow_of(company, TODAY)
    books = Paper(company, flow)
    paths = [path async for path in explore(books, NOON)]
    assert sorted(path.pressed for path in paths) == ["says-5s # 1", "wait wait"]
    assert coverage(flow, paths).edges == ()
    did = company.dids["main"]
    passage = await try_call(books, did, Planned(Plan.parse("says-9s 7 1")), begins=NOON)
    teller = Teller(company, flow)
    told = "\n".join(line for step in passage.steps for line in teller.lines(step))
    for words in ("is recorded from here on", "is recorded for 9 s, ended by a key", "is recorded no more"):
        assert words in told
    svg = picture(company, flow)
    assert "record" in "".join(ElementTree.fromstring(svg).itertext())


def test_the_dialplan_records_too(company: Company) -> None:
    view = compiled([acme.tenant(company, flow_of(company, TODAY))], acme.placement(), 7).companies[0]
    steps = {step.id: step for step in view.steps}
    note, taped, untaped = steps["note"], steps["taped"], steps["untaped"]
    assert isinstance(note, RecordView)
    assert (note.least_bytes, note.end, note.barge_in) == (bytes_of(LEAST_SECONDS), "any", False)
    assert isinstance(taped, RecordCallView)
    assert isinstance(untaped, RecordCallView)
    assert (taped.starts, untaped.starts, taped.announcement) == (True, False, {"en": ("beep",)})
