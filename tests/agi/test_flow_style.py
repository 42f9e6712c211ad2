"""What makes menus hard to use: told with its place, and of good menus nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from agi.flow.checker import Entry
from agi.flow.document import Edge, Flow, Hours, Interval, Menu, Retry, Schedule, Target, TargetKind
from agi.flow.spoken import Spoken
from agi.flow.style import Seconds, judge

TODAY = date(2026, 11, 22)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


GOOD = Menu(
    "top",
    prompt="hello",
    keys={"1": to("queue", "one"), "9": to("repeat")},
    no_input=Retry(1, to("queue", "one")),
    wrong_input=Retry(1, to("message", "bye")),
)


def told(*menus: Menu, seconds: Seconds = lambda sound, language: None, schedule: Schedule | None = None) -> list[str]:
    nodes: dict[str, Menu | Hours] = {menu.id: menu for menu in menus}
    start = menus[0].id
    if schedule is not None:
        nodes["hours"], start = Hours("hours", "s", to("menu", start), to("message", "bye")), "hours"
    flow = Flow(nodes, {"s": schedule} if schedule else {}, {"hello": {"fr": ("a", "b")}}, "fr")
    return [f"{problem.where}: {problem.what}" for problem in judge(flow, [Entry(start, "fr")], seconds, TODAY)]


def test_nothing_is_told_of_a_good_menu() -> None:
    assert told(GOOD, seconds=lambda sound, language: 15.0) == []


def test_too_many_choices_not_counting_those_that_stay() -> None:
    six = {str(key): to("queue", "one") for key in range(1, 7)}
    assert "offers 6 choices" in told(replace(GOOD, keys={**six, "9": to("repeat")}))[0]
    five = {key: six[key] for key in list(six)[:5]}
    assert told(replace(GOOD, keys={**five, "7": to("back"), "8": to("top"), "9": to("repeat")})) == []


def test_too_deep() -> None:
    menus = [
        replace(GOOD, id=f"m{depth}", keys={"1": to("menu", f"m{depth + 1}"), "9": to("repeat")}) for depth in range(4)
    ]
    last = replace(GOOD, id="m4")
    assert [line.partition(":")[0] for line in told(*menus, last)] == ["nodes.m3", "nodes.m4"]
    assert told(*menus[:2], replace(GOOD, id="m2")) == []


def test_heard_once() -> None:
    once = replace(GOOD, keys={"1": to("queue", "one")})
    assert told(once) == ["nodes.top.keys: is heard once: nobody can hear it again"]
    assert told(replace(once, no_input=replace(once.no_input, tries=2))) == []
    assert told(replace(once, keys={"1": to("queue", "one"), "0": to("menu", "top")})) == []


def test_nobody_to_talk_to() -> None:
    bye = Retry(2, to("message", "bye"))
    alone = replace(GOOD, keys={"1": to("voicemail", "box")}, no_input=bye, wrong_input=bye)
    assert told(alone) == ["nodes.top: leads to no queue and no person, whatever is pressed"]
    # By way of the menu before it somebody is there.
    below = replace(alone, id="sub", keys={"1": to("voicemail", "box"), "0": to("back")})
    assert told(replace(GOOD, keys={**GOOD.keys, "2": to("menu", "sub")}), below) == []


def test_long_prompts_and_sounds() -> None:
    assert told(GOOD, seconds=lambda sound, language: 16.0) == [
        "prompts.hello: lasts 32 s in fr, longer than callers listen for their choice"
    ]
    cut = told(GOOD, seconds=lambda sound, language: 61.0 if sound == "a" else 0.0)
    assert cut[0] == "prompts.hello: a lasts 61 s in fr: its callers are lost to the compiled way"


def test_a_text_that_is_not_made_lasts_as_long_as_it_takes_to_say_it() -> None:
    def found(text: str) -> list[tuple[bool, str]]:
        flow = Flow({"top": GOOD}, {}, {"hello": {"en": (Spoken(text, "en"),)}}, "en")
        problems = judge(flow, [Entry("top", "en")], lambda sound, language: None, TODAY)
        return [(each.is_warning, each.what) for each in problems]

    assert found("a" * 400) == []
    assert found("a" * 500) == [(True, "lasts 36 s in en, longer than callers listen for their choice")]
    beginning = "a" * 60
    what = f'"{beginning}…" takes about 64 s in en: its callers are lost to the compiled way'
    assert found("a" * 900)[0] == (True, what)


def test_never_closed() -> None:
    whole = Schedule("s", "UTC", (Interval(EVERY_DAY, time(12), time.min), Interval(EVERY_DAY, time.min, time(12))))
    assert told(GOOD, schedule=whole) == ["schedules.s: no time is closed: no caller ever takes the closed way"]
    assert told(GOOD, schedule=replace(whole, closed_dates=(date(2026, 12, 24),))) == []
    assert told(GOOD, schedule=replace(whole, closed_dates=(date(2025, 12, 24),))) != []
    assert told(GOOD, schedule=replace(whole, weekly=whole.weekly[:1])) == []
    gap = Interval(EVERY_DAY, time.min, time(11, 59))
    assert told(GOOD, schedule=replace(whole, weekly=(whole.weekly[0], gap))) == []


@pytest.mark.parametrize(
    ("language", "text", "clause"),
    [
        ("en", "Welcome. Press 1 for sales, or press 2 for support.", "Press 1 for sales"),
        ("en", "Thank you for calling Acme, please dial star to go back", "please dial star to go back"),
        ("en", "For sales, press 1. For support, press 2.", ""),
        ("en", "For sales press 1, for support press the key two. To go back press star.", ""),
        ("en", "We press on for you.", ""),
        ("fr", "Tapez 1 pour les ventes.", "Tapez 1 pour les ventes"),
        ("fr", "Bonjour : appuyez sur la touche étoile pour revenir", "appuyez sur la touche étoile pour revenir"),
        ("fr_CA", "composez le 2 pour le support", "composez le 2 pour le support"),
        ("fr", "Pour les ventes, tapez 1 ; pour le support, tapez 2.", ""),
        ("fr", "Pour les ventes tapez 1 pour le support tapez 2", ""),
        ("de", "Press 1 for sales", ""),
    ],
)
def test_a_key_that_is_said_before_its_option(language: str, text: str, clause: str) -> None:
    flow = Flow({"top": GOOD}, {}, {"hello": {language: ("hello", Spoken(text, language))}}, language)
    found = judge(flow, [Entry("top", language)], lambda sound, language: None, TODAY)
    of_prompts = [(each.where, each.what.partition(": ")[2]) for each in found if each.where.startswith("prompts.")]
    assert of_prompts == ([("prompts.hello", f'"{clause}"')] if clause else [])
    assert all(each.is_warning for each in found)
