"""What agents did is kept from when to when, with the call that it was about; the day's figures are made of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from ami.models import AgentState, LinkState
from ami.states import Noted
from cordboard.journal.day import figures_of_day
from cordboard.journal.recorder import Recorder
from cordboard.journal.tally import Handling
from cordboard.store.engine import Store
from cordboard.store.records import AgentSpan
from cordboard.store.spans import record_spans, spans_within
from kit.told import START, Caller, Told

Record = Callable[..., AbstractAsyncContextManager[Recorder]]
DAY = timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")


async def spans(store: Store, agent: str = "amel") -> list[AgentSpan]:
    async with store.reading() as session:
        return [span for span in await spans_within(session, "acme", START - DAY, START + DAY) if span.agent == agent]


def told_of(found: list[AgentSpan]) -> list[tuple[str, float]]:
    return [(span.state, (span.until - span.since).total_seconds()) for span in found]


def talk(told: Told, uniqueid: str, *, seconds: float, wrap_up: float) -> Caller:
    """A call of a queue to Amel, who wraps up after it."""
    call = told.call(uniqueid).enters().joins().rings("acme-amel")
    leg = {name.removeprefix("Dest"): value for name, value in call.dest("acme-amel").items()}
    told.after(2)
    told.event("Newstate", **leg | {"ChannelState": "6"})
    call.talks_to("acme-amel")
    for each in (call.leg, leg):
        told.event("BridgeEnter", BridgeUniqueid=uniqueid, BridgeType="basic", BridgeTechnology="simple", **each)
    told.after(seconds)
    call.hangs_up()
    told.event("Hangup", Cause="16", **leg)
    if wrap_up:
        told.live.note(
            "acme-amel", Noted("wrapup", AgentState.WRAP_UP, told.now, told.now + timedelta(seconds=wrap_up))
        )
        pause(told, "wrapup")
        told.after(wrap_up)
        told.live.note("acme-amel", None)
        pause(told, "")
    return call


def pause(told: Told, reason: str) -> None:
    standing = {
        "Penalty": "0",
        "Status": "1",
        "LastCall": "0",
        "Paused": str(int(bool(reason))),
        "PausedReason": reason,
    }
    told.event(
        "QueueMemberPause", Queue="acme-billing", Interface="PJSIP/acme-amel", MemberName="acme-amel", **standing
    )


async def test_a_day_of_an_agent(store: Store, told: Told, record: Record) -> None:
    async with record():
        told.member("acme-amel")
        told.after(30)
        talk(told, "1.1", seconds=20, wrap_up=10)
        told.after(5)
        pause(told, "lunch")
        told.after(600)
        pause(told, "")
        told.after(7)
        talk(told, "1.2", seconds=40, wrap_up=0)
        told.after(8)
    found = await spans(store)
    assert told_of(found) == [
        ("ready", 30), ("ringing", 2), ("inbound_call", 20), ("wrap_up", 10), ("ready", 5), ("pause", 600),
        ("ready", 7), ("ringing", 2), ("inbound_call", 40), ("ready", 8),
    ]  # fmt: skip
    about = [(span.state, span.queue, span.call) for span in found if span.queue or span.call]
    assert about == [
        ("inbound_call", "billing", "1.1"), ("wrap_up", "billing", "1.1"), ("inbound_call", "billing", "1.2"),
    ]  # fmt: skip
    assert [span.reason for span in found if span.state == "pause"] == ["lunch"]
    async with store.reading() as session:
        day = await figures_of_day(session, "acme", START.date(), PARIS)
        before = await figures_of_day(session, "acme", START.date() - DAY, PARIS)
    amel = day.agents["amel"]
    assert amel.handling == day.handling == Handling(2, 60, 0, 10)
    assert (day.handling.parts, day.handling.mean) == ((30, 0, 5), 35)
    assert day.tally.handled == 2
    assert amel.spent == {"ready": 50, "ringing": 4, "inbound_call": 60, "wrap_up": 10, "pause": 600}
    assert (before.agents, before.handling, before.handling.mean) == ({}, Handling(), None)


async def test_what_goes_on_when_the_program_ends_goes_on_in_the_next(store: Store, told: Told, record: Record) -> None:
    async with record():
        told.member("acme-amel")
        pause(told, "lunch")
        told.live.note("acme-amel", Noted("lunch", AgentState.PAUSE, since=told.now))
        told.after(60)
    again = Told()
    again.now = told.now
    again.live.set_link(LinkState.SYNCING)
    async with record(again):
        again.live.note("acme-amel", Noted("lunch", AgentState.PAUSE, since=START))
        again.after(40)
        again.live.set_link(LinkState.LIVE)
        again.member("acme-amel", Paused="1", PausedReason="lunch")
        again.after(100)
        pause(again, "")
    assert told_of(await spans(store)) == [("pause", 200)]


async def test_who_is_not_listed_any_more_has_logged_out(store: Store, told: Told, record: Record) -> None:
    async with record():
        told.member("acme-amel")
        told.member("acme-bob")
        told.after(50)
        told.event("QueueMemberRemoved", Queue="acme-billing", Interface="PJSIP/acme-bob", MemberName="acme-bob")
        told.after(10)
        told.relist()
        told.after(500)
    assert told_of(await spans(store)) == [("ready", 60)]
    assert told_of(await spans(store, "bob")) == [("ready", 50)]


async def test_of_a_span_over_midnight_each_day_has_its_part(store: Store) -> None:
    midnight = START.replace(hour=23)  # in Paris
    span = AgentSpan(
        node="pbx1", company="acme", agent="amel", since=midnight - timedelta(hours=1),
        until=midnight + timedelta(hours=3), state="withdrawn",
    )  # fmt: skip
    async with store.transaction() as session:
        await record_spans(session, [span])
        await record_spans(session, [span])
    async with store.reading() as session:
        spent = [
            (await figures_of_day(session, "acme", START.date() + DAY * number, PARIS)).agents["amel"].spent
            for number in (0, 1)
        ]
        assert spent == [{"withdrawn": 3600}, {"withdrawn": 3 * 3600}]
        assert (await figures_of_day(session, "other", START.date(), PARIS)).agents == {}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
async def test_a_day_is_as_long_as_the_clocks_make_it(store: Store, day: date, hours: int) -> None:
    span = AgentSpan(
        node="pbx1", company="acme", agent="amel", since=START - 900 * DAY, until=START + 900 * DAY, state="ready"
    )
    async with store.transaction() as session:
        await record_spans(session, [span])
        assert (await figures_of_day(session, "acme", day, PARIS)).agents["amel"].spent == {"ready": hours * 3600}
