"""History has every call once: received or not, followed or not, and finds it by any of its names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from ami.conversation import Direction
from cordboard.journal import cdr
from cordboard.journal.books import Books
from cordboard.journal.history import PastCall, last_calls, past_call
from cordboard.journal.recorder import Recorder
from cordboard.journal.unfollowed import Unfollowed
from cordboard.store.engine import Store
from cordboard.store.records import FactRecord
from cordboard.store.spans import spans_within
from kit.cdr import row
from kit.told import START, Told

Record = Callable[..., AbstractAsyncContextManager[Recorder]]
BASE = int(START.timestamp())


def leg(number: int, endpoint: str, of: int = 0, **more: str) -> dict[str, str]:
    """A phone's leg of a call."""
    uniqueid = f"pbx1-{BASE}.{number}"
    return {
        "Channel": f"PJSIP/acme-{endpoint}-{number:08x}",
        "ChannelState": "6",
        "CallerIDNum": {"amel": "201", "bob": "202"}.get(endpoint, "+33612345678"),
        "CallerIDName": endpoint.title(),
        "Context": "cordboard-phones",
        "Exten": "202",
        "Uniqueid": uniqueid,
        "Linkedid": f"pbx1-{BASE}.{of or number}",
        **more,
    }


def amel_calls_bob(told: Told) -> tuple[dict[str, str], dict[str, str]]:
    one, two = leg(1, "amel"), leg(2, "bob", of=1)
    told.event("Newchannel", **one | {"ChannelState": "4"})
    told.event("Newchannel", **two | {"ChannelState": "0"})
    rung = {f"Dest{name}": value for name, value in two.items()} | {"DestChannelState": "5"}
    told.event("DialBegin", **one, **rung, DialString="acme-bob")
    told.after(2)
    told.event("DialEnd", **one, **rung | {"DestChannelState": "6"}, DialStatus="ANSWER")
    for each in (one, two):
        told.event("BridgeEnter", BridgeUniqueid="b1", BridgeType="basic", BridgeTechnology="simple_bridge", **each)
    return one, two


def hang_up(told: Told, *legs: dict[str, str]) -> None:
    for each in legs:
        told.event("Hangup", Cause="16", **each)


async def written(recorder: Recorder) -> None:
    async with asyncio.timeout(20):
        while recorder.waiting:
            await asyncio.sleep(0.005)


async def listed(store: Store, limit: int = 20, *directions: Direction) -> list[dict[str, Any]]:
    async with store.reading() as session:
        return [call.to_json() for call in await last_calls(session, "acme", limit, directions or tuple(Direction))]


async def found(store: Store, named: str, company: str = "acme") -> tuple[PastCall, tuple[FactRecord, ...]] | None:
    async with store.reading() as session:
        return await past_call(session, company, "pbx1", named)


async def test_a_call_between_two_of_us_is_kept_when_it_is_over(store: Store, told: Told, record: Record) -> None:
    async with record() as recorder:
        legs = amel_calls_bob(told)
        told.after(10)
        assert await listed(store) == []
        hang_up(told, *legs)
        await written(recorder)
    [call] = await listed(store)
    assert (call["id"], call["direction"], call["company"]) == (f"pbx1/pbx1-{BASE}.1", "internal", "acme")
    assert (call["caller_number"], call["dialled"], call["did"]) == ("201", "202", None)
    assert (call["outcome"], call["rang"], call["talked"], call["agent"]) == ("answered", 2.0, 10.0, "bob")
    assert (call["entered"], call["ended"] - call["entered"]) == (START, timedelta(seconds=12))
    for named in (f"pbx1-{BASE}.1", f"pbx1-{BASE}.2"):
        shown = await found(store, named)
        assert shown is not None
        assert shown[1] == ()
        story = shown[0].story
        assert story is not None
        assert [(party["number"], party["role"], party["outside"]) for party in story["parties"]] == [
            ("201", "caller", False), ("202", "called", False),
        ]  # fmt: skip
    assert await found(store, f"pbx1-{BASE}.2", company="other") is None
    assert await found(store, "nobody") is None


async def test_a_received_call_and_its_conversation_are_one(store: Store, told: Told, record: Record) -> None:
    told.member("acme-amel")
    async with record() as recorder:
        call = told.call(f"pbx1-{BASE}.7")
        told.event("Newchannel", **call.leg | {"ChannelState": "4"})
        call.enters().joins().rings("acme-amel")
        told.after(3)
        call.talks_to("acme-amel")
        told.after(20)
        call.hangs_up()
        hang_up(told, {name.removeprefix("Dest"): value for name, value in call.dest("acme-amel").items()})
        await written(recorder)
    [shown] = await listed(store)
    assert (shown["id"], shown["conversation"]) == (f"pbx1/pbx1-{BASE}.7", f"pbx1-{BASE}.7")
    assert (shown["direction"], shown["did"], shown["outcome"], shown["agent"]) == (
        "inbound",
        "main",
        "handled",
        "amel",
    )
    assert shown["why"]["agent"] == "amel"
    asked = await found(store, f"pbx1-{BASE}.7-acme-amel") or await found(store, f"pbx1-{BASE}.7")
    assert asked is not None
    one, facts = asked
    assert facts[0].kind == "entered"
    assert one.story is not None
    assert [party["role"] for party in one.story["parties"]] == ["caller", "agent"]
    assert await listed(store, 20, Direction.OUTBOUND) == []
    assert len(await listed(store, 20, Direction.INBOUND, Direction.OUTBOUND)) == 1


async def test_a_received_call_that_began_as_another_names_it(store: Store, told: Told, record: Record) -> None:
    """Somebody of ours calls our own number: what enters there is the second leg of his call."""
    async with record() as recorder:
        amel = leg(1, "amel")
        told.event("Newchannel", **amel)
        call = told.call(f"pbx1-{BASE}.2")
        part = call.leg | {"Linkedid": f"pbx1-{BASE}.1"}
        told.event("Newchannel", **part)
        told.event("UserEvent", UserEvent="CordboardEntered", Did="main", Company="acme", Generation="7", **part)
        told.after(5)
        hang_up(told, part, amel)
        await written(recorder)
    [shown] = await listed(store)
    assert (shown["id"], shown["uniqueid"], shown["conversation"]) == (
        f"pbx1/pbx1-{BASE}.1", f"pbx1-{BASE}.2", f"pbx1-{BASE}.1",
    )  # fmt: skip
    for named in (f"pbx1-{BASE}.1", f"pbx1-{BASE}.2"):
        asked = await found(store, named)
        assert asked is not None
        assert asked[0].id == f"pbx1/pbx1-{BASE}.1"
        assert [fact.kind for fact in asked[1]] == ["entered", "hung_up"]


async def test_two_received_calls_that_became_one_are_both_told_who_ended_it(
    store: Store, told: Told, record: Record
) -> None:
    """Each has its own row; both have what only the whole knows, as each has it when it is asked for."""
    async with record() as recorder:
        legs = []
        for number in (7, 8):
            call = told.call(f"pbx1-{BASE}.{number}")
            told.event("Newchannel", **call.leg | {"ChannelState": "4"})
            call.enters()
            told.after(2)
            legs.append(call.leg)
        for each in legs:
            told.event("BridgeEnter", BridgeUniqueid="b1", BridgeType="basic", BridgeTechnology="simple_bridge", **each)
        told.after(10)
        told.event("HangupRequest", Cause="16", **legs[0])
        hang_up(told, *legs)
        await written(recorder)
    both = await listed(store)
    assert sorted(each["id"] for each in both) == [f"pbx1/pbx1-{BASE}.7", f"pbx1/pbx1-{BASE}.8"]
    assert [each["ended_by"] for each in both] == ["caller", "caller"]
    for each in both:
        asked = await found(store, each["uniqueid"])
        assert asked is not None
        assert asked[0].story is not None
        assert asked[0].story["ended_by"] == "caller"
        assert asked[0].to_json() | {"id": each["id"]} == each


async def test_a_call_that_its_switch_took_with_it_ended_when_the_link_did(
    store: Store, told: Told, record: Record
) -> None:
    """One moment in its row, its story, its facts and in what the agent did, though Asterisk was back later."""
    told.member("acme-amel")
    async with record() as recorder:
        call = told.call(f"pbx1-{BASE}.7")
        told.event("Newchannel", **call.leg | {"ChannelState": "4"})
        call.enters().joins().rings("acme-amel")
        told.after(3)
        call.talks_to("acme-amel")
        over = told.after(20).now
        told.after(60).relist(reason="restart", over=over)
        await written(recorder)
    [shown] = await listed(store)
    assert (shown["outcome"], shown["agent"], shown["waited"], shown["talked"]) == ("handled", "amel", 3.0, 20.0)
    assert (shown["ended"], shown["is_repaired"]) == (over, True)
    asked = await found(store, shown["uniqueid"])
    assert asked is not None
    one, facts = asked
    assert [(fact.kind, fact.at) for fact in facts[-2:]] == [("completed", over), ("lost", over)]
    assert one.story is not None
    moment = over.isoformat(timespec="milliseconds")
    assert (one.story["outcome"], one.story["detail"]) == ("unseen", "restart")
    ends = {party["left"] for party in one.story["parties"]} | {
        party["spans"][-1]["until"] for party in one.story["parties"]
    }
    assert ends | {one.story["ended"], one.story["queues"][0]["completed"]} == {moment}
    async with store.reading() as session:
        spans = await spans_within(session, "acme", START - timedelta(days=1), START + timedelta(days=1))
    assert [(span.state, span.until) for span in spans][-1] == ("inbound_call", over)


async def test_a_call_that_nobody_followed_is_listed_beside_the_others(
    store: Store, told: Told, record: Record
) -> None:
    async with record() as recorder:
        hang_up(told, *amel_calls_bob(told))
        missed = tuple(cdr.records_of(row(f"pbx1-{BASE}.9", at=START - timedelta(minutes=1), told="dissuaded late")))
        assert await Unfollowed(store, "pbx1", recorder, Books()).take_up({f"pbx1-{BASE}.9": missed}) == {
            f"pbx1-{BASE}.9"
        }
        await written(recorder)
    first, second = await listed(store)
    assert (first["direction"], second["direction"]) == ("internal", "inbound")
    assert (second["outcome"], second["is_partial"], second["dialled"]) == ("dissuaded", True, "")
    assert first.keys() == second.keys()
    asked = await found(store, f"pbx1-{BASE}.9")
    assert asked is not None
    assert asked[0].story is None
    assert await listed(store, 1) == [first]


async def test_each_of_many_calls_is_listed_once_whatever_the_limit(store: Store, told: Told, record: Record) -> None:
    """Received calls that end before, with and after what people take for the call."""
    async with record() as recorder:
        for number in range(10, 60, 2):
            told.after(1)
            call = told.call(f"pbx1-{BASE}.{number}").enters()
            other = leg(number + 1, "bob", of=number)
            if number % 3:
                told.event("Newchannel", **other)
            call.hangs_up()
            told.after(number % 5)
            if number % 3:
                hang_up(told, other)
        await written(recorder)
    everything = await listed(store, 100)
    assert len(everything) == 25
    for limit in range(1, 26):
        assert await listed(store, limit) == everything[:limit]
