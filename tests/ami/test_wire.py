"""The repaired connection: each known fault of panoramisk 1.4 is brought about, and does no harm."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

import pytest
from panoramisk.manager import Manager as PanoramiskManager

from ami import wire as wire_module
from ami.actions import (
    CoreShowChannels,
    CoreStatus,
    DeviceStateList,
    Getvar,
    Originate,
    Ping,
    QueueAdd,
    QueueStatus,
    Reload,
)
from ami.errors import ActionRefused, AmiError, LinkDown, LoginRefused, OutcomeUnknown, UnsafeValue
from ami.events import ChannelHungUp, DeviceChanged, Event
from ami.wire import Address, Reply, Wire
from kit.asterisk_peer import AmiPeer, error, event, listing, success
from kit.proxy import FaultProxy

ADD = QueueAdd("acme-sales", "PJSIP/acme-amel", "acme-amel")
CALL = Originate("Local/s@x", "x", "s")


@asynccontextmanager
async def opened(peer: AmiPeer | FaultProxy, **options: Any) -> AsyncIterator[Wire]:
    wire = Wire(Address(peer.host, peer.port, "test", "test-secret"), **options)
    try:
        await wire.open(5)
        yield wire
    finally:
        wire.close()


@pytest.fixture
async def peer() -> AsyncIterator[AmiPeer]:
    async with AmiPeer() as peer:
        yield peer


def hangups(*uniqueids: str) -> bytes:
    return b"".join(event("Hangup", Uniqueid=uniqueid).encode() for uniqueid in uniqueids)


async def told(wire: Wire, count: int) -> list[Event]:
    events: list[Event] = []
    async with asyncio.timeout(30):
        while len(events) < count:
            events += await wire.next_events()
    return events


def ids(events: list[Event]) -> list[str]:
    return [event.leg.uniqueid for event in events if isinstance(event, ChannelHungUp)]


# Events


async def test_a_character_split_between_segments_survives(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        peer.segment = 1
        await peer.tell("Event: Hangup\r\nUniqueid: café🎧\r\nCause-txt: \r\n\r\n".encode())
        [event] = await told(wire, 1)
        assert isinstance(event, ChannelHungUp)
        assert (event.leg.uniqueid, event.text) == ("café🎧", "")


async def test_a_forged_event_in_a_value_is_no_event(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        forged = "Event: UserEvent\r\nUniqueid: 1\r\nUserEvent: X\r\nBody: \n\nEvent: Hangup\nUniqueid: 6\n\n\r\n\r\n"
        await peer.tell(forged.encode(), hangups("7"))
        assert ids(await told(wire, 1)) == ["7"]


async def test_events_stay_in_order_and_make_no_task(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        before = len(asyncio.all_tasks())
        await peer.tell(hangups(*map(str, range(3000))))
        first = await wire.next_events()
        assert len(asyncio.all_tasks()) <= before + 1
        assert ids(first + await told(wire, 3000 - len(first))) == list(map(str, range(3000)))


async def test_a_full_backlog_loses_and_counts(peer: AmiPeer) -> None:
    async with opened(peer, backlog_events=100) as wire:
        await peer.tell(hangups(*map(str, range(1000))))
        await wire.act(Ping(), 5)
        kept = ids(await told(wire, 100))
        assert kept == list(map(str, range(100)))
        assert wire.lost_events == 900
        await peer.tell(hangups("after"))
        assert ids(await told(wire, 1)) == ["after"]


async def test_what_nobody_watches_takes_no_room(peer: AmiPeer) -> None:
    async with opened(peer, backlog_events=10) as wire:
        await peer.tell(*[event("VarSet", Variable="A", Value=str(n)) for n in range(50)])
        await peer.tell(hangups("1"))
        assert ids(await told(wire, 1)) == ["1"]
        assert wire.lost_events == 0


async def test_waiting_for_events_ends_with_its_patience(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        assert await wire.next_events(timeout=0.01) == []


async def test_what_came_before_the_end_is_still_told(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        await peer.tell(hangups("1"))
        await wire.act(Ping(), 5)
        peer.drop()
        await asyncio.sleep(0.05)
        assert not wire.is_open
        assert ids(await wire.next_events()) == ["1"]
        with pytest.raises(LinkDown):
            await wire.next_events()


# Actions


async def test_an_answer_and_a_value(peer: AmiPeer) -> None:
    peer.answer("Getvar", success(Variable="CFG", Value="gen 7"))
    peer.answer("CoreStatus", success(CoreStartupDate="2026-11-21", CoreStartupTime="10:00:00"))
    async with opened(peer) as wire:
        assert await wire.act(Getvar("CFG"), 5) == Reply("", "gen 7")
        assert (await wire.act(CoreStatus(), 5)).started == "2026-11-21 10:00:00"


async def test_queue_add_is_answered(peer: AmiPeer) -> None:
    """panoramisk takes these words for the start of a list, and waits for ever."""
    peer.answer("QueueAdd", success("Added interface to queue"))
    async with opened(peer) as wire:
        assert (await wire.act(ADD, 5)).message == "Added interface to queue"


async def test_panoramisk_alone_never_answers_queue_add(peer: AmiPeer) -> None:
    """The fault that is repaired here; the day this fails, panoramisk was repaired itself."""
    peer.answer("QueueAdd", success("Added interface to queue"))
    bare = PanoramiskManager(host=peer.host, port=peer.port, username="test", secret="test-secret")
    connecting = bare.connect()
    await peer.connected()
    future = bare.send_action({"Action": "QueueAdd"})
    await peer.received("QueueAdd")
    _, pending = await asyncio.wait([future], timeout=0.2)
    assert pending
    with patch.object(bare, "connection_lost"):  # it would come back
        bare.close()
        await connecting
        await asyncio.sleep(0.05)


async def test_a_refusal_is_an_error(peer: AmiPeer) -> None:
    peer.answer("QueueAdd", error("Unable to add interface: Already there"))
    async with opened(peer) as wire:
        with pytest.raises(ActionRefused, match="Already there"):
            await wire.act(ADD, 5)


async def test_a_list_that_is_refused_ends(peer: AmiPeer) -> None:
    """panoramisk waits for the rows of a list that will not come."""
    peer.answer("QueueStatus", error("No such queue"))
    peer.answer("CoreShowChannels", error("No Contacts found"))
    async with opened(peer) as wire:
        with pytest.raises(ActionRefused, match="No such queue"):
            await wire.list(QueueStatus(), 5)
        assert await wire.list(CoreShowChannels(), 5) == []


async def test_a_success_that_announces_no_list_is_an_empty_one(peer: AmiPeer) -> None:
    peer.answer("DeviceStateList", success("There is nothing"))
    async with opened(peer) as wire:
        assert await wire.list(DeviceStateList(), 5) == []


async def test_events_between_the_rows_of_a_list_are_events(peer: AmiPeer) -> None:
    rows = [event("DeviceStateChange", Device=f"PJSIP/{n}", State="INUSE") for n in range(3)]
    start, *rest = listing("DeviceStateList", *rows)
    async with opened(peer) as wire:
        peer.answer("DeviceStateList", [start, rest[0], hangups("1"), *rest[1:]])
        found = await wire.list(DeviceStateList(), 5)
        assert [row.device for row in found] == ["PJSIP/0", "PJSIP/1", "PJSIP/2"]
        assert ids(await told(wire, 1)) == ["1"]


async def test_a_list_cut_short_is_refused(peer: AmiPeer) -> None:
    start, *_ = listing("QueueStatus")
    peer.answer("QueueStatus", [start, event("QueueStatusComplete", EventList="cancelled")])
    async with opened(peer) as wire:
        with pytest.raises(ActionRefused):
            await wire.list(QueueStatus(), 5)


async def test_a_long_list_does_not_keep_the_reader_from_reading(peer: AmiPeer) -> None:
    rows = [event("DeviceStateChange", Device=f"PJSIP/{n}", State="INUSE") for n in range(5000)]
    peer.answer("DeviceStateList", listing("DeviceStateList", *rows))
    async with opened(peer) as wire:
        assert len(await wire.list(DeviceStateList(), 10)) == 5000


async def test_an_unsafe_value_is_refused_before_anything_is_sent(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        with pytest.raises(UnsafeValue):
            await wire.act(Getvar("x\r\n\r\nAction: Originate"), 5)
        await wire.act(Ping(), 5)
        assert [action["Action"] for action in peer.actions] == ["Login", "Ping"]


async def test_unsafe_account_is_refused_before_anything_is_sent(peer: AmiPeer) -> None:
    with pytest.raises(UnsafeValue):
        Wire(Address(peer.host, peer.port, "test", "x\r\nAction: Ping"))


async def test_no_answer_in_time_is_an_unknown_outcome(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        peer.is_mute = True
        with pytest.raises(OutcomeUnknown, match="Originate"):
            await wire.act(CALL, 0.05)
        assert wire.is_open


async def test_an_answer_too_late_is_counted_and_harms_nobody(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        peer.answer("CoreStatus", success())
        peer.delay = 0.1
        with pytest.raises(OutcomeUnknown):
            await wire.act(CoreStatus(), 0.01)
        peer.delay = 0
        assert (await wire.act(Ping(), 5)).message == ""
        assert wire.orphans == 1


async def test_rows_that_come_too_late_are_no_events(peer: AmiPeer) -> None:
    start, row, end = listing("DeviceStateList", event("DeviceStateChange", Device="PJSIP/a", State="INUSE"))
    async with opened(peer) as wire:
        peer.answer("DeviceStateList", start)
        with pytest.raises(OutcomeUnknown):
            await wire.list(DeviceStateList(), 0.05)
        asked = await peer.received("DeviceStateList")
        await peer.tell(row.with_action_id(asked["ActionID"]), end.with_action_id(asked["ActionID"]), hangups("1"))
        events = await told(wire, 1)
        assert ids(events) == ["1"]
        assert not [event for event in events if isinstance(event, DeviceChanged)]


async def test_an_answer_that_is_lost_with_the_link_is_an_unknown_outcome_and_nothing_is_sent_again(
    peer: AmiPeer,
) -> None:
    peer.answer("Originate", success("Originate successfully queued"))
    async with FaultProxy(peer.host, peer.port) as proxy, opened(proxy) as wire:
        proxy.down.is_blackhole = True
        asking = asyncio.create_task(wire.act(CALL, 10))
        await peer.received("Originate")
        while not proxy.down.swallowed:
            await asyncio.sleep(0.01)
        proxy.cut()
        with pytest.raises(OutcomeUnknown):
            await asking
        assert not wire.awaiting_actions
        proxy.down.is_blackhole = False
        async with opened(proxy) as again:
            await again.act(Ping(), 5)
    assert [action["Action"] for action in peer.actions].count("Originate") == 1


async def test_a_list_half_told_when_the_link_is_lost_fails(peer: AmiPeer) -> None:
    start, row, _ = listing("DeviceStateList", event("DeviceStateChange", Device="PJSIP/a", State="INUSE"))
    peer.answer("DeviceStateList", [start, row])
    async with opened(peer) as wire:
        asking = asyncio.create_task(wire.list(DeviceStateList(), 10))
        await peer.received("DeviceStateList")
        await asyncio.sleep(0.05)
        peer.drop()
        with pytest.raises(OutcomeUnknown):
            await asking


async def test_too_many_actions_at_once_wait_their_turn(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        answers = await asyncio.gather(*(wire.act(Ping(), 10) for _ in range(1000)))
        assert len(answers) == 1000
        with patch.object(wire, "_slots", asyncio.Semaphore(0)), pytest.raises(LinkDown):
            await wire.act(Ping(), 0.01)


async def test_an_action_that_is_given_up_leaves_nothing(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        peer.is_mute = True
        asking = asyncio.create_task(wire.act(CALL, 10))
        await peer.received("Originate")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert wire.protocol is not None
        assert not wire.protocol.responses


# The life of the connection


async def test_a_half_open_link_is_found(peer: AmiPeer) -> None:
    async with (
        FaultProxy(peer.host, peer.port) as proxy,
        opened(proxy, ping_interval=0.05, ping_deadline=0.05) as wire,
    ):
        await peer.received("Ping", 3)
        assert wire.is_open
        proxy.down.is_blackhole = True
        with pytest.raises(LinkDown, match="ping"):
            await wire.next_events()
        assert not wire.is_open
        assert proxy.down.swallowed > 0


async def test_a_long_action_is_waited_for_to_its_own_deadline(peer: AmiPeer) -> None:
    """Asterisk answers a ping after the reload that was asked for before it."""
    async with opened(peer, wants_events=False, ping_interval=0.02, ping_deadline=0.02) as wire:
        peer.is_mute = True
        with pytest.raises(OutcomeUnknown, match="no answer within"):
            await wire.act(Reload("res_pjsip"), 0.5)
        assert wire.is_open


async def test_a_process_that_was_busy_reads_the_answer_before_it_gives_the_link_up(peer: AmiPeer) -> None:
    async with opened(peer, ping_interval=0.01, ping_deadline=0.05) as wire:
        for _ in range(3):
            await peer.received("Ping", 1)
            be_busy(0.2)
            await asyncio.sleep(0.02)
            assert wire.is_open


def be_busy(seconds: float) -> None:
    time.sleep(seconds)


async def test_a_wrong_password_is_told_and_tried_once(peer: AmiPeer) -> None:
    wire = Wire(Address(peer.host, peer.port, "test", "wrong"))
    with pytest.raises(LoginRefused, match="Authentication failed"):
        await wire.open(5)
    await asyncio.sleep(0.05)
    assert len(peer.sessions) == 1
    assert not wire.is_open


async def test_nobody_there(unused_tcp_port: int) -> None:
    wire = Wire(Address("127.0.0.1", unused_tcp_port, "test", "test-secret"))
    with pytest.raises(LinkDown):
        await wire.open(5)


async def test_a_peer_that_says_nothing_is_given_up(peer: AmiPeer) -> None:
    peer.is_mute = True
    wire = Wire(Address(peer.host, peer.port, "test", "test-secret"))
    with pytest.raises(LinkDown, match="no login within"):
        await wire.open(0.1)
    await asyncio.wait_for(peer.session.closed.wait(), 30)


async def test_a_peer_that_closes_at_once(peer: AmiPeer) -> None:
    async with FaultProxy(peer.host, peer.port) as proxy:
        proxy.refuses = True
        wire = Wire(Address(proxy.host, proxy.port, "test", "test-secret"))
        with pytest.raises(LinkDown):
            await wire.open(5)
        assert proxy.refused == 1


async def test_opening_that_is_given_up_leaves_nothing(peer: AmiPeer) -> None:
    peer.is_mute = True
    wire = Wire(Address(peer.host, peer.port, "test", "test-secret"))
    opening = asyncio.create_task(wire.open(10))
    await peer.received("Login")
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await asyncio.wait_for(peer.session.closed.wait(), 30)


async def test_closing_is_the_end(peer: AmiPeer) -> None:
    """panoramisk comes back after its close, and resends."""
    async with opened(peer) as wire:
        pass
    wire.close()
    await asyncio.wait_for(peer.session.closed.wait(), 30)
    with patch.object(wire_module.Wire, "connect") as connect:
        await asyncio.sleep(0.05)
        assert not connect.called
    with pytest.raises(LinkDown):
        await wire.act(Ping(), 5)
    assert len(peer.sessions) == 1


async def test_the_first_reason_stays(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        wire.lose("first")
        wire.lose("second")
        assert wire.end == "first"


async def test_a_message_without_end_loses_the_link(peer: AmiPeer) -> None:
    async with opened(peer) as wire:
        await peer.tell(b"x" * (2 << 20))
        with pytest.raises(LinkDown, match="without an end"):
            await wire.next_events()


@pytest.mark.parametrize("offset", [*range(130), 200, 400, 800])
async def test_cut_at_any_byte(peer: AmiPeer, offset: int) -> None:
    """Whatever had arrived, an error of our own is what comes out, or whole events in order."""
    peer.cut_after = offset
    wire = Wire(Address(peer.host, peer.port, "test", "test-secret"))
    taken: list[Event] = []

    async def live_until_the_cut() -> None:
        await wire.open(5)
        await peer.connected()
        await peer.tell(*[hangups(str(n)) for n in range(40)])
        while True:
            taken.extend(await wire.next_events())

    with pytest.raises(AmiError):
        await live_until_the_cut()
    wire.close()
    assert peer.cuts == 1
    assert ids(taken) == [str(n) for n in range(len(taken))]


async def test_no_secret_is_logged_or_shown(peer: AmiPeer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = Address(peer.host, peer.port, "test", "very-secret-word")
    with suppress(LoginRefused):
        await Wire(address).open(5)
    assert "very-secret-word" not in caplog.text + repr(address)
