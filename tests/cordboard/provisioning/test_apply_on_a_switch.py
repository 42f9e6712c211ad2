"""Deployments to a real Asterisk: what was meant runs, calls in progress do not notice, and what is wrong goes back."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ami.actions import Action, QueuePause, QueueReload, Reload
from ami.errors import ActionRefused, LoginRefused
from cordboard.provisioning.apply import Applied, Deployer
from cordboard.provisioning.changes import Action as What
from cordboard.provisioning.errors import DeployBusy, PlanRefused, PlanStale, StorageFailed
from cordboard.provisioning.generations import Generations, State
from cordboard.provisioning.outcome import applied_text
from cordboard.provisioning.show import plan_text
from cordboard.provisioning.sources import Tenant
from dialplan_templates.views import Mode
from kit import acme, basis
from kit.deployed import agent, call_in, with_queue, without_queue
from kit.lab import Fault, Lab
from kit.phones import Phones
from kit.switch import Switch

pytestmark = pytest.mark.switch


async def test_first_apply_before_asterisk_runs_is_verified_later(new_switch: Callable[..., Switch]) -> None:
    lab = Lab(new_switch("pbx1"))
    try:
        applied = await lab.apply(acme.tenant(), is_asterisk_running=False)
        assert (applied.generation, applied.state, applied.is_verified) == (1, State.SWITCHED, False)
        assert applied.reason == "Asterisk was not reached"
        await lab.switch.start(etc=lab.etc)
        assert (await lab.verify()).is_verified
        assert lab.generations.status(1).state is State.VERIFIED
        assert lab.switch.complaints() == []
        unseen = await lab.verify(is_asterisk_running=False)  # what was proven once is not proven now
        assert (unseen.is_verified, unseen.reason) == (False, "Asterisk was not reached")
        assert lab.generations.status(1).state is State.VERIFIED
    finally:
        lab.close()


async def test_nothing_to_do_is_said_and_done(lab: Lab) -> None:
    plan = await lab.plan()
    assert (plan.is_empty, plan.exit_code) == (True, 0)
    assert plan.is_asterisk_read
    assert plan_text(plan) == "Nothing to do: everything is as it is wanted.\n"
    applied = await lab.apply()
    assert (applied.generation, applied.is_verified, applied.reloaded) == (1, True, ())
    assert lab.generations.numbers() == [1]


async def test_a_change_reloads_only_what_it_concerns(lab: Lab) -> None:
    wanted = with_queue(max_wait=180, max_waiting=7)
    plan = await lab.plan(wanted)
    (change,) = plan.effective
    assert (change.action, change.kind, change.name) == (What.CHANGE, "queue", "acme-english")
    assert change.before == {"max wait": "120 s", "max waiting": "50 callers"}
    assert change.after == {"max wait": "180 s", "max waiting": "7 callers"}
    assert plan.reloads == change.reload == ("app_queue", "pbx_config")
    assert plan.exit_code == 2

    reloads: list[Action] = []

    async def note(action: Action) -> None:
        reloads.append(action)

    applied = await lab.apply(wanted, fault=note)
    assert applied.is_verified
    assert applied.generation == 2
    assert "app_queue" in applied.reloaded
    assert reloads == [QueueReload(parameters=True, rules=True), Reload("pbx_config")]
    assert "(max 7)" in await lab.switch.cli("queue show acme-english")
    assert (await lab.plan(wanted)).exit_code == 0
    assert lab.switch.complaints() == []


async def test_skills_alone_reload_nothing_but_the_marker(lab: Lab) -> None:
    company = acme.company()
    amel = replace(company.people["amel"], skills={**company.people["amel"].skills, "english": 3})
    wanted = acme.tenant(replace(company, people={**company.people, "amel": amel}))
    plan = await lab.plan(wanted)
    (change,) = plan.effective
    assert (change.kind, change.name) == ("person", "acme-amel")
    assert change.after == {"skill english": "3", "in queue english": "tier 0, penalty 2"}
    assert (change.reload, plan.reloads) == ((), ("pbx_config",))
    applied = await lab.apply(wanted)
    assert applied.is_verified
    assert applied.reloaded == ("pbx_config",)


# --- hurt behind our back --------------------------------------------------------------------------------------------

CUTS = {
    "extensions.conf": "pbx_config",
    "contexts-g{number}.conf": "pbx_config",
    "pjsip.conf": "res_pjsip",
    "queues.conf": "app_queue",
    "voicemail.conf": "app_voicemail",
}


async def test_a_truncated_file_loaded_by_somebody_else_is_drift_and_mended(lab: Lab) -> None:
    for pattern, module in CUTS.items():
        file = pattern.format(number=lab.generations.current())
        os.truncate(lab.etc / file, (lab.etc / file).stat().st_size * 2 // 3)
        await lab.switch.cli(f"module reload {module}")

        verified = await lab.verify()
        assert not verified.is_verified, file
        assert {difference.place for difference in verified.differences} == {"file", "Asterisk"}, file
        assert {difference.module for difference in verified.differences} == {module}, file

        plan = await lab.plan()
        assert plan.effective == ()
        assert (plan.exit_code, plan.drift) == (2, verified.differences)
        assert f"file {file} was edited" in plan_text(plan)
        applied = await lab.apply()
        assert applied.is_verified, applied
        assert module in applied.reloaded
        assert (await lab.plan()).exit_code == 0


async def test_what_a_hand_added_is_drift(lab: Lab) -> None:
    await lab.switch.cli("dialplan add extension 999,1,Hangup into cordboard-in")
    await lab.switch.cli("dialplan add extension 999,1,Hangup into somewhere-else")
    await lab.switch.cli("dialplan remove extension T@cb-did-g1")
    assert {str(difference) for difference in (await lab.verify()).differences} == {
        "Asterisk: extension T@cb-did-g1 is missing",
        "Asterisk: extension 999@cordboard-in was not generated: 1 steps",
        "Asterisk: context somewhere-else was not generated: 1 extensions",
    }
    assert (await lab.apply()).is_verified
    assert (await lab.verify()).differences == ()


# --- a broken generation goes back -----------------------------------------------------------------------------------


def named(folder: Path, name: str) -> Path:
    return folder / name.format(number=folder.name)


def cut(name: str) -> Callable[[Path], None]:
    def truncate(folder: Path) -> None:
        path = named(folder, name)
        os.truncate(path, path.stat().st_size // 2)

    return truncate


def empty(name: str) -> Callable[[Path], None]:
    def wipe(folder: Path) -> None:
        os.truncate(named(folder, name), 0)

    return wipe


def swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = named(folder, name)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


SABOTAGES = {
    "dialplan cut": cut("contexts-g{number}.conf"),
    "dialplan empty": empty("extensions.conf"),
    "dialplan section open": swap("extensions.conf", "[cordboard-in]", "[cordboard-in"),
    "dialplan gone": lambda folder: named(folder, "contexts-g{number}.conf").unlink(),
    "wrong application": swap("contexts-g{number}.conf", ",Answer()", ",Respond()"),
    "endpoints cut": cut("pjsip.conf"),
    "endpoints empty": empty("pjsip.conf"),
    "unknown option": swap("pjsip.conf", "rtp_symmetric=yes", "rtp_symetric=yes"),
    "other option": swap("pjsip.conf", "max_contacts=1", "max_contacts=2"),
    "queues cut": cut("queues.conf"),
    "queues empty": empty("queues.conf"),
    "other limit": swap("queues.conf", "maxlen=50", "maxlen=5"),
    "unseen option": swap("queues.conf", "retry=1", "retry=10"),
    "queue section open": swap("queues.conf", "[acme-english]", "[acme-english"),
}


def other_everything() -> Tenant:
    """A change that concerns dialplan, phones and queues."""
    wanted = with_queue(wrap_up=4)
    company = wanted.company
    chloe = replace(company.people["chloe"], name="Chloé Dupont")
    return acme.tenant(replace(company, people={**company.people, "chloe": chloe}))


async def test_a_generation_that_is_not_what_was_meant_is_put_back(lab: Lab) -> None:
    for number, (name, sabotage) in enumerate(SABOTAGES.items(), 2):
        struck: list[Action] = []

        async def strike(
            action: Action, sabotage: Callable[[Path], None] = sabotage, struck: list[Action] = struck
        ) -> None:
            if not struck:
                sabotage(lab.etc.resolve())
                struck.append(action)

        applied = await lab.apply(other_everything(), fault=strike)
        assert struck, name
        assert (applied.generation, applied.failed, applied.state) == (1, number, State.VERIFIED), (name, applied)
        assert applied.differences, name
        assert f"Generation {number} failed: " in applied_text(applied)
        assert "Generation 1 is in force again: it was read back." in applied_text(applied)
        assert lab.generations.status(number).state is State.FAILED
        verified = await lab.verify()
        assert (verified.generation, verified.is_verified, verified.differences) == (1, True, ()), name
    assert (await lab.apply(other_everything())).is_verified
    assert lab.generations.current() == 2 + len(SABOTAGES)


async def test_the_predecessor_is_mended_before_it_is_put_back(lab: Lab) -> None:
    async def strike(action: Action) -> None:
        for name in ("1", "2"):
            (lab.generations.path(int(name)) / "queues.conf").write_text("")

    applied = await lab.apply(with_queue(wrap_up=4), fault=strike)
    assert applied.failed == 2
    # The last strike came after the mending, and Asterisk was seen to run what it read then.
    assert applied.state is State.SWITCHED
    assert "its predecessor differs as well" in applied.reason
    assert (await lab.apply()).is_verified


# --- interrupted -----------------------------------------------------------------------------------------------------


async def test_asterisk_dies_under_the_apply_and_comes_back_to_the_new_generation(lab: Lab) -> None:
    async def kill(action: Action) -> None:
        lab.switch.kill()

    applied = await lab.apply(with_queue(max_waiting=7), fault=kill)
    assert (applied.generation, applied.state) == (2, State.SWITCHED)
    assert "the link to Asterisk failed" in applied.reason
    await lab.switch.boot_again()
    settled = await lab.settle()
    assert (settled.generation, settled.is_verified) == (2, True)


@pytest.mark.parametrize("done", [0, 1, 2])
async def test_an_apply_that_died_at_a_reload_is_finished_at_the_next_start(lab: Lab, done: int) -> None:
    class PowerCutError(BaseException):
        pass

    reloads: list[Action] = []

    async def die(action: Action) -> None:
        reloads.append(action)
        if len(reloads) > done:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        await lab.apply(other_everything(), fault=die)
    assert lab.generations.current() == 2
    settled = await lab.settle()
    assert (settled.generation, settled.is_verified) == (2, True)
    assert "app_queue" in settled.reloaded
    assert (await lab.plan(other_everything())).exit_code == 0
    again = await lab.settle()
    assert (again.is_verified, again.reloaded) == (True, ())


async def test_an_interrupted_apply_of_a_damaged_generation_goes_back_at_the_next_start(lab: Lab) -> None:
    async def die(action: Action) -> None:
        empty("pjsip.conf")(lab.etc.resolve())
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await lab.apply(other_everything(), fault=die)
    settled = await lab.settle()
    assert (settled.generation, settled.failed, settled.state) == (1, 2, State.VERIFIED)
    assert (await lab.verify()).differences == ()


async def test_starts_after_a_way_back_that_is_not_proven_go_no_further_back(lab: Lab) -> None:
    assert (await lab.apply(with_queue(max_wait=90))).is_verified

    async def unload(_: Action) -> None:
        await lab.switch.cli("module unload app_voicemail.so")

    failed = await lab.apply(with_queue(max_waiting=7), fault=unload)
    assert (failed.failed, failed.generation, failed.state) == (3, 2, State.SWITCHED)
    for _ in range(2):
        settled = await lab.settle()
        assert (settled.generation, settled.failed, settled.state) == (2, None, State.SWITCHED)
    await lab.switch.cli("module load app_voicemail.so")
    settled = await lab.settle()
    assert (settled.generation, settled.is_verified) == (2, True)


async def test_a_disk_that_takes_no_more_changes_nothing(lab: Lab) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(StorageFailed, match="raise the limit and apply again"):
            await lab.apply(with_queue(max_wait=90))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lab.generations.numbers() == [1]
    assert (await lab.verify()).is_verified


async def test_a_state_that_cannot_be_noted_does_not_stop_half_way(lab: Lab) -> None:
    async def block(action: Action) -> None:
        (lab.generations.path(2) / "state.json").unlink(missing_ok=True)
        (lab.generations.path(2) / "state.json").mkdir(exist_ok=True)

    applied = await lab.apply(with_queue(max_wait=90), fault=block)
    assert applied.is_verified
    assert lab.generations.status(2).state is State.PREPARED
    (lab.generations.path(2) / "state.json").rmdir()
    assert (await lab.settle()).is_verified
    assert lab.generations.status(2).state is State.VERIFIED


async def start_over(lab: Lab, fault: Fault | None = None) -> Applied:
    """Apply as after the loss of the home folder: Asterisk runs, and nothing is known of what it runs."""
    lab.generations.current_link.unlink()
    shutil.rmtree(lab.home / "generations")
    assert lab.deployer.is_first
    wanted = lab.desired()
    async with lab.manager(fault=fault) as manager:
        seen = await lab.deployer.look(wanted, manager)
        return await lab.deployer.apply(seen.identity, wanted, manager, by="amel", number=2)


async def test_a_lost_folder_is_written_anew(lab: Lab) -> None:
    applied = await start_over(lab)
    assert (applied.generation, applied.is_verified) == (2, True)
    assert (await lab.plan()).exit_code == 0


async def test_a_first_generation_that_fails_has_nothing_to_go_back_to(lab: Lab) -> None:
    async def strike(action: Action) -> None:
        empty("queues.conf")(lab.etc.resolve())

    applied = await start_over(lab, strike)
    assert (applied.generation, applied.failed, applied.state) == (2, 2, State.FAILED)
    assert "there is no generation before it to go back to" in applied.reason
    assert (await lab.plan()).exit_code == 2
    assert (await lab.apply()).is_verified


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_damaged_record_is_replaced_only_on_demand(lab: Lab, is_gone: bool) -> None:
    record = lab.generations.path(1) / "generation.json"
    record.write_text("{}")
    if is_gone:
        record.unlink()
    plan = await lab.plan()
    assert plan.exit_code == 1
    assert [(problem.where, problem.is_shrinking) for problem in plan.errors] == [("generation 1", True)]
    with pytest.raises(PlanRefused):
        await lab.apply()
    applied = await lab.apply(allow_shrink=True)
    assert (applied.generation, applied.is_verified) == (2, True)
    assert (await lab.plan()).exit_code == 0


async def test_only_so_many_generations_are_kept(lab: Lab) -> None:
    lab.generations = Generations(lab.home, keep=3)
    lab.deployer = Deployer(lab.generations, lab.placement.mode)
    for wait in range(60, 66):
        assert (await lab.apply(with_queue(max_wait=wait))).is_verified
    assert lab.generations.numbers() == [5, 6, 7]
    assert (await lab.verify()).is_verified


async def test_a_new_password_of_the_deploying_account_does_not_lock_us_out(lab: Lab) -> None:
    renewed = replace(lab.placement.deploy_account, secret="another-secret-0123456789")
    wanted = lab.desired(placement=replace(lab.placement, deploy_account=renewed))
    async with lab.manager() as manager:
        seen = await lab.deployer.look(wanted, manager)
        assert [(change.kind, change.name) for change in seen.effective] == [("manager account", "cordboard-deploy")]
        applied = await lab.deployer.apply(seen.identity, wanted, manager, by="amel")
        assert applied.is_verified
        assert applied.reloaded == ("manager", "pbx_config")
        assert (await lab.deployer.verify(manager, by="amel")).is_verified
    with pytest.raises(LoginRefused):
        await lab.verify()


# --- one at a time, exactly what was seen ----------------------------------------------------------------------------


async def test_the_second_of_two_applies_is_told(lab: Lab) -> None:
    refused: list[str] = []

    async def meanwhile(action: Action) -> None:
        if not refused:
            other = lab.second_deployer()
            with pytest.raises(DeployBusy) as busy:
                await other.apply("any", lab.desired(), None, by="bruno")
            refused.append(str(busy.value))

    assert (await lab.apply(with_queue(max_wait=90), fault=meanwhile)).is_verified
    assert "another deployment is under way: amel (apply, process" in refused[0]


async def test_a_stale_plan_is_refused(lab: Lab) -> None:
    async with lab.manager() as manager:
        seen = await lab.deployer.look(lab.desired(with_queue(max_wait=90)), manager)
        with pytest.raises(PlanStale):
            await lab.deployer.apply(seen.identity, lab.desired(with_queue(max_wait=91)), manager, by="amel")
    assert (await lab.apply(with_queue(max_wait=60))).is_verified
    async with lab.manager() as manager:
        with pytest.raises(PlanStale):
            await lab.deployer.apply(seen.identity, lab.desired(with_queue(max_wait=90)), manager, by="amel")
    assert lab.generations.current() == 2


async def test_somebody_elses_reload_in_progress_is_waited_for(lab: Lab) -> None:
    answers = [ActionRefused("A reload is in progress"), ActionRefused("A reload is in progress")]

    async def busy(action: Action) -> None:
        if answers:
            raise answers.pop()

    applied = await lab.apply(with_queue(max_waiting=7), fault=busy)
    assert applied.is_verified
    assert answers == []


# --- calls in progress -----------------------------------------------------------------------------------------------


async def test_a_call_in_a_menu_stays_on_the_way_it_entered(lab: Lab, phones: Phones) -> None:
    await agent(lab, phones, "amel", {"acme-billing-fr": 1})
    call = await call_in(lab, phones, "+33612345678")
    flow = acme.flow()
    moved, again = (
        replace(flow, nodes={**flow.nodes, "accueil": acme.menu(keys={"1": acme.edge("message", message)})})
        for message in ("goodbye", "closed")
    )

    first = await lab.apply(acme.tenant(by=moved))
    second = await lab.apply(acme.tenant(by=again))
    assert first.is_verified
    assert second.is_verified
    assert (first.kept, second.kept) == ((1,), (1, 2))
    assert "cb-menu-acme-accueil-g1" in await lab.switch.cli("core show channels concise")

    await call.press("1")
    await lab.switch.wait_for("core show channels concise", r"cb-wait-g1!acme-billing-fr!\d+!Up!Queue")
    _, waiting = await lab.queue("acme-billing-fr")
    assert len(waiting) == 1
    assert [line for line in lab.switch.complaints() if "res_agi" not in line] == []

    await call.hang_up()
    await lab.switch.wait_idle()
    third = await lab.apply(with_queue(max_wait=90))
    assert third.kept == (3,)
    assert "There is no existence of 'cb-did-g1'" in await lab.switch.cli("dialplan show cb-did-g1")


async def test_members_and_waiting_callers_survive_a_change_of_their_queue(lab: Lab, phones: Phones) -> None:
    await agent(lab, phones, "amel", {"acme-billing-fr": 1})
    await agent(lab, phones, "bruno", {"acme-billing-fr": 5})
    calls = []
    for count in (1, 2):
        calls.append(await call_in(lab, phones, f"+3361234567{count}", "1"))
        await lab.switch.wait_for("queue show acme-billing-fr", rf"has {count} calls")
    before = await lab.queue("acme-billing-fr")
    assert before[0] == [("PJSIP/acme-amel", 1, True, "lunch"), ("PJSIP/acme-bruno", 5, True, "lunch")]
    assert [position for position, _ in before[1]] == [1, 2]

    for wanted in (with_queue("billing-fr", max_waiting=9, wrap_up=5, ring=20), with_queue("billing-fr", max_wait=400)):
        applied = await lab.apply(wanted)
        assert applied.is_verified, applied
        assert "app_queue" in applied.reloaded
        assert await lab.queue("acme-billing-fr") == before

    # Somebody is ready now: the one who came first is served, by the new generation's queue.
    async with lab.manager(acme.RUN_ACCOUNT) as running:
        await running.act(QueuePause("PJSIP/acme-amel", False))
    await calls[0].hears(850)
    _, waiting = await lab.queue("acme-billing-fr")
    assert waiting == [(1, before[1][1][1])]


async def test_a_queue_with_callers_is_not_removed(lab: Lab, phones: Phones) -> None:
    await agent(lab, phones, "chloe", {"acme-english": 0})
    call = await call_in(lab, phones, "+33612345678", "2")
    await lab.switch.wait_for("queue show acme-english", r"has 1 calls")
    with pytest.raises(PlanRefused, match="it would be removed while 1 callers wait in it"):
        await lab.apply(without_queue("english"))
    assert lab.generations.numbers() == [1]
    await call.hang_up()
    await lab.switch.wait_for("queue show acme-english", r"has 0 calls")
    assert (await lab.apply(without_queue("english"))).is_verified


# --- an Asterisk of somebody else's ----------------------------------------------------------------------------------


async def test_an_asterisk_that_is_not_ours_includes_our_files(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("pbx1")
    lab = Lab(switch, Mode.INCLUDED)
    try:
        first = await lab.apply(acme.tenant(), is_asterisk_running=False)
        theirs = basis.files(
            switch,
            {
                "extensions.conf": "[general]\n[theirs]\nexten => 1,1,Answer()\n",
                "queues.conf": "[general]\nshared_lastcall=yes\n[theirs]\nstrategy=ringall\n",
                "voicemail.conf": "[general]\nformat=wav\n[default]\n100 => 1234,Theirs\n",
            },
            phones=["theirs"],
        )
        added = lab.desired().lines_to_add()
        await switch.start({name: text + added.get(name, "") for name, text in theirs.items()})
        settled = await lab.settle()
        assert (first.generation, settled.generation, settled.is_verified) == (1, 1, True), settled
        assert settled.differences == ()

        applied = await lab.apply(other_everything())
        assert applied.is_verified, applied
        assert applied.kept == (1,)
        assert (await lab.plan(other_everything())).exit_code == 0
        assert "Answer()" in await switch.cli("dialplan show 1@theirs")
        assert "'ringall' strategy" in await switch.cli("queue show theirs")
        assert "Endpoint:  theirs" in await switch.cli("pjsip show endpoint theirs")
        assert switch.complaints() == []
    finally:
        lab.close()
