"""Steps between menus: choices of language and digits to type, in a document, in a call, and before the checker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from agi.call import Call
from agi.errors import FlowBroken, FlowRefused
from agi.flow.acts import ACTS
from agi.flow.checker import Entry, check, survey
from agi.flow.deciding import Assign, Case, Condition
from agi.flow.document import Edge, Flow, Hours, Menu, Node, Retry, Target, TargetKind
from agi.flow.interpreter import Ending, follow
from agi.flow.kinds import KINDS
from agi.flow.lookup import Lookup
from agi.flow.notice import Notify
from agi.flow.plan import Plan
from agi.flow.saying import Say, What
from agi.flow.speaking import Speak
from agi.flow.steps import Collect, Language
from agi.ports import PinnedFlow, Ports
from agi.protocol import Command, Reply
from agi.scripts import menu
from agi.simulated_caller import Planned
from agi.simulated_steps import Played, Said, Told, Unsaid
from agi.simulation import SimulatedLine
from kit.flow_trial import OneFlow
from kit.random_flows import Shape, random_flow
from kit.scripted_caller import ScriptedCaller


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


LATE, LOST = Retry(2, to("queue", "quiet"), "sorry"), Retry(2, to("message", "lost"), "sorry")
CHOOSE = Language(
    "choose",
    prompt="choose",
    languages={"1": "fr", "2": "en", "3": "de"},
    then=to("step", "number"),
    no_input=LATE,
    wrong_input=LOST,
)
NUMBER = Collect(
    "number",
    prompt="number",
    into="customer",
    least=3,
    most=5,
    then=to("queue", "done"),
    no_input=LATE,
    wrong_input=LOST,
)
TARGETS = {"queue": {"quiet", "done"}, "message": {"lost"}, "person": {"amel"}}


def flow(*nodes: Node) -> Flow:
    prompts = {
        name: {each: (f"{name}-{each}",) for each in ("fr", "en", "de")} for name in ("choose", "number", "sorry")
    }
    return Flow({node.id: node for node in nodes}, {}, prompts, "fr")


async def met(caller: ScriptedCaller, *nodes: Node) -> Ending:
    return await follow(Call(caller), PinnedFlow(flow(*nodes), 1, nodes[0].id), caller)


def heard(caller: ScriptedCaller) -> list[str]:
    return [sound for sound, _, _ in caller.heard]


# --- which language ---------------------------------------------------------------------------------------------------


async def test_languages_are_offered_each_in_itself_and_the_chosen_one_is_spoken() -> None:
    caller = ScriptedCaller(keys=[(7, "3"), (4, "1"), (0, "2"), (0, "3"), (0, "#")])
    ending = await met(caller, CHOOSE, NUMBER)
    assert heard(caller)[:4] == ["choose-fr", "choose-en", "choose-de", "number-de"]
    assert caller.variables["CHANNEL(language)"] == "de"
    assert ending.answers == ("choose=3",)


async def test_a_key_in_the_first_language_leaves_the_others_out() -> None:
    caller = ScriptedCaller(keys=[(1, "2"), (30, "1")])
    await met(caller, CHOOSE, replace(NUMBER, then=to("hangup")))
    assert heard(caller)[:2] == ["choose-fr", "number-en"]


async def test_who_does_not_choose_keeps_the_language_that_he_came_with() -> None:
    caller = ScriptedCaller(language="en")
    ending = await met(caller, CHOOSE, NUMBER)
    assert ending == Ending(Target(TargetKind.QUEUE, "quiet"), "no_input", ())
    assert caller.variables["CHANNEL(language)"] == "en"
    assert "sorry-en" in heard(caller)


def test_a_prompt_is_looked_for_in_every_language_that_can_be_chosen() -> None:
    spoken = replace(
        flow(CHOOSE, NUMBER), prompts={"choose": {"fr": ("a",)}, "number": {"fr": ("b",)}, "sorry": {"fr": ("c",)}}
    )
    problems, reached = survey(spoken, [Entry("choose", "fr")], TARGETS)
    assert reached.prompts["choose"] == {"fr", "en", "de"}
    assert reached.prompts["number"] == {"fr", "en", "de"}
    assert {problem.what for problem in problems if problem.where == "prompts.choose"} == {
        f"is not spoken in {language}, its callers hear it in fr" for language in ("en", "de")
    }


@pytest.mark.parametrize(
    ("node", "where"),
    [
        (replace(CHOOSE, languages={"1": "fr", "2": "fr"}), "nodes.choose.languages"),
        (replace(CHOOSE, languages={"1": "fr", "12": "en"}), "nodes.choose.languages.1"),
        (replace(CHOOSE, then=Edge(Target(TargetKind.QUEUE, "done"), "en")), "nodes.choose.then"),
        (replace(CHOOSE, then=to("step", "gone")), "nodes.choose.languages.1"),
        (replace(CHOOSE, then=to("repeat")), "nodes.choose.languages.1"),
        (replace(NUMBER, into="caller"), "nodes.number.into"),
        (replace(NUMBER, most=2), "nodes.number.most"),
        (replace(NUMBER, shapes=("06XXXX",)), "nodes.number.shapes.0"),
        (replace(NUMBER, secret=True, confirm="sorry"), "nodes.number.confirm"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_place(node: Language | Collect, where: str) -> None:
    others = [each for each in (CHOOSE, NUMBER) if each.id != node.id]
    assert where in {problem.where for problem in check(flow(node, *others), [Entry("choose", "fr")], TARGETS)}


def test_a_step_is_no_menu() -> None:
    wrong = replace(CHOOSE, then=to("menu", "number"))
    assert any("of kind collect" in each.what for each in check(flow(wrong, NUMBER), [Entry("choose", "fr")], TARGETS))


async def test_back_from_a_step_is_the_menu_that_led_there() -> None:
    top = Menu(
        "top",
        prompt="choose",
        keys={"1": to("step", "number"), "2": to("queue", "done")},
        no_input=LATE,
        wrong_input=LOST,
    )
    caller = ScriptedCaller(keys=[(1, "1"), (1, "1"), (0.5, "2"), (0.5, "3"), (0.5, "#"), (3, "2")])
    ending = await met(caller, top, replace(NUMBER, then=to("back")))
    assert ending.answers == ("top=1", "top=2")
    assert ending.variables == (("customer", "123"),)


# --- digits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "variables"),
    [("123#", "123"), ("12345", "12345"), ("1234", "1234"), ("12#678#", "678"), ("1*3#456#", "456"), ("#123#", "123")],
)
async def test_digits_end_with_the_key_with_the_last_or_with_silence(keys: str, variables: str) -> None:
    caller = ScriptedCaller(
        keys=[(3, keys[0]), *((0.5, key) for key in keys[1:])], lengths={"sorry-fr": 0.1, "number-fr": 0.1}
    )
    ending = await met(caller, replace(NUMBER, no_input=replace(LATE, tries=5)))
    assert dict(ending.variables) == {"customer": variables}
    assert ending.target.id == "done"


async def test_digits_have_one_of_the_shapes() -> None:
    node = replace(NUMBER, shapes=("12X", "9XXX"))
    assert [node.accepts(digits) for digits in ("125", "9000", "135", "12", "900", "٣٣٣")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(("answer", "target"), [("1", "done"), ("2", "lost"), ("", "quiet")])
async def test_digits_are_said_back_and_confirmed(answer: str, target: str) -> None:
    keys = [(3.0, "1"), (0.5, "2"), (0.5, "3"), (0.5, "#"), *([(12.0, answer)] if answer else [])]
    caller = ScriptedCaller(keys=keys)
    node = replace(NUMBER, confirm="choose", no_input=replace(LATE, tries=1), wrong_input=replace(LOST, tries=1))
    ending = await met(caller, node)
    assert ending.target.id == target
    assert heard(caller) == ["number-fr", "digits/1", "digits/2", "digits/3", "choose-fr"]
    assert dict(ending.variables) == ({"customer": "123"} if answer == "1" else {})


async def test_a_secret_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    line = SimulatedLine(
        caller=Planned(Plan.parse("12# 48151#")),
        number="",
        did="acme-main",
        language="fr",
        arguments=("acme", "main", "0"),
        begins=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    house = OneFlow(flow(replace(NUMBER, secret=True)), "number")
    await menu.run(Call(line), Ports(house, house, house, line, line.witness))
    assert line.variables["CB_DONE"] == "queue"
    assert not any(name.startswith("CBV_") for name in line.variables)
    told = [step for step in line.steps if isinstance(step, Told | Played)] + [line.variables, caplog.text]
    assert not any("4815" in str(each) for each in told)


@pytest.mark.parametrize("what", [What.DIGITS, What.NUMBER, What.AMOUNT, What.DATE])
@pytest.mark.parametrize("is_secret", [True, False])
async def test_what_is_secret_is_not_said(what: What, is_secret: bool) -> None:
    number = replace(NUMBER, secret=is_secret, then=to("step", "say"))
    line = SimulatedLine(
        caller=Planned(Plan.parse("48151#")),
        number="",
        did="acme-main",
        language="fr",
        arguments=("acme", "main", "0"),
        begins=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    house = OneFlow(flow(number, replace(SAY, what=what, variable=number.into)), "number")
    await menu.run(Call(line), Ports(house, house, house, line, line.witness))
    assert line.variables["CB_DONE"] == "queue"
    heard = [
        step for step in line.steps if isinstance(step, Said) or (isinstance(step, Played) and step.sound[:1] == "d")
    ]
    assert bool(heard) is (not is_secret and what is not What.DATE)
    unsaid = [(step.variable, step.is_secret) for step in line.steps if isinstance(step, Unsaid)]
    assert unsaid == [(number.into, True)] * is_secret


@pytest.mark.parametrize(
    ("node", "where"),
    [
        (lambda then: Say("tells", what=What.DIGITS, variable="customer", then=then), "nodes.tells.variable"),
        (lambda then: Speak("tells", text={"fr": "Le {customer}."}, then=then), "nodes.tells.text.fr"),
        (
            lambda then: Notify(
                "tells", source="sms", send={"pin": "customer"}, text={"fr": "{customer}"}, sent=then, failure=then
            ),
            "nodes.tells.text.fr",
        ),
        (lambda then: Lookup("tells", source="crm", send={"pin": "customer"}, into={}, found=then, not_found=then,
                             failure=then), None),
    ],
)  # fmt: skip
def test_a_secret_that_would_be_said_is_told(node: Callable[[Edge], Node], where: str | None) -> None:
    tells = node(to("queue", "done"))

    def found(is_secret: bool) -> list[tuple[str, str]]:
        number = replace(NUMBER, secret=is_secret, then=to("step", "tells"))
        problems = check(flow(number, tells), [Entry("number", "fr")], TARGETS)
        return [(each.where, each.what) for each in problems if "secret" in each.what]

    assert found(False) == []
    assert found(True) == ([(where, "would say customer, which is secret: see number")] if where else [])


# --- documents --------------------------------------------------------------------------------------------------------


def test_every_kind_reads_back_as_it_was_written() -> None:
    for seed in range(200):
        found, _ = random_flow(Random(seed), Shape(listens=0.5))
        assert Flow.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("part", "value", "problem"),
    [
        ("into", "Customer", "nodes.number.into: is not valid"),
        ("least", 0, "nodes.number.least: is out of range"),
        ("most", 2.5, "nodes.number.most: is out of range"),
        ("end", "1", "nodes.number.end: is not valid"),
        ("shapes", ["0A"], "nodes.number.shapes.0: is not valid"),
        ("shapes", "06", "nodes.number.shapes: is not a list"),
        ("secret", 1, "nodes.number.secret: is neither true nor false"),
        ("languages", {"1": "fr"}, "nodes.number.languages: is not known here"),
    ],
)
def test_a_part_that_cannot_be_read_is_told(part: str, value: object, problem: str) -> None:
    document = flow(NUMBER).to_json()
    document["nodes"]["number"][part] = value
    with pytest.raises(FlowRefused) as refused:
        Flow.from_json(document)
    assert [str(each).startswith(problem) for each in refused.value.problems] == [True]


# --- variables --------------------------------------------------------------------------------------------------------

VIP = Assign("vip", {"tier": "gold", "place": "01"}, to("step", "by-tier"))
BY_TIER = Condition(
    "by-tier",
    "tier",
    (Case(to("queue", "done"), ("gold", "silver")), Case(to("message", "lost"), (), ("b", "1"))),
    to("queue", "quiet"),
)


@pytest.mark.parametrize(
    ("tier", "target"),
    [("gold", "done"), ("bronze", "lost"), ("1", "lost"), ("11", "lost"), ("01", "quiet"), ("Gold", "quiet")],
)
async def test_the_first_case_that_holds_decides(tier: str, target: str) -> None:
    ending = await met(ScriptedCaller(), replace(VIP, values={"tier": tier}), BY_TIER)
    assert (ending.target.id, dict(ending.variables)) == (target, {"tier": tier})


@pytest.mark.parametrize(
    ("variable", "value", "is_met"),
    [
        ("caller", "06", True),
        ("caller", "0712345678", False),
        ("language", "en", True),
        ("language", "fr", False),
        ("place", "1", False),
    ],
)
async def test_the_caller_and_the_language_are_known_and_what_was_not_set_is_nothing(
    variable: str, value: str, is_met: bool
) -> None:
    node = replace(BY_TIER, variable=variable, cases=(Case(to("queue", "done"), (), (value,)),))
    ending = await met(ScriptedCaller(language="en", number="0612345678"), node)
    assert ending.target.id == ("done" if is_met else "quiet")


@pytest.mark.parametrize(
    ("node", "where"),
    [
        (replace(VIP, values={"caller": "1"}), "nodes.vip.values.caller"),
        (replace(VIP, values={}), "nodes.vip.values"),
        (replace(VIP, then=to("step", "vip")), "nodes.vip"),
        (replace(BY_TIER, variable="tear"), "nodes.by-tier.variable"),
        (replace(BY_TIER, cases=()), "nodes.by-tier.cases"),
        (replace(BY_TIER, cases=(Case(to("queue", "done")),)), "nodes.by-tier.cases.0"),
        (replace(BY_TIER, cases=(Case(to("queue", "gone"), ("1",)),)), "nodes.by-tier.cases.0.then"),
    ],
)
def test_variables_that_make_no_sense_are_told_at_their_place(node: Assign | Condition, where: str) -> None:
    others = [each for each in (VIP, BY_TIER) if each.id != node.id]
    assert where in {problem.where for problem in check(flow(node, *others), [Entry("vip", "fr")], TARGETS)}


def test_who_tries_everything_types_what_conditions_ask_for() -> None:
    node = replace(NUMBER, shapes=("XXXX",))
    assert list(node.behaviours({"customer": ["12", "9876", "33333"]}))[:3] == [("1111#",), ("1211#",), ("9876#",)]


# --- what is said -----------------------------------------------------------------------------------------------------

SAY = Say("say", what=What.NUMBER, variable="tier", then=to("queue", "done"))


@pytest.mark.parametrize(
    ("what", "value", "commands"),
    [
        (What.NUMBER, "0042", [("SAY NUMBER", (42, ""))]),
        (What.NUMBER, "1234567890", []),
        (What.NUMBER, "gold", []),
        (What.AMOUNT, "12.50", [("SAY NUMBER", (12, "")), ("STREAM FILE", ("sorry-fr", "")), ("SAY NUMBER", (50, ""))]),
        (What.AMOUNT, "12.00", [("SAY NUMBER", (12, "")), ("STREAM FILE", ("sorry-fr", ""))]),
        (What.AMOUNT, "12.5", []),
        (What.DIGITS, "+33", [("STREAM FILE", ("digits/3", "")), ("STREAM FILE", ("digits/3", ""))]),
        (What.DATE, "2026-12-24", [("SAY DATETIME", (1798070400, "", "AdBY", "UTC"))]),
        (What.DATE, "2026-02-30", []),
    ],
)
async def test_values_are_said_by_the_switch_or_passed_over(
    what: What, value: str, commands: list[tuple[str, tuple[str | int, ...]]]
) -> None:
    line = SimulatedLine(
        caller=Planned(Plan()),
        number="",
        did="acme-main",
        language="fr",
        arguments=("acme", "main", "0"),
        begins=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    sent: list[tuple[str, tuple[str | int, ...]]] = []

    class Noting:
        environment = line.environment

        async def run(self, command: Command) -> Reply:
            sent.append((command.verb, command.arguments))
            return await line.run(command)

    unit = "sorry" if what is What.AMOUNT else None
    nodes = flow(replace(VIP, values={"tier": value}, then=to("step", "say")), replace(SAY, what=what, unit=unit))
    ending = await follow(Call(Noting()), PinnedFlow(nodes, 1, "vip"), line)
    assert ending.target.id == "done"
    assert [each for each in sent if each[0].startswith(("SAY", "STREAM"))] == commands


@pytest.mark.parametrize(
    ("node", "where"),
    [
        (replace(SAY, variable="gone"), "nodes.say.variable"),
        (replace(SAY, variable="now"), "nodes.say.variable"),
        (replace(SAY, what=What.TIME), "nodes.say.variable"),
        (replace(SAY, unit="sorry"), "nodes.say.unit"),
        (replace(SAY, time_zone="Mars/Olympus"), "nodes.say.time_zone"),
    ],
)
def test_what_cannot_be_said_is_told(node: Say, where: str) -> None:
    start = replace(VIP, then=to("step", "say"))
    assert where in {problem.where for problem in check(flow(start, node), [Entry("vip", "fr")], TARGETS)}


def test_every_kind_of_node_does_something_on_a_call() -> None:
    assert set(ACTS) == set(KINDS.values())


async def test_what_cannot_be_done_leads_where_failure_leads() -> None:
    hours = Hours("n", "nowhere", to("queue", "done"), to("queue", "done"), failure=to("message", "lost"))
    # This caller's switch knows no way to say a number.
    number = Say("n", what=What.NUMBER, variable="fee", then=to("queue", "done"), failure=to("message", "lost"))
    fee = Assign("fee", {"fee": "12"}, to("step", "n"))
    for start, broken in (("n", flow(hours)), ("fee", flow(fee, number))):
        caller = ScriptedCaller()
        ending = await follow(Call(caller), PinnedFlow(broken, 1, start), caller)
        assert ending.target == Target(TargetKind.MESSAGE, "lost")
        told = {"Node": "n", "Way": "failure", "To": "", "Version": "1", "By": "flow"}
        assert caller.told_of("CordboardStep")[-1] == told
        assert Flow.from_json(broken.to_json()) == broken


async def test_what_cannot_be_done_leaves_the_call_to_the_dialplan_without_failure() -> None:
    hours = Hours("n", "nowhere", to("queue", "done"), to("queue", "done"))
    caller = ScriptedCaller()
    with pytest.raises(FlowBroken):
        await follow(Call(caller), PinnedFlow(flow(hours), 1, "n"), caller)
    assert "failure" not in hours.to_json()
