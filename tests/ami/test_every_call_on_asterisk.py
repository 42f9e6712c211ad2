"""Calls of many kinds on a real Asterisk that Cordboard did not configure: followed live, recorded, and folded again.

What the recording tells is what the live state showed, and both are what people would say of the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ami.actions import Action, Hangup, Originate, QueuePause, Redirect
from ami.client import Address, SwitchLink
from ami.conversation import Conversation, Doing, Party
from ami.live import Live
from ami.mask import Mask
from ami.models import AgentState
from ami.moments import Moments
from ami.replay import Replay
from ami.tape import Tape
from ami.transcript import Transcript
from kit import basis, foreign
from kit.phones import Answer, Phone, PhoneCall, Phones, Refuse, Ring
from kit.recorded import folded
from kit.switch import Switch

pytestmark = pytest.mark.switch
NUMBER = "0612345678"
PATIENCE = 30.0


@dataclass
class Centre:
    """A switch with its phones, followed live and recorded at the same time."""

    switch: Switch
    live: Live
    link: SwitchLink
    phones: dict[str, Phone]
    caller: Phone
    tape: Tape
    path: Path
    ended: dict[str, Conversation] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def act(self, action: Action) -> None:
        await self.link.act(action)

    def channel(self, endpoint: str) -> str:
        """The latest channel of this endpoint."""
        found = [channel for channel in self.live.snapshot().channels if channel.endpoint == endpoint]
        return max(found, key=lambda channel: channel.created).name

    async def doing(self, endpoint: str, doing: Doing) -> None:
        """Wait until this phone does that."""
        await self._until(endpoint, lambda party: any(span.doing is doing and not span.until for span in party.spans))

    async def gone(self, endpoint: str) -> None:
        """Wait until this phone has left a call that goes on."""
        await self._until(endpoint, lambda party: party.left is not None)

    async def agent_is(self, name: str, state: AgentState) -> None:
        async with asyncio.timeout(PATIENCE):
            while [agent.state for agent in self.live.snapshot().agents if agent.name == name] != [state]:
                await asyncio.sleep(0.02)

    async def _until(self, endpoint: str, holds: Callable[[Party], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(
                party.endpoint == endpoint and holds(party)
                for conversation in self.live.snapshot(with_conversations=True).conversations
                for party in conversation.parties
            ):
                await asyncio.sleep(0.02)

    async def quiet(self) -> None:
        """All calls are over, here and there, and the state agrees with the switch."""
        await self.switch.wait_idle()
        async with asyncio.timeout(PATIENCE):
            while self.live.snapshot().channels:
                await asyncio.sleep(0.02)
        assert await self.link.compare() == []


@pytest.fixture
async def centre(new_switch: Callable[..., Switch], phones: Phones, tmp_path: Path) -> AsyncIterator[Centre]:
    switch = new_switch("pbx1")
    await switch.start(basis.files(switch, foreign.files(switch)))
    address = Address(switch.address, switch.ports.ami, basis.AMI_USER, basis.AMI_SECRET)
    live = Live(switch.name)
    link = SwitchLink(switch.name, address, live, sweep_interval=3600.0)
    named = {name: await phones.phone(name, switch.sip, f"{name}-secret") for name in foreign.PHONES}
    for phone in named.values():
        await phone.register()
    caller = await phones.caller(NUMBER, switch.sip, name="Zoe Durand")
    path = tmp_path / "day.ami.txt"
    centre = Centre(switch, live, link, named, caller, Tape(path, megabytes=50), path)
    live.watch_conversations(lambda call: centre.ended.update({str(call.id): call} if call.ended else {}))
    following = asyncio.create_task(link.run())
    try:
        await link.wait_live(PATIENCE)
        centre.ended.clear()  # the probe of the link is no call, and here is none yet
        yield centre
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def queued(centre: Centre, number: str = "01") -> tuple[PhoneCall, PhoneCall]:
    """The caller talks to ag1, whom a queue or a dial brought."""
    call = await centre.caller.dial(number)
    agent = await centre.phones["ag1"].incoming(number=1)
    await agent.answered()
    await centre.doing("ag1", Doing.TALKING)
    return call, agent


async def agent_hangs_up(centre: Centre) -> None:
    _, agent = await queued(centre)
    await asyncio.sleep(1.2)
    await agent.hang_up()


async def nobody_there_and_gives_up(centre: Centre) -> None:
    for name in ("ag1", "ag2"):
        await centre.act(QueuePause(f"PJSIP/{name}", True, "lunch"))
    call = await centre.caller.dial("01")
    await asyncio.sleep(1.2)
    await call.hang_up()


async def nobody_at_the_door(centre: Centre) -> None:
    call = await centre.caller.start_call("02")
    await call.ended()


async def busy_then_the_next(centre: Centre) -> None:
    centre.phones["ag1"].rule = Refuse(0.2)
    call = await centre.caller.dial("01")
    await centre.doing("ag2", Doing.TALKING)
    await asyncio.sleep(1.1)
    await call.hang_up()


async def from_queue_to_queue(centre: Centre) -> None:
    call, _ = await queued(centre, "03")
    await asyncio.sleep(1.1)
    await call.hang_up()


async def attended_by_phone(centre: Centre) -> None:
    call, agent = await queued(centre)
    await agent.hold()
    await centre.doing("ag1", Doing.HOLDING)
    await asyncio.sleep(1.1)
    consultation = await centre.phones["ag1"].dial("ag3")
    await centre.doing("ag3", Doing.TALKING)
    await agent.transfer_to(consultation)
    await asyncio.sleep(1.1)
    await call.hang_up()


async def blind_to_a_queue(centre: Centre) -> None:
    call, agent = await queued(centre)
    centre.phones["ag1"].rule = Refuse()
    await agent.transfer("555")
    await centre.doing("ag2", Doing.TALKING)
    await asyncio.sleep(1.1)
    await call.hang_up()


async def parked(centre: Centre) -> None:
    call, agent = await queued(centre)
    await agent.transfer("700")
    await centre.doing("carrier", Doing.PARKED)
    await asyncio.sleep(1.1)
    retrieving = await centre.phones["ag3"].dial("701")
    await centre.doing("ag3", Doing.TALKING)
    await retrieving.hang_up()
    with suppress(TimeoutError):
        await call.ended(2)


async def redirected(centre: Centre) -> None:
    call, _ = await queued(centre)
    centre.phones["ag3"].rule = Answer(0.3)  # what is shorter than a tenth of a second counts as no call
    await centre.act(Redirect(centre.channel("carrier"), "phones", "ag3"))
    await centre.doing("ag3", Doing.TALKING)
    await asyncio.sleep(0.5)
    await call.hang_up()


async def local_member(centre: Centre) -> None:
    call = await centre.caller.dial("06")
    await centre.doing("ag3", Doing.TALKING)
    await asyncio.sleep(1.1)
    await call.hang_up()


async def picked_up(centre: Centre) -> None:
    centre.phones["ag1"].rule = Ring()
    call = await centre.caller.start_call("04")
    await centre.doing("ag1", Doing.RINGING)
    taking = await centre.phones["ag3"].dial("*8")
    await centre.doing("ag3", Doing.TALKING)
    await asyncio.sleep(0.6)
    await taking.hang_up()
    with suppress(TimeoutError):
        await call.ended(2)


async def rung_one_after_the_other(centre: Centre) -> None:
    centre.phones["ag1"].rule = Ring()
    call = await centre.caller.dial("04")
    await centre.doing("ag2", Doing.TALKING)
    await call.hang_up()


async def supervisor_barges_in(centre: Centre) -> None:
    call, _ = await queued(centre, "09")
    spying = await centre.phones["sup"].dial("spy")
    await centre.doing("sup", Doing.SPYING)
    await asyncio.sleep(0.6)
    await spying.hang_up()
    await asyncio.sleep(0.3)
    await call.hang_up()


async def conference(centre: Centre) -> None:
    first = await centre.phones["ag1"].dial("600")
    second = await centre.phones["ag2"].dial("600")
    await centre.doing("ag2", Doing.CONFERENCE)
    await asyncio.sleep(0.6)
    await first.hang_up()
    await second.hang_up()


async def clicked(centre: Centre) -> None:
    await centre.act(Originate("PJSIP/ag1", "phones", "ag2", caller_id="Click <1001>"))
    await centre.doing("ag2", Doing.TALKING)
    await asyncio.sleep(0.6)
    await centre.phones["ag2"].call.hang_up()


async def clicked_and_busy(centre: Centre) -> None:
    centre.phones["ag2"].rule = Refuse(0.2)
    await centre.act(Originate("PJSIP/ag1", "phones", "ag2", caller_id="Click <1001>"))
    await centre.gone("ag2")
    await centre.act(Hangup(centre.channel("ag1")))  # it hears that he is busy


async def gives_up_while_it_rings(centre: Centre) -> None:
    centre.phones["ag2"].rule = Ring()
    call = await centre.phones["ag1"].start_call("ag2")
    await centre.doing("ag2", Doing.RINGING)
    await asyncio.sleep(0.4)
    await call.hang_up()


async def transferred_to_somebody_busy(centre: Centre) -> None:
    call, agent = await queued(centre)
    centre.phones["ag3"].rule = Refuse(0.2)
    await agent.transfer("ag3")
    await centre.gone("ag3")
    await call.hang_up()


@dataclass(frozen=True, slots=True)
class Bridge(Action):
    """Put two channels together, out of whatever they are in: other programs ask for it, we do not."""

    one: str
    two: str
    name = "Bridge"

    def fields(self) -> Iterator[tuple[str, str]]:
        yield "Channel1", self.one
        yield "Channel2", self.two


async def bridged(centre: Centre) -> None:
    call, _ = await queued(centre)
    await centre.phones["ag2"].dial("ag3")
    await centre.doing("ag3", Doing.TALKING)
    await centre.act(Bridge(centre.channel("carrier"), centre.channel("ag3")))
    await centre.gone("ag2")
    await asyncio.sleep(0.5)
    await call.hang_up()


async def leaves_a_message(centre: Centre) -> None:
    call = await centre.caller.dial("10")
    async with asyncio.timeout(PATIENCE):
        while not any((centre.switch.places.spool / "voicemail").rglob("*.wav")):
            await asyncio.sleep(0.05)  # the greeting
    await asyncio.sleep(3)  # a message has two seconds at least
    await call.hang_up()


async def leaves_no_message(centre: Centre) -> None:
    await (await centre.caller.dial("10")).hang_up()


async def nameless_member(centre: Centre) -> None:
    centre.phones["ag2"].rule = Answer(0.5)
    call = await centre.caller.dial("11")
    await centre.agent_is("Agent Nameless", AgentState.RINGING)
    await centre.agent_is("Agent Nameless", AgentState.INBOUND_CALL)
    await asyncio.sleep(1.1)
    await centre.agent_is("Agent Nameless", AgentState.INBOUND_CALL)
    await call.hang_up()
    await centre.agent_is("Agent Nameless", AgentState.READY)


Scenario = Callable[[Centre], Awaitable[None]]
# what was done -> outcome and detail, who ended it, its steps, what the caller did
TOLD: dict[Scenario, tuple[str, str, list[str], str]] = {
    agent_hangs_up: ("handled Agent One", "agent", [], "waiting talking"),
    nobody_there_and_gives_up: ("abandoned queue:support", "caller", [], "waiting"),
    nobody_at_the_door: ("dissuaded empty", "dialplan", [], ""),
    busy_then_the_next: ("handled Agent Two", "caller", [], "waiting talking"),
    from_queue_to_queue: ("handled Agent One", "caller", [], "waiting talking"),
    attended_by_phone: ("handled ag3", "caller", ["merged", "transferred"], "waiting talking held"),
    blind_to_a_queue: ("handled Agent Two", "caller", ["transferred"], "waiting talking"),
    parked: ("handled ag3", "retriever", ["transferred", "parked", "merged", "retrieved"], "waiting talking parked"),
    redirected: ("handled ag3", "caller", ["redirected"], "waiting talking calling"),
    local_member: ("handled Agent Three", "caller", [], "waiting talking"),
    picked_up: ("handled ag3", "picker", ["merged", "picked_up"], "calling talking"),
    rung_one_after_the_other: ("handled Agent Two", "caller", [], "calling talking"),
    supervisor_barges_in: ("handled Agent One", "caller", [], "waiting talking"),
    conference: ("answered conference:room", "conference_member", ["merged"], "conference"),
    clicked: ("answered ag2", "called", [], "ringing calling talking"),
    clicked_and_busy: ("busy ag2", "switch", [], "ringing calling"),
    gives_up_while_it_rings: ("cancelled ag2", "caller", [], "calling"),
    bridged: ("handled ag3", "caller", ["merged", "bridged"], "waiting talking"),
    leaves_a_message: ("voicemail ", "caller", [], ""),
    leaves_no_message: ("voicemail ", "caller", [], ""),
    nameless_member: ("handled Agent Nameless", "caller", [], "waiting talking"),
    transferred_to_somebody_busy: ("handled Agent One", "caller", ["transferred"], "waiting talking calling"),
}
LEFT: dict[Scenario, bool] = {leaves_a_message: True, leaves_no_message: False}
PASSING = (Doing.PROGRAM, Doing.CONNECTING, Doing.ALONE)  # on the way from one to the other


@pytest.mark.parametrize("scenario", TOLD, ids=lambda scenario: scenario.__name__)
async def test_a_call_live_and_from_its_recording(centre: Centre, scenario: Scenario) -> None:
    address = Address(centre.switch.address, centre.switch.ports.ami, basis.AMI_USER, basis.AMI_SECRET)
    recording = asyncio.create_task(centre.tape.record(address, "cordboard-barrier", seconds=None, stop=centre.stop))
    async with asyncio.timeout(PATIENCE):
        while centre.tape.messages == 0:  # it writes when everything is listed
            await asyncio.sleep(0.02)
    await scenario(centre)
    await centre.quiet()
    centre.stop.set()
    recorded = await recording

    outcome, by, steps, did = TOLD[scenario]
    calls = [call for call in centre.ended.values() if call.merged_into is None and call.spies_on is None]
    [call] = calls
    assert call.ending is not None
    assert (f"{call.ending.word} {call.ending.detail}", call.ending.by) == (outcome, by)
    # Asterisk tells a transfer and the park that it is from two threads, in any order.
    assert sorted(step.kind for step in call.steps) == sorted(steps)
    assert call.message_left is LEFT.get(scenario)
    spans = [span.doing for span in call.parties[0].spans if span.doing not in PASSING]
    assert " ".join(dict.fromkeys(spans)) == did

    assert recorded.lost == 0
    assert centre.path.stat().st_mode & 0o777 == 0o600
    replay = Replay()
    transcript = Transcript([centre.path.read_bytes()])
    for message, at in Moments().dated(transcript):
        replay.take(message, at)
    rest = replay.finish()
    assert (replay.drift, transcript.damages, rest.channels, replay.lists) == ([], [], (), 2)
    assert {key: told_of(value) for key, value in replay.conversations.items()} == {
        key: told_of(value) for key, value in centre.ended.items()
    }
    _masked_tells_the_same(centre)


async def test_who_is_parked_already_is_known_with_his_slot_from_the_first_list(centre: Centre) -> None:
    call, agent = await queued(centre)
    await agent.transfer("700")
    await centre.doing("carrier", Doing.PARKED)
    await asyncio.sleep(2.5)  # longer than what a list says less exactly than an event
    address = Address(centre.switch.address, centre.switch.ports.ami, basis.AMI_USER, basis.AMI_SECRET)
    live = Live(centre.switch.name)
    link = SwitchLink(centre.switch.name, address, live, sweep_interval=3600.0)
    following = asyncio.create_task(link.run())
    try:
        await link.wait_live(PATIENCE)
        [known], [seen] = (each.snapshot(with_glances=True).glances for each in (centre.live, live))
        assert await link.compare() == []
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    assert (seen.id, seen.space) == (known.id, "701")
    [was], [there] = known.present, seen.present
    assert there.doing is Doing.PARKED
    assert abs((there.since - was.since).total_seconds()) < 1.5, "a list tells whole seconds"

    recorded = await centre.tape.record(address, "cordboard-barrier", seconds=0.1, stop=centre.stop)
    assert recorded.lost == 0
    for told in (folded(centre.path.read_bytes()), folded(_masked(centre.path).encode())):
        assert (told.drift, told.lists) == ([], 2)
        [step] = told.live.snapshot(with_conversations=True).conversations[0].steps
        assert (step.kind, step.data["space"], step.data["timeout"]) == ("parked", "701", "45")
        assert abs((step.at - was.since).total_seconds()) < 1.5
    await call.hang_up()


def told_of(call: Conversation) -> object:
    """Everything but what only an older list can know."""
    return (
        *(call.direction, call.ending, call.parties, call.visits, call.steps, call.listeners),
        *(call.talked, call.held, call.message_left),
    )


def _masked(recording: Path) -> str:
    mask = Mask()
    masked = []
    for block in recording.read_bytes().decode().split("\r\n\r\n"):
        lines = [line for line in block.split("\r\n") if line and not line.startswith("# ")]
        text = mask.message("\r\n".join(lines)) if lines else None
        if text is not None:
            masked.append(text)
    return "\r\n\r\n".join([*masked, ""])


def _masked_tells_the_same(centre: Centre) -> None:
    """The same recording without identities: nobody's number or name is left in it, and the call is the same."""
    whole = _masked(centre.path)
    for identity in (NUMBER, "Zoe", "Durand", "Agent One", "carrier", "ag1"):
        assert identity not in whole
    replay = folded(whole.encode())
    assert replay.drift == []
    for key, known in centre.ended.items():
        told = replay.conversations[key]
        assert [(party.role, party.spans, party.legs) for party in told.parties] == [
            (party.role, party.spans, party.legs) for party in known.parties
        ]
        assert told.ending is not None
        assert known.ending is not None
        assert (told.ending.word, told.ending.by) == (known.ending.word, known.ending.by)
