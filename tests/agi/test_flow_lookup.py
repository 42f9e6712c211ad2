"""A node that asks another system: what it makes of an answer, what callers meet meanwhile, and what is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken
from agi.flow.checker import Entry, check
from agi.flow.document import Edge, Flow, Node, Target, TargetKind
from agi.flow.interpreter import Ending, follow
from agi.flow.lookup import LONGEST_TEXT, Lookup, Untrue, document_of, is_nothing, values_of
from agi.flow.nodes import Retry
from agi.flow.notice import Notify
from agi.flow.steps import Collect
from agi.ports import FAILED, NOTHING_FOUND, Known, NoSystems, Notice, PinnedFlow, Question, Response
from agi.stand_in import response_of
from kit.scripted_caller import ScriptedCaller


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


WHO = Lookup(
    "who",
    source="crm",
    send={"number": "caller", "id": "customer"},
    into={"tier": "customer.tier", "name": "customer.names.0"},
    found=to("queue", "found"),
    not_found=to("queue", "nobody"),
    failure=to("queue", "down"),
)
RETRY = Retry(1, to("hangup"))
PIN = Collect(
    "pin", prompt=None, into="customer", then=to("step", "who"), no_input=RETRY, wrong_input=RETRY, most=3, secret=True
)
TARGETS = {"queue": {"found", "nobody", "down"}}


class System(NoSystems):
    """Answers with what it was told, and remembers what it was asked."""

    def __init__(self, response: Response = FAILED) -> None:
        self.response = response
        self.asked_for: list[Question] = []
        self.is_left = False

    @asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        self.asked_for.append(question)
        try:
            yield Known(self.response)
        finally:
            self.is_left = True


def flow(*nodes: Node) -> Flow:
    return Flow({node.id: node for node in nodes}, {}, {"wait": {"fr": ("wait-1", "wait-2")}}, "fr")


async def met(caller: ScriptedCaller, system: System, *nodes: Node) -> Ending:
    return await follow(Call(caller), PinnedFlow(flow(*nodes), 1, nodes[0].id), caller, None, system)


@pytest.mark.parametrize(
    ("response", "target", "variables"),
    [
        (Response("found", {"tier": "gold", "name": ""}), "found", {"tier": "gold", "name": ""}),
        (NOTHING_FOUND, "nobody", {"tier": "", "name": ""}),
        (FAILED, "down", {"tier": "", "name": ""}),
    ],
)
async def test_a_call_goes_on_by_what_came(response: Response, target: str, variables: Mapping[str, str]) -> None:
    ending = await met(ScriptedCaller(), System(response), WHO)
    assert ending.target.id == target
    assert dict(ending.variables) == variables


async def test_who_is_not_found_keeps_nothing_of_another() -> None:
    system = System(Response("found", {"tier": "gold", "name": "Zoé"}))
    again = replace(WHO, id="again")

    @asynccontextmanager
    async def first_found(question: Question) -> AsyncIterator[Awaitable[Response]]:
        yield Known(system.response if question.node == "who" else NOTHING_FOUND)

    system.asked = first_found  # type: ignore[method-assign]
    ending = await met(ScriptedCaller(), system, replace(WHO, found=to("step", "again")), again)
    assert dict(ending.variables) == {"tier": "", "name": ""}


async def test_a_prompt_is_heard_whole_meanwhile() -> None:
    caller, system = ScriptedCaller(keys=[(0.5, "1")]), System(NOTHING_FOUND)
    await met(caller, system, replace(WHO, prompt="wait"))
    assert [sound for sound, _, _ in caller.heard] == ["wait-1", "wait-2"]
    assert system.is_left


async def test_who_hangs_up_asks_no_more() -> None:
    caller, system = ScriptedCaller(hangs_up_after=0.5), System(NOTHING_FOUND)
    with pytest.raises(CallerHungUp):
        await met(caller, system, replace(WHO, prompt="wait"))
    assert system.is_left


async def test_a_secret_is_sent_as_one_and_one_that_comes_back_is_told_to_nobody() -> None:
    system = System(Response("found", {"tier": "gold", "name": "Zoé"}))
    ending = await met(ScriptedCaller(keys=[(1, "4"), (0.5, "8"), (0.5, "1")]), system, PIN, replace(WHO, secret=True))
    (question,) = system.asked_for
    assert question.values["id"] == "481"
    assert question.secrets == {"id"}
    assert ending.variables == ()


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"customer": {"tier": "gold", "names": ["Zoe\\u0301"]}}', {"tier": "gold", "name": "Zoé"}),
        ('{"customer": {"tier": 12.50, "names": [1e3]}}', {"tier": "12.50", "name": "1e3"}),
        ('{"customer": {"tier": true}}', {"tier": "true", "name": ""}),
        ('{"customer": {"tier": " a\\r\\n\\tb\\u202e\\ud800 "}}', {"tier": "a b", "name": ""}),
        ('{"customer": null}', {"tier": "", "name": ""}),
        ('{"other": 1}', {"tier": "", "name": ""}),
        (f'{{"customer": {{"tier": "{"é" * LONGEST_TEXT}"}}}}', {"tier": "é" * LONGEST_TEXT, "name": ""}),
    ],
)
def test_texts_numbers_and_truths_are_values(text: str, values: Mapping[str, str]) -> None:
    assert values_of(document_of(text), WHO.into) == values


@pytest.mark.parametrize(
    "text",
    [
        '{"customer": {"tier": {}}}',
        '{"customer": {"names": [["a"]]}}',
        '{"customer": "gold"}',
        '{"customer": {"names": "a"}}',
        f'{{"customer": {{"tier": "{"x" * (LONGEST_TEXT + 1)}"}}}}',
        "[1]",
        "Infinity",
        "{",
        '{"a": ' * 10_000,
    ],
)
def test_what_no_variable_can_hold_is_untrue_and_not_repeated(text: str) -> None:
    with pytest.raises(Untrue) as untrue:
        values_of(document_of(text), WHO.into)
    assert "gold" not in str(untrue.value)
    assert "xx" not in str(untrue.value)


@pytest.mark.parametrize(
    ("text", "nothing"), [("null", True), ("{}", True), ("[]", True), ("0", False), ("[1]", False)]
)
def test_nothing_is_an_empty_answer(text: str, nothing: bool) -> None:
    assert is_nothing(document_of(text)) == nothing


def test_what_may_be_answered_opens_every_way_and_every_case() -> None:
    replies = list(WHO.replies({"tier": ["gold", "b"], "other": ["x"]}))
    responses = [response_of(reply, WHO.into) for reply in replies]
    assert [response.way for response in responses] == ["found", "found", "found", "not_found", "failure"]
    assert [response.values.get("tier") for response in responses] == ["1", "gold", "b", None, None]
    assert [response_of(reply, {}).way for reply in replace(WHO, into={}).replies()] == [
        "found",
        "not_found",
        "failure",
    ]


# --- documents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "where"),
    [
        (replace(WHO, send={}, into={"caller": "a"}), "nodes.who.into.caller"),
        (WHO, "nodes.who.send.id"),
        (replace(WHO, send={}, failure=to("step", "who")), "nodes.who"),
        (replace(WHO, send={}, not_found=to("queue", "gone")), "nodes.who.not_found"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_place(node: Lookup, where: str) -> None:
    assert [problem.where for problem in check(flow(node), [Entry("who", "fr")], TARGETS)] == [where]


def test_a_lookup_reads_back_as_it_was_written() -> None:
    whole = flow(replace(WHO, prompt="wait", secret=True, deadline_seconds=2.5))
    assert Flow.from_json(whole.to_json()) == whole


# --- keys meanwhile ---------------------------------------------------------------------------------------------------

ASKED_AFTER = Collect(
    "after", prompt="wait", into="typed", then=to("queue", "typed"), no_input=RETRY, wrong_input=RETRY, most=2
)


class SlowSystem(System):
    """Needs two seconds for its answer, on the caller's clock."""

    def __init__(self, caller: ScriptedCaller) -> None:
        super().__init__(NOTHING_FOUND)
        self.caller = caller

    @asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        yield self.answer()

    async def answer(self) -> Response:
        self.caller.idle(2.0)
        return self.response

    async def told(self, notice: Notice) -> bool:
        self.caller.idle(2.0)
        return True


TELLING = Notify("tell", source="sms", send={}, sent=to("step", "after"), failure=to("hangup"))


@pytest.mark.parametrize("first", [replace(WHO, not_found=to("step", "after")), TELLING], ids=lambda node: node.kind)
async def test_keys_typed_while_a_system_is_asked_count_for_what_is_asked_next(first: Node) -> None:
    caller = ScriptedCaller(keys=[(0.5, "4"), (0.5, "2"), (0.5, "7")])
    ending = await met(caller, SlowSystem(caller), first, ASKED_AFTER)
    assert dict(ending.variables)["typed"] == "42"
    assert [sound for sound, _, _ in caller.heard] == []
    assert caller.variables["CB_KEPT"] == ""


async def test_a_key_that_is_kept_is_one_of_several() -> None:
    caller = ScriptedCaller(keys=[(0.5, "4"), (2.5, "2")])
    ending = await met(caller, SlowSystem(caller), replace(WHO, not_found=to("step", "after")), ASKED_AFTER)
    assert dict(ending.variables)["typed"] == "42"
    assert caller.clock == 3.0


async def test_keys_are_kept_no_longer_than_a_system_is_asked_that_breaks() -> None:
    class BrokenSystem(SlowSystem):
        async def answer(self) -> Response:
            await SlowSystem.answer(self)
            raise FlowBroken("a system that breaks its word")

    caller = ScriptedCaller(keys=[(0.5, "4"), (3, "2")])
    ending = await met(caller, BrokenSystem(caller), replace(WHO, failure=to("step", "after")), ASKED_AFTER)
    assert dict(ending.variables)["typed"] == "42"
    kept = [command.arguments[1] for command in caller.commands if "StoreDTMF" in command.arguments]
    assert kept == ["RX,CB_KEPT,40", "remove"]


async def test_what_is_heard_out_while_a_system_is_asked_drops_keys_in_it() -> None:
    caller = ScriptedCaller(keys=[(0.5, "4"), (4, "2")])
    node = replace(WHO, prompt="wait", not_found=to("step", "after"))
    ending = await met(caller, SlowSystem(caller), node, ASKED_AFTER)
    assert dict(ending.variables)["typed"] == "2"


async def test_a_switch_that_cannot_keep_keys_is_asked_no_more_of_them() -> None:
    caller = ScriptedCaller(keys=[(0.5, "4"), (3, "4"), (0.5, "2")], can_keep_keys=False)
    ending = await met(caller, SlowSystem(caller), replace(WHO, not_found=to("step", "after")), ASKED_AFTER)
    assert dict(ending.variables)["typed"] == "42"
    kept = [command.arguments for command in caller.commands if "StoreDTMF" in command.arguments]
    assert kept == [("StoreDTMF", "RX,CB_KEPT,40")]
