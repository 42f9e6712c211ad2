"""Agents on a real Asterisk: what they ask is in its queues, what it forgot is put back, who is offered the call."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from ami.actions import QueueAdd, QueuePause, QueuePenalty, QueueRemove, QueueStatus
from ami.client import SwitchLink
from ami.live import Live
from ami.rows import MemberRow
from ami.wire import Address
from conftest import StartSwitch
from cordboard.desk.agents import Agents, Done, Refused, Unknown
from cordboard.desk.errors import NoSuchCompany
from cordboard.desk.results import NOT_CONFIRMED
from cordboard.store.agents import find_login, list_logins
from cordboard.store.audit import last_audit
from cordboard.store.company import save_company
from kit.basis import AMI_SECRET, AMI_USER
from kit.floor import ACME, NODE, Floor, end, open_floor
from kit.patience import PATIENCE
from kit.phones import Answer, Phones, Refuse, Ring
from kit.proxy import FaultProxy

pytestmark = pytest.mark.switch

DEADLINE = 2.0
"""Seconds for an answer that a relay may swallow: short, and long enough for those that it lets pass."""


@pytest.fixture
async def floor(start_switch: StartSwitch, phones: Phones, tmp_path: Path) -> AsyncIterator[Floor]:
    async with AsyncExitStack() as stack:
        yield await open_floor(stack, start_switch, phones, tmp_path)


@pytest.fixture(autouse=True)
def listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cordboard.desk.upkeep")


async def refusal(result: object) -> str:
    assert isinstance(result, Refused), result
    assert result.words.endswith(".")
    return result.reason


async def test_log_in_pause_ready_and_log_out_are_in_the_queues(floor: Floor) -> None:
    agents = floor.agents
    assert await agents.log_in("acme", "amel", "admin") == Done(("phone_unreachable",))
    assert await agents.log_in("acme", "dan", "admin") == Done(("phone_unreachable",))
    assert await floor.standing() == {
        "amel": {"billing": (0, ""), "general": (0, "")},
        "dan": {"billing": (104, ""), "general": (4, "")},
    }
    assert await agents.pause("acme", "amel", "lunch", "amel") == Done(("phone_unreachable",))
    assert (await floor.standing())["amel"] == {"billing": (0, "lunch"), "general": (0, "lunch")}
    assert await agents.pause("acme", "amel", "break", "amel") == Done(("phone_unreachable",))
    assert (await floor.standing())["amel"] == {"billing": (0, "break"), "general": (0, "break")}
    assert await agents.ready("acme", "amel", "amel") == Done(("phone_unreachable",))
    assert (await floor.standing())["amel"] == {"billing": (0, ""), "general": (0, "")}
    assert await agents.log_out("acme", "amel", "admin") == Done()
    assert await agents.log_out("acme", "dan", "admin") == Done()
    assert await floor.standing() == {}
    async with floor.store.reading() as session:
        assert await list_logins(session) == ()
        lines = await last_audit(session, "acme")
    assert [(line.actor, line.action, line.object, line.detail) for line in reversed(lines)][1:] == [
        ("admin", "agent.login", "amel", "phone amel"),
        ("admin", "agent.login", "dan", "phone dan"),
        ("amel", "agent.pause", "amel", "lunch"),
        ("amel", "agent.pause", "amel", "break"),
        ("amel", "agent.ready", "amel", ""),
        ("admin", "agent.logout", "amel", ""),
        ("admin", "agent.logout", "dan", ""),
    ]


async def test_a_registered_phone_needs_no_warning(floor: Floor) -> None:
    await floor.phone("amel")
    await floor.until(lambda: floor.live.snapshot().devices.get("PJSIP/acme-amel") == 1, "the phone to be seen")
    assert await floor.agents.log_in("acme", "amel", "admin") == Done()


async def test_what_makes_no_sense_is_refused_and_changes_nothing(floor: Floor) -> None:
    agents = floor.agents
    assert await refusal(await agents.log_in("acme", "nobody", "x")) == "unknown_person"
    assert await refusal(await agents.log_in("acme", "fred", "x")) == "no_phone"
    assert await refusal(await agents.log_in("acme", "amel", "x", phone="cellar")) == "unknown_phone"
    assert await refusal(await agents.log_in("acme", "eve", "x")) == "no_queue"
    assert await refusal(await agents.log_out("acme", "amel", "x")) == "not_logged_in"
    assert await refusal(await agents.pause("acme", "amel", "lunch", "x")) == "not_logged_in"
    assert await refusal(await agents.ready("acme", "amel", "x")) == "not_logged_in"
    with pytest.raises(NoSuchCompany):
        await agents.log_in("other", "amel", "x")
    async with floor.store.reading() as session:
        assert len(await last_audit(session)) == 1  # the company itself
    await agents.log_in("acme", "amel", "x")
    await floor.until(lambda: [len(one.queues) for one in floor.live.snapshot().agents] == [2], "amel to be seen")
    assert await refusal(await agents.log_in("acme", "amel", "x")) == "already_logged_in"
    assert await refusal(await agents.ready("acme", "amel", "x")) == "already_ready"
    for bad in ("Lunch", "a b", "x" * 41, "a,b", "missed", "wrapup", "training", "coffee", "a\r\nAction: Command"):
        assert await refusal(await agents.pause("acme", "amel", bad, "x")) == "unknown_reason"
    await agents.pause("acme", "amel", "lunch", "x")
    assert await refusal(await agents.pause("acme", "amel", "lunch", "x")) == "already_paused"
    assert await refusal(await agents.log_in("acme", "bob", "x", phone="amel")) == "phone_taken"


async def test_somebody_without_a_phone_sits_at_another_and_moves(floor: Floor) -> None:
    await floor.agents.log_in("acme", "fred", "x", phone="lobby")
    members = await floor.members()
    assert members["general", "fred"].interface == "PJSIP/acme-lobby"
    assert members["general", "fred"].name == "acme-fred"
    await floor.agents.pause("acme", "fred", "lunch", "x")
    moved = await floor.agents.log_in("acme", "fred", "x", phone="dan")
    assert isinstance(moved, Done)
    members = await floor.members()
    assert {one.interface for one in members.values()} == {"PJSIP/acme-dan"}
    assert members["general", "fred"].pause_reason == "lunch"
    assert await refusal(await floor.agents.log_in("acme", "dan", "x")) == "phone_taken"


async def test_who_may_not_borrow_sits_at_his_own_phone_or_at_one_of_a_place(floor: Floor) -> None:
    agents = floor.agents
    assert await refusal(await agents.log_in("acme", "amel", "x", phone="dan", may_borrow=False)) == "not_his_phone"
    assert isinstance(await agents.log_in("acme", "amel", "x", may_borrow=False), Done)
    assert isinstance(await agents.log_in("acme", "amel", "x", phone="lobby", may_borrow=False), Done)
    # Where somebody who may has seated him, he may say so himself.
    await agents.log_in("acme", "fred", "x", phone="dan")
    await floor.until(
        lambda: [len(one.queues) for one in floor.live.snapshot().agents if one.name == "acme-fred"] == [2],
        "fred to be seen in his queues",
    )
    again = await agents.log_in("acme", "fred", "x", phone="dan", may_borrow=False)
    assert await refusal(again) == "already_logged_in"


async def test_a_switch_that_was_killed_and_started_again_gets_everybody_back(floor: Floor) -> None:
    follower = asyncio.create_task(floor.agents.run())
    try:
        for person in ("amel", "bob", "dan"):
            await floor.agents.log_in("acme", person, "x")
        await floor.agents.pause("acme", "bob", "lunch", "x")
        before = await floor.standing()
        floor.switch.kill()
        await floor.until(lambda: not floor.link.is_live, "the link to be down")
        away = await floor.agents.pause("acme", "dan", "break", "x")
        assert isinstance(away, Unknown)
        assert away.reason == "switch_away"
        await floor.switch.boot_again()
        await floor.link.wait_live(PATIENCE)
        before["dan"] = {queue: (penalty, "break") for queue, (penalty, _) in before["dan"].items()}
        await floor.stands(before)
        await floor.until(lambda: floor.paused("dan") == "break", "dan to be paused")
        await floor.until(lambda: floor.paused("bob") == "lunch", "bob to be paused")
    finally:
        await end(follower)


async def test_a_comparison_removes_strangers_and_mends_what_was_changed_by_hand(floor: Floor) -> None:
    for person in ("amel", "bob", "dan"):
        await floor.agents.log_in("acme", person, "x")
    right = await floor.standing()
    assert (await floor.agents.restore()).added == 0
    link = floor.link
    await link.act(QueueAdd("acme-billing", "PJSIP/acme-lobby", "acme-eve"))
    await link.act(QueueAdd("other-queue", "PJSIP/acme-lobby", "other-somebody"))
    await link.act(QueueRemove("acme-general", "PJSIP/acme-amel"))
    await link.act(QueuePenalty("PJSIP/acme-bob", 7, "acme-billing"))
    await link.act(QueuePause("PJSIP/acme-dan", True, "by-hand"))
    done = await floor.agents.restore()
    assert (done.added, done.removed, done.mended, done.is_complete) == (1, 1, 3, True)
    assert await floor.standing() == {**right, "somebody": {"queue": (0, "")}}
    again = await floor.agents.restore()
    assert (again.added, again.removed, again.mended) == (0, 0, 0)


async def test_a_queue_that_came_back_empty_is_filled_again(floor: Floor) -> None:
    for person in ("amel", "bob"):
        await floor.agents.log_in("acme", person, "x")
    before = await floor.standing()
    queues = (floor.switch.places.etc / "queues.conf").read_text()
    floor.switch.write({"queues.conf": queues.replace("[acme-general](acme)\n", "")})
    await floor.switch.cli("module reload app_queue")
    # A queue that is not on the switch is no reason to fail, neither for a log-in nor for a comparison.
    assert (await floor.agents.restore()).is_complete
    floor.link.resync("reload")
    await floor.until(lambda: all(q.name != "acme-general" for q in floor.live.snapshot().queues), "the queue to go")
    late = await floor.agents.log_in("acme", "chloe", "x")
    assert late == Done(("queue_missing:general", "phone_unreachable"))
    floor.switch.write({"queues.conf": queues})
    await floor.switch.cli("module reload app_queue")
    done = await floor.agents.restore()
    assert (done.added, done.is_complete) == (3, True)
    assert await floor.standing() == {**before, "chloe": {"billing": (2, ""), "general": (2, "")}}


async def test_new_skills_change_penalties_and_queues(floor: Floor) -> None:
    for person in ("amel", "dan"):
        await floor.agents.log_in("acme", person, "x")
    people = {
        **ACME.people,
        "dan": replace(ACME.people["dan"], skills={"french": 4}),
        "amel": replace(ACME.people["amel"], skills={"chess": 1}),
    }
    company = replace(ACME, people=people)
    async with floor.store.transaction() as session:
        await save_company(session, company, "x")
    done = await floor.agents.restore()
    assert (done.removed, done.mended) == (2, 2)
    assert await floor.standing() == {"dan": {"billing": (1, ""), "general": (1, "")}}


async def test_logging_in_again_puts_right_what_the_switch_forgot(floor: Floor) -> None:
    await floor.agents.log_in("acme", "amel", "x")
    await floor.until(lambda: len(floor.live.snapshot().agents) == 1, "amel to be seen")
    await floor.link.act(QueueRemove("acme-billing", "PJSIP/acme-amel"))
    await floor.until(
        lambda: [one.queues for one in floor.live.snapshot().agents] == [("acme-general",)], "amel to be half gone"
    )
    assert isinstance(await floor.agents.log_in("acme", "amel", "x"), Done)
    assert (await floor.standing())["amel"] == {"billing": (0, ""), "general": (0, "")}


async def test_one_who_logged_in_elsewhere_already_is_no_error(floor: Floor) -> None:
    await floor.link.act(QueueAdd("acme-billing", "PJSIP/acme-amel", "acme-amel", penalty=9, paused=True))
    assert isinstance(await floor.agents.log_in("acme", "amel", "x"), Done)
    assert (await floor.standing())["amel"] == {"billing": (0, ""), "general": (0, "")}
    await floor.link.act(QueueRemove("acme-billing", "PJSIP/acme-amel"))
    assert isinstance(await floor.agents.log_out("acme", "amel", "x"), Done)
    assert await floor.standing() == {}


async def test_the_best_skilled_ready_agent_is_offered_the_call(floor: Floor) -> None:
    bob, amel = await floor.agent("bob"), await floor.agent("amel")
    call = await floor.call("billing")
    await floor.until(lambda: floor.talks_to("amel"), "amel to talk")
    assert not bob.calls
    second = await floor.call("billing")
    await floor.until(lambda: floor.talks_to("bob"), "bob to talk, for amel is busy")
    assert len(amel.calls) == 1
    await call.hang_up()
    await second.hang_up()


async def test_of_equals_the_longest_idle_is_offered_the_call_across_queues(floor: Floor) -> None:
    bob, chloe = await floor.agent("bob"), await floor.agent("chloe")
    order = []
    for number, queue in enumerate(("billing", "general", "billing", "general"), 1):
        call = await floor.call(queue)
        await floor.until(lambda: len(bob.calls) + len(chloe.calls) == number, "somebody to be rung")  # noqa: B023
        await floor.until(lambda: floor.talks_to("bob") or floor.talks_to("chloe"), "somebody to talk")
        order.append("bob" if floor.talks_to("bob") else "chloe")
        await asyncio.sleep(1.1)  # app_queue keeps the end of the last call in whole seconds
        await call.hang_up()
        await floor.until(lambda: not floor.live.snapshot().channels, "the call to be gone")
    assert order in (["bob", "chloe"] * 2, ["chloe", "bob"] * 2)


async def test_one_who_does_not_answer_is_paused_as_missed_and_the_next_is_offered_the_call(floor: Floor) -> None:
    follower = asyncio.create_task(floor.agents.run())
    try:
        amel = await floor.agent("amel", Ring())
        await floor.agent("bob")
        call = await floor.call("billing")
        await floor.until(lambda: floor.talks_to("bob"), "bob to talk")
        assert len(amel.calls) == 1
        await floor.until(lambda: floor.paused("amel") == "missed", "the pause to be taken over")
        assert (await floor.standing())["amel"] == {"billing": (0, "missed"), "general": (0, "missed")}
        async with asyncio.timeout(PATIENCE):
            while await last_deed(floor) != ("switch", "agent.pause", "missed"):
                await asyncio.sleep(0.05)
        async with floor.store.reading() as session:
            login = await find_login(session, "acme", "amel")
        assert login is not None
        assert (login.is_paused, login.pause_reason) == (True, "missed")
        await floor.agents.restore()  # a comparison is no way out of the pause
        assert floor.paused("amel") == "missed"
        amel.rule = Answer()
        assert await floor.agents.ready("acme", "amel", "amel") == Done()
        second = await floor.call("billing")
        await floor.until(lambda: floor.talks_to("amel"), "amel to talk")
        await second.hang_up()
        await call.hang_up()
    finally:
        await end(follower)


async def test_one_whose_phone_refuses_is_paused_too_and_the_next_is_offered_the_call(floor: Floor) -> None:
    await floor.agent("amel", Refuse())
    await floor.agent("bob")
    call = await floor.call("billing")
    await floor.until(lambda: floor.talks_to("bob"), "bob to talk")
    done = await floor.agents.restore()
    assert done.missed == 1
    await floor.until(lambda: floor.paused("amel") == "missed", "the pause to be taken over")
    await call.hang_up()


async def test_a_less_skilled_agent_is_offered_the_call_once_the_queue_relaxes(floor: Floor) -> None:
    dan = await floor.agent("dan")
    call = await floor.call("billing")
    await floor.until(lambda: bool(floor.live.snapshot().calls), "the caller to wait")
    assert not dan.calls
    await floor.until(lambda: floor.talks_to("dan"), "dan to talk")
    (seen,) = floor.live.snapshot().calls
    assert seen.waited >= 3.0
    await call.hang_up()


async def test_two_desks_do_not_undo_each_other(floor: Floor) -> None:
    other = Agents(floor.store, floor.link, floor.live)
    people = ("amel", "bob", "chloe", "dan")
    await asyncio.gather(
        *(floor.agents.log_in("acme", person, "x") for person in people[:2]),
        *(other.log_in("acme", person, "x") for person in people[2:]),
        *(desk.restore() for desk in (floor.agents, other) * 3),
    )
    await floor.agents.restore()
    assert sorted(await floor.standing()) == sorted(people)
    await asyncio.gather(
        *(floor.agents.log_out("acme", person, "x") for person in people),
        *(other.restore() for _ in range(5)),
    )
    await floor.agents.restore()
    assert await floor.standing() == {}


async def test_an_answer_that_was_lost_is_looked_up_and_nothing_is_asked_twice(floor: Floor) -> None:
    async with FaultProxy(floor.switch.address, floor.switch.ports.ami) as proxy:
        live = Live(NODE)
        link = SwitchLink(NODE, Address(proxy.host, proxy.port, AMI_USER, AMI_SECRET), live)
        agents = Agents(floor.store, link, live, deadline=DEADLINE)
        follower = asyncio.create_task(link.run())
        try:
            await link.wait_live(PATIENCE)
            proxy.down.drop_replies = "."
            asked = asyncio.create_task(agents.log_in("acme", "amel", "x"))
            await floor.until(lambda: len(proxy.down.dropped) == 2, "both answers to be lost")
            proxy.down.drop_replies = ""
            assert isinstance(await asked, Done)
        finally:
            await end(follower)
    assert (await floor.standing())["amel"] == {"billing": (0, ""), "general": (0, "")}
    assert [line[2] for line in floor.switch.queue_log() if line[4] == "ADDMEMBER"] == ["acme-billing", "acme-general"]


async def test_what_was_not_confirmed_is_compared_again_without_a_relist(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    async with FaultProxy(floor.switch.address, floor.switch.ports.ami) as proxy:
        live = Live(NODE)
        link = SwitchLink(NODE, Address(proxy.host, proxy.port, AMI_USER, AMI_SECRET), live)
        agents = Agents(floor.store, link, live, deadline=DEADLINE)
        tasks = [asyncio.create_task(link.run()), asyncio.create_task(agents.run())]
        try:
            await link.wait_live(PATIENCE)
            assert isinstance(await agents.log_in("acme", "bob", "x"), Done)
            proxy.down.drop_replies = "."
            assert await agents.log_in("acme", "amel", "x") == NOT_CONFIRMED
            await floor.link.act(QueueRemove("acme-general", "PJSIP/acme-amel"))
            await floor.until(lambda: len(warnings(caplog)) == 1, "the comparison to fail")
            lost = len(proxy.down.dropped)
            await floor.until(lambda: len(proxy.down.dropped) > lost, "the next one to fail as well")
            proxy.down.drop_replies = ""
            await floor.until(lambda: "agents are as they are logged in again" in caplog.messages, "it to be mended")
            assert link.resyncs == 0
        finally:
            for task in tasks:
                await end(task)
    assert (await floor.standing())["amel"] == {"billing": (0, ""), "general": (0, "")}
    assert len(warnings(caplog)) == 1


async def test_news_does_not_wait_for_the_end_of_a_pause(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cordboard.desk.upkeep.FIRST_RETRY", 3600.0)
    async with FaultProxy(floor.switch.address, floor.switch.ports.ami) as proxy:
        live = Live(NODE)
        link = SwitchLink(NODE, Address(proxy.host, proxy.port, AMI_USER, AMI_SECRET), live)
        agents = Agents(floor.store, link, live, deadline=DEADLINE)
        tasks: list[asyncio.Task[None]] = [asyncio.create_task(link.run())]
        try:
            await link.wait_live(PATIENCE)
            await floor.agents.log_in("acme", "amel", "x")
            await floor.link.act(QueueRemove("acme-general", "PJSIP/acme-amel"))
            proxy.down.drop_replies = "."
            tasks.append(asyncio.create_task(agents.run()))
            await floor.until(lambda: len(warnings(caplog)) == 1, "the comparison to fail")
            proxy.down.drop_replies = ""
            link.resync("news")
            await floor.until(lambda: [len(one.queues) for one in live.snapshot().agents] == [2], "amel to be put back")
        finally:
            for task in tasks:
                await end(task)


async def last_deed(floor: Floor) -> tuple[str, str, str]:
    """Who did what, and how, of the latest line of the audit."""
    async with floor.store.reading() as session:
        (line,) = await last_audit(session, "acme", limit=1)
    return line.actor, line.action, line.detail


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the desk complained of."""
    return [
        line.message for line in caplog.records if line.name == "cordboard.desk.upkeep" and line.levelname == "WARNING"
    ]


async def test_a_switch_that_does_not_answer_is_not_called_done(floor: Floor) -> None:
    agents = Agents(floor.store, floor.link, floor.live, deadline=0.3)
    floor.switch.freeze()
    result = await agents.log_in("acme", "amel", "x")
    assert isinstance(result, Unknown)
    assert result.reason == "not_confirmed"
    async with floor.store.reading() as session:
        assert await find_login(session, "acme", "amel") is not None
    floor.switch.thaw()
    await floor.link.wait_live(PATIENCE)
    assert (await floor.agents.restore()).is_complete
    assert (await floor.standing())["amel"] == {"billing": (0, ""), "general": (0, "")}
    added = [line[2] for line in floor.switch.queue_log() if line[4] == "ADDMEMBER"]
    assert sorted(added) == ["acme-billing", "acme-general"]


async def test_agents_are_put_back_in_the_order_in_which_they_logged_in(floor: Floor) -> None:
    """A linear queue rings in that order, also after the switch forgot everybody."""
    for person in ("chloe", "amel", "bob"):
        assert isinstance(await floor.agents.log_in("acme", person, "x"), Done)

    async def order() -> list[str]:
        rows = await floor.link.list(QueueStatus("acme-general"))
        return [row.member.name for row in rows if isinstance(row, MemberRow)]

    before = await order()
    for name in before:
        await floor.link.act(QueueRemove("acme-general", f"PJSIP/{name}"))
    assert await order() == []
    assert (await floor.agents.restore()).added == len(before)
    assert await order() == before == ["acme-chloe", "acme-amel", "acme-bob"]
