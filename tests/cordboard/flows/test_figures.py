"""What calls did in menus, counted from what was told of them, against what they plainly did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.flow.document import Flow
from agi.flow.nodes import Asking, Node
from agi.simulated_caller import Planned
from agi.simulated_steps import Entered, HungUp, Left, Told
from agi.simulation import SimulatedLine
from ami.models import FactKind
from cordboard.flows.comparing import compared, measures
from cordboard.flows.figures import Counting, Figures, Times
from cordboard.flows.visits import CUT, HUNG_UP, KINDS, TYPED
from cordboard.store.records import CallRecord, FactRecord
from kit.flow_trial import answering, called
from kit.random_flows import random_caller, random_flow, random_lengths

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOLD = {"CordboardMenu": FactKind.MENU, "CordboardChoice": FactKind.CHOICE, "CordboardStep": FactKind.STEP}
OUTCOMES = {"queue": "handled", "person": "handled", "voicemail": "voicemail", "external": "overflowed"}
Happened = tuple[float, str, dict[str, str]]


def call(
    number: int, *happened: Happened, outcome: str | None = "abandoned", is_partial: bool = False
) -> tuple[CallRecord, list[FactRecord]]:
    """A call that entered at noon, and what happened after so many seconds."""
    record = CallRecord(
        node="pbx1", uniqueid=f"1.{number}", company="acme", did="main", caller_number="1", caller_name="",
        entered=NOON, outcome=outcome, is_partial=is_partial,
    )  # fmt: skip
    facts = [
        FactRecord(
            node="pbx1",
            uniqueid=record.uniqueid,
            sequence=place,
            at=NOON + timedelta(seconds=at),
            kind=kind,
            data=data,
        )
        for place, (at, kind, data) in enumerate(happened)
    ]
    return record, facts


def menu(at: float, name: str = "main", version: str = "1", by: str = "flow") -> Happened:
    return at, FactKind.MENU, {"menu": name, "version": version, "by": by}


def choice(at: float, name: str = "main", edge: str = "key", key: str = "", **failures: str) -> Happened:
    return at, FactKind.CHOICE, {"menu": name, "edge": edge, "key": key, "by": "flow", **failures}


def step(at: float, node: str, way: str = "then", to: str = "") -> Happened:
    return at, FactKind.STEP, {"node": node, "way": way, "version": "1", "by": "flow", "to": to}


def gone(at: float) -> Happened:
    return at, FactKind.HUNG_UP, {"cause": "16"}


def counted(*calls: tuple[CallRecord, list[FactRecord]], version: int | None = None) -> Figures:
    counting = Counting(version)
    for record, facts in calls:
        counting.add(record, [fact for fact in facts if fact.kind in KINDS])
    return counting.figures


# --- random callers in random flows -----------------------------------------------------------------------------------


def _kind(line: SimulatedLine) -> str:
    """Of the place where a call goes: an outside number, whoever dials it."""
    kind = line.variables.get("CB_KIND", "")
    return "external" if kind == "dial" else kind


def _facts(flow: Flow, line: SimulatedLine) -> list[Happened]:
    """What is told of a simulated call, and what the dialplan and the switch tell after it."""
    happened: list[Happened] = [
        (step.at, TOLD[step.event], {name.lower(): value for name, value in step.values})
        for step in line.steps
        if isinstance(step, Told) and step.event in TOLD
    ]
    kind, place = _kind(line), line.variables.get("CB_TARGET", "")
    if "CB_DONE" not in line.variables:
        if not isinstance(line.steps[-1], HungUp):
            happened.append((line.clock, FactKind.FALLBACK, {"script": "menu", "reason": "unfinished"}))
    elif kind == "queue":
        happened.append((line.clock, FactKind.ROUTED, {"queue": place}))
    elif kind == "person":
        happened.append((line.clock, FactKind.OFFERED, {"agent": f"acme-{place}", "queue": ""}))
    elif kind in OUTCOMES:
        if place in flow.nodes:
            happened.append(step(line.clock, place))
        happened.append((line.clock, FactKind.OUTCOME, {"outcome": OUTCOMES[kind], "detail": place}))
    return [*happened, gone(line.clock)]


def _way(node: Node, way: str) -> str:
    """A way of a node, as the document names it, in the words of figures."""
    group, _, rest = way.partition(".")
    match group:
        case "keys" | "languages":
            return f"key {rest}"
        case "refused":
            return "key 3"
        case "cases":
            return f"case {int(rest.removesuffix('.then')) + 1}"
        case "then" if isinstance(node, Asking):
            return TYPED
        case _:
            return group


def _plainly(flow: Flow, line: SimulatedLine) -> tuple[list[tuple[str, str]], list[float]]:
    """Node and way of each visit to a node, as the interpreter itself tells its witness; and its seconds."""
    visits, seconds, menus, open_node, is_led = [], [], [], ("", 0.0), False
    for step in line.steps:
        if isinstance(step, Entered):
            open_node, menus = (step.node, step.at), [*step.menus]
            is_led = False
        elif isinstance(step, Told) and ("Outcome", "callback") in step.values:
            # He has chosen, and hears thanks.
            visits.append((open_node[0], "key 1"))
            seconds.append(step.at - open_node[1])
            open_node = ("", 0.0)
        elif isinstance(step, Left) and step.way != "taken":
            if not flow.nodes[step.node].only_leads_on:
                visits.append((step.node, _way(flow.nodes[step.node], step.way)))
                seconds.append(step.at - open_node[1])
            # Who took more steps than a caller needs is led on, and does not arrive.
            open_node, is_led = (step.target.id if step.target.kind.is_node else "", step.at), True
    node, since = open_node
    # Who cannot be led on where he begins, in no time, was nowhere.
    is_anywhere = node in flow.nodes and bool(visits or not flow.nodes[node].is_instant)
    if is_anywhere and not flow.nodes[node].only_leads_on:
        is_gone = isinstance(line.steps[-1], HungUp)
        is_told = menus[-1:] == [node] and not is_led
        visits.append((node, HUNG_UP if is_gone else "failure" if is_told else CUT))
        seconds.append(line.clock - since)
    return visits, seconds


@given(st.randoms(use_true_random=False))
def test_figures_are_what_callers_plainly_did(random: Random) -> None:
    flow, start = random_flow(random)
    lengths = random_lengths(random, "abcde")

    def length(sound: str, of: str) -> float | None:
        return lengths[sound]

    calls, plain, seconds, exits = [], list[tuple[str, str]](), list[float](), Counter[str]()
    reached = Counter[str]()
    for number in range(random.randint(1, 6)):
        is_patient = random.random() < 0.6
        plan = answering(random, flow, start, "fr", length, NOON) if is_patient else random_caller(random)
        line = called(flow, start, "fr", Planned(plan), length, NOON)
        visits, lasted = _plainly(flow, line)
        calls.append(call(number, *_facts(flow, line)))
        plain += visits
        seconds += lasted
        reached.update({node for node, _ in visits})
        kind = _kind(line) if "CB_DONE" in line.variables else ""
        if visits and visits[-1][1] not in (HUNG_UP, CUT):
            exits[f"{kind}:{line.variables['CB_TARGET']}" if kind in OUTCOMES else "the_end"] += 1
    found = counted(*calls)
    assert {node: each.calls for node, each in found.nodes.items()} == reached
    ways = {(node, way): to.total() for node, each in found.nodes.items() for way, to in each.ways.items()}
    assert ways == Counter(plain)
    assert sum(each.visits for each in found.nodes.values()) == len(plain)
    for node, each in found.nodes.items():
        if isinstance(asking := flow.nodes[node], Asking):
            assert each.silent >= each.left_by("no_input") * asking.no_input.tries
            assert each.wrong >= each.left_by("wrong_input") * asking.wrong_input.tries
        assert each.hung_up == sum(visit == (node, HUNG_UP) for visit in plain)
    total = sum(
        each.seconds.mean * each.seconds.count for each in found.nodes.values() if each.seconds.mean is not None
    )
    assert total == pytest.approx(sum(seconds), abs=0.001)
    outside = {place: ends.total() for place, ends in found.exits.items() if place not in (HUNG_UP, CUT)}
    assert outside == exits
    assert sum(ends.total() for ends in found.exits.values()) == found.calls
    assert found.zero_outs.total() <= found.to_exit.count <= found.calls


@given(st.lists(st.integers(0, 5000), min_size=1), st.floats(0.01, 1))
def test_a_share_of_durations_lies_within(tenths: Sequence[int], share: float) -> None:
    times = Times()
    for each in tenths:
        times.add(each / 10)
    at = times.at(share)
    assert at is not None
    assert sum(each / 10 <= at for each in tenths) >= share * len(tenths)
    assert at * 10 == pytest.approx(min(tenths)) or sum(each / 10 < at for each in tenths) < share * len(tenths)


# --- one thing each ---------------------------------------------------------------------------------------------------


def test_a_call_by_two_menus() -> None:
    found = counted(
        call(
            1, menu(1), choice(5, key="3", wrong="1"), menu(5, "more"), choice(9, "more", "no_input", silent="2"),
            (9.5, FactKind.ROUTED, {"queue": "sales"}), (10, FactKind.JOINED, {"queue": "acme-sales"}), gone(30),
        ),
    )  # fmt: skip
    main, more = found.nodes["main"], found.nodes["more"]
    assert (main.ways, main.silent, main.wrong) == ({"key 3": {"more": 1}}, 0, 1)
    assert (more.ways, more.silent, more.wrong) == ({"no_input": {"queue:sales": 1}}, 2, 0)
    assert found.exits == {"queue:sales": {"abandoned": 1}}
    assert found.zero_outs == {"no_input": 1}
    assert (found.to_exit.mean, main.seconds.at(0.5)) == (9, 4)


def test_who_hangs_up_is_lost_where_he_was() -> None:
    found = counted(call(1, menu(1), gone(3)), call(2, menu(1), choice(2, key="9"), menu(2), gone(9)))
    main = found.nodes["main"]
    assert (main.calls, main.visits, main.hung_up) == (2, 3, 2)
    assert found.exits == {HUNG_UP: {"abandoned": 2}}
    assert found.to_exit.mean is None


@pytest.mark.parametrize(
    ("happened", "place"),
    [
        ({"kind": FactKind.OUTCOME, "outcome": "voicemail", "detail": "amel"}, "voicemail:amel"),
        ({"kind": FactKind.OUTCOME, "outcome": "overflowed", "detail": "acme-33140"}, "external:33140"),
        ({"kind": FactKind.OUTCOME, "outcome": "dissuaded", "detail": "message"}, "the_end"),
        ({"kind": FactKind.OFFERED, "agent": "acme-amel", "queue": ""}, "person:amel"),
        ({"kind": FactKind.ANSWERED, "person": "amel"}, "person:amel"),
    ],
)
def test_where_key_0_leads_is_somebody_or_the_end(happened: dict[str, str], place: str) -> None:
    kind = happened["kind"]
    found = counted(call(1, menu(1), choice(5, key="0"), (6, kind, happened), gone(9)))
    assert list(found.exits) == [place]
    assert found.zero_outs.total() == (place != "the_end")


def test_a_menu_that_is_left_by_the_compiled_way_is_cut_off() -> None:
    fallback = (4.0, FactKind.FALLBACK, {"script": "menu", "reason": "unfinished"})
    found = counted(call(1, menu(1), fallback, menu(5, by="fallback"), choice(7, key="1"), gone(8)))
    assert found.compiled == 1
    assert found.nodes["main"].ways == {CUT: {"main": 1}, "key 1": {"the_end": 1}}


def test_a_call_that_the_dialplan_ends_in_a_menu_hung_up_nowhere() -> None:
    technical = (4.0, FactKind.OUTCOME, {"outcome": "technical", "detail": "dialplan"})
    assert list(counted(call(1, menu(1), technical, gone(8), outcome="technical")).exits) == [CUT]


def test_what_was_not_seen_or_is_not_over_is_left_out_and_told() -> None:
    lost = (3.0, FactKind.GAP, {"reason": "link"})
    found = counted(
        call(1, menu(1), lost, gone(5)),
        call(2, menu(1), gone(5), is_partial=True),
        call(3, menu(1), outcome=None),
        call(4, gone(1)),
    )
    assert (found.calls, found.unseen, found.in_progress, found.unfollowed, found.elsewhere) == (0, 2, 1, 0, 1)
    assert dict.fromkeys(value for _, value in measures(found)) == dict.fromkeys((0, 2, 1, None))


def test_calls_add_up_also_those_that_nobody_followed() -> None:
    repaired = (9.0, FactKind.REPAIRED, {"source": "cdr"})
    calls = [
        call(1, menu(1), gone(5)),
        call(2, menu(1), gone(5), is_partial=True),
        call(3, menu(1), outcome=None),
        call(4, outcome=None),
        *(call(number, gone(9), repaired, is_partial=True) for number in (5, 6, 7)),
        call(8, gone(1)),
    ]
    found = counted(*calls)
    assert (found.calls, found.unseen, found.in_progress, found.unfollowed, found.elsewhere) == (1, 1, 2, 3, 1)
    assert found.calls + found.unseen + found.in_progress + found.unfollowed + found.elsewhere == len(calls)
    # Which version they met nobody knows; what was seen and met none is no call of one.
    of_one = counted(*calls, version=1)
    assert (of_one.calls, of_one.in_progress, of_one.unfollowed, of_one.elsewhere) == (1, 1, 3, 0)


def test_two_versions_beside_each_other() -> None:
    old = [call(number, menu(1), gone(3)) for number in range(3)]
    new = [call(9, menu(1, version="2"), choice(2, key="1"), (2, FactKind.ROUTED, {"queue": "sales"}), gone(4))]
    rows = compared(counted(*old, *new, version=1), counted(*old, *new, version=2))
    told = {(each.measure.part, each.measure.of, each.measure.name, each.measure.way): each for each in rows}
    calls = told["calls", "", "calls", ""]
    assert (calls.before, calls.after, calls.difference) == (3, 1, -2)
    lost = told["node", "main", "hung_up", ""]
    assert (lost.before, lost.after) == (3, 0)
    left = told["exit", "queue:sales", "share", ""]
    assert (left.before, left.after, left.difference) == (0, 1, 1)


def test_a_repeated_call_counts_by_its_first_version() -> None:
    one = call(1, menu(1, version="1"), choice(2, key="9"), menu(2, version="2"), gone(4))
    assert counted(one, version=1).calls == 1
    assert counted(one, version=2).calls == 0
    assert counted((replace(one[0], is_partial=True), one[1])).unseen == 1
