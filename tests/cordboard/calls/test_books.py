"""The books: routing decisions explained, flows and blocks from the store, and what was read last when it is away."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.flow.document import Edge, Flow, Play, Target, TargetKind
from agi.flow.routing import Wish
from agi.ports import RouteRequest
from ami.models import AgentState
from cordboard.calls.books import Books, decide
from cordboard.calls.presence import AgentPresence, Presence
from cordboard.calls.reasons import ENGLISH, FRENCH
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.errors import StoreUnavailable
from cordboard.store.flows import flows_met, newest_flow, promote_flow, publish_flow, version_met, withdraw_flow
from cordboard.store.values import (
    Blocked,
    Company,
    Person,
    QueueSpec,
    RelaxStep,
    Skill,
    TargetRef,
)
from cordboard.store.values import TargetKind as Kind

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = TargetRef(Kind.HANGUP)
BILLING = QueueSpec(
    id="billing",
    name="Billing",
    skills={"french": 3, "billing": 2},
    relax=(RelaxStep(after=15, skills={"french": 1}),),
    when_full=END,
    when_late=END,
    when_empty=END,
    priority=4,
)
PEOPLE = {
    person.id: person
    for person in (
        Person(id="amel", name="Amel", extension="201", skills={"french": 5, "billing": 4}),
        Person(id="bob", name="Bob", extension="202", skills={"french": 3, "billing": 2}),
        Person(id="chloe", name="Chloé", extension="203", skills={"french": 1}),
        Person(id="dan", name="Dan", extension="204", skills={"english": 5}),
        Person(id="eve", name="Eve", skills={"french": 5, "billing": 5}),
    )
}
ACME = Company(
    id="acme",
    name="Acme",
    language="fr",
    country="FR",
    time_zone="Europe/Paris",
    skills={skill: Skill(id=skill, name=skill) for skill in ("french", "billing", "english")},
    people=PEOPLE,
    queues={"billing": BILLING},
    blocked=(Blocked(number="+33899", is_prefix=True, reason="premium"),),
)


def _here(state: AgentState = AgentState.READY, idle: float | None = None, reason: str = "") -> AgentPresence:
    last = None if idle is None else NOON - timedelta(seconds=idle)
    return AgentPresence(state, reason, last)


def _with(**agents: AgentPresence) -> Presence:
    return Presence(True, {f"acme-{name}": presence for name, presence in agents.items()})


def test_the_best_skilled_ready_agent_comes_first() -> None:
    decision = decide(ACME, BILLING, _with(amel=_here(idle=1), bob=_here(idle=500), chloe=_here()), NOON)
    assert [(c.agent, c.skipped_because) for c in decision.candidates] == [
        ("amel", None),
        ("bob", None),
        ("chloe", "not before 15 s of waiting"),
    ]
    assert (decision.max_penalty, decision.priority) == (99, 4)
    assert decision.why[-1] == "first offered to Amel"


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("longest_idle", "first offered to Dan"),
        ("fewest_calls", "first offered to one of Amel, Dan"),
        ("round_robin", "first offered to one of Amel, Dan"),
        ("random", "first offered to one of Amel, Dan"),
        ("linear", "first offered to one of Amel, Dan"),
        ("ring_all", "offered at once to Amel, Dan"),
    ],
)
def test_of_equals_no_more_is_said_than_the_strategy_tells(strategy: str, told: str) -> None:
    dan = replace(ACME.people["amel"], id="dan", name="Dan", extension="299")
    company = replace(ACME, people={**ACME.people, "dan": dan})
    presence = _with(amel=_here(idle=1), bob=_here(idle=900), dan=_here(idle=500))
    assert decide(company, replace(BILLING, strategy=strategy), presence, NOON).why[-1] == told
    alone = decide(company, replace(BILLING, strategy=strategy), _with(dan=_here(), bob=_here()), NOON)
    assert alone.why[-1] == "first offered to Dan"


def test_nobody_without_the_skill_or_without_a_phone_is_a_candidate() -> None:
    decision = decide(ACME, BILLING, _with(), NOON)
    assert {c.agent for c in decision.candidates} == {"amel", "bob", "chloe"}


def test_each_who_is_passed_over_is_told_why() -> None:
    presence = _with(amel=_here(AgentState.PAUSE, reason="lunch"), bob=_here(AgentState.INBOUND_CALL))
    told = {c.agent: c.skipped_because for c in decide(ACME, BILLING, presence, NOON).candidates}
    assert told == {"amel": "paused (lunch)", "bob": "on a call", "chloe": "not logged in"}


def test_a_decision_is_told_in_french() -> None:
    presence = _with(amel=_here(AgentState.PAUSE, reason="lunch"), chloe=_here())
    english, french = (decide(ACME, BILLING, presence, NOON, Wish(9), reasons) for reasons in (ENGLISH, FRENCH))
    assert french.why == (
        "priorité 9, comme le disent les menus",
        "Billing : demande french 3, billing 2",
        "après 15 s : french 1",
        "personne n’est prêt : l’appelant attend",
    )
    skipped = {each.agent: each.skipped_because for each in french.candidates}
    assert skipped == {"amel": "en pause (lunch)", "bob": "non connecté", "chloe": "pas avant 15 s d’attente"}
    assert [replace(each, skipped_because=None) for each in french.candidates] == [
        replace(each, skipped_because=None) for each in english.candidates
    ]
    assert not set(french.why) & set(english.why)


def test_waiting_for_a_skill_that_nobody_logged_in_has_is_spared() -> None:
    decision = decide(ACME, BILLING, _with(chloe=_here()), NOON)
    assert decision.max_penalty == 199
    assert decision.why[-1] == "first offered to Chloé"


def test_a_busy_expert_is_waited_for_as_written() -> None:
    decision = decide(ACME, BILLING, _with(amel=_here(AgentState.INBOUND_CALL), chloe=_here()), NOON)
    assert decision.max_penalty == 99
    assert decision.why[-1] == "nobody is ready: the caller waits"


def test_an_unknown_presence_changes_nothing() -> None:
    decision = decide(ACME, BILLING, Presence(False, {}), NOON)
    assert decision.max_penalty == 99
    assert decision.why[-1] == "agents' states are not known: the window opens as written"
    assert {c.state for c in decision.candidates} == {"unknown"}


@given(
    st.dictionaries(
        st.sampled_from(sorted(PEOPLE)),
        st.builds(_here, st.sampled_from(AgentState), st.none() | st.floats(0, 1e6)),
    )
)
def test_an_order_always_stands(agents: dict[str, AgentPresence]) -> None:
    decision = decide(ACME, BILLING, _with(**agents), NOON)
    free = [c for c in decision.candidates if c.skipped_because is None]
    assert free == list(decision.candidates[: len(free)])
    assert [c.penalty for c in free] == sorted(c.penalty for c in free)
    assert all(c.penalty <= decision.max_penalty and c.state == AgentState.READY for c in free)
    for one, other in itertools.pairwise(free):
        if one.penalty == other.penalty and other.idle_seconds is not None:
            assert one.idle_seconds is None or one.idle_seconds >= other.idle_seconds


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.sqlite") as opened:
        await opened.migrate()
        yield opened


def _flow(target: str) -> Flow:
    start = Play(id="did.main", prompt=None, then=Edge(Target(TargetKind.QUEUE, target)))
    return Flow(nodes={start.id: start})


async def test_the_store_is_read_anew_when_something_changed(store: Store) -> None:
    books = Books(store)
    assert await books.entry("acme", "main", "1.1", None) is None
    async with store.transaction() as session:
        await save_company(session, ACME, "test")
        await publish_flow(session, "acme", _flow("billing").to_json(), "test")
    first = await books.entry("acme", "main", "1.1", None)
    assert first is not None
    assert first.version == 1
    again = await books.entry("acme", "main", "1.1", None)
    assert again is not None
    assert again.flow is first.flow
    async with store.transaction() as session:
        await publish_flow(session, "acme", _flow("support").to_json(), "test")
    second = await books.entry("acme", "main", "1.1", None)
    assert second is not None
    assert second.version == 2
    assert await books.entry("acme", "nope", "1.1", None) is None


class _Watch:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at


async def _met(books: Books, call: str = "1.1", did: str = "main", version: int | None = None) -> int | None:
    entry = await books.entry("acme", did, call, version)
    return entry.version if entry else None


async def _published(store: Store, *targets: str, **options: Any) -> None:
    """A version for each of these queues, the last one with `options`."""
    async with store.transaction() as session:
        await save_company(session, ACME, "test")
        for target in targets:
            of = options if target == targets[-1] else {}
            await publish_flow(session, "acme", _flow(target).to_json(), "test", **of)


async def test_a_call_stays_on_its_version_and_the_next_enters_the_new_one(store: Store) -> None:
    books = Books(store)
    await _published(store, "billing")
    assert await _met(books) == 1
    await _published(store, "support")
    assert [await _met(books), await _met(books, version=1), await _met(books, version=2)] == [2, 1, 2]
    assert await _met(Books(store), version=1) == 1, "nor does it notice that the process began anew"
    assert await _met(books, version=7) == 2, "one that is on no version that is known enters as others do"
    async with store.transaction() as session:
        newest = await newest_flow(session, "acme")
        assert newest is not None
        await withdraw_flow(session, newest, "test")
    assert [await _met(books), await _met(books, version=2)] == [1, 2]


async def test_a_version_that_this_program_cannot_read_is_no_fault_of_the_store(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    books = Books(store)
    await _published(store, "billing")
    assert await _met(books) == 1
    async with store.transaction() as session:
        await publish_flow(session, "acme", {"nodes": {"did.main": {"kind": "of tomorrow"}}}, "test")
    assert await _met(books) == 1, "what was read last"
    assert await _met(books, version=2) == 1
    assert await _met(Books(store)) is None
    assert {record.message for record in caplog.records} == {
        "a version of menus cannot be read, what was read last is used"
    }


async def test_a_version_is_met_from_its_moment_on_though_the_store_is_away_by_then(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Watch(NOON)
    books = Books(store, clock)
    await _published(store, "billing", "support", starts=NOON + timedelta(hours=1))
    assert await _met(books) == 1

    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        raise StoreUnavailable("away")
        yield

    monkeypatch.setattr(store, "reading", away)
    clock.at = NOON + timedelta(minutes=59, seconds=59)
    assert await _met(books) == 1
    clock.at = NOON + timedelta(hours=1)
    assert [await _met(books), await _met(books, version=1)] == [2, 1]


async def test_a_share_of_the_calls_enters_a_version_on_trial_each_always_the_same(store: Store) -> None:
    await _published(store, "billing", "support", share=30)
    calls = [f"1790000{number}.{number}" for number in range(2000)]
    books = Books(store)
    met = [await _met(books, call) for call in calls[:200]]
    assert set(met) == {1, 2}
    assert met == [await _met(Books(store), call) for call in calls[:200]], "whichever process asks"
    async with store.reading() as session:
        versions = await flows_met(session, "acme")
    chosen = [version_met(versions, NOON, "main", call) for call in calls]
    assert 0.25 < sum(each is versions[0] for each in chosen) / len(calls) < 0.35


async def test_one_number_enters_a_version_on_trial(store: Store) -> None:
    await _published(store, "billing", "support", did="main")
    books = Books(store)
    assert await _met(books) == 2
    async with store.transaction() as session:
        versions = await flows_met(session, "acme")
        assert [version_met(versions, NOON, did, "1.1") for did in ("main", "other")] == [*versions]
        await promote_flow(session, versions[0], "test")
        promoted = await flows_met(session, "acme")
    assert version_met(promoted, datetime.now(UTC), "other", "1.1") == promoted[0]


async def test_a_caller_is_blocked_the_moment_the_store_says_so(store: Store) -> None:
    books = Books(store)
    assert await books.find("acme", "+33899123456") is None
    async with store.transaction() as session:
        await save_company(session, ACME, "test")
    found = await books.find("acme", "0899123456")
    assert found is not None
    assert (found.reason, found.treatment) == ("premium", "hangup")
    assert await books.find("acme", "+33612345678") is None


@asynccontextmanager
async def away() -> AsyncIterator[None]:
    """What reading a store that is away does."""
    raise StoreUnavailable("away")
    yield


async def test_what_was_read_ahead_answers_the_first_caller(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await _published(store, "billing")
    books, unread = Books(store), Books(store)
    await books.read_ahead()
    monkeypatch.setattr(store, "reading", away)
    assert await _met(books) == 1
    await unread.read_ahead()  # nothing can be read: that stops nobody
    assert await _met(unread) is None


async def test_what_was_read_last_answers_when_the_store_is_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(store)
    async with store.transaction() as session:
        await save_company(session, ACME, "test")
        await publish_flow(session, "acme", _flow("billing").to_json(), "test")
    assert await books.entry("acme", "main", "1.1", None) is not None
    monkeypatch.setattr(store, "reading", away)
    assert await books.entry("acme", "main", "1.1", None) is not None
    request = RouteRequest("acme", "billing", "unknown", "main", "fr", (), NOON)
    assert await books.decide(request) is not None
    assert await books.find("acme", "+33899123456") is None
