"""On a real Asterisk with real phones: the journal and Asterisk's own queue_log tell the same of every call."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conftest import StartSwitch
from cordboard.journal.books import Books
from cordboard.journal.day import tally_of_day
from cordboard.journal.queue_log import Visit, lines_of, visits_of
from cordboard.journal.recorder import Limits, Recorder
from cordboard.journal.why import Reason
from cordboard.store.journal import facts_of, last_outcomes
from cordboard.store.records import CallRecord, FactRecord
from kit.floor import Floor, end, open_floor
from kit.phones import Answer, Phones, Refuse, Ring

pytestmark = pytest.mark.switch
CALLS = 20
QUICK = Limits(gather=0.0)


@pytest.fixture
async def floor(start_switch: StartSwitch, phones: Phones, tmp_path: Path) -> AsyncIterator[Floor]:
    async with AsyncExitStack() as stack:
        yield await open_floor(stack, start_switch, phones, tmp_path)


@pytest.fixture
async def recorder(floor: Floor) -> AsyncIterator[Recorder]:
    recorder = Recorder(floor.store, floor.live, limits=QUICK)
    task = asyncio.create_task(recorder.run())
    yield recorder
    await end(task)
    await recorder.close()


def visits(floor: Floor) -> dict[str, tuple[Visit, ...]]:
    return visits_of(lines_of(floor.switch.places.queue_log.read_text(encoding="utf-8").splitlines()))


async def history(floor: Floor) -> dict[str, tuple[CallRecord, tuple[FactRecord, ...]]]:
    async with floor.store.reading() as session:
        records = await last_outcomes(session)
        return {one.uniqueid: (one, await facts_of(session, one.node, one.uniqueid)) for one in records}


async def one_random_call(floor: Floor, dice: random.Random, number: int) -> None:
    """A caller with some patience, in one of the queues, some of whose waits are cut short by the dialplan."""
    await asyncio.sleep(number * 0.4)
    queue = dice.choice(["billing", "billing", "general"])
    call = await floor.call(queue, most_wait=dice.choice([90, 90, 3]))
    if dice.random() < 0.3:
        await asyncio.sleep(dice.uniform(0, 2.5))  # hangs up while waiting, ringing, or already talking
    else:
        caller = call.phone.user
        await floor.until(
            lambda: call.has_ended or any(c.caller_number == caller and c.agent for c in floor.live.snapshot().calls),
            "an agent, or the end of patience",
        )
        await asyncio.sleep(dice.uniform(0.2, 1.5))
    await call.hang_up()


async def test_the_journal_agrees_with_queue_log_call_by_call(floor: Floor, recorder: Recorder) -> None:
    dice = random.Random(20261121)
    follower = asyncio.create_task(floor.agents.run())
    await floor.agent("amel", Answer(0.3))
    await floor.agent("bob", Answer(1.0))
    await floor.agent("chloe", Ring())
    await floor.agent("dan", Refuse())

    async def come_back() -> None:
        while True:  # whoever missed a call says after a while that he is ready
            await asyncio.sleep(3)
            for person in ("chloe", "dan"):
                if floor.paused(person):
                    await floor.agents.ready("acme", person, person)

    returning = asyncio.create_task(come_back())
    try:
        await asyncio.gather(*(one_random_call(floor, dice, number) for number in range(CALLS)))
        await floor.until(lambda: recorder.counters.calls_closed == CALLS, "every call to be closed")
    finally:
        await end(returning)
        await end(follower)
    told, logged = await history(floor), visits(floor)
    assert len(told) == CALLS
    assert recorder.counters.unseen_ends == 0
    for uniqueid, (record, facts) in told.items():
        stays = logged.get(uniqueid, ())
        kinds = Counter(fact.kind for fact in facts)
        assert kinds["joined"] == len(stays), uniqueid
        assert kinds["connected"] == sum(1 for stay in stays if stay.connected)
        assert kinds["gave_up"] == sum(1 for stay in stays if stay.end in ("ABANDON", "EXITWITHTIMEOUT"))
        missed = [fact.data["agent"] for fact in facts if fact.kind == "not_answered"]
        assert missed == [agent for stay in stays for agent in stay.missed_by]
        if not stays:
            assert record.outcome == "abandoned"
            continue
        (stay,) = stays
        end_of = {"COMPLETECALLER": "handled", "COMPLETEAGENT": "handled", "ABANDON": "abandoned"}
        assert record.outcome == end_of.get(stay.end, "dissuaded"), (uniqueid, stay.end)
        assert (record.queue, f"acme-{record.queue}") == (stay.queue.partition("-")[2], stay.queue)
        assert (record.agent or "") == stay.agent.partition("-")[2]
        assert record.waited == pytest.approx(stay.waited, abs=1.5)
        assert record.talked == pytest.approx(stay.talked, abs=1.5)
        if record.outcome == "handled":
            chosen = [one for one in record.why["candidates"] if one["reason"] == Reason.CHOSEN]
            assert [one["agent"] for one in chosen] == [record.agent]
    outcomes = Counter(record.outcome for record, _ in told.values())
    assert outcomes["handled"] > 0
    assert outcomes["abandoned"] > 0, "the dice gave no caller who lost patience: choose another seed"
    async with floor.store.reading() as session:
        tally = await tally_of_day(session, "acme", datetime.now(UTC), ZoneInfo("Europe/Paris"))
    assert (tally.received, tally.in_progress, tally.handled) == (CALLS, 0, outcomes["handled"])


async def test_the_explanation_of_a_real_choice_names_everybody(floor: Floor, recorder: Recorder) -> None:
    await floor.agent("amel")
    await floor.agent("bob", Answer(0.2))
    await floor.agent("chloe")
    await floor.agent("dan")
    await floor.agents.pause("acme", "amel", "lunch", "amel")
    for _ in range(2):
        await floor.until(lambda: floor.paused("amel") == "lunch", "the pause to be seen")
        call = await floor.call("billing")
        await floor.until(lambda: floor.talks_to("bob") or floor.talks_to("chloe"), "somebody to talk")
        await asyncio.sleep(1.1)
        await call.hang_up()
        await floor.until(lambda: not floor.live.snapshot().channels, "the call to be gone")
    await floor.until(lambda: recorder.counters.calls_closed == 2, "both calls to be closed")
    (last, _), (first, _) = (await history(floor)).values()
    assert {first.agent, last.agent} == {"bob", "chloe"}
    reasons = {one["agent"]: one["reason"] for one in last.why["candidates"]}
    assert reasons == {
        "amel": Reason.PAUSED,
        str(last.agent): Reason.CHOSEN,
        str(first.agent): Reason.SERVED_MORE_RECENTLY,
        "dan": Reason.NOT_YET,
    }
    by_agent = {one["agent"]: one for one in last.why["candidates"]}
    assert by_agent["amel"]["pause"] == "lunch"
    assert by_agent["dan"]["opens_after"] == 4


async def test_calls_that_a_killed_asterisk_took_with_it_are_closed_with_what_it_had_logged(
    floor: Floor, tmp_path: Path
) -> None:
    recorder = Recorder(floor.store, floor.live, limits=QUICK, books=Books(floor.switch.places.queue_log))
    task = asyncio.create_task(recorder.run())
    await floor.agent("amel")
    served = await floor.call("billing")
    await floor.until(lambda: floor.talks_to("amel"), "amel to talk")
    waiting = await floor.call("billing")
    numbers = [served.phone.user, waiting.phone.user]
    await floor.until(
        lambda: any(c.joined and c.caller_number == numbers[1] for c in floor.live.snapshot().calls),
        "the second caller to wait",
    )
    floor.switch.kill()
    await floor.until(lambda: not floor.link.is_live, "the link to be down")
    await floor.switch.boot_again()
    await floor.until(lambda: recorder.counters.calls_closed == 2, "both calls to be closed")
    await end(task)
    assert recorder.counters.unseen_ends == 2
    by_number = {record.caller_number: record for record, _ in (await history(floor)).values()}
    handled, lost = (by_number[number] for number in numbers)
    assert (handled.outcome, handled.detail, handled.queue) == ("handled", "amel", "billing")
    assert (lost.outcome, lost.detail, lost.queue) == ("technical", "unseen", "billing")
    assert replace(lost, ended=handled.ended).ended is not None
