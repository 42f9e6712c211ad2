"""Agents' states on a real Asterisk with real phones: wrap-ups, pauses after calls, withdrawals, missed offers, phones
that go away, and what is left of all that when Asterisk or Cordboard dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ami.actions import Originate, QueuePause, QueueRemove
from ami.live import Live
from ami.models import Agent, AgentState, Change
from ami.states import AWAY
from conftest import StartSwitch
from cordboard.desk.agents import Agents, Done, Refused
from cordboard.store.agents import find_login
from cordboard.store.audit import last_audit
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company
from kit.floor import ACME, Floor, end, open_floor
from kit.patience import PATIENCE
from kit.phones import Answer, PhoneCall, Phones, Ring

pytestmark = pytest.mark.switch

WRAP_UP = 4
LONG = 120
BILLING, GENERAL = ACME.queues["billing"], ACME.queues["general"]


def acme(billing: int = WRAP_UP, general: int = 0, missed: int = 1) -> Company:
    """Acme, whose queues give so many seconds of wrap-up, and pause after so many missed offers."""
    queues = {
        "billing": replace(BILLING, wrap_up=billing, missed_before_pause=missed),
        "general": replace(GENERAL, wrap_up=general, missed_before_pause=missed),
    }
    return replace(ACME, queues=queues)


class OpenFloor:
    """Opens floors whose upkeep runs."""

    def __init__(self, stack: AsyncExitStack, start_switch: StartSwitch, phones: Phones, folder: Path) -> None:
        self._stack, self._start_switch, self._phones, self._folder = stack, start_switch, phones, folder

    async def __call__(self, **more: int) -> Floor:
        floor = await open_floor(self._stack, self._start_switch, self._phones, self._folder, company=acme(**more))
        self.upkeep = asyncio.create_task(floor.agents.run())
        self._stack.push_async_callback(end, self.upkeep)
        return floor


@pytest.fixture
async def opened(start_switch: StartSwitch, phones: Phones, tmp_path: Path) -> AsyncIterator[OpenFloor]:
    async with AsyncExitStack() as stack:
        yield OpenFloor(stack, start_switch, phones, tmp_path)


def agent(floor: Floor, person: str) -> Agent:
    return next(one for one in floor.live.snapshot().agents if one.name == f"acme-{person}")


def state(floor: Floor, person: str) -> str:
    found = [one.state for one in floor.live.snapshot().agents if one.name == f"acme-{person}"]
    return str(found[0]) if found else "logged_out"


async def is_in(floor: Floor, person: str, wanted: AgentState) -> Agent:
    await floor.until(lambda: state(floor, person) == wanted, f"{person} to be {wanted}, not {state(floor, person)}")
    return agent(floor, person)


async def login_of(floor: Floor, person: str) -> AgentLogin:
    async with floor.store.reading() as session:
        found = await find_login(session, "acme", person)
    assert found is not None
    return found


async def serving(floor: Floor, person: str, queue: str) -> None:
    """Wait until the row of his log-in says that he serves this queue: it is all that another process may know."""
    async with asyncio.timeout(PATIENCE):
        while (await login_of(floor, person)).serving != queue:
            await asyncio.sleep(0.05)


async def repairs(floor: Floor) -> list[tuple[str, str]]:
    async with floor.store.reading() as session:
        lines = await last_audit(session, "acme", limit=50)
    return [(line.object, line.detail) for line in reversed(lines) if line.action == "agent.repair"]


async def repaired(floor: Floor, *expected: tuple[str, str]) -> None:
    """Wait until the audit says so: it is written after what it tells of was done."""
    told: list[tuple[str, str]] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while not set(expected) <= set(told := await repairs(floor)):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise TimeoutError(f"waited for {expected}; told is {told}") from None


async def talk(floor: Floor, person: str, queue: str = "billing") -> PhoneCall:
    call = await floor.call(queue)
    await floor.until(lambda: floor.talks_to(person), f"{person} to talk")
    return call


# ----- wrap-up


async def test_a_wrap_up_is_time_out_of_all_queues_and_ends_by_itself(opened: OpenFloor) -> None:
    floor = await opened()
    await floor.agent("amel")
    call = await talk(floor, "amel")
    assert agent(floor, "amel").serving == "acme-billing"
    await call.hang_up()
    wrapping = await is_in(floor, "amel", AgentState.WRAP_UP)
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the pause")
    login = await login_of(floor, "amel")
    assert (login.wrap_up_queue, login.serving, login.is_paused) == ("billing", "", False)
    assert login.wrap_up_since
    assert login.wrap_up_until
    assert login.wrap_up_until - login.wrap_up_since == timedelta(seconds=WRAP_UP)
    assert agent(floor, "amel").wrap_up_until == login.wrap_up_until
    assert abs(wrapping.since - login.wrap_up_since) < timedelta(seconds=WRAP_UP / 2)
    assert (await floor.standing())["amel"] == {"billing": (0, "wrapup"), "general": (0, "wrapup")}
    waiting = await floor.call("general")
    await floor.until(lambda: floor.talks_to("amel"), "amel to be given the call that waits")
    talked = next(call for call in floor.live.snapshot().calls if call.agent == "acme-amel")
    assert talked.talking_since
    assert talked.talking_since >= login.wrap_up_until
    await waiting.hang_up()
    free = await is_in(floor, "amel", AgentState.READY)  # the other queue gives no wrap-up
    assert not free.pause_reason


async def test_a_wrap_up_is_extended_and_ended_early(opened: OpenFloor) -> None:
    floor = await opened()
    await floor.agent("amel")
    assert isinstance(await floor.agents.extend("acme", "amel", "amel"), Refused)
    await (await talk(floor, "amel")).hang_up()
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the pause")
    first = agent(floor, "amel").wrap_up_until
    assert first
    assert await floor.agents.extend("acme", "amel", "amel", 30) == Done()
    await floor.until(lambda: agent(floor, "amel").wrap_up_until == first + timedelta(seconds=30), "the new end")
    too_long = await floor.agents.extend("acme", "amel", "amel", 3600)
    assert isinstance(too_long, Refused)
    assert too_long.reason == "too_long"
    await asyncio.sleep(WRAP_UP + 0.5)
    assert agent(floor, "amel").state is AgentState.WRAP_UP
    assert await floor.agents.ready("acme", "amel", "amel") == Done()
    await is_in(floor, "amel", AgentState.READY)
    await (await talk(floor, "amel")).hang_up()


async def test_no_wrap_up_follows_a_missed_call_nor_one_by_hand(opened: OpenFloor) -> None:
    floor = await opened(missed=0)
    amel = await floor.agent("amel", Ring())
    call = await floor.call("billing", most_wait=3)
    await is_in(floor, "amel", AgentState.RINGING)
    await call.ended()
    await is_in(floor, "amel", AgentState.READY)
    out = await amel.start_call("600")  # what he dials himself is an outbound call, wherever it goes
    await is_in(floor, "amel", AgentState.OUTBOUND_CALL)
    await out.hang_up()
    await is_in(floor, "amel", AgentState.READY)
    assert (await login_of(floor, "amel")).wrap_up_until is None


async def test_a_call_that_asterisk_dials_for_him_is_an_outbound_call_too(opened: OpenFloor) -> None:
    floor = await opened()
    amel = await floor.agent("amel")
    await floor.link.act(Originate("PJSIP/acme-amel", "phones", "600"))
    await is_in(floor, "amel", AgentState.OUTBOUND_CALL)
    await amel.call.hang_up()
    await is_in(floor, "amel", AgentState.READY)
    assert (await login_of(floor, "amel")).wrap_up_until is None


async def test_no_call_slips_in_between_call_and_wrap_up(opened: OpenFloor) -> None:
    """Callers wait in both queues all the time, and whoever hangs up is followed by the next."""
    floor = await opened(general=WRAP_UP)
    people = ("amel", "bob", "chloe", "dan")
    rung: list[tuple[str, str]] = []
    ends: dict[str, datetime] = {}
    wrapped = 0

    def watch(change: Change) -> None:
        nonlocal wrapped
        if not isinstance(change.value, Agent):
            return
        one = change.value
        if one.state is AgentState.RINGING and one.name in ends:
            left = (ends.pop(one.name) - one.since).total_seconds()
            wrapped += 1
            if left > 0.3:
                rung.append((one.name, f"{left:.2f} s early"))
        if was.get(one.name) and not one.serving:
            ends[one.name] = one.since + timedelta(seconds=WRAP_UP)
        was[one.name] = one.serving

    was: dict[str, str] = {}
    stop = floor.live.watch(watch)
    for person in people:
        await floor.agent(person)
    queues = {queue: [await floor.call(queue, most_wait=900) for _ in range(4)] for queue in ("billing", "general")}
    try:
        while wrapped < 40:
            await asyncio.sleep(0.3)
            served = {call.caller_number for call in floor.live.snapshot().calls if call.talking_since}
            for queue in queues:
                for call in [call for call in queues[queue] if call.phone.user in served]:
                    queues[queue].remove(call)
                    await call.hang_up()
                    queues[queue].append(await floor.call(queue, most_wait=900))
    finally:
        stop()
    assert rung == []
    for call in [*queues["billing"], *queues["general"]]:
        await call.hang_up()


# ----- pauses and withdrawals


async def test_a_pause_after_the_call_follows_the_wrap_up_and_no_call_slips_in(opened: OpenFloor) -> None:
    floor = await opened()
    amel = await floor.agent("amel")
    call = await talk(floor, "amel")
    waiting = await floor.call("general", most_wait=60)
    assert await floor.agents.pause("acme", "amel", "lunch", "amel", after_call=True) == Done()
    await floor.until(lambda: floor.paused("amel") == "lunch", "the switch to know")
    talking = agent(floor, "amel")
    assert (talking.state, talking.next_reason) == (AgentState.INBOUND_CALL, "lunch")
    await call.hang_up()
    wrapping = await is_in(floor, "amel", AgentState.WRAP_UP)
    assert wrapping.next_reason == "lunch"
    paused = await is_in(floor, "amel", AgentState.PAUSE)
    login = await login_of(floor, "amel")
    assert (login.pause_reason, login.paused_by, login.next_reason) == ("lunch", "amel", "")
    assert paused.since == login.paused_since
    await asyncio.sleep(1.5)
    assert len(amel.calls) == 1
    assert await floor.agents.ready("acme", "amel", "amel") == Done()
    await floor.until(lambda: floor.talks_to("amel"), "amel to be given the call that waits")
    await waiting.hang_up()


async def test_a_pause_to_come_is_cancelled_by_ready(opened: OpenFloor) -> None:
    floor = await opened(billing=0)
    await floor.agent("amel")
    call = await talk(floor, "amel")
    assert await floor.agents.withdraw("acme", "amel", "training", "amel", after_call=True) == Done()
    assert await floor.agents.ready("acme", "amel", "amel") == Done()
    await call.hang_up()
    await is_in(floor, "amel", AgentState.READY)
    assert agent(floor, "amel").next_reason == ""
    await (await talk(floor, "amel")).hang_up()


async def test_a_withdrawal_is_no_pause_and_without_a_call_it_is_at_once(opened: OpenFloor) -> None:
    floor = await opened(billing=0)
    amel = await floor.agent("amel")
    await is_in(floor, "amel", AgentState.READY)
    refused = await floor.agents.pause("acme", "amel", "training", "amel")
    assert refused == Refused("unknown_reason", "There is no pause training: use one of break, lunch.")
    boss = "the boss said so"
    assert await floor.agents.withdraw("acme", "amel", "", "boss", after_call=True, because=boss) == Done()
    withdrawn = await is_in(floor, "amel", AgentState.WITHDRAWN)
    assert (withdrawn.pause_reason, withdrawn.since) == ("back-office", (await login_of(floor, "amel")).paused_since)
    call = await floor.call("billing", most_wait=2)
    await call.ended()
    assert not amel.calls
    assert await floor.agents.pause("acme", "amel", "lunch", "amel") == Done()
    at_lunch = await is_in(floor, "amel", AgentState.PAUSE)
    assert at_lunch.since > withdrawn.since
    unsaid = await floor.agents.ready("acme", "amel", "boss", because=" ")
    assert unsaid == Refused("because_needed", "Who asks it for somebody else says why: that stands in the audit.")
    assert await floor.agents.ready("acme", "amel", "boss", because="two\nlines") == Refused(
        "bad_because", "What is said about it is one line of at most 200 letters."
    )
    assert await floor.agents.log_out("acme", "amel", "boss", because="end of shift") == Done()
    async with floor.store.reading() as session:
        lines = await last_audit(session, "acme", limit=3)
    assert [(line.actor, line.action, line.detail) for line in reversed(lines)] == [
        ("boss", "agent.withdraw", "back-office; because: the boss said so"),
        ("amel", "agent.pause", "lunch"),
        ("boss", "agent.logout", "because: end of shift"),
    ]


# ----- missed offers, phones that go away


async def test_so_many_missed_offers_in_a_row_pause_as_the_queue_says(opened: OpenFloor) -> None:
    floor = await opened(missed=2, billing=0)
    amel = await floor.agent("amel", Ring())
    call = await floor.call("billing", most_wait=60)
    await floor.until(lambda: len(amel.calls) == 2, "amel to be rung again")
    assert floor.paused("amel") == ""
    amel.rule = Answer()
    paused = await is_in(floor, "amel", AgentState.PAUSE)
    assert paused.pause_reason == "missed"
    assert len(amel.calls) == 2
    await floor.agents.ready("acme", "amel", "amel")
    await floor.until(lambda: floor.talks_to("amel"), "amel to talk")
    await call.hang_up()
    assert (await login_of(floor, "amel")).missed == 0


async def test_a_phone_that_cannot_be_reached_is_out_of_routing_until_it_registers(opened: OpenFloor) -> None:
    floor = await opened()
    amel, bob = await floor.agent("amel"), await floor.agent("bob")
    await floor.agents.pause("acme", "bob", "lunch", "bob")
    lunch = await is_in(floor, "bob", AgentState.PAUSE)
    await amel.unregister()
    await bob.unregister()
    away = await is_in(floor, "amel", AgentState.UNREACHABLE)
    await is_in(floor, "bob", AgentState.UNREACHABLE)
    call = await floor.call("billing", most_wait=60)
    await asyncio.sleep(1)
    assert not amel.calls
    await amel.register()
    await floor.until(lambda: floor.talks_to("amel"), "amel to be given the call that waits")
    assert agent(floor, "amel").since > away.since
    await bob.register()
    assert (await is_in(floor, "bob", AgentState.PAUSE)).since == lunch.since
    await call.hang_up()


# ----- forced, and at another phone


async def test_who_is_logged_out_in_a_call_goes_on_talking_and_is_offered_nothing_after_it(opened: OpenFloor) -> None:
    floor = await opened()
    amel = await floor.agent("amel")
    call = await talk(floor, "amel")
    assert await floor.agents.log_out("acme", "amel", "boss", "end of shift") == Done()
    await floor.until(lambda: state(floor, "amel") == "logged_out", "amel to be logged out")
    assert floor.talks_to("amel")
    waiting = await floor.call("general", most_wait=60)
    await call.hang_up()
    await asyncio.sleep(2)
    assert len(amel.calls) == 1
    assert isinstance(await floor.agents.log_in("acme", "amel", "amel"), Done)  # his own right stays
    await floor.until(lambda: floor.talks_to("amel"), "amel to be given the call that waits")
    await waiting.hang_up()


async def test_a_wrap_up_goes_along_to_another_phone(opened: OpenFloor) -> None:
    floor = await opened(billing=LONG)
    await floor.agent("amel")
    await floor.phone("lobby")
    await (await talk(floor, "amel")).hang_up()
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the pause")
    before = agent(floor, "amel")
    assert isinstance(await floor.agents.log_in("acme", "amel", "amel", phone="lobby"), Done)
    await floor.until(lambda: agent(floor, "amel").interface == "PJSIP/acme-lobby", "amel to be at the other phone")
    after = await is_in(floor, "amel", AgentState.WRAP_UP)
    assert (after.since, after.wrap_up_until) == ((await login_of(floor, "amel")).wrap_up_since, before.wrap_up_until)
    assert (await floor.standing())["amel"] == {"billing": (0, "wrapup"), "general": (0, "wrapup")}


async def test_a_transfer_ends_his_part_and_begins_his_wrap_up(opened: OpenFloor) -> None:
    floor = await opened(billing=LONG)
    amel = await floor.agent("amel")
    call = await talk(floor, "amel")
    await amel.call.answered()
    await floor.until(lambda: any(len(bridge.channels) == 2 for bridge in floor.live.snapshot().bridges), "a bridge")
    await amel.call.transfer("600")
    await is_in(floor, "amel", AgentState.WRAP_UP)
    assert not call.has_ended
    await call.hang_up()


# ----- what is left when something dies


class Again:
    """Cordboard started anew beside the same database and Asterisk."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.live = Live(floor.live.node)
        self.link = type(floor.link)(floor.live.node, floor.address, self.live)
        self.agents = Agents(floor.store, self.link, self.live)

    async def __aenter__(self) -> Again:
        await self.agents.look()
        self._tasks = [asyncio.create_task(self.link.run()), asyncio.create_task(self.agents.run())]
        await self.link.wait_live(PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            await end(task)

    def agent(self, person: str) -> Agent | None:
        return next((one for one in self.live.snapshot().agents if one.name == f"acme-{person}"), None)

    async def until(self, person: str, wanted: AgentState) -> Agent:
        def is_so() -> bool:
            one = self.agent(person)
            return one is not None and one.state is wanted and (one.state not in AWAY or bool(one.pause_reason))

        await self.floor.until(is_so, f"{person} to be {wanted}")
        found = self.agent(person)
        assert found
        return found


async def test_cordboard_dies_in_a_wrap_up_and_says_until_when_when_it_is_back(opened: OpenFloor) -> None:
    floor = await opened(billing=12)
    await floor.agent("amel")
    await (await talk(floor, "amel")).hang_up()
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the pause")
    before = agent(floor, "amel")
    await end(opened.upkeep)
    async with Again(floor) as again:
        after = await again.until("amel", AgentState.WRAP_UP)
        login = await login_of(floor, "amel")
        assert after.wrap_up_until == before.wrap_up_until == login.wrap_up_until
        assert after.since == login.wrap_up_since
        free = await again.until("amel", AgentState.READY)
        assert login.wrap_up_until
        assert datetime.now(UTC) >= login.wrap_up_until
        assert free.since >= login.wrap_up_until


async def test_a_wrap_up_whose_time_passed_while_cordboard_was_away_is_over_at_its_start(opened: OpenFloor) -> None:
    floor = await opened()
    amel = await floor.agent("amel")
    await (await talk(floor, "amel")).hang_up()
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the pause")
    until = agent(floor, "amel").wrap_up_until
    await end(opened.upkeep)
    waiting = await floor.call("billing", most_wait=120)
    await asyncio.sleep(WRAP_UP + 1)
    assert len(amel.calls) == 1  # nobody is there who would end it
    async with Again(floor):
        await floor.until(lambda: floor.talks_to("amel"), "amel to be given the call that waits")
        assert (await login_of(floor, "amel")).free_since == until
    await waiting.hang_up()


async def test_a_call_that_ends_while_cordboard_is_away_has_the_rest_of_its_wrap_up(opened: OpenFloor) -> None:
    floor = await opened(billing=LONG)
    await floor.agent("amel")
    call = await talk(floor, "amel")
    await serving(floor, "amel", "billing")
    await end(opened.upkeep)
    before = datetime.now(UTC)
    await call.hang_up()
    after = datetime.now(UTC)
    await asyncio.sleep(2)
    async with Again(floor) as again:
        wrapping = await again.until("amel", AgentState.WRAP_UP)
        assert wrapping.wrap_up_until
        # app_queue keeps the end of a call in whole seconds.
        ended, second = wrapping.wrap_up_until - timedelta(seconds=LONG), timedelta(seconds=1)
        assert before - second <= ended <= after + second


@pytest.mark.parametrize("is_cordboard_away", [False, True], ids=["asterisk", "both"])
async def test_states_outlive_a_restart_with_their_true_durations(opened: OpenFloor, is_cordboard_away: bool) -> None:
    floor = await opened(billing=LONG)
    for person in ("amel", "bob", "chloe", "dan"):
        await floor.agent(person)
    await (await talk(floor, "amel")).hang_up()
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the wrap-up")
    await floor.agents.pause("acme", "bob", "lunch", "bob")
    await floor.agents.withdraw("acme", "chloe", "training", "boss")
    await is_in(floor, "bob", AgentState.PAUSE)
    await is_in(floor, "chloe", AgentState.WITHDRAWN)
    before = {one.name: one for one in floor.live.snapshot().agents}
    if is_cordboard_away:
        await end(opened.upkeep)
    floor.switch.kill()
    await floor.until(lambda: not floor.link.is_live, "the link to be down")
    await floor.switch.boot_again()
    async with AsyncExitStack() as stack:
        live = floor.live
        if is_cordboard_away:
            live = (await stack.enter_async_context(Again(floor))).live
        else:
            await floor.link.wait_live(PATIENCE)

        def is_back() -> bool:
            found = {one.name: one for one in live.snapshot().agents}
            return found.keys() == before.keys() and all(is_as_before(one) for one in found.values())

        def is_as_before(one: Agent) -> bool:
            was = before[one.name]
            if (one.pause_reason, len(one.queues)) != (was.pause_reason, len(was.queues)):
                return False
            # Their phones have not registered yet with the Asterisk that was started.
            if one.state not in AWAY:
                return one.state in (was.state, AgentState.UNREACHABLE)
            return (one.state, one.since, one.wrap_up_until) == (was.state, was.since, was.wrap_up_until)

        await floor.until(is_back, "everybody to be back, in his state since then")
        cause = "Cordboard was started" if is_cordboard_away else "Asterisk was restarted"
        done = f"put back in billing, put back in general; because {cause}"
        await repaired(floor, *((who, done) for who in ("amel", "bob", "chloe", "dan")))
        assert len(await repairs(floor)) == 4


async def test_what_somebody_does_by_hand_is_put_right_and_audited(opened: OpenFloor) -> None:
    floor = await opened(billing=0)
    for person in ("amel", "bob"):
        await floor.agent(person)
    await floor.agents.pause("acme", "bob", "lunch", "bob")
    right = await floor.standing()
    await floor.link.act(QueuePause("PJSIP/acme-amel", True, "by-hand"))
    await floor.link.act(QueuePause("PJSIP/acme-bob", False))
    await floor.until(lambda: floor.paused("amel") == "by-hand", "the switch to say so")
    await floor.until(lambda: not floor.paused("amel") and floor.paused("bob") == "lunch", "it to be put right")
    removals = [QueueRemove(f"acme-{queue}", "PJSIP/acme-amel") for queue in ("billing", "general")]
    await asyncio.gather(*map(floor.link.act, removals))  # both at once: each is put right as soon as it is seen
    await floor.until(lambda: state(floor, "amel") == "logged_out", "amel to be gone")
    await is_in(floor, "amel", AgentState.READY)
    await floor.stands(right)
    why = "because it was not so any more"
    await repaired(
        floor,
        ("amel", f"no longer paused; {why}"),
        ("bob", f"paused for lunch; {why}"),
        ("amel", f"put back in billing, put back in general; {why}"),
    )


async def test_what_another_process_asks_for_is_shown_and_kept(opened: OpenFloor) -> None:
    """As `cordboard agent` does while `cordboard run` runs."""
    floor = await opened(billing=LONG)
    await floor.agent("amel")
    other = Agents(floor.store, floor.link, Live("pbx1"))
    call = await talk(floor, "amel")
    await serving(floor, "amel", "billing")
    assert isinstance(await other.pause("acme", "amel", "lunch", "boss", after_call=True), Done)
    await floor.until(lambda: agent(floor, "amel").next_reason == "lunch", "it to be shown")
    await call.hang_up()
    first = (await is_in(floor, "amel", AgentState.WRAP_UP)).wrap_up_until
    await floor.until(lambda: floor.paused("amel") == "wrapup", "the pause")
    assert isinstance(await other.extend("acme", "amel", "boss", 60), Done)
    await floor.until(lambda: agent(floor, "amel").wrap_up_until != first, "the new end to be shown")
    assert isinstance(await other.ready("acme", "amel", "boss"), Done)
    await is_in(floor, "amel", AgentState.READY)
    assert await repairs(floor) == []
