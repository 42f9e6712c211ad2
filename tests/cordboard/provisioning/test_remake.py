"""Which queues must be made anew for their strategy, and what is loaded while they are out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from cordboard.provisioning.actual import LiveUse, Seat
from cordboard.provisioning.changes import Action
from cordboard.provisioning.desired import Desired, desired, own_files
from cordboard.provisioning.plan import Base, Plan, plan
from cordboard.provisioning.remake import linear_queues, to_remake, without
from cordboard.provisioning.sources import Tenant
from dialplan_templates import manifest
from kit import acme, asterisk_conf
from kit.deployed import with_queue

ENGLISH = "acme-english"


def wanted(tenant: Tenant) -> Desired:
    return desired([tenant], acme.placement())


def becoming(strategy: str, *, was: str = "longest_idle", waiting: int = 0, seats: tuple[Seat, ...] = ()) -> Plan:
    before = wanted(with_queue(strategy=was))
    base = Base(number=7, wanted=before.identity, inventory=before.inventory, prints=before.prints)
    lines = {ENGLISH: tuple(f"1.{number}" for number in range(waiting))} if waiting else {}
    sitting = {ENGLISH: seats} if seats else {}
    return plan(wanted(with_queue(strategy=strategy)), base, live=LiveUse(lines=lines, seats=sitting))


@pytest.mark.parametrize(
    ("before", "running", "waiting", "remade"),
    [
        ((), {}, (), ()),  # it is not there: the reload makes it
        ((), {ENGLISH: "leastrecent"}, (), (ENGLISH,)),
        ((), {ENGLISH: "leastrecent"}, (ENGLISH,), (ENGLISH,)),  # what is done about the callers is not asked here
        ((ENGLISH,), {ENGLISH: "linear"}, (), ()),
        ((ENGLISH,), {ENGLISH: "ringall"}, (), (ENGLISH,)),
        ((), {ENGLISH: "linear"}, (), (ENGLISH,)),  # a stranger may have loaded our file meanwhile
        ((), {ENGLISH: "linear"}, (ENGLISH,), ()),
    ],
)
def test_a_queue_that_asterisk_made_otherwise_is_made_anew(
    before: Collection[str], running: Mapping[str, str], waiting: Collection[str], remade: Collection[str]
) -> None:
    assert to_remake({ENGLISH}, before, running, waiting) == frozenset(remade)


def test_the_linear_queues_of_a_generation_are_known_by_its_manifest() -> None:
    files = wanted(with_queue(strategy="linear")).files(7, {})
    assert linear_queues(manifest(own_files(files, 7))) == {ENGLISH}
    assert linear_queues(manifest(own_files(wanted(acme.tenant()).files(7, {}), 7))) == frozenset()


def test_what_is_loaded_meanwhile_lacks_nothing_but_the_queue() -> None:
    text = wanted(with_queue(strategy="linear")).files(7, {})["queues.conf"]
    whole = asterisk_conf.read(text)
    left = asterisk_conf.read(without(text, {ENGLISH}))
    assert left == [line for line in whole if line.section != ENGLISH]
    assert left != whole
    assert without(text, ()) == text


def test_a_queue_does_not_become_linear_over_the_heads_of_its_callers() -> None:
    found = becoming("linear", waiting=2)
    assert [str(problem) for problem in found.errors] == [
        "queue acme-english: it cannot become linear while 2 callers wait in it: Asterisk makes it anew; "
        "apply again when these are served, or lead new callers elsewhere until nobody waits"
    ]


def test_the_agents_of_a_queue_that_becomes_linear_are_told_of() -> None:
    seats = (Seat("PJSIP/acme-amel", 0, False, ""), Seat("PJSIP/acme-dan", 0, False, ""))
    (change,) = becoming("linear", seats=seats).effective
    assert [effect.text for effect in change.effects] == [
        "it is made anew: 2 agents are out of it until Cordboard's daemon puts them back, at once if it runs"
    ]
    (change,) = becoming("ring_all", seats=seats).effective
    assert change.effects == ()


@pytest.mark.parametrize(
    ("strategy", "was", "waiting"),
    [
        ("linear", "longest_idle", 0),
        ("linear", "linear", 3),
        ("longest_idle", "linear", 3),
        ("ring_all", "longest_idle", 3),
    ],
)
def test_any_other_change_of_a_strategy_is_possible(strategy: str, was: str, waiting: int) -> None:
    found = becoming(strategy, was=was, waiting=waiting)
    assert not found.errors
    changed = [change for change in found.changes if change.action is Action.CHANGE]
    assert [(change.kind, change.name) for change in changed] == ([("queue", ENGLISH)] if strategy != was else [])
