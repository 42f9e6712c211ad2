"""The ways back on a real Asterisk: trials, earlier generations again, and what is swept behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ami.actions import Action
from ami.errors import ActionRefused, LinkDown
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.apply import Deployer
from cordboard.provisioning.errors import DeployBusy, NoSuchGeneration, NotOnTrial, OnTrial, PlanRefused
from cordboard.provisioning.generations import Generations, State
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.retreat import Retreat
from cordboard.provisioning.sources import Tenant
from cordboard.provisioning.sweep import Sweeper
from dialplan_templates.views import Mode
from kit import acme, basis
from kit.deployed import agent, call_in, with_queue, without_queue
from kit.lab import Fault, Lab
from kit.phones import Phones
from kit.switch import Switch

pytestmark = pytest.mark.switch

MINUTES = timedelta(minutes=5)


class Trials:
    """A lab whose clock is moved by hand. Each deployer is made anew, as after a restart."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.generations = lab.generations

    @property
    def deployer(self) -> Deployer:
        return Deployer(
            Generations(self.lab.home, now=lambda: self.moment), self.lab.placement.mode, lambda: self.moment
        )

    @property
    def retreat(self) -> Retreat:
        return Retreat(self.deployer)

    @property
    def sweeper(self) -> Sweeper:
        return Sweeper(self.deployer)

    async def plan(self, *tenants: Tenant) -> Plan:
        async with self.lab.manager() as manager:
            return await self.deployer.look(self.lab.desired(*tenants), manager)

    async def apply(
        self, *tenants: Tenant, fault: Fault | None = None, within: timedelta | None = None, ends_trial: bool = False
    ) -> Applied:
        wanted = self.lab.desired(*tenants)
        async with self.lab.manager(fault=fault) as manager:
            seen = await self.deployer.look(wanted, manager)
            return await self.deployer.apply(
                seen.identity, wanted, manager, by="amel", confirm_within=within, ends_trial=ends_trial
            )

    async def revert_if_due(self) -> Applied | None:
        async with self.lab.manager() as manager:
            return await self.retreat.revert_if_due(manager, by="cordboard run")

    async def again(self, number: int) -> Applied:
        async with self.lab.manager() as manager:
            return await self.retreat.put_in_force_again(number, manager, by="amel")

    async def sweep(self, fault: Fault | None = None) -> Applied | None:
        async with self.lab.manager(fault=fault) as manager:
            return await self.sweeper.sweep(manager, by="cordboard run")


@pytest.fixture
def trials(lab: Lab) -> Trials:
    return Trials(lab)


# --- trials ----------------------------------------------------------------------------------------------------------


async def test_a_trial_that_is_confirmed_stays(trials: Trials) -> None:
    with pytest.raises(NotOnTrial):
        trials.retreat.confirm("amel")
    applied = await trials.apply(with_queue(max_wait=90), within=MINUTES)
    assert applied.is_verified
    assert applied.trial is not None
    assert (applied.trial.generation, applied.trial.base) == (2, 1)
    assert applied.trial.until == trials.moment + MINUTES
    with pytest.raises(OnTrial, match=r"generation 2, applied by amel, is on trial until 2026-11-21 12:05:00 UTC"):
        await trials.apply(with_queue(max_wait=80))
    assert (await trials.lab.verify()).trial == applied.trial
    assert trials.retreat.confirm("bruno") == applied.trial
    trials.moment += MINUTES * 2
    assert await trials.revert_if_due() is None
    assert trials.generations.current() == 2
    assert (await trials.apply(with_queue(max_wait=80))).is_verified


async def test_a_trial_that_nobody_confirms_is_taken_back_and_its_calls_stay(trials: Trials, phones: Phones) -> None:
    await agent(trials.lab, phones, "amel", {"acme-billing-fr": 1})
    early = await call_in(trials.lab, phones, "+33612345671")
    assert (await trials.apply(with_queue("billing-fr", max_waiting=7), within=MINUTES)).kept == (1,)
    late = await call_in(trials.lab, phones, "+33612345672", generation=2)
    trials.moment += MINUTES - timedelta(seconds=1)
    assert await trials.revert_if_due() is None
    trials.moment += timedelta(seconds=1)
    reverted = await trials.revert_if_due()
    assert reverted is not None
    assert (reverted.generation, reverted.state, reverted.taken_back) == (1, State.VERIFIED, (2,))
    assert reverted.kept == (2,)
    assert reverted.people is not None
    assert (reverted.people.agents, reverted.people.differences) == (1, ())
    assert trials.generations.pending() is None
    assert trials.generations.status(2).reason == "taken back: not confirmed in time"
    assert await trials.revert_if_due() is None
    verified = await trials.lab.verify()
    assert (verified.is_verified, verified.differences) == (True, ())
    for count, call in ((1, early), (2, late)):
        await call.press("1")
        await trials.lab.switch.wait_for("queue show acme-billing-fr", rf"has {count} calls.*")
    await late.hang_up()
    await early.hang_up()
    # The number of one that was taken back is not used again.
    assert (await trials.apply(with_queue("billing-fr", max_waiting=9))).generation == 3


async def test_cordboard_dies_on_the_way_back_and_the_next_start_ends_it(trials: Trials) -> None:
    await trials.apply(with_queue(max_wait=90), within=MINUTES)
    trials.moment += MINUTES

    async def die(action: Action) -> None:
        raise LinkDown("killed")

    async with trials.lab.manager(fault=die) as manager:
        reverted = await trials.retreat.revert_if_due(manager, by="cordboard run")
    assert reverted is not None
    assert (reverted.generation, reverted.state) == (1, State.SWITCHED)
    settled = await trials.lab.settle()
    assert (settled.generation, settled.is_verified) == (1, True)
    assert "max_wait" not in str((await trials.plan()).effective)
    assert (await trials.plan()).exit_code == 0


async def test_a_trial_ends_without_asterisk_too(trials: Trials) -> None:
    await trials.apply(with_queue(max_wait=90), within=MINUTES)
    trials.moment += MINUTES
    reverted = await trials.retreat.revert_if_due(None, by="cordboard run")
    assert reverted is not None
    assert (reverted.generation, reverted.state) == (1, State.SWITCHED)
    settled = await trials.lab.settle()
    assert (settled.generation, settled.is_verified) == (1, True)


async def test_a_trial_that_fails_is_none(trials: Trials) -> None:
    async def spoil(action: Action) -> None:
        path = trials.generations.path(2) / "queues.conf"
        if path.exists():
            path.write_text("")

    applied = await trials.apply(with_queue(max_wait=90), fault=spoil, within=MINUTES)
    assert (applied.generation, applied.failed, applied.trial) == (1, 2, None)
    assert trials.generations.pending() is None


async def test_a_rollback_takes_the_place_of_a_trial(trials: Trials) -> None:
    await trials.apply(with_queue(max_wait=90), within=MINUTES)
    applied = await trials.apply(ends_trial=True)
    assert (applied.generation, applied.is_verified, applied.trial) == (3, True, None)
    assert trials.generations.pending() is None


async def test_the_first_generation_cannot_be_a_trial(new_switch: Callable[..., object], lab: Lab) -> None:
    empty = Deployer(Generations(lab.home / "other"), lab.placement.mode)
    wanted = lab.desired()
    seen = await empty.look(wanted, None)
    with pytest.raises(PlanRefused, match="nothing before it to go back to"):
        await empty.apply(seen.identity, wanted, None, by="amel", confirm_within=MINUTES)
    assert empty.is_first


async def test_confirming_waits_its_turn(trials: Trials) -> None:
    await trials.apply(with_queue(max_wait=90), within=MINUTES)
    with Generations(trials.lab.home).lock("bruno", "apply"), pytest.raises(DeployBusy, match="bruno"):
        trials.retreat.confirm("amel")


# --- an earlier one again --------------------------------------------------------------------------------------------


async def test_an_earlier_generation_comes_back_as_it_was_written(trials: Trials, phones: Phones) -> None:
    await agent(trials.lab, phones, "amel", {"acme-billing-fr": 1})
    await trials.apply(with_queue("billing-fr", max_waiting=7))
    await trials.apply(with_queue("billing-fr", max_waiting=8))
    call = await call_in(trials.lab, phones, "+33612345671", generation=3)
    again = await trials.again(1)
    assert (again.generation, again.is_verified, again.taken_back, again.kept) == (1, True, (2, 3), (3,))
    await call.press("1")
    await trials.lab.switch.wait_for("queue show acme-billing-fr", r"has 1 calls")
    for number, told in ((1, "it is in force"), (3, "taken back: generation 1 was put in force again by amel")):
        with pytest.raises(PlanRefused, match=told):
            await trials.again(number)
    with pytest.raises(NoSuchGeneration):
        await trials.again(77)


async def test_no_queue_goes_while_callers_wait(trials: Trials, phones: Phones) -> None:
    await trials.apply(without_queue("english"))
    await trials.apply(acme.tenant())
    await agent(trials.lab, phones, "chloe", {"acme-english": 0})
    call = await call_in(trials.lab, phones, "+33612345678", "2", generation=3)
    await trials.lab.switch.wait_for("queue show acme-english", r"has 1 calls")
    with pytest.raises(
        PlanRefused, match="queue acme-english: 1 callers wait in it, and generation 2 does not have it"
    ):
        await trials.again(2)
    assert trials.generations.current() == 3
    await call.hang_up()
    await trials.lab.switch.wait_for("queue show acme-english", r"has 0 calls")
    assert (await trials.again(2)).is_verified


# --- what is swept ---------------------------------------------------------------------------------------------------


async def test_contexts_go_when_the_last_call_in_them_has_ended(trials: Trials, phones: Phones) -> None:
    call = await call_in(trials.lab, phones, "+33612345671")
    await trials.apply(with_queue(max_wait=90))
    await trials.apply(with_queue(max_wait=80))
    assert trials.sweeper.may_sweep() == {1, 2}
    swept = await trials.sweep()
    assert swept is not None
    assert (swept.swept, swept.kept, swept.is_verified) == ((2,), (1,), True)
    assert await trials.sweep() is None
    await call.press("9")  # the menu again, in the contexts that were kept
    assert "cb-menu-acme-accueil-g1" in await trials.lab.switch.cli("core show channels concise")
    await call.hang_up()
    await trials.lab.switch.wait_idle()
    swept = await trials.sweep()
    assert swept is not None
    assert (swept.swept, swept.kept, swept.generation) == ((1,), (), 3)
    assert swept.reloaded == ("pbx_config",)
    assert trials.sweeper.may_sweep() == frozenset()
    assert "There is no existence of 'cb-did-g1'" in await trials.lab.switch.cli("dialplan show cb-did-g1")
    assert (await trials.plan(with_queue(max_wait=80))).exit_code == 0
    assert trials.generations.edited(3) == ()
    assert [line for line in trials.lab.switch.complaints() if "res_agi" not in line] == []
    (trials.generations.path(3) / "extensions.conf").write_text("[general]\n")
    assert trials.generations.edited(3) == ("extensions.conf",)


async def test_a_sweep_that_is_interrupted_is_ended_at_the_next_start(trials: Trials) -> None:
    await trials.apply(with_queue(max_wait=90))

    async def die(action: Action) -> None:
        raise LinkDown("killed")

    swept = await trials.sweep(fault=die)
    assert swept is not None
    settled = await trials.lab.settle()
    assert (settled.generation, settled.is_verified) == (2, True)
    assert (await trials.plan(with_queue(max_wait=90))).exit_code == 0


async def test_a_sweep_that_asterisk_refuses_is_undone(trials: Trials) -> None:
    await trials.apply(with_queue(max_wait=90))
    refusals = [ActionRefused("no")]

    async def refuse(action: Action) -> None:
        if refusals:
            raise refusals.pop()

    swept = await trials.sweep(fault=refuse)
    assert swept is not None
    assert (swept.swept, swept.kept, swept.is_verified) == ((), (1,), True)
    assert "sweep undone" in swept.reason
    assert trials.sweeper.may_sweep() == {1}
    assert trials.generations.edited(2) == ()


@pytest.mark.parametrize("file", ["extensions.conf", "queues.conf"])
async def test_a_sweep_does_not_load_what_a_hand_wrote(trials: Trials, file: str) -> None:
    await trials.apply(with_queue(max_wait=90))
    path = trials.generations.path(2) / file
    path.write_text(path.read_text() + "[by-hand]\nexten => s,1,NoOp()\n")
    assert await trials.sweep() is None
    assert "by-hand" in path.read_text()


# --- people, and restarts --------------------------------------------------------------------------------------------


async def test_agents_who_went_missing_are_named(trials: Trials, phones: Phones) -> None:
    await agent(trials.lab, phones, "amel", {"acme-billing-fr": 1})

    async def truncate(action: Action) -> None:
        path = trials.generations.path(2) / "queues.conf"
        if path.exists():
            path.write_text("[general]\n")

    applied = await trials.apply(with_queue(max_waiting=7), fault=truncate)
    assert (applied.generation, applied.failed) == (1, 2)
    assert applied.people is not None
    assert applied.people.missing == (("acme-billing-fr", "PJSIP/acme-amel"),)
    assert applied.people.differences == ("queue acme-billing-fr: member PJSIP/acme-amel is gone",)


async def test_what_waits_for_a_restart_is_remembered_until_it_happened(trials: Trials) -> None:
    lab = trials.lab
    moved = replace(lab.placement, network=replace(lab.placement.network, rtp_last=lab.placement.network.rtp_last - 2))
    lab.placement = replace(moved, systemname="pbx9")
    plan = await trials.plan()
    assert plan.restarts
    applied = await trials.apply()
    assert applied.is_verified, applied
    assert applied.restarts == plan.restarts
    assert (await trials.plan()).restarts == plan.restarts
    assert (await lab.verify()).restarts == plan.restarts
    before = lab.placement
    lab.placement = replace(
        before, systemname="pbx1", network=replace(before.network, rtp_last=before.network.rtp_last + 2)
    )
    assert (await trials.plan()).restarts == (), "it is what Asterisk was started with"
    lab.placement = before
    assert (await trials.apply(with_queue(max_wait=90))).restarts == plan.restarts
    await lab.switch.stop()
    await lab.switch.start(etc=lab.etc)
    assert (await lab.verify()).restarts == ()
    assert (await trials.plan(with_queue(max_wait=90))).restarts == ()


async def test_what_was_taken_back_needs_no_restart(trials: Trials) -> None:
    lab = trials.lab
    was = lab.placement
    lab.placement = replace(was, systemname="pbx9")
    assert (await trials.apply()).restarts == ("asterisk.conf",)
    lab.placement = was
    assert (await trials.plan()).restarts == ()
    assert (await trials.apply()).restarts == ()
    lab.placement = replace(was, systemname="pbx9")
    assert (await trials.apply(within=MINUTES)).restarts == ("asterisk.conf",)
    trials.moment += MINUTES
    reverted = await trials.revert_if_due()
    assert reverted is not None
    assert (reverted.generation, reverted.restarts) == (3, ())


# --- an Asterisk of somebody else's ----------------------------------------------------------------------------------


async def test_ways_back_and_sweeps_leave_somebody_elses_dialplan_alone(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("pbx1")
    lab = Lab(switch, Mode.INCLUDED)
    try:
        await lab.apply(acme.tenant(), is_asterisk_running=False)
        theirs = basis.files(
            switch, {"extensions.conf": "[general]\n[theirs]\nexten => 1,1,Answer()\n"}, phones=["theirs"]
        )
        added = lab.desired().lines_to_add()
        await switch.start({name: theirs.get(name, "") + added.get(name, "") for name in {*theirs, *added}})
        assert (await lab.settle()).is_verified
        trials = Trials(lab)
        await trials.apply(with_queue(max_wait=90))
        swept = await trials.sweep()
        assert swept is not None
        assert (swept.swept, swept.is_verified) == ((1,), True)
        again = await trials.again(1)
        assert (again.generation, again.is_verified, again.kept) == (1, True, (2,))
        swept = await trials.sweep()
        assert swept is not None
        assert (swept.generation, swept.swept, swept.is_verified) == (1, (2,), True)
        assert "Answer()" in await switch.cli("dialplan show 1@theirs")
        assert (await trials.plan()).exit_code == 0
    finally:
        lab.close()
