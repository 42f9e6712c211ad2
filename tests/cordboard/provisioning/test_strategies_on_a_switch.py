"""Strategies on a real Asterisk: what a reload makes of a queue that becomes linear, and what an apply makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ami.actions import Action, QueueAdd, QueuePause, QueueReload, QueueStatus, Reload
from ami.rows import MemberRow, QueueRow
from cordboard.provisioning.errors import PlanRefused
from cordboard.provisioning.generations import AMENDING, State
from cordboard.provisioning.remake import without
from dialplan_templates.views import Mode
from kit import acme, basis
from kit.deployed import agent, call_in, with_queue
from kit.lab import Lab
from kit.phones import Phones, Ring
from kit.switch import Switch

pytestmark = pytest.mark.switch

ENGLISH = "acme-english"
CREW = ["m17", "m93", "m04", "m55", "m21", "m88", "m60", "m39"]
"""In the order in which they log in, which is not that of the hash by which app_queue keeps them otherwise: of an
interface's name that looks at the first letters, so the company's id is left out here."""
LINEAR = with_queue(strategy="linear")


async def log_in(lab: Lab, crew: Sequence[str] = CREW) -> None:
    async with lab.manager(acme.RUN_ACCOUNT) as running:
        for name in crew:
            await running.act(QueueAdd(ENGLISH, f"PJSIP/{name}", f"acme-{name}"))


async def shown(lab: Lab) -> tuple[str, list[str]]:
    """The strategy that Asterisk shows, and the members in the order in which it goes through them."""
    async with lab.manager() as manager:
        rows = await manager.list(QueueStatus(ENGLISH))
    (strategy,) = [row.strategy for row in rows if isinstance(row, QueueRow)]
    return strategy, [row.member.name.removeprefix("acme-") for row in rows if isinstance(row, MemberRow)]


async def test_a_reload_alone_makes_no_queue_linear_though_asterisk_says_so(lab: Lab) -> None:
    """Why such a queue is made anew: no read-back could tell."""
    await log_in(lab)
    _, by_hash = await shown(lab)
    assert by_hash != CREW
    path = lab.etc / "queues.conf"
    path.write_text(path.read_text().replace("strategy=leastrecent", "strategy=linear"))
    async with lab.manager() as manager:
        await manager.act(QueueReload(parameters=True, rules=True))
    assert await shown(lab) == ("linear", by_hash)
    assert [line for line in lab.switch.complaints() if "linear" in line] == []


async def test_an_apply_makes_the_queue_anew_and_its_order_is_that_of_the_log_ins(lab: Lab) -> None:
    await log_in(lab)
    reloads: list[Action] = []

    async def note(action: Action) -> None:
        reloads.append(action)

    applied = await lab.apply(LINEAR, fault=note)
    assert applied.is_verified, applied
    assert "app_queue" in applied.reloaded
    assert reloads == [*[QueueReload(parameters=True, rules=True)] * 2, Reload("pbx_config")]
    assert await shown(lab) == ("linear", [])
    await log_in(lab)
    assert await shown(lab) == ("linear", CREW)
    assert lab.generations.edited(2) == ()
    assert (await lab.plan(LINEAR)).is_empty
    assert lab.switch.complaints() == []


async def test_from_linear_and_back_nobody_leaves_and_nobody_waits_in_vain(lab: Lab, phones: Phones) -> None:
    await agent(lab, phones, "chloe", {ENGLISH: 0})
    assert (await lab.apply(LINEAR)).is_verified
    await agent(lab, phones, "amel", {ENGLISH: 0})
    call = await call_in(lab, phones, "+33612345678", "2", generation=2)
    await lab.switch.wait_for(f"queue show {ENGLISH}", r"has 1 calls")
    await log_in(lab)
    before = await lab.queue(ENGLISH)
    _, order = await shown(lab)
    assert order == ["amel", *CREW]
    for generation, strategy in enumerate(("longest_idle", "ring_all", "round_robin", "random", "fewest_calls"), 3):
        applied = await lab.apply(with_queue(strategy=strategy))
        assert (applied.generation, applied.is_verified) == (generation, True), applied
        assert await lab.queue(ENGLISH) == before
    assert (await shown(lab))[0] == "fewestcalls"
    await call.hang_up()


async def test_over_the_heads_of_callers_it_is_refused(lab: Lab, phones: Phones) -> None:
    await agent(lab, phones, "chloe", {ENGLISH: 0})
    call = await call_in(lab, phones, "+33612345678", "2")
    await lab.switch.wait_for(f"queue show {ENGLISH}", r"has 1 calls")
    with pytest.raises(PlanRefused, match="it cannot become linear while 1 callers wait in it"):
        await lab.apply(LINEAR)
    assert lab.generations.numbers() == [1]
    await call.hang_up()
    await lab.switch.wait_for(f"queue show {ENGLISH}", r"has 0 calls")
    assert (await lab.apply(LINEAR)).is_verified


async def test_a_caller_who_comes_at_the_last_moment_is_not_left_alone(lab: Lab, phones: Phones) -> None:
    """He came after the plan was looked at: the generation goes back, and he keeps his place."""
    await agent(lab, phones, "chloe", {ENGLISH: 0})
    change = with_queue(strategy="linear", max_wait=90)
    wanted = lab.desired(change)
    async with lab.manager() as manager:
        seen = await lab.deployer.look(wanted, manager)
    came: list[str] = []

    async with lab.manager() as manager:
        plain = manager.list

        async def listing(action, deadline: float = 30.0):  # type: ignore[no-untyped-def]
            if lab.generations.current() == 2 and not came:
                came.append("one")
                await call_in(lab, phones, "+33612345678", "2")
                await lab.switch.wait_for(f"queue show {ENGLISH}", r"has 1 calls")
            return await plain(action, deadline)

        manager.list = listing  # type: ignore[method-assign]
        applied = await lab.deployer.apply(seen.identity, wanted, manager, by="amel")
    assert came
    assert (applied.generation, applied.failed, applied.state) == (1, 2, State.VERIFIED), applied
    assert "callers came into queue acme-english" in applied.reason
    members, waiting = await lab.queue(ENGLISH)
    assert (len(members), len(waiting)) == (1, 1)
    assert (await shown(lab))[0] == "leastrecent"


async def test_a_deployment_that_dies_while_the_queue_is_out_is_finished(lab: Lab) -> None:
    class PowerCut(Exception):
        """Whatever ends a process."""

    await log_in(lab)
    reloads: list[Action] = []

    async def cut(action: Action) -> None:
        reloads.append(action)
        if len(reloads) == 2:
            # The queue is out: a process that dies now leaves the file without it, and the mark of a change half done.
            (lab.etc / AMENDING).touch()
            path = lab.etc / "queues.conf"
            path.write_text(without(path.read_text(), {ENGLISH}))
            raise PowerCut

    with pytest.raises(PowerCut):
        await lab.apply(LINEAR, fault=cut)
    assert "No such queue" in await lab.switch.cli(f"queue show {ENGLISH}")
    assert f"[{ENGLISH}]" not in (lab.etc / "queues.conf").read_text()

    settled = await lab.settle()
    assert (settled.generation, settled.is_verified) == (2, True), settled
    assert lab.generations.edited(2) == ()
    await log_in(lab)
    assert await shown(lab) == ("linear", CREW)


async def test_a_queue_of_an_asterisk_that_is_not_ours_is_made_anew_too(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("pbx1")
    lab = Lab(switch, Mode.INCLUDED)
    try:
        await lab.apply(acme.tenant(), is_asterisk_running=False)
        theirs = basis.files(switch, {"queues.conf": "[general]\nshared_lastcall=yes\n[theirs]\nstrategy=ringall\n"})
        for file, lines in lab.desired().lines_to_add().items():
            theirs[file] = theirs.get(file, "") + lines
        await switch.start(theirs)
        assert (await lab.verify()).is_verified
        await log_in(lab)
        applied = await lab.apply(LINEAR)
        assert applied.is_verified, applied
        await log_in(lab)
        assert await shown(lab) == ("linear", CREW)
        assert "'ringall' strategy" in await switch.cli("queue show theirs")
    finally:
        lab.close()


async def test_ring_all_rings_all_of_the_best_and_pauses_nobody(lab: Lab, phones: Phones) -> None:
    """Neither those who let it ring, nor those who let another answer."""
    assert (await lab.apply(with_queue(strategy="ring_all", ring=2))).is_verified
    crew = {}
    for name, penalty in (("amel", 0), ("bruno", 0), ("lobby", 5)):
        phone = await agent(lab, phones, name, {ENGLISH: penalty})
        phone.rule = Ring()
        crew[name] = phone
    async with lab.manager(acme.RUN_ACCOUNT) as running:
        for name in crew:
            await running.act(QueuePause(f"PJSIP/acme-{name}", False))
    await call_in(lab, phones, "+33612345678", "2", generation=2)
    # Both have let it ring once, and are rung again.
    await crew["amel"].incoming(number=2)
    again = await crew["bruno"].incoming(number=2)
    await again.answer()
    members, _ = await lab.queue(ENGLISH)
    assert [(interface, is_paused) for interface, _, is_paused, _ in members] == [
        ("PJSIP/acme-amel", False),
        ("PJSIP/acme-bruno", False),
        ("PJSIP/acme-lobby", False),
    ]
    assert crew["lobby"].calls == []
