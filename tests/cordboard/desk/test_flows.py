"""Menus by version: what a draft is, what publishing asks, and what calls and plans meet meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from ruamel.yaml import YAML

from agi.flow.spoken import Spoken
from cordboard.desk.companies import Companies
from cordboard.desk.errors import NoSuchCompany, NoSuchVersion
from cordboard.desk.flow_versions import State
from cordboard.desk.flows import Drafted, Flows, Published
from cordboard.desk.wanted import stored_tenant
from cordboard.documents import FlowTest, Reading, flow_of, read_company
from cordboard.flows.publishing import trial
from cordboard.flows.subject import stored_subject
from cordboard.provisioning.menus import words_of
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.speech.studio import State as SoundState
from cordboard.speech.studio import Studio
from cordboard.speech.voices import Voices
from cordboard.store.audit import last_audit
from cordboard.store.company import load_company
from cordboard.store.engine import Store
from cordboard.store.errors import UnknownVersion
from cordboard.store.flow_drafts import find_draft
from cordboard.store.flow_menus import SECTIONS, with_flow_of
from cordboard.store.flows import list_flows, publish_flow, withdraw_flow
from cordboard.store.records import Generation, GenerationState
from cordboard.store.switches import add_generation, ensure_switch
from cordboard.store.values import Company
from kit.companies import companies
from kit.one_menu import one_menu
from kit.switch import REPOSITORY

DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
KEY_4 = '"4": {message: opening-hours}'
TO_SUPPORT, TO_BOX = '"4": {queue: support}', '"4": {voicemail: billing}'
NOW_SUPPORT = "~ menu accueil: key 4 now goes to queue support (was message opening-hours)"
BACK = "~ menu accueil: key 4 now goes to message opening-hours (was queue support)"
FAILING = """
tests:
  hours: {to: "+33199000001", at: "2026-11-23 10:00", press: "4", ends: {message: opening-hours}}
"""
UNHELD = "import what is not stored yet, then `cordboard apply`"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(text: str) -> Reading:
    return read_company(text, "company.yaml", NOON.date())


def changed(key_4: str) -> str:
    assert KEY_4 in DEMO
    return DEMO.replace(KEY_4, key_4)


class Desk:
    """The demo company is stored; its clock is moved by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOON
        self.flows = Flows(store, trial(None, self._today), clock=lambda: self.now)
        self.companies = Companies(store, clock=lambda: self.now)

    def _today(self) -> date:
        return self.now.date()

    async def draft(self, key_4: str, more: str = "") -> Drafted:
        return await self.flows.draft(read(changed(key_4) + more), "ada")

    async def published(self, key_4: str = TO_SUPPORT) -> Published:
        """A second version, met at once."""
        await self.draft(key_4)
        done = await self.flows.publish("acme", "ada")
        assert done.version is not None, done.problems
        return done

    async def key_4(self) -> str:
        """Where it leads of the company as it is stored."""
        async with self.store.reading() as session:
            return str((await load_company(session, "acme")).menus["accueil"].keys["4"].target.id)

    async def met(self) -> tuple[int, str]:
        """The version that plans are made of, and where its key 4 leads, by the flow and by the company alike."""
        async with self.store.reading() as session:
            tenant = await stored_tenant(session, "acme")
        edge = dict(tenant.flow.nodes["accueil"].ways())["keys.4"]
        assert edge.target.id == tenant.company.menus["accueil"].keys["4"].target.id
        return tenant.flow_version, edge.target.id

    async def states(self) -> list[tuple[int, State]]:
        _, _, versions = await self.flows.versions("acme")
        return [(each.publication.version, each.state) for each in versions]

    async def applied(self, revision: int | None, node: str = "pbx1") -> None:
        """A switch runs this revision of the company."""
        async with self.store.transaction() as session:
            await ensure_switch(session, node)
            generation = Generation(
                node=node, number=1, state=GenerationState.CONFIRMED, by="ada", created=NOON, changed=NOON,
                revisions={} if revision is None else {"acme": revision}, manifest={},
            )  # fmt: skip
            await add_generation(session, generation)


@pytest.fixture
async def desk(store: Store) -> Desk:
    desk = Desk(store)
    imported = await desk.companies.store_reading(read(DEMO), "admin")
    assert imported.was_stored
    return desk


def told(problems: Sequence[PlanProblem]) -> list[str]:
    return [str(problem) for problem in problems if not problem.is_warning]


async def test_a_draft_changes_nothing_for_calls_and_is_told_in_words(desk: Desk) -> None:
    drafted = await desk.draft(TO_SUPPORT)
    assert words_of(drafted.changes) == (NOW_SUPPORT,)
    assert words_of(drafted.changes, "fr")[0].startswith("~ menu accueil : touche 4 mène désormais vers file support")
    assert (told(drafted.problems), drafted.draft.checked_at, drafted.others) == ([], NOON, ())
    assert await desk.met() == (1, "opening-hours")
    assert await desk.key_4() == "opening-hours"
    assert words_of(await desk.flows.difference("acme", None, None)) == (NOW_SUPPORT,)
    assert await desk.states() == [(1, State.IN_FORCE)]


async def test_only_the_menus_of_a_file_are_taken(desk: Desk) -> None:
    text = changed(TO_SUPPORT).replace("max_wait: 180", "max_wait: 60").replace("name: Ligne directe d’Amel", "name: X")
    drafted = await desk.flows.draft(read(text), "ada")
    assert drafted.others == ("queues", "dids")
    await desk.flows.publish("acme", "ada")
    async with desk.store.reading() as session:
        company = await load_company(session, "acme")
    assert company == with_flow_of(read(DEMO).accepted(), read(changed(TO_SUPPORT)).accepted())
    assert company.queues["support"].max_wait == 180


async def test_publishing_is_told_by_the_audit_and_by_the_versions(desk: Desk) -> None:
    done = await desk.published()
    assert words_of(done.changes) == (NOW_SUPPORT,)
    assert await desk.met() == (2, "support")
    assert await desk.key_4() == "support"
    draft, _, versions = await desk.flows.versions("acme")
    assert draft is None
    (newest, first) = versions
    assert (newest.publication.by, newest.before, words_of(newest.changes or ())) == ("ada", 1, (NOW_SUPPORT,))
    assert (first.state, first.changes) == (State.SUPERSEDED, None)
    async with desk.store.reading() as session:
        (line,) = [each for each in await last_audit(session, "acme", 2) if each.action == "flow.publish"]
    assert (line.actor, line.detail) == ("ada", f"version 2: {NOW_SUPPORT}")


async def test_what_was_published_is_what_an_import_of_the_same_file_finds(desk: Desk) -> None:
    await desk.published()
    imported = await desk.companies.store_reading(read(changed(TO_SUPPORT)), "admin")
    assert imported.revision is not None
    assert not imported.revision.has_changed
    assert await desk.states() == [(2, State.IN_FORCE), (1, State.SUPERSEDED)]


async def test_taking_back_goes_to_the_version_before_and_to_the_one_before_that(desk: Desk) -> None:
    await desk.published()
    await desk.published(TO_BOX)
    for version, key_4 in ((2, "support"), (1, "opening-hours")):
        back = await desk.flows.unpublish("acme", "bob")
        assert back.version is not None
        assert back.version.version == version
        assert await desk.met() == (version, key_4)
        assert await desk.key_4() == key_4
    refused = await desk.flows.unpublish("acme", "bob")
    assert told(refused.problems) == ["menus: no version was published before; import or draft other menus"]
    assert await desk.states() == [(3, State.WITHDRAWN), (2, State.WITHDRAWN), (1, State.IN_FORCE)]
    async with desk.store.reading() as session:
        withdrawn = (await list_flows(session, "acme"))[1]
        lines = [each.detail for each in await last_audit(session, "acme") if each.action == "flow.unpublish"]
    assert withdrawn.withdrawn_by == "bob"
    assert lines[0] == f"version 2: {BACK}"
    await desk.published()
    assert await desk.met() == (4, "support"), "a number is given once"
    assert (await desk.flows.versions("acme"))[2][0].before == 1


async def test_an_earlier_version_is_drafted_again(desk: Desk) -> None:
    await desk.published()
    assert words_of((await desk.flows.draft_again("acme", 1, "ada")).changes) == (BACK,)
    assert (await desk.flows.publish("acme", "ada")).version is not None
    assert await desk.met() == (3, "opening-hours")
    with pytest.raises(NoSuchVersion, match="no version 9 of its menus"):
        await desk.flows.draft_again("acme", 9, "ada")
    with pytest.raises(NoSuchVersion, match="has no draft"):
        await desk.flows.difference("acme", 1, None)
    assert await desk.flows.difference("acme", 1, 3) == ()
    with pytest.raises(NoSuchCompany):
        await desk.flows.versions("nobody")


async def test_versions_that_cannot_be_read_any_more_are_listed_without_what_they_changed(desk: Desk) -> None:
    async with desk.store.transaction() as session:
        await publish_flow(session, "acme", {"cordboard_flow": 0}, "ada")
        await publish_flow(session, "acme", flow_of(read(DEMO).accepted(), NOON.date()).to_json(), "ada")
    _, _, versions = await desk.flows.versions("acme")
    assert [(each.before, each.changes) for each in versions] == [(2, None), (1, None), (None, None)]
    with pytest.raises(NoSuchVersion, match="no version 2 of its menus that can be read"):
        await desk.flows.difference("acme", 1, 2)
    async with desk.store.reading() as session:
        assert (await stored_subject(session, "acme", 3)).version == 3
        with pytest.raises(UnknownVersion, match="no version 2 of its menus that can be read"):
            await stored_subject(session, "acme", 2)


@pytest.mark.parametrize("how", ["at", "share", "did"])
async def test_a_version_that_waits_or_is_on_trial_is_what_is_stored_and_not_what_is_planned(
    desk: Desk, how: str
) -> None:
    await desk.draft(TO_SUPPORT)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    done = await desk.flows.publish(
        "acme",
        "ada",
        starts=tomorrow if how == "at" else None,
        share=10 if how == "share" else None,
        did="main" if how == "did" else None,
    )
    assert done.version is not None
    state = State.WAITING if how == "at" else State.ON_TRIAL
    assert await desk.states() == [(2, state), (1, State.IN_FORCE)]
    assert await desk.met() == (1, "opening-hours")
    assert await desk.key_4() == "support"

    await desk.draft(TO_BOX)
    again = await desk.flows.publish("acme", "bob")
    assert told(again.problems)[0].startswith("menus: not every call enters version 2 yet; `cordboard flow promote`")
    other = await desk.companies.store_reading(read(DEMO), "admin")
    assert not other.was_stored
    assert "version 2, which not every call enters yet" in other.problems[-1].what
    people = read(changed(TO_SUPPORT).replace("name: Emma Novák", "name: Emma Novak"))
    assert (await desk.companies.store_reading(people, "admin")).was_stored, "who works there is no matter of menus"
    assert await desk.states() == [(2, state), (1, State.IN_FORCE)]

    promoted = await desk.flows.promote("acme", "bob")
    assert words_of(promoted.changes) == (NOW_SUPPORT,)
    desk.now = datetime.now(UTC) + timedelta(seconds=1)
    assert await desk.states() == [(2, State.IN_FORCE), (1, State.SUPERSEDED)]
    assert await desk.met() == (2, "support")
    refused = await desk.flows.promote("acme", "bob")
    assert told(refused.problems)[0].startswith("menus: no version waits or is on trial")


async def test_what_was_taken_back_meanwhile_is_not_promoted(store: Store, desk: Desk) -> None:
    await desk.draft(TO_SUPPORT)
    done = await desk.flows.publish("acme", "ada", share=30)
    assert done.version is not None
    async with store.transaction() as session:
        promoting = asyncio.create_task(desk.flows.promote("acme", "bob"))
        await asyncio.wait([promoting], timeout=0.2)
        assert not promoting.done(), "it waits for its turn"
        await withdraw_flow(session, done.version, "ada")
    refused = await promoting
    assert told(refused.problems)[0].startswith("menus: no version waits or is on trial")
    assert await desk.states() == [(2, State.WITHDRAWN), (1, State.IN_FORCE)]


async def test_a_version_on_trial_is_taken_back(desk: Desk) -> None:
    await desk.draft(TO_SUPPORT)
    await desk.flows.publish("acme", "ada", share=30)
    back = await desk.flows.unpublish("acme", "ada")
    assert words_of(back.changes) == (BACK,)
    assert await desk.key_4() == "opening-hours"
    assert (await desk.companies.store_reading(read(DEMO), "admin")).was_stored
    assert await desk.states() == [(2, State.WITHDRAWN), (1, State.IN_FORCE)]


async def test_of_two_who_publish_at_once_one_is_told_so(store: Store, desk: Desk) -> None:
    both = asyncio.Barrier(2)

    async def together(tenant: Tenant, tests: Sequence[FlowTest]) -> list[PlanProblem]:
        await both.wait()
        return []

    await desk.draft(TO_SUPPORT)
    flows = Flows(store, together, clock=lambda: NOON)
    done = await asyncio.gather(*(flows.publish("acme", by) for by in ("ada", "bob")), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["ChangedMeanwhile", "Published"]
    assert await desk.states() == [(2, State.IN_FORCE), (1, State.SUPERSEDED)]


async def test_a_failing_test_or_an_error_keeps_a_draft_from_being_published(desk: Desk) -> None:
    drafted = await desk.draft(TO_SUPPORT, FAILING)
    assert drafted.draft.checked_at is None
    refused = await desk.flows.publish("acme", "ada")
    assert refused.version is None
    (problem,) = told(refused.problems)
    assert problem.startswith("test hours: fails: is to end in message opening-hours, ends in queue support (did.main")
    assert await desk.met() == (1, "opening-hours")
    async with desk.store.reading() as session:
        assert await find_draft(session, "acme") is not None, "to be mended"
    assert (await desk.draft(KEY_4, FAILING)).draft.checked_at == NOON


async def test_the_checker_is_asked(store: Store, desk: Desk) -> None:
    async def against(tenant: Tenant, tests: Sequence[FlowTest]) -> list[PlanProblem]:
        assert tenant.flow_version == 0
        return [PlanProblem("menus.accueil", "is silent", "give it a sound")]

    flows = Flows(store, against, clock=lambda: NOON)
    await flows.draft(read(changed(TO_SUPPORT)), "ada")
    refused = await flows.publish("acme", "ada", anyway=True)
    assert told(refused.problems) == ["menus.accueil: is silent; give it a sound"]


async def test_what_others_published_meanwhile_is_not_undone_unawares(desk: Desk) -> None:
    await desk.draft(TO_SUPPORT)
    await desk.companies.store_reading(read(changed(TO_BOX)), "bob")
    refused = await desk.flows.publish("acme", "ada")
    (problem,) = told(refused.problems)
    assert problem.startswith("draft: version 2 by bob is not the one that it was made from, and would be undone")
    done = await desk.flows.publish("acme", "ada", anyway=True)
    assert done.version is not None
    assert await desk.met() == (3, "support")
    nothing = await desk.flows.publish("acme", "ada")
    assert told(nothing.problems) == ["draft: there is none; `cordboard flow draft FILE` makes one"]


async def test_a_draft_that_leads_to_what_was_taken_out_is_told_with_its_errors(desk: Desk) -> None:
    written = await desk.flows.text("acme")
    text = written.text.replace("Standard", "Accueil")
    drafted = await desk.flows.draft_text("acme", text, await desk.flows.read("acme", text), written.basis, "ada")
    assert drafted.draft.checked_at is not None
    await desk.companies.store_reading(read(DEMO.replace("opening-hours", "our-hours")), "bob")
    draft, changes, versions = await desk.flows.versions("acme")
    assert (draft, changes) == (replace(drafted.draft, checked_at=None), None)
    assert [each.publication.version for each in versions] == [2, 1]
    refused = await desk.flows.publish("acme", "ada", anyway=True)
    (problem,) = told(refused.problems)
    assert problem.startswith('menus.accueil.keys.4.message: no message "opening-hours"')
    with pytest.raises(NoSuchVersion, match='no message "opening-hours"'):
        await desk.flows.difference("acme", None, None)
    assert (await desk.flows.text("acme")).text == text, "to be mended"


async def test_what_a_switch_does_not_have_yet_keeps_menus_from_being_published(desk: Desk, tmp_path: Path) -> None:
    await desk.applied(1)
    await desk.applied(None, "pbx2")
    yaml = YAML()
    document = yaml.load(DEMO)
    document["queues"]["night"] = {**document["queues"]["support"], "name": "Night", "number": "699"}
    document["dids"]["+33199000009"] = {"id": "night", "name": "Night", "target": {"queue": "night"}}
    file = tmp_path / "with-night.yaml"
    yaml.dump(document, file)
    night = file.read_text(encoding="utf-8")

    drafted = await desk.flows.draft(read(night), "ada")
    strange = "DID +33199000009: is not stored; `cordboard import` and `cordboard apply` first"
    absent = "switch pbx2: does not have this company yet; `cordboard apply` first"
    assert told(drafted.problems) == [strange, absent]
    assert (await desk.companies.store_reading(read(night), "ada")).was_stored
    document["menus"]["accueil"]["keys"]["4"] = {"queue": "night"}
    yaml.dump(document, file)
    await desk.flows.draft(read(file.read_text(encoding="utf-8")), "ada")
    refused = await desk.flows.publish("acme", "ada")
    lacking = "switch pbx1: does not have {} yet, which these menus lead to; " + UNHELD
    assert told(refused.problems) == [lacking.format("queue night"), lacking.format("DID night"), absent]

    back = await desk.flows.unpublish("acme", "ada")
    assert told(back.problems)[0].startswith("DID +33199000009: version 1 does not know it")


OUTSIDE = """
steps:
  in-zurich: {kind: external, number: "+41441234567", ring: 20, failure: {queue: support}}
"""


async def test_menus_with_a_step_that_calls_outside_are_published_once_it_is_applied(desk: Desk) -> None:
    text = changed('"4": {step: in-zurich}') + OUTSIDE
    assert (await desk.companies.store_reading(read(text), "ada")).was_stored
    await desk.applied(2)
    await desk.flows.draft(read(text.replace('"9": repeat', '"9": back')), "ada")
    done = await desk.flows.publish("acme", "ada")
    assert done.version is not None, done.problems
    lacking = f"switch {{}}: does not have step in-zurich as it is written yet, which these menus lead to; {UNHELD}"
    elsewhere = read(text.replace("+41441234567", "+41441234568"))
    assert told((await desk.flows.draft(elsewhere, "ada")).problems) == [lacking.format("pbx1")]
    await desk.applied(1, "pbx2")
    assert told((await desk.flows.draft(read(text), "ada")).problems) == [lacking.format("pbx2")]


APART = (*SECTIONS, "dids")


@settings(max_examples=30)
@given(companies())
def test_the_sections_of_a_flow_are_all_that_it_is_made_of(source: Company) -> None:
    others = [each.name for each in fields(Company) if isinstance(getattr(source, each.name), Mapping)]
    emptied: dict[str, Any] = {name: {} for name in others if name not in APART}
    bare = replace(source, **emptied)
    assert flow_of(with_flow_of(bare, source), NOON.date()) == flow_of(source, NOON.date())
    assert with_flow_of(source, source) == source


async def test_what_is_spoken_is_made_when_menus_are_published_and_not_for_a_draft(
    store: Store, desk: Desk, tmp_path: Path
) -> None:
    studio = Studio(tmp_path / "speech", tmp_path / "recordings", Voices())
    flows = Flows(store, trial(None, NOON.date), studio=studio, clock=lambda: NOON)
    await desk.companies.store_reading(read(one_menu('{say: "Welcome."}', company="small")), "admin")
    drafted = await flows.draft(read(one_menu('{say: "Good morning."}', company="small")), "ada")
    assert words_of(drafted.changes) != ()
    morning = Spoken("Good morning.", "en")
    assert studio.look(morning).state is SoundState.MISSING
    mute = Flows(store, trial(None, NOON.date), studio=replace(studio, voices=Voices(espeak="no-such-espeak")))
    refused = await mute.publish("small", "ada")
    assert "cannot be made a sound" in told(refused.problems)[0]
    assert (await flows.publish("small", "ada")).version is not None
    assert studio.look(morning).state is SoundState.MADE
