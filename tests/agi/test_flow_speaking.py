"""Texts with variables, said in a call: filled, passed over or failed, and what the checker says of them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from agi.call import Call
from agi.errors import CallerHungUp, FlowRefused
from agi.flow.checker import Entry, check
from agi.flow.deciding import Assign
from agi.flow.document import Flow
from agi.flow.interpreter import follow
from agi.flow.nodes import Edge, Node, Play, Retry, Target, TargetKind
from agi.flow.plan import Plan
from agi.flow.speaking import Speak, fault_of_template, filled
from agi.flow.spoken import Spoken
from agi.flow.steps import Collect
from agi.ports import NoVoice, PinnedFlow, Voice
from agi.simulated_caller import Planned
from agi.simulated_steps import Entered, Played, Unsaid
from agi.simulation import SimulatedLine

MOMENT = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
TEXTS = {"fr": "Votre solde est de {balance} euros.", "en": "Your balance is {balance} euros."}


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


def speak(failure: Edge | None = None, **texts: str) -> Speak:
    return Speak("speak", text=texts or TEXTS, then=to("message", "said"), failure=failure)


def flow(node: Node, *others: Node, start: Edge | None = None) -> Flow:
    first = Play("did.main", None, start or to("step", node.id))
    return Flow({each.id: each for each in (first, node, *others)}, {}, {}, "fr")


async def passed(flow: Flow, language: str = "fr", plan: str = "", voice: Voice | None = None) -> SimulatedLine:
    line = SimulatedLine(
        caller=Planned(Plan.parse(plan)),
        number="+33612345678",
        did="acme-main",
        language=language,
        arguments=("acme", "main", "0"),
        begins=MOMENT,
    )
    with suppress(CallerHungUp):
        await follow(Call(line), PinnedFlow(flow, 1, "did.main"), line, line.witness(Call(line)), None, voice or line)
    return line


def said(line: SimulatedLine) -> list[tuple[str, str]]:
    heard = [step.sound for step in line.steps if isinstance(step, Played)]
    return [(each.text, each.language) for each in heard if isinstance(each, Spoken)]


def given(balance: str) -> Assign:
    return Assign("given", {"balance": balance}, to("step", "speak"))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", ("Votre solde est de 12.50 euros.", "fr")),
        ("en_GB", ("Your balance is 12.50 euros.", "en")),
        ("de", ("Votre solde est de 12.50 euros.", "fr")),
    ],
)
async def test_it_is_said_in_the_language_of_the_call(language: str, expected: tuple[str, str]) -> None:
    line = await passed(flow(speak(), given("12.50"), start=to("step", "given")), language)
    assert said(line) == [expected]
    assert line.clock == pytest.approx(Spoken(*expected).seconds)


async def test_what_cannot_be_said_is_passed_over_or_takes_the_way_of_failure() -> None:
    failed = Play("failed", None, to("message", "failed"))
    for node, expected in ((speak(), []), (speak(to("play", "failed")), ["failed"])):
        for voice in (None, NoVoice()):
            lacks = flow(node, failed) if voice is None else flow(node, failed, given("1"), start=to("step", "given"))
            line = await passed(lacks, voice=voice)
            assert said(line) == []
            entered = [step.node for step in line.steps if isinstance(step, Entered)]
            assert [name for name in entered if name == "failed"] == expected


async def test_what_is_secret_is_not_said() -> None:
    retry = Retry(1, to("message", "bye"))
    pin = Collect(
        "pin",
        prompt=None,
        into="balance",
        most=4,
        secret=True,
        then=to("step", "speak"),
        no_input=retry,
        wrong_input=retry,
    )
    line = await passed(flow(speak(), pin, start=to("step", "pin")), plan="1234")
    assert [step.node for step in line.steps if isinstance(step, Entered)][-1] == "speak"
    assert said(line) == []
    assert [(step.variable, step.is_secret) for step in line.steps if isinstance(step, Unsaid)] == [("balance", True)]


def test_a_hole_is_filled_with_what_is_known_alone() -> None:
    values = {"a": "1", "b": "{a}", "c": ""}
    assert filled("{a} and {b}", values.__getitem__) == "1 and {a}"
    assert filled("{a} and {c}", values.__getitem__) == ""
    assert filled("no hole", values.__getitem__) == "no hole"
    assert filled("{a}" * 2, {"a": "x" * 600}.__getitem__) == ""
    assert filled("{a}", {"a": "x\ny"}.__getitem__) == ""


@pytest.mark.parametrize("text", ["", "…", "{", "}", "{a", "{A}", "{a b}", "{}", "{{a}}", "a\nb", "x" * 1001])
def test_a_text_that_cannot_be_said_is_refused(text: str) -> None:
    assert fault_of_template(text)
    document = flow(speak(fr=text)).to_json()
    with pytest.raises(FlowRefused) as refused:
        Flow.from_json(document)
    assert [problem.where for problem in refused.value.problems] == ["nodes.speak.text.fr"]


def test_it_is_written_and_read_back() -> None:
    whole = flow(speak(to("message", "failed")), given("1"), start=to("step", "given"))
    assert Flow.from_json(json.loads(json.dumps(whole.to_json()))) == whole


def test_the_checker_knows_variables_and_languages() -> None:
    known = {"message": {"said", "bye"}}
    entries = [Entry("did.main", "fr"), Entry("did.main", "en_GB"), Entry("did.main", "de")]
    whole = flow(speak(en="{balance} and {other}"), given("1"), start=to("step", "given"))
    found = [(each.where, each.what, each.is_warning) for each in check(whole, entries, known)]
    assert found == [
        ("nodes.speak.text.en", "variable other never gets a value", False),
        ("nodes.speak.text", "says nothing to callers in de", False),
        ("nodes.speak.text", "says nothing to callers in fr", False),
    ]
    both = flow(speak(), given("1"), start=to("step", "given"))
    assert [(each.what, each.is_warning) for each in check(both, entries, known)] == [
        ("is not said in de, its callers hear it in fr", True)
    ]
