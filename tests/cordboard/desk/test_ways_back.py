"""Ways back and drift as a person asks for them: a database, a real Asterisk, and what is told of it."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from ami.actions import Action, QueueAdd
from cordboard.desk.deploy import Deployment
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.apply import Deployer
from cordboard.provisioning.desired import Desired
from cordboard.provisioning.errors import DeployBusy, NotOnTrial, OnTrial, PlanRefused, PlanStale
from cordboard.provisioning.generations import Generations, State
from cordboard.provisioning.outcome import applied_json, applied_text
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.store.audit import last_audit
from cordboard.store.company import load_company, save_company, sip_secrets
from cordboard.store.engine import Store, open_store
from cordboard.store.flows import current_flow, newest_flow, publish_flow
from cordboard.store.records import CompanySecrets, GenerationState
from cordboard.store.revisions import list_revisions
from cordboard.store.switches import find_generation, list_generations
from cordboard.store.values import Company
from kit import acme
from kit.lab import Fault, Lab
from kit.switch import Switch

pytestmark = pytest.mark.switch

MINUTES = timedelta(minutes=5)


def changed(name: str = "english", **more: object) -> Company:
    company = acme.company()
    return replace(company, queues={**company.queues, name: replace(company.queues[name], **more)})  # type: ignore[arg-type]


class Office:
    """Acme in a database, generation 1 of it verified on a running Asterisk, and a clock moved by hand."""

    def __init__(self, lab: Lab, store: Store) -> None:
        self.lab = lab
        self.store = store
        self.fault: Fault | None = None
        self.moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.desk = self.desk_with(store)

    def desk_with(self, store: Store, rehearsal: Callable[..., object] | None = None) -> Deployment:
        generations = Generations(self.lab.home, now=lambda: self.moment)
        deployer = Deployer(generations, self.lab.placement.mode, lambda: self.moment)
        return Deployment(
            store,
            deployer,
            self.lab.placement,
            lambda: self.lab.manager(fault=self.fault),
            agents_patience=0.5,
            rehearsal=rehearsal,  # type: ignore[arg-type]
        )

    async def save(self, company: Company | None = None, flow_version: int = 1) -> None:
        flow = acme.flow()
        if flow_version > 1:
            flow = replace(flow, nodes={**flow.nodes, "accueil": acme.menu(keys={"1": acme.edge("queue", "english")})})
        async with self.store.transaction() as session:
            await save_company(session, company or acme.company(), "amel")
            await publish_flow(session, "acme", flow.to_json(), "amel")

    async def apply(self, company: Company | None = None, **more: object) -> Applied:
        if company is not None:
            await self.save(company)
        return await self.desk.apply("amel", (await self.desk.plan()).identity, **more)  # type: ignore[arg-type]

    async def queues(self) -> dict[str, int]:
        """The longest wait of each queue in the database."""
        async with self.store.reading() as session:
            company = await load_company(session, "acme")
        return {name: queue.max_wait for name, queue in company.queues.items()}

    async def member(self, queue: str, person: str) -> None:
        async with self.lab.manager(acme.RUN_ACCOUNT) as running:
            await running.act(QueueAdd(queue, f"PJSIP/acme-{person}", f"acme-{person}", 1))

    async def told(self) -> list[tuple[str, str, str]]:
        async with self.store.reading() as session:
            entries = await last_audit(session)
        return [(each.actor, each.action, each.detail) for each in entries if each.action.startswith("deploy.")]


@pytest.fixture
async def office(new_switch: Callable[..., Switch], tmp_path: Path) -> AsyncIterator[Office]:
    lab = Lab(new_switch("pbx1"))
    try:
        async with open_store(f"sqlite:///{tmp_path}/cordboard.sqlite") as store:
            await store.migrate()
            office = Office(lab, store)
            await office.save()
            await office.apply()
            await lab.switch.start(etc=lab.etc)
            assert (await office.desk.settle("start")).is_verified
            yield office
    finally:
        lab.close()


# --- rollback --------------------------------------------------------------------------------------------------------


async def test_companies_flows_and_secrets_come_back(office: Office) -> None:
    async with office.store.reading() as session:
        secrets = await sip_secrets(session, "acme")
    company = acme.company()
    people = {name: person for name, person in company.people.items() if name != "chloe"}
    gone = replace(changed(max_wait=77), people=people)
    await office.save(gone, flow_version=2)
    second = await office.apply()
    assert second.is_verified

    rollback = await office.desk.plan_rollback(None, "bruno")
    assert rollback.target == 1
    assert ("person", "acme-chloe") in {change.thing for change in rollback.plan.effective}
    assert (await office.queues())["english"] == 77, "a plan changes nothing"
    again = await office.desk.rollback("bruno", rollback, rollback.plan.identity)
    assert (again.generation, again.is_verified) == (3, True)
    assert (await office.queues())["english"] == company.queues["english"].max_wait
    async with office.store.reading() as session:
        assert await load_company(session, "acme") == company
        assert await sip_secrets(session, "acme") == secrets
        flow = await current_flow(session, "acme")
        assert flow is not None
        assert flow.document == acme.flow().to_json()
        (last,) = await list_revisions(session, "acme", after=2)
        kept = await find_generation(session, "pbx1", 3)
        states = {each.number: each.state for each in await list_generations(session, "pbx1")}
    assert (last.by, last.reason) == ("bruno", "rollback to generation 1")
    assert kept is not None
    assert kept.manifest["deed"] == "deploy.rollback"
    result = kept.manifest["result"]
    assert (result["is_verified"], len(result["changes"]) > 0, result["seconds"] > 0) == (True, True, True)
    listed = {entry.number: entry for entry in await office.desk.history.entries()}
    assert (listed[3].result, listed[3].seconds) == (result, result["seconds"])
    assert states == {
        1: GenerationState.REPLACED,
        2: GenerationState.REPLACED,
        3: GenerationState.CONFIRMED,
    }
    assert (await office.told())[0][:2] == ("bruno", "deploy.rollback")
    assert (await office.desk.plan()).exit_code == 0
    assert office.desk.history.changes(1, 3) == ()
    # Without a number: back again, to the one before.
    assert (await office.desk.plan_rollback(None, "bruno")).target == 2


async def test_menus_on_trial_are_taken_back_with_the_rest(office: Office) -> None:
    await office.save(changed(max_wait=77))
    others = replace(acme.flow(), nodes={**acme.flow().nodes, "accueil": acme.menu(barge_in=False)})
    async with office.store.transaction() as session:
        trial = await publish_flow(session, "acme", others.to_json(), "amel", share=10)
    rollback = await office.desk.plan_rollback(1, "bruno")
    async with office.store.reading() as session:
        assert await newest_flow(session, "acme") == trial, "a plan changes nothing"
    await office.desk.rollback("bruno", rollback, rollback.plan.identity)
    async with office.store.reading() as session:
        newest = await newest_flow(session, "acme")
    assert newest is not None
    assert (newest.version, newest.is_on_trial) == (1, False)


async def test_companies_that_came_later_stay(office: Office) -> None:
    later = replace(acme.company(), id="later", name="Later", dids={}, trunks={})
    async with office.store.transaction() as session:
        await save_company(session, later, "amel")
        await publish_flow(session, "later", replace(acme.flow(), nodes={}).to_json(), "amel")
    second = await office.apply(changed(max_wait=77))
    assert second.is_verified
    rollback = await office.desk.plan_rollback(1, "bruno")
    assert (rollback.target, rollback.staying) == (1, ("later",))
    assert [change.thing for change in rollback.plan.effective] == [("queue", "acme-english")]


async def test_a_rollback_is_for_what_was_seen(office: Office) -> None:
    await office.apply(changed(max_wait=77))
    rollback = await office.desk.plan_rollback(1, "bruno")
    await office.apply(changed(max_wait=78))
    with pytest.raises(PlanStale):
        await office.desk.rollback("bruno", rollback, rollback.plan.identity)
    assert (await office.queues())["english"] == 78
    assert office.lab.generations.current() == 3


async def test_a_password_that_was_replaced_meanwhile_does_not_come_back_with_an_old_plan(office: Office) -> None:
    await office.apply(changed(max_wait=77))
    rollback = await office.desk.plan_rollback(1, "bruno")
    fresh = CompanySecrets(sip={"amel": SecretStr("in-place-of-a-stolen-one")})
    async with office.store.transaction() as session:
        await save_company(session, changed(max_wait=77), "amel", secrets=fresh)
    with pytest.raises(PlanStale):
        await office.desk.rollback("bruno", rollback, rollback.plan.identity)
    again = await office.desk.plan_rollback(1, "bruno")
    assert (await office.desk.rollback("bruno", again, again.plan.identity)).is_verified
    async with office.store.reading() as session:
        assert (await sip_secrets(session, "acme"))["amel"] == fresh.sip["amel"]


async def test_what_the_rehearsal_refuses_is_not_even_saved(office: Office) -> None:
    await office.apply(changed(max_wait=77))

    async def fails(_: Desired) -> Rehearsal:
        return Rehearsal(is_possible=True, problems=("queues.conf: it rains",))

    strict = office.desk_with(office.store, fails)
    rollback = await strict.plan_rollback(1, "bruno")
    with pytest.raises(PlanRefused, match="it rains"):
        await strict.rollback("bruno", rollback, rollback.plan.identity)
    assert (await office.queues())["english"] == 77
    await office.save(changed(max_wait=78))
    identity = (await strict.plan()).identity
    with pytest.raises(PlanRefused, match="it rains"):
        await strict.apply("amel", identity)
    assert office.lab.generations.numbers() == [1, 2]


async def test_a_rehearsal_that_could_not_be_held_is_told(office: Office) -> None:
    async def impossible(_: Desired) -> Rehearsal:
        return Rehearsal(is_possible=False, problems=("no Asterisk here",))

    await office.save(changed(max_wait=77))
    desk = office.desk_with(office.store, impossible)
    applied = await desk.apply("amel", (await desk.plan()).identity)
    assert applied.is_verified
    assert "warning: it was not rehearsed: no Asterisk here." in applied_text(applied)
    assert applied_json(applied)["rehearsal"]["held"] is False


async def test_what_was_imported_and_not_applied_is_taken_back_by_the_generation_in_force(office: Office) -> None:
    async with office.store.reading() as session:
        secrets = await sip_secrets(session, "acme")
    company = acme.company()
    people = {name: person for name, person in company.people.items() if name != "chloe"}
    await office.save(replace(changed(max_wait=77), people=people), flow_version=2)
    rollback = await office.desk.plan_rollback(1, "bruno")
    assert (rollback.target, rollback.is_in_force, rollback.plan.is_empty) == (1, True, True)
    assert (await office.queues())["english"] == 77, "looking changes nothing"
    with pytest.raises(PlanRefused, match="it is in force"):
        await office.desk.rollback_files("bruno", 1)

    again = await office.desk.rollback("bruno", rollback, rollback.plan.identity)
    assert (again.generation, again.is_verified) == (1, True)
    assert office.lab.generations.numbers() == [1]
    async with office.store.reading() as session:
        assert await load_company(session, "acme") == company
        assert await sip_secrets(session, "acme") == secrets
    assert (await office.desk.plan()).is_empty
    with pytest.raises(PlanRefused, match="the database holds what it was made from"):
        await office.desk.plan_rollback(1, "bruno")


async def test_a_generation_on_trial_is_not_gone_back_to(office: Office) -> None:
    await office.apply(changed(max_wait=77), confirm_within=MINUTES)
    await office.save(changed(max_wait=78))
    with pytest.raises(PlanRefused, match="it is in force"):
        await office.desk.plan_rollback(2, "bruno")


async def test_what_cannot_be_gone_back_to_is_said(office: Office) -> None:
    in_force = "it is in force, and the database holds what it was made from"
    for number, told in ((1, in_force), (None, "no generation was verified before")):
        with pytest.raises(PlanRefused, match=told):
            await office.desk.plan_rollback(number, "bruno")
    await office.apply(changed(max_wait=77))
    generation = office.lab.generations.load(1)
    office.lab.generations.amend(replace(generation, notes={**generation.notes, "revisions": {"acme": 99}}))
    with pytest.raises(PlanRefused, match="revision 99 of company 'acme' is not kept; `cordboard rollback N --files`"):
        await office.desk.plan_rollback(1, "bruno")


async def test_a_failed_rollback_is_told_with_what_the_database_wants(office: Office) -> None:
    await office.apply(changed(max_wait=77))
    rollback = await office.desk.plan_rollback(1, "bruno")
    desk = Deployment(
        office.store,
        office.lab.deployer,
        office.lab.placement,
        lambda: office.lab.manager(fault=office.fault),
        patience=0,
    )
    save = desk._rollbacks.save

    async def meanwhile(*arguments: object) -> object:
        saved = await save(*arguments)  # type: ignore[arg-type]
        held.__enter__()
        return saved

    held = Generations(office.lab.home).lock("chloe", "apply")
    desk._rollbacks.save = meanwhile  # type: ignore[assignment,method-assign]
    try:
        with pytest.raises(Exception, match="chloe") as raised:
            await desk.rollback("bruno", rollback, rollback.plan.identity)
    finally:
        held.__exit__(None, None, None)
    assert "The database wants generation 1 again" in raised.value.__notes__[0]


async def test_files_come_back_whatever_the_database_wants(office: Office) -> None:
    await office.apply(changed(max_wait=77))
    again = await office.desk.rollback_files("bruno", None)
    assert (again.generation, again.is_verified, again.taken_back) == (1, True, (2,))
    assert (await office.queues())["english"] == 77
    assert [change.thing for change in (await office.desk.plan()).effective] == [("queue", "acme-english")]
    async with office.store.reading() as session:
        states = {each.number: each.state for each in await list_generations(session, "pbx1")}
    assert states == {1: GenerationState.CONFIRMED, 2: GenerationState.FAILED}
    assert "to the files of generation 1: generation 2 taken back, generation 1 verified" in (await office.told())[0][2]


# --- trials ----------------------------------------------------------------------------------------------------------


async def test_a_trial_is_told_from_its_beginning_to_its_end(office: Office) -> None:
    with pytest.raises(NotOnTrial):
        await office.desk.confirm("amel")
    applied = await office.apply(changed(max_wait=77), confirm_within=MINUTES)
    assert "On trial until 2026-11-21 12:05:00 UTC" in applied_text(applied)
    assert applied_json(applied)["trial"]["base"] == 1
    with pytest.raises(OnTrial):
        await office.apply(changed(max_wait=78))
    await office.desk.confirm("bruno")
    assert (await office.told())[0] == ("bruno", "deploy.confirm", "generation 2")
    await office.apply(confirm_within=MINUTES)
    assert await office.desk.revert_if_due("cordboard run") is None
    office.moment += MINUTES
    reverted = await office.desk.revert_if_due("cordboard run")
    assert reverted is not None
    assert (reverted.generation, reverted.taken_back, reverted.is_verified) == (2, (3,), True)
    actor, deed, detail = (await office.told())[0]
    assert (actor, deed) == ("cordboard run", "deploy.revert")
    assert "generation 3 taken back, acme as before, generation 2 verified" in detail
    assert reverted.companies_back == ("acme",)
    assert "  cordboard export --company acme --revision 3\n" in applied_text(reverted)
    assert "The database holds acme again as before" in applied_text(reverted)
    assert (await office.queues())["english"] == 77
    assert (await office.desk.plan()).exit_code == 0, "the database wants what is in force"


async def test_what_was_saved_since_a_trial_is_not_taken_back_with_it(office: Office) -> None:
    await office.apply(changed(max_wait=77), confirm_within=MINUTES)
    await office.save(changed(max_wait=78))
    office.moment += MINUTES
    reverted = await office.desk.revert_if_due("cordboard run")
    assert reverted is not None
    assert (reverted.generation, reverted.companies_back) == (1, ())
    assert (await office.queues())["english"] == 78
    assert (await office.desk.plan()).exit_code == 2, "the database still wants it"


async def test_a_rollback_ends_a_trial_and_needs_no_number(office: Office) -> None:
    await office.apply(changed(max_wait=77), confirm_within=MINUTES)
    rollback = await office.desk.plan_rollback(None, "bruno")
    again = await office.desk.rollback("bruno", rollback, rollback.plan.identity)
    assert (again.generation, again.trial, again.is_verified) == (3, None, True)
    assert office.desk.pending() is None


async def test_a_trial_is_taken_back_while_the_database_is_away(
    office: Office, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    await office.apply(changed(max_wait=77), confirm_within=MINUTES)
    office.moment += MINUTES
    (tmp_path / "cordboard.sqlite").rename(tmp_path / "away")
    async with open_store(f"sqlite:///{tmp_path}/cordboard.sqlite") as empty:  # a database without a schema
        reverted = await office.desk_with(empty).revert_if_due("cordboard run")
    assert reverted is not None
    assert (reverted.generation, reverted.is_verified) == (1, True)
    assert reverted.companies_back == ()
    assert "companies not brought back after a trial" in caplog.text
    assert "deployment not recorded" in caplog.text


# --- people ----------------------------------------------------------------------------------------------------------


async def test_agents_who_are_put_back_after_an_apply_are_told(office: Office) -> None:
    await office.member("acme-billing-fr", "amel")
    spoilt: list[object] = []

    async def lose_the_members(action: Action) -> None:
        """Somebody empties the queues just before, and loads them."""
        path = office.lab.generations.path(2) / "queues.conf"
        if path.exists() and not spoilt:
            spoilt.append(action)
            whole = path.read_text()
            path.write_text("[general]\n")
            await office.lab.switch.cli("module reload app_queue")
            path.write_text(whole)

    office.fault = lose_the_members
    lost = await office.apply(changed(max_waiting=7))
    assert lost.is_verified
    assert lost.people is not None
    assert lost.people.missing == (("acme-billing-fr", "PJSIP/acme-amel"),)
    assert lost.people.back == ()
    assert "0 of 1 places are taken again; `cordboard run` puts the rest back" in applied_text(lost)
    assert "1 callers or agents not as they were" in (await office.told())[0][2]

    await office.member("acme-billing-fr", "amel")
    office.fault = None
    whole = await office.apply(changed(max_waiting=8))
    assert whole.people is not None
    assert (whole.people.agents, whole.people.is_whole) == (1, True)
    assert "Kept: 0 waiting callers in their order, 1 agent in their queues." in applied_text(whole)


# --- drift -----------------------------------------------------------------------------------------------------------


async def test_what_drifts_is_told_once_with_what_and_where(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="cordboard.desk.drift")

    async def news() -> list[str]:
        caplog.clear()
        await office.desk.watch("cordboard run")
        return [line for record in caplog.records for line in record.__dict__.get("what", [record.message])]

    assert await news() == []
    assert office.desk.last_drift is not None
    assert office.desk.last_drift.is_none

    await office.save(changed(max_wait=77))
    assert await news() == ["database: 1 change is not applied (`cordboard plan` shows which)"]
    assert await news() == []
    await office.save()
    assert await news() == []  # it says that nothing differs any more, and what: nothing
    assert (await office.told())[0] == (
        "cordboard run",
        "deploy.drift",
        "generation 1: nothing differs any more",
    )

    path = office.lab.generations.path(1) / "queues.conf"
    whole = path.read_text()
    path.write_text(whole + "; by hand\n")
    (told,) = await news()
    assert told.startswith("file: file queues.conf is")
    path.write_text("[general]\n")
    await office.lab.switch.cli("module reload app_queue")
    told_now = await news()
    assert "Asterisk: queue acme-english is missing" in told_now
    assert len(await office.told()) == 6
    report = await office.desk.drift()
    assert {difference.module for difference in report.asterisk} == {"app_queue"}
    assert report.to_json()["files"][0]["name"] == "queues.conf"

    path.write_text(whole)
    await office.lab.switch.cli("module reload app_queue")
    extensions = office.lab.generations.path(1) / "extensions.conf"
    text = extensions.read_text()
    extensions.write_text("[general]\n[foreign]\nexten => s,1,NoOp()\n")
    await office.lab.switch.cli("dialplan reload")
    extensions.write_text(text)
    found = await news()
    assert "Asterisk: context cordboard-in is missing" in found
    assert any("context foreign was not generated" in line for line in found)
    assert (await office.desk.drift()).files == ()


async def test_a_start_keeps_only_what_the_trail_does_not_tell_last(office: Office) -> None:
    async def kept(drift: bool) -> list[str]:
        """The lines that two starts, one after the other, leave in the trail."""
        before = len(await office.told())
        path = office.lab.generations.path(1) / "queues.conf"
        whole = path.read_text()
        path.write_text(whole + "; by hand\n" * drift)
        for _ in range(2):
            await office.desk_with(office.store).watch("cordboard run")
        path.write_text(whole)
        return [detail for _, _, detail in (await office.told())[: len(await office.told()) - before]]

    assert await kept(drift=False) == []
    (told,) = await kept(drift=True)
    assert "queues.conf" in told
    assert await kept(drift=True) == []
    assert await kept(drift=False) == ["generation 1: nothing differs any more"]
    assert await kept(drift=False) == []
    assert await kept(drift=True) == [told]


async def test_drift_is_seen_without_the_database_and_without_asterisk(office: Office, tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/empty.sqlite") as empty:
        report = await office.desk_with(empty).drift()
        assert (report.is_none, report.is_database_read, report.is_asterisk_read) == (True, False, True)
    await office.lab.switch.stop()
    report = await office.desk.drift()
    assert (report.is_none, report.is_asterisk_read) == (True, False)
    assert list(report.lines()) == ["Asterisk was not reached: what it runs was not looked at"]


# --- what is kept ----------------------------------------------------------------------------------------------------


async def test_the_history_tells_what_each_generation_changed(office: Office) -> None:
    await office.apply(changed(max_wait=77))
    second, first = await office.desk.history.entries()
    assert (first.number, first.summary, first.is_in_force, first.is_loaded) == (1, "the first", False, True)
    assert (second.number, second.is_in_force, second.state, second.calls) == (2, True, State.VERIFIED, 0)
    assert second.summary == "queue english: max wait 120 -> 77 s"
    assert (second.revisions, second.flows) == ({"acme": 2}, {"acme": 1})
    told = second.to_json()
    assert told["result"]["reloaded"] == ["pbx_config"]
    assert told["seconds"] > 0
    (change,) = office.desk.history.changes(1, 2)
    assert (change.before, change.after) == ({"max wait": "120 s"}, {"max wait": "77 s"})
    lines = office.desk.history.lines(1, 2)
    assert re.findall(r"(?m)^([-+]) same => .*\b(120|77)\b", lines) == [("-", "120"), ("+", "77")]
    assert office.desk.history.lines(1, 1) == ""
    plan = await office.desk.plan()
    assert plan.is_empty
    await office.save(changed(max_wait=78))
    (edit,) = (await office.desk.plan()).effective
    assert [author.by for author in edit.authors] == ["amel"]


async def test_a_picture_with_a_deployment_in_it_is_thrown_away(office: Office) -> None:
    hasty = Deployment(office.store, office.lab.deployer, office.lab.placement, office.lab.manager, patience=0.2)
    with office.lab.generations.lock("bruno", "apply"), pytest.raises(DeployBusy, match="bruno"):
        await hasty.drift()
    assert (await hasty.drift()).is_none
