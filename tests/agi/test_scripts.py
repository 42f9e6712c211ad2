"""The menu and route scripts: what they ask of the house, what they leave on the channel, in which order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken, UnsafeValue
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.flow.routing import Wish
from agi.ports import Block, Candidate, PinnedFlow, Ports, RouteDecision, RouteRequest
from agi.scripts import menu, route
from kit.scripted_caller import ScriptedCaller


def to(kind: str, name: str = "", language: str | None = None) -> Edge:
    return Edge(Target(TargetKind(kind), name), language)


FLOW = Flow(
    {
        "top": Menu(
            id="top",
            prompt="welcome",
            keys={"1": to("queue", "billing-fr", "fr"), "2": to("queue", "billing-en", "en"), "3": to("hangup")},
            no_input=Retry(2, to("voicemail", "box")),
            wrong_input=Retry(2, to("message", "bye")),
        )
    },
    {},
    {"welcome": {"fr": ("welcome",)}},
    "fr",
)

DECISION = RouteDecision(
    "billing-fr",
    5,
    199,
    ("Facturation: wants french 3, billing 2", "nobody ready: é, \"quoted\" & 'odd' %"),
    (
        Candidate("amel", "Amel Haddad", 0, 1, "ready", 12.4, None),
        Candidate("bob", "Bob", 1, 103, "pause", None, "paused"),
    ),
)


@dataclass
class House:
    """A house with fixed answers, which remembers what it was asked."""

    caller: ScriptedCaller
    block: Block | None = None
    pinned: PinnedFlow | None = field(default_factory=lambda: PinnedFlow(FLOW, 3, "top"))
    decision: RouteDecision | None = DECISION
    asked: list[object] = field(default_factory=list)

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        self.asked.append(("entry", company, did, version))
        return self.pinned

    async def find(self, company: str, number: str) -> Block | None:
        self.asked.append(("find", company, number))
        return self.block

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        self.asked.append(request)
        return self.decision

    def now(self) -> datetime:
        return self.caller.now()

    @property
    def ports(self) -> Ports:
        return Ports(self, self, self, self)


async def call_in(
    caller: ScriptedCaller,
    block: Block | None = None,
    pinned: PinnedFlow | None = PinnedFlow(FLOW, 3, "top"),  # noqa: B008 - frozen
) -> House:
    house = House(caller, block, pinned)
    await menu.run(Call(caller), house.ports)
    return house


# --- menu -------------------------------------------------------------------------------------------------------------


async def test_a_choice_is_left_on_the_channel_and_the_marker_comes_last() -> None:
    caller = ScriptedCaller(keys=[(1, "2")])
    house = await call_in(caller)
    assert caller.set[-5:] == [
        ("CB_ANSWERS", "top=2"),
        ("CB_KIND", "queue"),
        ("CB_TARGET", "billing-en"),
        ("CB_WHY", "message"),
        ("CB_DONE", "queue"),
    ]
    assert caller.commands[-1].arguments == ("CB_DONE", "queue")
    assert caller.variables["CHANNEL(language)"] == "en"
    assert house.asked == [("find", "acme", "0612345678"), ("entry", "acme", "main", None)]


@pytest.mark.parametrize(
    ("found", "asked", "is_told"),
    [("", None, True), ("acme=3", 3, False), ("acme=2", 2, True), ("other=3", None, True), ("acme=x", None, True)],
)
async def test_a_call_stays_on_the_version_that_its_channel_names(found: str, asked: int | None, is_told: bool) -> None:
    caller = ScriptedCaller()
    caller.variables["CB_FLOW"] = found
    house = await call_in(caller)
    assert house.asked[-1] == ("entry", "acme", "main", asked)
    assert (("CB_FLOW", "acme=3") in caller.set) is is_told


@pytest.mark.parametrize(
    ("keys", "kind", "target", "why"),
    [
        ([], "voicemail", "box", "no_input"),
        ([(1, "9"), (3, "9")], "message", "bye", "wrong_input"),
        ([(1, "3")], "hangup", "", "message"),
    ],
)
async def test_every_way_out_says_where_and_why(
    keys: Sequence[tuple[float, str]], kind: str, target: str, why: str
) -> None:
    caller = ScriptedCaller(keys=keys)
    await call_in(caller)
    found = [caller.variables[name] for name in ("CB_KIND", "CB_TARGET", "CB_WHY", "CB_DONE")]
    assert found == [kind, target, why, kind]


@pytest.mark.parametrize(
    ("block", "kind", "target"),
    [
        (Block("nuisance", "hangup"), "hangup", ""),
        (Block("nuisance", "message", "sorry"), "message", "sorry"),
        (Block("nuisance", "message"), "hangup", ""),
    ],
)
async def test_a_blocked_caller_meets_no_flow_and_is_not_answered(block: Block, kind: str, target: str) -> None:
    caller = ScriptedCaller()
    house = await call_in(caller, block)
    assert caller.told_of("CordboardOutcome") == [{"Outcome": "blocked", "Detail": "nuisance"}]
    found = [caller.variables[name] for name in ("CB_KIND", "CB_TARGET", "CB_WHY", "CB_DONE")]
    assert found == [kind, target, "blocked", kind]
    assert not caller.is_answered
    assert house.asked == [("find", "acme", "0612345678")]


async def test_a_number_without_a_flow_gets_no_marker() -> None:
    caller = ScriptedCaller()
    await call_in(caller, pinned=None)
    assert (caller.variables, caller.set) == ({}, [])


async def test_a_flow_that_leads_nowhere_gets_no_marker() -> None:
    caller = ScriptedCaller()
    with pytest.raises(FlowBroken):
        await call_in(caller, pinned=PinnedFlow(FLOW, 1, "gone"))
    assert "CB_DONE" not in caller.variables


async def test_a_hang_up_at_any_moment_leaves_no_marker() -> None:
    whole = ScriptedCaller(keys=[(3, "1")])
    await call_in(whole)
    for moment in (0, 1, 2, 3):
        caller = ScriptedCaller(keys=[(3, "1")], hangs_up_after=moment)
        with pytest.raises(CallerHungUp):
            await call_in(caller)
        assert "CB_DONE" not in caller.variables


@pytest.mark.parametrize("arguments", [(), ("acme",), ("Acme", "main"), ("acme", "../x"), ("acme", ""), ("a\nb", "c")])
@pytest.mark.parametrize("script", [menu, route])
async def test_arguments_that_are_no_ids_are_refused(script: object, arguments: tuple[str, ...]) -> None:
    caller = ScriptedCaller(arguments=arguments)
    house = House(caller)
    with pytest.raises(UnsafeValue):
        await script.run(Call(caller), house.ports)  # type: ignore[attr-defined]
    assert caller.commands == []
    assert house.asked == []


# --- route ------------------------------------------------------------------------------------------------------------


async def routed(caller: ScriptedCaller, decision: RouteDecision | None = DECISION) -> House:
    house = House(caller, decision=decision)
    await route.run(Call(caller), house.ports)
    return house


def waiting() -> ScriptedCaller:
    return ScriptedCaller(arguments=("acme", "billing-fr", "3"), variables={"CB_ANSWERS": "top=1,second=12"})


async def test_a_route_is_decided_and_explained() -> None:
    caller = waiting()
    house = await routed(caller)
    assert house.asked == [
        RouteRequest("acme", "billing-fr", "0612345678", "main", "fr", ("top=1", "second=12"), caller.now())
    ]
    assert caller.set == [
        ("CB_QUEUE", "billing-fr"),
        ("CB_PRIO", "5"),
        ("CB_MAXPEN", "199"),
        ("CB_DONE", "billing-fr"),
    ]
    [told] = caller.told_of("CordboardRouted")
    assert (told["Queue"], told["QueuePriority"], told["MaxPenalty"], told["By"]) == ("billing-fr", "5", "199", "flow")
    why = json.loads(told["Why"])
    assert tuple(why["why"]) == DECISION.why
    assert why["candidates"] == [
        {
            "agent": "amel",
            "name": "Amel Haddad",
            "tier": 0,
            "penalty": 1,
            "state": "ready",
            "idle": 12,
            "skipped": None,
        },
        {"agent": "bob", "name": "Bob", "tier": 1, "penalty": 103, "state": "pause", "idle": None, "skipped": "paused"},
    ]
    assert why["more"] == 0


async def test_what_the_menus_want_is_asked_once() -> None:
    caller = waiting()
    caller.variables["CB_WANTS"] = "5 english=3,german=2"
    house = await routed(caller)
    [asked] = house.asked
    assert isinstance(asked, RouteRequest)
    assert asked.wish == Wish(5, {"english": 3, "german": 2})
    assert caller.variables["CB_WANTS"] == "5", "queues that he overflows to keep the priority alone"


@pytest.mark.parametrize("wish", [Wish(), Wish(0), Wish(None, {"a": 1}), Wish(100, {"a": 1, "b-c": 5})])
def test_a_wish_comes_back_from_the_channel(wish: Wish) -> None:
    assert Wish.parse(str(wish)) == wish


async def test_a_queue_without_a_route_gets_no_marker() -> None:
    caller = waiting()
    await routed(caller, None)
    assert caller.set == []
    assert caller.told == []


async def test_a_caller_from_inside_has_no_did_and_no_answers() -> None:
    caller = ScriptedCaller(arguments=("acme", "billing-fr", "3"), account="", number="anonymous")
    house = await routed(caller)
    [request] = house.asked
    assert isinstance(request, RouteRequest)
    assert (request.did, request.caller, request.answers) == ("", "unknown", ())


names = st.text(max_size=300)
candidates = st.builds(
    Candidate,
    names,
    names,
    st.integers(0, 9),
    st.integers(0, 999),
    st.just("ready"),
    st.none() | st.floats(0, 1e6),
    st.none() | names,
)


@given(st.lists(names, max_size=30), st.lists(candidates, max_size=30))
def test_an_explanation_is_bounded_and_is_json(why: list[str], found: list[Candidate]) -> None:
    decision = RouteDecision("q", 1, 99, tuple(why), tuple(found))
    text = route.explain(decision)
    assert len(quote(text, safe="", errors="replace")) <= route.MOST_BYTES
    told = json.loads(text)
    assert len(told["candidates"]) + told["more"] == len(found)
    assert told["why"] == [sentence[:160] for sentence in why[: len(told["why"])]]


async def test_a_thousand_candidates_are_told_as_far_as_they_fit() -> None:
    caller = waiting()
    many = tuple(Candidate(f"agent-{n}", f"Élodie {n}", 0, n, "ready", n * 1.5, None) for n in range(1000))
    await routed(caller, RouteDecision("billing-fr", 0, 99, ("why",), many))
    why = json.loads(caller.told_of("CordboardRouted")[0]["Why"])
    assert 5 <= len(why["candidates"]) < 1000
    assert why["more"] == 1000 - len(why["candidates"])
    assert all(len(command.line()) < 4500 for command in caller.commands)
