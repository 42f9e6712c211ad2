"""Deployments as a person asks for them: from the database to a real Asterisk, and told in the audit trail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ami.client import Manager
from ami.errors import LoginRefused
from cordboard.desk.deploy import Deployment
from cordboard.provisioning.apply import Applied, Deployer
from cordboard.provisioning.errors import DeployBusy, PlanRefused, PlanStale
from cordboard.provisioning.generations import Generations, State
from cordboard.provisioning.outcome import applied_json, applied_text
from cordboard.store.audit import last_audit
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.flows import publish_flow
from cordboard.store.records import GenerationState
from cordboard.store.switches import find_generation, list_generations
from cordboard.store.values import Company
from kit import acme
from kit.lab import Fault, Lab
from kit.switch import Switch

pytestmark = pytest.mark.switch


class Office:
    """A database and a switch that does not run yet."""

    def __init__(self, lab: Lab, store: Store) -> None:
        self.lab = lab
        self.store = store
        self.fault: Fault | None = None
        self.deployment = Deployment(store, lab.deployer, lab.placement, self._manager)

    def _manager(self) -> AbstractAsyncContextManager[Manager]:
        return self.lab.manager(fault=self.fault)

    async def save(self, company: Company | None = None) -> None:
        async with self.store.transaction() as session:
            await save_company(session, company or acme.company(), "amel")
            await publish_flow(session, "acme", acme.flow().to_json(), "amel")

    async def generations(self) -> dict[int, GenerationState]:
        async with self.store.reading() as session:
            return {each.number: each.state for each in await list_generations(session, "pbx1")}

    async def told(self) -> list[tuple[str, str, str]]:
        """Who did what, how it went, the last first, of what is about the switch."""
        async with self.store.reading() as session:
            entries = await last_audit(session)
        return [(each.actor, each.action, each.detail) for each in entries if each.action.startswith("deploy.")]


@pytest.fixture
async def office(new_switch: Callable[..., Switch], tmp_path: Path) -> AsyncIterator[Office]:
    lab = Lab(new_switch("pbx1"))
    try:
        async with open_store(f"sqlite:///{tmp_path}/cordboard.sqlite") as store:
            await store.migrate()
            yield Office(lab, store)
    finally:
        lab.close()


async def test_from_the_database_to_a_running_asterisk(office: Office) -> None:
    await office.save()
    desk = office.deployment
    plan = await desk.plan()
    assert plan.exit_code == 2
    first = await desk.apply("amel", plan.identity)
    assert (first.generation, first.state) == (1, State.SWITCHED)
    assert await office.generations() == {1: GenerationState.APPLIED}

    await office.lab.switch.start(etc=office.lab.etc)
    settled = await desk.settle("start")
    assert settled.is_verified
    assert (await desk.plan()).exit_code == 0

    company = acme.company()
    await office.save(
        replace(company, queues={**company.queues, "english": replace(company.queues["english"], ring=9)})
    )
    plan = await desk.plan()
    assert [(change.name, change.after) for change in plan.effective] == [("acme-english", {"ring": "9 s"})]
    second = await desk.apply("bruno", plan.identity)
    assert second.is_verified
    assert await office.generations() == {1: GenerationState.REPLACED, 2: GenerationState.CONFIRMED}
    async with office.store.reading() as session:
        kept = await find_generation(session, "pbx1", 2)
    assert kept is not None
    assert (kept.by, kept.revisions) == ("bruno", {"acme": 2})
    (who, deed, applied), (starter, repair, proven), (_, first_deed, written) = await office.told()
    assert (who, deed, repair, first_deed) == ("bruno", "deploy.apply", "deploy.settle", "deploy.apply")
    assert applied.startswith(f"plan {plan.identity}: generation 2 verified, reloaded app_queue pbx_config, ")
    assert (starter, proven.partition(",")[0]) == ("start", "unfinished deployment: generation 1 verified")
    assert "generation 1 switched (Asterisk was not reached)" in written
    await desk.settle("start")
    await desk.verify()
    assert len(await office.told()) == 3


async def test_a_failed_generation_is_told(office: Office) -> None:
    await office.save()
    desk = office.deployment
    await desk.apply("amel", (await desk.plan()).identity)
    await office.lab.switch.start(etc=office.lab.etc)
    await desk.settle("start")

    async def strike(action: object) -> None:
        path = office.lab.generations.path(2) / "queues.conf"
        if path.exists():
            path.write_text("")

    company = acme.company()
    await office.save(
        replace(company, queues={**company.queues, "english": replace(company.queues["english"], ring=9)})
    )
    office.fault = strike
    applied = await desk.apply("amel", (await desk.plan()).identity)
    assert (applied.generation, applied.failed, applied.state) == (1, 2, State.VERIFIED)
    assert await office.generations() == {1: GenerationState.CONFIRMED, 2: GenerationState.FAILED}
    assert "generation 2 failed (1 object differs), 1 is in force" in (await office.told())[0][2]


async def test_a_plan_is_for_what_was_seen(office: Office) -> None:
    await office.save()
    plan = await office.deployment.plan()
    await office.save(replace(acme.company(), name="Acme et fils"))
    with pytest.raises(PlanStale):
        await office.deployment.apply("amel", plan.identity)
    assert await office.told() == []
    assert office.lab.deployer.is_first


async def test_a_company_without_a_published_flow_is_refused(office: Office) -> None:
    async with office.store.transaction() as session:
        await save_company(session, acme.company(), "amel")
    plan = await office.deployment.plan()
    assert plan.exit_code == 1
    with pytest.raises(PlanRefused, match="publish the flow again"):
        await office.deployment.apply("amel", plan.identity)
    assert office.lab.deployer.is_first


async def test_an_account_that_asterisk_does_not_know_is_an_error_after_the_first_time(office: Office) -> None:
    class Refused:
        async def __aenter__(self) -> Manager:
            raise LoginRefused("wrong secret")

        async def __aexit__(self, *_: object) -> None:
            raise AssertionError

    await office.save()
    desk = Deployment(office.store, office.lab.deployer, office.lab.placement, Refused)
    applied = await desk.apply("amel", (await desk.plan()).identity)
    assert applied.state is State.SWITCHED
    with pytest.raises(LoginRefused):
        await desk.plan()


# --- one at a time ---------------------------------------------------------------------------------------------------


async def test_a_moment_of_somebody_elses_is_waited_for(office: Office) -> None:
    await office.save()
    desk = office.deployment
    identity = (await desk.plan()).identity
    asks: list[Callable[[], Awaitable[Applied]]] = [
        lambda: desk.apply("amel", identity),
        lambda: desk.verify("amel"),
        lambda: desk.settle("start"),
    ]
    for ask in asks:
        with Generations(office.lab.home).lock("cordboard run", "settle"):
            asked = asyncio.ensure_future(ask())
            await asyncio.sleep(0.2)
            assert not asked.done()
        assert (await asked).generation == 1


async def test_the_second_of_two_deployments_is_told_whose_the_first_is(office: Office) -> None:
    await office.save()
    hasty = Deployment(office.store, office.lab.deployer, office.lab.placement, office.lab.manager, patience=0.0)
    identity = (await hasty.plan()).identity
    with office.lab.generations.lock("bruno", "apply"):
        for work in (hasty.apply("amel", identity), hasty.verify("amel"), hasty.settle("start")):
            with pytest.raises(DeployBusy, match=r"bruno \(apply, process "):
                await work
    assert office.lab.deployer.is_first


async def test_the_lock_says_who_looks(office: Office) -> None:
    seen: list[str] = []

    class Recording(Generations):
        @contextmanager
        def lock(self, by: str, doing: str) -> Iterator[None]:
            seen.append(f"{by}: {doing}")
            with super().lock(by, doing):
                yield

    deployer = Deployer(Recording(office.lab.home), office.lab.placement.mode)
    desk = Deployment(office.store, deployer, office.lab.placement, office.lab.manager)
    await desk.verify("amel")
    await desk.settle("cordboard run")
    assert seen == ["amel: verify", "cordboard run: settle"]


# --- interrupted -----------------------------------------------------------------------------------------------------


async def test_a_generation_interrupted_before_it_was_in_force_is_told(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.save()
    desk = office.deployment
    await desk.apply("amel", (await desk.plan()).identity)
    generations = office.lab.generations
    with generations.lock("amel", "apply"):
        generations.prepare(replace(generations.load(1), number=2, base=1))
    with caplog.at_level(logging.WARNING):
        settled = await desk.settle("cordboard run")
    assert (settled.generation, settled.discarded, settled.put_back_from) == (1, (2,), None)
    assert (await office.told())[0][:2] == ("cordboard run", "deploy.settle")
    assert "generation 2 was interrupted, generation 1 switched" in (await office.told())[0][2]
    assert [(line.message, line.__dict__["discarded"]) for line in caplog.records] == [
        ("interrupted deployment tidied up", (2,))
    ]
    assert "Generation 2 was interrupted before it was in force" in applied_text(settled)
    assert applied_json(settled)["discarded"] == [2]
    assert (await desk.settle("cordboard run")).interrupted == ()
    assert len(await office.told()) == 2


async def test_going_back_that_was_interrupted_is_finished_and_told(office: Office) -> None:
    await office.save()
    desk = office.deployment
    await desk.apply("amel", (await desk.plan()).identity)
    generations = office.lab.generations
    with generations.lock("amel", "apply"):
        generations.prepare(replace(generations.load(1), number=2, base=1))
        generations.switch(2)
        generations.mark(2, State.FAILED, "read back wrong")
    settled = await desk.settle("cordboard run")
    assert (settled.generation, settled.put_back_from, settled.discarded) == (1, 2, ())
    assert generations.current() == 1
    assert "generation 2 was interrupted, generation 1 switched" in (await office.told())[0][2]
    assert "Generation 2 had failed; going back from it was interrupted" in applied_text(settled)
    assert applied_json(settled)["put_back_from"] == 2
