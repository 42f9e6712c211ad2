"""All problems of a file are told at once: what is wrong in itself hides no other problem, and brings none about."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cordboard.documents import read_company
from cordboard.documents.problems import Path
from cordboard.documents.reading import check_company
from cordboard.documents.source import Source
from cordboard.flows.checking import Finding, findings_of
from kit.guide import WHOLE

TODAY = date(2026, 11, 22)
NOWHERE = "no-such-thing"
WRONG = [["wrong"]]
"""Nothing of a file is a list of lists."""
NAMES = ("queue", "person", "phone", "voicemail", "message", "menu", "step", "conference", "prompt", "hours", "skills")

MANY = """
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
skills: {sales: {name: Sales}}
people: {amel: {name: Amel Haddad, extension: "201", skills: {sales: 9}}}
hours: {office: {open: [{days: mon-fri, from: "09:00", to: "25:00"}]}, never: {open: []}}
prompts:
  welcome: {en: {say: "Press 1 for sales."}}
  again: {en: {say: "This is not one of the choices."}}
messages: {closed: {en: {say: "We are closed."}}}
queues: {sales: {name: Sales, skills: {sales: 1}, when_late: {message: closed}}}
menus:
  main:
    name: Main menu
    prompt: welcme
    keys: {"1": {menu: ring}, "12": {queue: sales}, "2": {menu: alone}, "3": {queues: sales}, "4": {step: at-night}}
    no_input: {tries: 2, then: {queue: sales}}
    wrong_input: {tries: 30, then: {queue: sales}}
  ring:
    name: Ring
    prompt: welcome
    keys: {"1": {queue: sales}}
    no_input: {tries: 2, then: {menu: ring}}
    wrong_input: {tries: 2, then: {queue: sales}}
  alone:
    name: Alone
    prompt: again
    keys: {"1": {message: closed}, "2": {step: by-tier}}
    no_input: {tries: 1, then: hangup}
    wrong_input: {tries: 2, then: hangup}
steps:
  by-tier: {kind: condition, variable: tier, cases: [{is: [gold], then: {message: closed}}], otherwise: hangup}
  at-night: {kind: hours, hours: never, open: {queue: sales}, closed: {message: closed}}
dids: {"+33199000001": {id: main, name: Main number, language: en, target: {menu: main}}}
"""
AT_ONCE = {
    ("people.amel.skills.sales", "9 is above 5"): False,
    ("hours.office.open[0].to", "is not a time"): False,
    ("prompts.welcome", "says the key before its option"): True,
    ("menus.main.prompt", 'no prompt "welcme"'): False,
    ("menus.main.keys.1", "is how 12 begins"): False,
    ("menus.main.keys.3.queues", '"queues" is not known here'): False,
    ("menus.main.wrong_input.tries", "30 is above 9"): False,
    ("menus.ring", "a caller who presses nothing comes back here for ever"): False,
    ("menus.alone.keys", "is heard once"): True,
    ("menus.alone", "leads to no queue and no person"): True,
    ("steps.by-tier.variable", "variable tier never gets a value"): False,
    ("hours.never", "no time is open"): True,
}


def found(company: dict[str, Any]) -> list[Finding]:
    return findings_of(check_company(Source("company.yaml", data=company), TODAY), None, TODAY, {"crm": (), "sms": ()})


def test_what_is_wrong_in_all_ways_is_told_once_each_at_its_line() -> None:
    told = findings_of(read_company(MANY, today=TODAY), None, TODAY)
    lines = MANY.splitlines()
    for (path, what), is_warning in AT_ONCE.items():
        (one,) = [each for each in told if each.path == path and what in each.what]
        assert one.is_warning == is_warning
        step = path.replace("[0]", "").split(".")[-1]
        assert step in lines[one.line - 1]
    assert len(told) == len(AT_ONCE), "\n".join(map(str, told))


# ----- a part that is wrong brings nothing else about -----------------------------------------------------------------

RIGHT = {(each.path, each.what) for each in found(WHOLE)}


def parts(value: Any, path: Path = ()) -> Iterator[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*path, step)
        yield from parts(part, (*path, step))


PLACES = [path for path in parts(WHOLE) if len(path) > 1 and path[0] != "tests"]


def changed(path: Path, value: object) -> dict[str, Any]:
    company = copy.deepcopy(WHOLE)
    around: Any = company
    for step in path[:-1]:
        around = around[step]
    around[path[-1]] = value
    return company


def follow(path: Path, told: list[Finding]) -> list[str]:
    """What is told beside the part itself, and was not told while it was right."""
    return [str(each) for each in told if not is_about(each, path) and (each.path, each.what) not in RIGHT]


def is_about(finding: Finding, path: Path) -> bool:
    """Is it told of the part, or of something in it?"""
    steps = [step for step in path if isinstance(step, str)]
    told = finding.path.replace("[", ".").split(".")
    return [step for step in told if not step.endswith("]")][: len(steps)] == steps


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_wrong_in_one_place_brings_nothing_about_elsewhere(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PLACES))
    wrong = [WRONG, NOWHERE] if path[-1] in NAMES else [WRONG]
    told = found(changed(path, data.draw(st.sampled_from(wrong))))
    assume(not all(each.is_warning for each in told))  # a name may well be any text
    assert follow(path, told) == []
