"""One switch's connection through its life, against a manager port made of bytes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from ami import client as client_module
from ami.actions import Originate, Ping, QueueAdd, QueueStatus
from ami.client import Address, SwitchLink, open_manager
from ami.errors import ActionRefused, LinkDown, LoginRefused, OutcomeUnknown
from ami.live import Clock, Live, utc_now
from ami.models import Agent, AgentState, Call, Change, LinkState, Snapshot, Stage
from kit.asterisk_peer import AmiPeer, error, event, success
from kit.followed_peer import FollowedPeer as Asterisk
from kit.proxy import FaultProxy
from kit.recorded import Time

PATIENCE = 30.0
CHANNEL = {
    "Channel": "PJSIP/carrier-00000001",
    "ChannelState": "6",
    "CallerIDNum": "+33612345678",
    "AccountCode": "acme-main",
    "Context": "cb-queue-g7",
    "Exten": "sales",
    "Uniqueid": "pbx1-1.1",
    "Linkedid": "pbx1-1.1",
}
MEMBER = {"Queue": "acme-sales", "Name": "acme-amel", "Location": "PJSIP/acme-amel", "Status": "1", "Wrapuptime": "10"}
QUEUE = event("QueueParams", Queue="acme-sales", Strategy="leastrecent")
AMEL = event("QueueMember", MEMBER)
CALLER = event("CoreShowChannel", CHANNEL, Application="Queue", Duration="00:00:20", BridgeId="")
WAITING = event("QueueEntry", Queue="acme-sales", Position="1", Uniqueid="pbx1-1.1", Wait="9", Priority="5")
HANGUP = event("Hangup", CHANNEL | {"Cause": "16", "Cause-txt": "Normal Clearing"})


class Follower:
    """A link that runs, with everything it told."""

    def __init__(self, host: str, port: int, *, clock: Clock = utc_now, **options: Any) -> None:
        self.live = Live("pbx1", clock)
        self.changes: list[Change] = []
        self.live.watch(self.changes.append)
        options = {"sweep_interval": 3600.0, "barrier_deadline": 5.0, **options}
        self.link = SwitchLink("pbx1", Address(host, port, "cordboard", "secret"), self.live, **options)

    def resets(self) -> list[Snapshot]:
        return [change.value for change in self.changes if isinstance(change.value, Snapshot)]

    def ended(self) -> list[Call]:
        calls = [change.value for change in self.changes if isinstance(change.value, Call)]
        return [call for call in calls if call.ended is not None]

    def states(self) -> list[str]:
        return [change.value.state for change in self.changes if change.kind == "link"]  # type: ignore[union-attr]


@asynccontextmanager
async def following(peer: AmiPeer | FaultProxy, **options: Any) -> AsyncIterator[Follower]:
    follower = Follower(peer.host, peer.port, **options)
    running = asyncio.create_task(follower.link.run())
    try:
        yield follower
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    async with Asterisk() as peer:
        yield peer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is moved, not waited for: come back at once."""
    for name in ("RETRY_FIRST", "RETRY_LAST", "RESYNC_RETRY"):
        monkeypatch.setattr(client_module, name, 0.01)


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


# The first list


async def test_what_is_there_is_shown_when_the_barrier_is_passed(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        snapshot = follower.live.snapshot()
        [call] = snapshot.calls
        assert (call.stage, call.queue, call.position, call.did, call.is_partial) == (
            Stage.WAITING, "acme-sales", 1, "main", True,
        )  # fmt: skip
        assert call.joined is not None
        assert 8 < (snapshot.at - call.joined).total_seconds() < 9 + PATIENCE
        assert [agent.state for agent in snapshot.agents] == [AgentState.READY]
        [reset] = follower.resets()
        assert reset.calls == snapshot.calls
        assert [change.kind for change in follower.changes] == ["link", "link", "reset"]
        assert follower.states() == [LinkState.SYNCING, LinkState.LIVE]


async def test_events_while_listing_are_applied_and_none_is_told_before(asterisk: Asterisk) -> None:
    """The list is ahead of the events: what it shows is told again, what ended meanwhile is gone."""
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    joined = event("QueueCallerJoin", CHANNEL | {"Queue": "acme-sales", "Position": "1", "Count": "1"})
    ids = {"Uniqueid": "pbx1-1.2", "Linkedid": "pbx1-1.2", "Channel": "PJSIP/acme-max-2"}
    other = event("Newchannel", CHANNEL | ids)
    asterisk.before_barrier = [joined, other, HANGUP]
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        snapshot = follower.live.snapshot()
        assert [channel.uniqueid for channel in snapshot.channels] == ["pbx1-1.2"]
        assert snapshot.queues[0].waiting == ()
        assert [change.kind for change in follower.changes] == ["link", "link", "call", "reset"]
        assert len(follower.ended()) == 1


async def test_who_hears_that_it_is_live_sees_what_is_live(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        seen: list[tuple[LinkState, int]] = []
        live = follower.live
        live.watch(lambda _: seen.append((live.snapshot().link.state, len(live.snapshot().calls))))
        await follower.link.wait_live(PATIENCE)
        assert set(seen) == {(LinkState.SYNCING, 0), (LinkState.LIVE, 1)}


async def test_nothing_is_compared_before_it_is_live(asterisk: Asterisk) -> None:
    asterisk.passes_barrier = False
    async with following(asterisk) as follower:
        await asterisk.connected()
        await until(lambda: follower.link.status.state is LinkState.SYNCING)
        with pytest.raises(LinkDown):
            await follower.link.compare()


async def test_what_comes_after_is_followed(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        await asterisk.tell(HANGUP)
        await until(lambda: not follower.live.snapshot().channels)
        assert [call.hangup_cause for call in follower.ended()] == [16]


async def test_without_its_context_the_link_says_so(asterisk: Asterisk) -> None:
    asterisk.passes_barrier = False
    async with following(asterisk) as follower:
        await until(lambda: "cordboard-barrier" in follower.link.status.reason)
        assert follower.link.status.state is LinkState.SYNCING
        with pytest.raises(LinkDown, match="cordboard-barrier"):
            await follower.link.wait_live(0.01)
        assert follower.resets() == []
        asterisk.passes_barrier = True
        await follower.link.wait_live(PATIENCE)
        assert len(asterisk.sessions) == 1


async def test_a_refused_list_is_asked_again(asterisk: Asterisk) -> None:
    real = asterisk.answers["queuestatus"]
    asterisk.answer("QueueStatus", error("No"))
    async with following(asterisk) as follower:
        await until(lambda: asterisk.count("QueueStatus") >= 2)
        assert not follower.link.is_live
        asterisk.answers["queuestatus"] = real
        await follower.link.wait_live(PATIENCE)


# Coming back


async def test_a_lost_link_is_told_and_everything_is_listed_again(
    asterisk: Asterisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ami")
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        asterisk.shows(QUEUE)
        asterisk.drop()
        await until(lambda: len(follower.resets()) == 2)
        assert follower.states() == [
            LinkState.SYNCING, LinkState.LIVE, LinkState.DOWN, LinkState.SYNCING, LinkState.LIVE,
        ]  # fmt: skip
        assert follower.live.snapshot().channels == ()
        [call] = follower.ended()
        assert [fact.kind for fact in call.facts][-2:] == ["gap", "lost"]
        assert call.facts[-1].data == {"reason": "gap"}
    told = [record.message for record in caplog.records]
    assert [message.rpartition(": down: ")[0] or message for message in told] == ["pbx1: live", "pbx1", "pbx1: live"]


async def test_a_call_that_goes_on_through_a_gap_keeps_its_past(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL)
    entered = {**CHANNEL, "UserEvent": "CordboardEntered", "Did": "main", "Company": "acme", "Generation": "7"}
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        await asterisk.tell(event("UserEvent", entered))
        await until(lambda: follower.live.snapshot().calls[0].company == "acme")
        asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
        asterisk.drop()
        await until(lambda: len(follower.resets()) == 2)
        [call] = follower.live.snapshot().calls
        assert (call.company, call.generation, call.stage, call.position) == ("acme", 7, Stage.WAITING, 1)
        assert [fact.kind for fact in call.facts] == ["entered", "gap", "joined"]
        assert follower.ended() == []


async def test_a_restart_of_asterisk_is_told_from_a_gap(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        asterisk.shows(QUEUE)
        asterisk.started = "11:00:00"
        asterisk.drop()
        await until(lambda: len(follower.resets()) == 2)
        [call] = follower.ended()
        assert call.facts[-1].data == {"reason": "restart"}


async def test_nothing_is_sent_again_after_coming_back(asterisk: Asterisk) -> None:
    async with FaultProxy(asterisk.host, asterisk.port) as proxy, following(proxy) as follower:
        await follower.link.wait_live(PATIENCE)
        proxy.down.is_blackhole = True
        asking = asyncio.create_task(follower.link.act(QueueAdd("q", "PJSIP/a", "a"), 5))
        await asterisk.received("QueueAdd")
        proxy.cut()
        with pytest.raises(OutcomeUnknown):
            await asking
        proxy.down.is_blackhole = False
        await asterisk.connected(2)
        await follower.link.wait_live(PATIENCE)
        assert proxy.down.cuts == 1
        assert asterisk.count("QueueAdd") == 1


async def test_stopping_in_the_very_moment_of_a_loss(asterisk: Asterisk) -> None:
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        asking = asyncio.create_task(follower.link.act(Ping()))
        asterisk.drop()
        with suppress(OutcomeUnknown):
            await asking
    assert follower.link.status.state is LinkState.DOWN


async def test_a_half_open_link_is_left(asterisk: Asterisk) -> None:
    async with (
        FaultProxy(asterisk.host, asterisk.port) as proxy,
        following(proxy, ping_interval=0.05, ping_deadline=0.1) as follower,
    ):
        await follower.link.wait_live(PATIENCE)
        proxy.down.is_blackhole = True
        await until(lambda: "ping" in follower.link.status.reason)
        assert proxy.down.swallowed > 0
        proxy.down.is_blackhole = False
        await follower.link.wait_live(PATIENCE)


async def test_a_wrong_password_is_tried_rarely_and_logged_once(
    asterisk: Asterisk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asterisk.secret = "another"
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        if seconds > 1:
            pauses.append(seconds)
        await sleep(0.001)

    monkeypatch.setattr("ami.client.asyncio.sleep", note)
    async with following(asterisk) as follower:
        await until(lambda: len(pauses) >= 5)
        assert "login refused" in follower.link.status.reason
        assert all(14 < pause <= 300 for pause in pauses)
        assert max(pauses[3:]) > 60
        asterisk.secret = "secret"
        await follower.link.wait_live(PATIENCE)
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == ["pbx1: refused: login refused: Authentication failed"]
    assert "secret" not in caplog.text


async def test_a_new_configuration_is_tried_at_once(asterisk: Asterisk) -> None:
    """Refused before the first apply, which brings our account: the pause of half a minute is not waited for."""
    asterisk.secret = "another"
    async with following(asterisk) as follower:
        await until(lambda: "login refused" in follower.link.status.reason)
        asterisk.secret = "secret"
        follower.link.resync("the configuration changed")
        await follower.link.wait_live(PATIENCE)


async def test_tries_back_off_with_jitter() -> None:
    pauses = [client_module._back_off(tries, 0.25, 30.0) for tries in range(1, 60)]
    assert all(0 < pause <= 30 for pause in pauses)
    assert pauses[0] <= 0.25
    assert min(pauses[20:]) >= 15
    assert len(set(pauses[20:])) > 10


async def test_nobody_there(unused_tcp_port: int, caplog: pytest.LogCaptureFixture) -> None:
    peer = AmiPeer()
    peer.port = unused_tcp_port
    async with following(peer) as follower:
        await until(lambda: follower.link.status.state is LinkState.DOWN)
        since = follower.link.status.since
        await asyncio.sleep(0.1)
        assert follower.link.status.since == since
        with pytest.raises(LinkDown):
            await follower.link.act(Ping())
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def test_stopping_leaves_nothing_and_says_so(asterisk: Asterisk) -> None:
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
    await asyncio.wait_for(asterisk.session.closed.wait(), PATIENCE)
    assert (follower.link.status.state, follower.link.status.reason) == (LinkState.DOWN, "closed")
    with pytest.raises(LinkDown):
        await follower.link.act(Ping())


async def test_stopping_while_listing(asterisk: Asterisk) -> None:
    asterisk.answer("Originate", success("queued"))
    async with following(asterisk) as follower:
        await asterisk.received("Originate")
    assert follower.link.status.state is LinkState.DOWN


@pytest.mark.parametrize("offset", range(100, 2400, 100))
async def test_cut_at_any_byte_of_the_first_list(asterisk: Asterisk, offset: int) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    asterisk.cut_after = offset
    async with following(asterisk) as follower:
        await until(lambda: asterisk.cuts)
        asterisk.cut_after = None
        await follower.link.wait_live(PATIENCE)
        assert len(follower.live.snapshot().calls) == 1
        assert follower.ended() == []


# Staying exact


async def test_a_resync_shows_what_no_event_told(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        before = follower.live.snapshot().calls
        asterisk.shows(CALLER, QUEUE, WAITING)
        follower.link.resync("queues were reloaded")
        await until(lambda: follower.link.resyncs == 1 and len(follower.resets()) == 2)
        after = follower.live.snapshot()
        assert after.agents == ()
        assert after.calls == before
        assert LinkState.DOWN not in follower.states()


async def test_events_during_a_resync_reach_both_states_and_no_end_is_told_twice(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        asterisk.before_barrier = [HANGUP, HANGUP]
        follower.link.resync("queues were reloaded")
        await until(lambda: len(follower.resets()) == 2)
        assert follower.live.snapshot().channels == ()
        assert [call.id.uniqueid for call in follower.ended()] == ["pbx1-1.1"]
        assert follower.ended()[0].facts[-1].kind == "hung_up"


async def test_an_overflow_is_counted_and_everything_is_listed_again(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk, backlog_events=50) as follower:
        await follower.link.wait_live(PATIENCE)
        await asterisk.tell(b"".join(event("Newstate", CHANNEL | {"Exten": str(n)}).encode() for n in range(5000)))
        await until(lambda: len(follower.resets()) >= 2 and follower.link.is_live)
        [call] = follower.live.snapshot().calls
        assert {fact.kind for fact in call.facts} == {"joined", "gap"}
        assert LinkState.SYNCING in follower.states()[2:]
    assert follower.link.dropped > 0


async def test_a_sweep_finds_drift_and_mends_it(asterisk: Asterisk) -> None:
    asterisk.shows(CALLER, QUEUE, AMEL, WAITING)
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        assert await follower.link.sweep() == []
        asterisk.shows(QUEUE, event("QueueMember", MEMBER | {"Paused": "1", "PausedReason": "lunch"}))
        found = await follower.link.sweep()
        assert {(difference.kind, difference.field) for difference in found} == {
            ("agent", "state"), ("call", ""), ("channel", ""), ("conversation", ""), ("member", "paused"),
            ("member", "pause_reason"), ("queue", "waiting"),
        }  # fmt: skip
        assert follower.link.drift == len(found)
        await until(lambda: len(follower.resets()) == 2)
        assert await follower.link.sweep() == []
        assert [call.facts[-1].kind for call in follower.ended()] == ["lost"]


async def test_sweeps_come_by_themselves(asterisk: Asterisk) -> None:
    async with following(asterisk, sweep_interval=0.02) as follower:
        await follower.link.wait_live(PATIENCE)
        asterisk.shows(QUEUE)
        await until(lambda: follower.link.drift and follower.live.snapshot().queues)


async def test_wrap_ups_end_by_themselves(asterisk: Asterisk) -> None:
    clock = Time()
    asterisk.shows(QUEUE, event("QueueMember", MEMBER | {"Wrapuptime": "1", "LastCall": str(clock().timestamp())}))
    async with following(asterisk, clock=clock) as follower:
        await follower.link.wait_live(PATIENCE)
        assert follower.live.snapshot().agents[0].state is AgentState.WRAP_UP
        clock.pass_by(1)
        await until(lambda: any(isinstance(change.value, Agent) for change in follower.changes))
        assert follower.live.snapshot().agents[0].state is AgentState.READY


# Asking only


async def test_a_manager_for_asking(asterisk: Asterisk) -> None:
    address = Address(asterisk.host, asterisk.port, "cordboard", "secret")
    asterisk.shows(QUEUE, AMEL)
    async with open_manager(address) as manager:
        assert len(await manager.list(QueueStatus())) == 2
        with pytest.raises(ActionRefused):
            await manager.act(QueueAdd("q", "PJSIP/a", "a"))
    assert asterisk.actions[0]["Events"] == "off"
    await asyncio.wait_for(asterisk.session.closed.wait(), PATIENCE)


async def test_a_manager_that_is_refused(asterisk: Asterisk) -> None:
    with pytest.raises(LoginRefused):
        async with open_manager(Address(asterisk.host, asterisk.port, "cordboard", "wrong")):
            raise AssertionError("never entered")


async def test_acting_through_the_link(asterisk: Asterisk) -> None:
    asterisk.answer("QueueAdd", success("Added interface to queue"))
    async with following(asterisk) as follower:
        await follower.link.wait_live(PATIENCE)
        assert (await follower.link.act(QueueAdd("q", "PJSIP/a", "a"))).message == "Added interface to queue"
        assert len(await follower.link.list(QueueStatus())) == 0
        asterisk.is_mute = True
        with pytest.raises(OutcomeUnknown):
            await follower.link.act(Originate("Local/s@x", "x", "s"), 0.02)
