"""The wing on a real Asterisk, under the account that generated configurations give it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from ami import client as client_module
from ami.actions import (
    Action,
    CoreStatus,
    Getvar,
    Hangup,
    ModuleCheck,
    Originate,
    PJSIPShowAors,
    PJSIPShowEndpoint,
    PJSIPShowEndpoints,
    QueueAdd,
    QueuePause,
    QueuePenalty,
    QueueReload,
    QueueRemove,
    QueueStatus,
    Reload,
    ShowDialPlan,
    VoicemailUsersList,
)
from ami.client import Address, Manager, SwitchLink, open_manager
from ami.errors import ActionRefused, LinkDown, LoginRefused
from ami.events import Event
from ami.live import Live
from ami.models import Agent, AgentState, Call, Change, FactKind, LinkState, LinkStatus, Snapshot, Stage
from ami.rows import DialplanRow, MemberRow
from ami.wire import Wire
from kit import basis, small_centre
from kit.phones import Phones, Ring
from kit.proxy import FaultProxy
from kit.switch import Switch

pytestmark = pytest.mark.switch
PATIENCE = 30.0
SECOND = 1.01  # Asterisk cuts both ends of what it counts to whole seconds


@dataclass
class Site:
    """A switch and a link that follows it."""

    switch: Switch
    live: Live
    link: SwitchLink
    changes: list[Change] = field(default_factory=list)

    @property
    def snapshot(self) -> Snapshot:
        return self.live.snapshot()

    def agent(self, name: str = "acme-amel") -> Agent | None:
        return next((agent for agent in self.snapshot.agents if agent.name == name), None)

    def ended(self) -> list[Call]:
        calls = [change.value for change in self.changes if isinstance(change.value, Call)]
        return [call for call in calls if call.ended is not None]

    def agent_states(self, name: str = "acme-amel") -> list[AgentState]:
        seen: list[AgentState] = []
        for change in self.changes:
            if isinstance(change.value, Agent) and change.value.name == name and change.value.state not in seen[-1:]:
                seen.append(change.value.state)
        return seen

    def times_live(self) -> int:
        """How often the link became live so far."""
        states = [change.value.state for change in self.changes if isinstance(change.value, LinkStatus)]
        return states.count(LinkState.LIVE)

    async def call(self, exten: str, **variables: str) -> None:
        """Somebody calls in, over a Local channel that stays."""
        await self.link.act(
            Originate(
                f"Local/{exten}@cordboard-in/n",
                "far-end",
                "answers",
                variables={f"__{k}": v for k, v in variables.items()},
            )
        )

    async def log_in(self, name: str, far_end: str, penalty: int = 0) -> None:
        """An agent whose phone does what the extension of that name does; the digits after it tell agents apart."""
        await self.link.act(QueueAdd("acme-sales", f"Local/{far_end}@far-end/n", name, penalty))

    async def until(self, condition: Callable[[], Any], timeout: float = PATIENCE) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.01)

    async def is_at(self, stage: Stage) -> Call:
        """Wait until the only call stands there; gives it as it is then."""
        await self.until(lambda: [call.stage for call in self.snapshot.calls] == [stage])
        [call] = self.snapshot.calls
        return call

    async def agent_is(self, state: AgentState) -> None:
        await self.until(lambda: (agent := self.agent()) is not None and agent.state is state)

    async def logged(self, count: int, *events: str) -> list[list[str]]:
        """The lines of queue_log about these events, once there are so many: Asterisk writes them beside."""

        def lines() -> list[list[str]]:
            return [line for line in self.switch.queue_log() if line[4] in events]

        await self.until(lambda: len(lines()) >= count)
        return lines()

    async def quiet(self) -> None:
        """All calls are over, and the state agrees with the switch."""
        await self.switch.wait_idle()
        await self.until(lambda: not self.snapshot.channels)
        assert await self.link.compare() == []


@asynccontextmanager
async def followed(switch: Switch, host: str = "", port: int = 0, **options: Any) -> AsyncIterator[Site]:
    live = Live(switch.name)
    live.set_wrap_ups({"acme-sales": 1.0})
    address = Address(host or switch.address, port or switch.ports.ami, "run", "run-secret")
    link = SwitchLink(switch.name, address, live, **{"sweep_interval": 3600.0, **options})
    site = Site(switch, live, link)
    live.watch(site.changes.append)
    running = asyncio.create_task(link.run())
    try:
        await link.wait_live(PATIENCE)
        yield site
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def switch(new_switch: Callable[..., Switch]) -> Switch:
    switch = new_switch("pbx1")
    await switch.start(basis.files(switch, small_centre.files(switch)))
    return switch


@pytest.fixture
async def site(switch: Switch) -> AsyncIterator[Site]:
    async with followed(switch) as site:
        yield site


# Accounts and actions


async def test_the_run_account_may_do_what_running_needs_and_no_more(site: Site) -> None:
    link = site.link
    member = "Local/answers@far-end/n"
    await link.act(QueueAdd("acme-sales", member, "acme-amel", penalty=102))
    await link.act(QueuePenalty(member, 3))
    await link.act(QueuePause(member, True, "lunch, long"))
    await site.agent_is(AgentState.PAUSE)
    [queue] = [queue for queue in site.snapshot.queues if queue.name == "acme-sales"]
    assert (queue.members[0].penalty, queue.members[0].pause_reason) == (3, "lunch, long")
    rows = await link.list(QueueStatus("acme-sales"))
    assert [row.member.penalty for row in rows if isinstance(row, MemberRow)] == [3]
    with pytest.raises(ActionRefused, match="Already there"):
        await link.act(QueueAdd("acme-sales", member, "acme-amel"))
    await link.act(QueuePause(member, False))
    await link.act(QueueRemove("acme-sales", member))
    await site.until(lambda: site.agent() is None)
    with pytest.raises(ActionRefused):
        await link.act(QueueRemove("acme-sales", member))
    assert (await link.act(CoreStatus())).started
    assert (await link.act(Getvar("QUEUE_EXISTS(acme-sales)"))).value == "1"
    context = await link.list(ShowDialPlan("cordboard-barrier"))
    assert DialplanRow("cordboard-barrier", "s", 1, "", "Answer", "", "pbx_config", "", "") in context
    forbidden: list[Action] = [Reload("pbx_config"), ModuleCheck("app_queue")]
    for action in forbidden:
        with pytest.raises(ActionRefused, match="Permission denied"):
            await link.act(action)
    with pytest.raises(ActionRefused, match="Permission denied"):
        await link.list(PJSIPShowEndpoints())
    assert await link.compare() == []


async def test_a_call_is_hung_up_by_its_channels_name(site: Site) -> None:
    await site.call("strange")
    await site.until(lambda: len(site.snapshot.channels) == 2)
    for channel in site.snapshot.channels:
        with suppress(ActionRefused):  # the other half took it along
            await site.link.act(Hangup(channel.name))
    await site.quiet()
    with pytest.raises(ActionRefused):
        await site.link.act(Hangup("PJSIP/nobody-00000001"))


async def test_the_deploying_account_reads_back_what_runs(switch: Switch) -> None:
    address = Address(switch.address, switch.ports.ami, "deploy", "deploy-secret")
    async with open_manager(address) as manager:
        await manager.act(ModuleCheck("app_queue"))
        with pytest.raises(ActionRefused):
            await manager.act(ModuleCheck("no_such_module"))
        await _reload(manager, "pbx_config")
        await manager.act(QueueReload())
        contexts = await manager.list(ShowDialPlan())
        assert {"cordboard-in", "cordboard-barrier", "told"} <= {row.context for row in contexts}
        endpoints = await manager.list(PJSIPShowEndpoints())
        assert {row.name for row in endpoints} == {"acme-amel", "carrier"}
        details = await manager.list(PJSIPShowEndpoint("acme-amel"))
        assert {row.kind for row in details} >= {"endpoint", "auth", "aor"}
        assert "acme-amel-secret" not in str(details)
        endpoint = next(row for row in details if row.kind == "endpoint")
        assert endpoint.settings["Context"] == "cordboard-phones-acme"
        assert "acme-amel" in {row.name for row in await manager.list(PJSIPShowAors())}
        boxes = await manager.list(VoicemailUsersList())
        assert [(box.context, box.mailbox, box.full_name) for box in boxes] == [("acme", "201", "Amel Haddad")]
        with pytest.raises(ActionRefused):
            await manager.list(ShowDialPlan("no-such-context"))


async def _reload(manager: Manager, module: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await manager.act(Reload(module))
            except ActionRefused:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_wrong_password_is_refused(switch: Switch) -> None:
    with pytest.raises(LoginRefused):
        async with open_manager(Address(switch.address, switch.ports.ami, "run", "wrong")):
            raise AssertionError("never entered")


async def test_a_context_that_is_missing_is_told(switch: Switch) -> None:
    live = Live("pbx1")
    link = SwitchLink("pbx1", Address(switch.address, switch.ports.ami, "run", "run-secret"), live, "no-such-context")
    running = asyncio.create_task(link.run())
    try:
        with pytest.raises(LinkDown, match="no-such-context"):
            await link.wait_live(3)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


# Calls


async def test_a_queue_call_is_told_as_queue_log_tells_it(site: Site) -> None:
    await site.log_in("acme-amel", "brief")
    await site.call("main")
    await site.until(site.ended)
    [call] = site.ended()
    assert [fact.kind for fact in call.facts] == [
        "entered", "joined", "offered", "stopped_waiting", "connected", "completed", "queue_left", "outcome", "hung_up",
    ] or [fact.kind for fact in call.facts] == [
        "entered", "joined", "offered", "stopped_waiting", "connected", "completed", "hung_up",
    ]  # fmt: skip
    assert (call.agent, call.company, call.did, call.queue) == ("acme-amel", "acme", "main", "acme-sales")
    await site.quiet()
    log = await site.logged(3, "ENTERQUEUE", "CONNECT", "COMPLETEAGENT")
    assert [(line[1], line[4]) for line in log] == [
        (call.id.uniqueid, "ENTERQUEUE"), (call.id.uniqueid, "CONNECT"), (call.id.uniqueid, "COMPLETEAGENT"),
    ]  # fmt: skip
    assert log[1][3] == "acme-amel"
    assert 0.8 < call.talked < int(log[2][6]) + SECOND
    states = site.agent_states()
    assert states[:3] == [AgentState.READY, AgentState.RINGING, AgentState.INBOUND_CALL]
    await site.until(lambda: site.agent_states()[-2:] == [AgentState.WRAP_UP, AgentState.READY])


async def test_no_answer_then_the_next_then_out_of_time(site: Site) -> None:
    await site.log_in("acme-amel", "quiet")
    await site.call("main", PATIENCE="4")
    await site.until(site.ended)
    [call] = site.ended()
    kinds = [fact.kind for fact in call.facts]
    assert kinds[:4] == ["entered", "joined", "offered", "not_answered"]
    assert kinds[-5:] == ["gave_up", "stopped_waiting", "queue_left", "outcome", "hung_up"]
    assert call.declared_outcome == "dissuaded"
    left = next(fact for fact in call.facts if fact.kind == "queue_left")
    assert left.data["status"] == "TIMEOUT"
    await site.quiet()
    [late] = await site.logged(1, "EXITWITHTIMEOUT")
    assert 3.5 < call.waited < int(late[7]) + SECOND
    assert len(await site.logged(1, "RINGNOANSWER")) == kinds.count("not_answered")


async def test_a_phone_through_all_its_states(site: Site, phones: Phones) -> None:
    await site.link.act(QueueAdd("acme-sales", "PJSIP/acme-amel", "acme-amel"))
    await site.agent_is(AgentState.UNREACHABLE)
    amel = await phones.phone("acme-amel", site.switch.sip, "acme-amel-secret", rule=Ring())
    await amel.register()
    await site.agent_is(AgentState.READY)
    caller = await phones.caller("+33612345678", site.switch.sip)
    call = await caller.start_call("main")
    theirs = await amel.incoming()
    ringing = await site.is_at(Stage.RINGING)
    assert (ringing.caller_number, ringing.offered_to) == ("+33612345678", ("acme-amel",))
    await site.agent_is(AgentState.RINGING)
    # The queue learns of the phone's state a moment after the call does.
    await site.switch.wait_for("queue show acme-sales", "Ringing")
    assert await site.link.compare() == []
    await theirs.answer()
    await site.is_at(Stage.TALKING)
    await site.agent_is(AgentState.INBOUND_CALL)
    assert await site.link.compare() == []
    await theirs.hold()
    await site.is_at(Stage.HELD)
    await theirs.resume()
    await site.is_at(Stage.TALKING)
    await theirs.hang_up()
    await call.ended()
    await site.until(site.ended)
    [ended] = site.ended()
    assert ended.held_for > 0
    assert [fact.kind for fact in ended.facts if fact.kind in ("held", "resumed", "completed")] == [
        "held", "resumed", "completed",
    ]  # fmt: skip
    await site.quiet()
    outward = await amel.start_call("604")
    await outward.answered()
    await site.agent_is(AgentState.OUTBOUND_CALL)
    assert await site.link.compare() == []
    await outward.hang_up()
    await site.agent_is(AgentState.READY)
    await amel.unregister()
    await site.agent_is(AgentState.UNREACHABLE)
    await site.quiet()


async def test_a_person_dialled_directly(site: Site, phones: Phones) -> None:
    amel = await phones.phone("acme-amel", site.switch.sip, "acme-amel-secret")
    await amel.register()
    caller = await phones.caller("+33612345678", site.switch.sip)
    call = await caller.dial("amel")
    talking = await site.is_at(Stage.TALKING)
    assert talking.agent == "acme-amel"
    assert await site.link.compare() == []
    await call.hang_up()
    await site.until(site.ended)
    [ended] = site.ended()
    assert [fact.kind for fact in ended.facts] == [
        "entered", "offered", "answered", "connected", "completed", "hung_up",
    ]  # fmt: skip
    await site.quiet()


async def test_a_forged_hangup_in_a_users_value_hangs_nobody_up(site: Site) -> None:
    await site.call("forge")
    await site.until(lambda: len(site.snapshot.channels) == 2)
    await site.link.compare()
    assert len(site.snapshot.channels) == 2
    await site.switch.wait_for("core show channels count", "(?m)^2 active channels")  # the probe's are gone, these not


async def test_strange_bytes_in_a_callers_name(site: Site) -> None:
    await site.call("strange")
    await site.until(lambda: any("éè" in channel.caller_name for channel in site.snapshot.channels))
    assert await site.link.compare() == []


# Exact


async def test_relists_are_exact_while_calls_run(site: Site) -> None:
    """Calls come and go while everything is listed again and again: no difference, no call lost or told twice."""
    for number in range(6):
        await site.log_in(f"acme-a{number}", f"{'brief' if number % 2 else 'quiet'}{number}", number % 3)
    calls = 40

    async def call_in() -> None:
        for number in range(calls):
            await site.call("main", PATIENCE=str(1 + number % 5))
            await asyncio.sleep(0.05)

    calling = asyncio.create_task(call_in())
    looks = 0
    try:
        while not calling.done() or site.snapshot.calls:
            assert await site.link.compare() == []
            site.link.resync("as often as possible")
            looks += 1
            await asyncio.sleep(0.02)
            assert looks < 2000
    finally:
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
    await site.quiet()
    ended = site.ended()
    assert len(ended) == calls
    assert len({call.id for call in ended}) == calls
    assert {call.facts[-1].kind for call in ended} == {"hung_up"}
    assert not any(fact.kind in ("gap", "lost") for call in ended for fact in call.facts)
    assert looks > 20
    assert site.link.resyncs > 20
    kinds = [fact.kind for call in ended for fact in call.facts]
    assert len(await site.logged(calls, "ENTERQUEUE")) == kinds.count(FactKind.JOINED)
    connected = await site.logged(kinds.count(FactKind.CONNECTED), "CONNECT")
    assert len(connected) == kinds.count(FactKind.CONNECTED)
    waited = sum(int(line[5]) for line in connected)
    assert abs(waited - sum(call.waited for call in ended if call.answered)) < len(connected) + 1


async def test_the_link_is_cut_while_calls_run(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_LAST", 0.05)
    async with (
        FaultProxy(switch.address, switch.ports.ami) as proxy,
        followed(switch, proxy.host, proxy.port) as site,
    ):
        for number in range(3):
            await site.log_in(f"acme-a{number}", f"brief{number}")
        for _ in range(5):
            await site.call("main")
            await site.call("main")
            proxy.cut()
            await site.until(lambda: site.times_live() == proxy.down.cuts + 1)
            assert await site.link.compare() == []
        await site.until(lambda: not site.snapshot.calls)
        await site.quiet()
        assert proxy.down.cuts == 5
        assert len({call.id for call in site.ended()}) == len(site.ended())


async def test_asterisk_is_killed_and_comes_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_LAST", 0.2)
    await site.log_in("acme-amel", "answers")
    await site.call("main")
    await site.is_at(Stage.TALKING)
    await asyncio.sleep(1.1)  # Asterisk tells the second of its start
    site.switch.kill()
    await site.until(lambda: site.link.status.state is LinkState.DOWN)
    await site.switch.boot_again()
    await site.link.wait_live(PATIENCE)
    assert site.snapshot.calls == ()
    assert site.snapshot.agents == ()
    [call] = site.ended()
    assert call.facts[-1].kind == "lost"
    assert call.facts[-1].data == {"reason": "restart"}
    assert await site.link.compare() == []


async def test_a_frozen_asterisk_is_found_out(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_LAST", 0.2)
    async with followed(switch, ping_interval=0.2, ping_deadline=0.5, connect_deadline=1.0) as site:
        await site.log_in("acme-amel", "answers")
        await site.call("main")
        await site.is_at(Stage.TALKING)
        switch.freeze()
        await site.until(lambda: "ping" in site.link.status.reason)
        switch.thaw()
        await site.link.wait_live(PATIENCE)
        assert (await site.is_at(Stage.TALKING)).company == "acme"
        assert await site.link.compare() == []


async def test_a_queue_reload_is_seen_after_a_resync(site: Site) -> None:
    """A reload changes queues without an event."""
    site.switch.write({"queues.conf": small_centre.QUEUES.replace("[acme-billing]", "[acme-new]")})
    async with open_manager(Address(site.switch.address, site.switch.ports.ami, "deploy", "deploy-secret")) as manager:
        await manager.act(QueueReload())
    resyncs = site.link.resyncs
    site.link.resync("queues were reloaded")
    await site.until(lambda: "acme-new" in {queue.name for queue in site.snapshot.queues})
    assert {queue.name for queue in site.snapshot.queues} == {"acme-sales", "acme-new"}
    assert site.link.resyncs == resyncs + 1


async def test_partial_calls_are_known_by_their_account(switch: Switch, phones: Phones) -> None:
    """A link that comes later knows a waiting caller from the lists alone."""
    caller = await phones.caller("+33612345678", switch.sip)
    await caller.dial("main")
    await switch.wait_for("queue show acme-sales", "wait: ")
    async with followed(switch):
        pass  # what was told of the caller has been told by then: a busy Asterisk is late with it
    async with followed(switch) as site:
        [call] = site.snapshot.calls
        assert (call.is_partial, call.company, call.did, call.stage, call.queue, call.caller_number) == (
            True, "acme", "main", Stage.WAITING, "acme-sales", "+33612345678",
        )  # fmt: skip
        assert await site.link.compare() == []


async def test_who_takes_events_too_slowly_loses_some_and_is_made_exact_again(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_free = asyncio.Event()
    is_free.set()
    at_once = Wire.next_events

    async def when_free(wire: Wire, timeout: float | None = None) -> list[Event]:
        await is_free.wait()
        return await at_once(wire, timeout)

    monkeypatch.setattr(Wire, "next_events", when_free)
    async with followed(switch, backlog_events=20) as site:
        members = [f"Local/nobody{number}@nowhere" for number in range(60)]
        for number, member in enumerate(members):
            await site.link.act(QueueAdd("acme-sales", member, f"acme-n{number}"))
        wire = site.link._wire
        assert wire is not None
        is_free.clear()
        await asyncio.gather(*(site.link.act(QueuePause(member, True, "x")) for member in members))
        await site.until(lambda: wire.lost_events > 0)
        is_free.set()
        await site.until(lambda: site.link.resyncs)
        await site.link.wait_live(PATIENCE)
        assert [member.paused for queue in site.snapshot.queues for member in queue.members] == [True] * 60
        assert await site.link.compare() == []
    assert site.link.dropped > 0
