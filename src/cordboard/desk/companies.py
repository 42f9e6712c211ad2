"""A company as a document: taken in whole or not at all, and given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from cordboard.desk.drafts import Difference, difference, moved, new_passwords
from cordboard.desk.errors import NoSuchRevision, store_errors
from cordboard.desk.spoken import unmade
from cordboard.desk.unheard import newly_unheard
from cordboard.desk.wanted import stored_tenant
from cordboard.documents import (
    FileSecrets,
    Problem,
    Reading,
    export_company,
    export_folder,
    flow_of,
    read_company_files,
)
from cordboard.provisioning.inventory import inventory
from cordboard.provisioning.menus import menu_words
from cordboard.provisioning.shrinking import losses
from cordboard.provisioning.sources import Installed, Mode, Tenant
from cordboard.speech.studio import Studio
from cordboard.store.agents import list_logins
from cordboard.store.audit import record_audit
from cordboard.store.company import company_revision, load_company, save_company
from cordboard.store.engine import Session, Store
from cordboard.store.errors import NumberTaken, UnknownRevision
from cordboard.store.flows import current_flow, newest_flow, publish_flow
from cordboard.store.records import AuditEntry, FlowVersion, Revision, SwitchSecrets
from cordboard.store.revisions import load_revision
from cordboard.store.secrets import company_secrets, known_sip_secrets
from cordboard.store.switches import ensure_switch, find_switch, list_generations
from cordboard.store.values import Company

SECRETS_SHOWN = "secrets.show"
WAYS_ON = "`cordboard flow promote` lets every call enter it, `cordboard flow unpublish` takes it back"
Trial = Callable[[Reading, date], Awaitable[Sequence[Problem]]]
"""What was found against a company by trying it; nothing, if it may be stored."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import. With any error among `problems`, nothing was stored and the rest is None; warnings stop
    nothing. Of a dry run the rest tells what an import would have done."""

    problems: tuple[Problem, ...] = ()
    company: Company | None = None
    revision: Revision | None = None
    flow: FlowVersion | None = None
    difference: Difference = field(default_factory=Difference)
    is_dry: bool = False

    @property
    def is_accepted(self) -> bool:
        """Was it found right?"""
        return self.company is not None

    @property
    def was_stored(self) -> bool:
        """Does the database now hold the company as the file says it? (It may have held it before.)"""
        return self.is_accepted and not self.is_dry


class _TakenBack(Exception):
    """Leaves the transaction of a dry run, and takes everything in it back."""


class _NotTaken(Exception):
    """Takes a save back: it removes too much, publishes menus where others wait, or prompts that nobody hears."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*map(str, problems))
        self.problems = problems


class Companies:
    """Import and export. `node`: the switch of this installation, whose manager passwords an import may bring.
    `installed`: its Asterisk, ours or not by `mode`; then every import is checked as a plan is, sounds included: calls
    meet prompts from the moment of the import. `trial`: what a reading must pass before it is stored. `studio`: makes
    what is spoken before anything is stored. Raises: DatabaseAway."""

    def __init__(
        self,
        store: Store,
        *,
        node: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        installed: Installed | None = None,
        mode: Mode = Mode.OWNED,
        trial: Trial | None = None,
        studio: Studio | None = None,
    ) -> None:
        self._store = store
        self._node = node
        self._clock = clock
        self._installed = installed
        self._mode = mode
        self._trial = trial
        self._studio = studio

    async def import_files(
        self, paths: Sequence[Path], actor: str, *, is_dry: bool = False, allow_shrink: bool = False
    ) -> Imported:
        """Check a company in one or several files and folders, then store it in one transaction: the company (its
        revision goes up if anything differs), the audit line, and the version of the flow that new calls enter.
        Importing the same again changes nothing. A file that cannot be read is a problem like others. A dry run stores
        nothing and tells what would be. What removes more than half of something is a problem, unless it is allowed:
        logins, menus and skills are in force with the import, before any plan is refused. So is a prompt of which
        callers would hear nothing, unless they hear nothing of it already."""
        today = self._clock().date()
        reading = await asyncio.to_thread(read_company_files, paths, today)
        if self._trial is not None and (failures := await self._trial(reading, today)):
            return Imported((*reading.problems, *failures), is_dry=is_dry)
        return await self.store_reading(reading, actor, is_dry=is_dry, allow_shrink=allow_shrink)

    async def store_reading(
        self,
        reading: Reading,
        actor: str,
        *,
        is_dry: bool = False,
        allow_shrink: bool = False,
        expected: int | None = None,
        reason: str = "",
    ) -> Imported:
        """Store what was read, if it was found right. `expected`: the revision that the reading was made from."""
        if reading.company is None:
            return Imported(reading.problems, is_dry=is_dry)
        if unmade := await asyncio.to_thread(self._unmade, reading, is_dry=is_dry):
            return Imported((*reading.problems, *unmade), is_dry=is_dry)
        company, secrets, today = reading.company, reading.secrets or FileSecrets(), self._clock().date()
        problems = list(reading.problems)
        installed = self._installed.for_drafts if self._installed and is_dry else self._installed
        heard_by = installed or Installed(studio=self._studio)
        with store_errors():
            try:
                async with self._store.transaction() as session:
                    known = await company_revision(session, company.id)
                    before = await stored_tenant(session, company.id) if known else None
                    were, passwords = (
                        await list_logins(session, company.id),
                        await known_sip_secrets(session, company.id),
                    )
                    revision = await save_company(
                        session, company, actor, expected, reason=reason, secrets=secrets.company
                    )
                    flow = await self._publish(session, reading, before, today, actor, secrets.version)
                    problems += await self._take_managers(session, secrets, reading)
                    after = await stored_tenant(session, company.id)
                    are = await list_logins(session, company.id)
                    if before and revision.has_changed and not allow_shrink:
                        await asyncio.to_thread(_refuse_shrinking, before, after, reading)
                    if unheard := await asyncio.to_thread(newly_unheard, before, after, heard_by, self._mode):
                        raise _NotTaken(*(reading.problem(*found) for found in unheard))
                    if is_dry:
                        raise _TakenBack
            except _TakenBack:
                pass
            except NumberTaken as taken:
                return Imported((*problems, _number_is_taken(taken.number, reading)), is_dry=is_dry)
            except _NotTaken as refusal:
                return Imported((*problems, *refusal.problems), is_dry=is_dry)
        assert after is not None
        found = await asyncio.to_thread(
            difference,
            before,
            after,
            is_checked=is_dry or self._installed is not None,
            installed=installed,
            mode=self._mode,
        )
        if before is not None:
            agents = tuple(moved(before.company, company, were, are))
            found = replace(found, agents=agents, new_passwords=new_passwords(passwords, after))
        return Imported(tuple(problems), company, revision, flow, found, is_dry)

    def _unmade(self, reading: Reading, *, is_dry: bool) -> list[Problem]:
        if self._studio is None or reading.company is None:
            return []
        return [reading.problem(*found) for found in unmade(self._studio, reading.company, is_dry=is_dry)]

    async def _publish(
        self,
        session: Session,
        reading: Reading,
        before: Tenant | None,
        today: date,
        actor: str,
        version: int | None,
    ) -> FlowVersion:
        """The menus that were read, met at once. Raises _NotTaken where others wait or are on trial."""
        company = reading.accepted()
        flow = await asyncio.to_thread(flow_of, company, today)
        document, newest = flow.to_json(), await newest_flow(session, company.id)
        if newest is not None and newest.document != document and not newest.is_settled(self._clock()):
            what = f"its menus are others than those of version {newest.version}, which not every call enters yet"
            raise _NotTaken(reading.problem((), what, f"Say first what becomes of it: {WAYS_ON}"))
        after = Tenant(company=company, flow=flow, flow_version=0, sip_secrets={})
        words = await asyncio.to_thread(menu_words, before, after) if before else ()
        return await publish_flow(session, company.id, document, actor, first_version=version or 1, words=words)

    async def _take_managers(self, session: Session, secrets: FileSecrets, reading: Reading) -> list[Problem]:
        """Take over the passwords of this switch's manager accounts, as long as no Asterisk knows others."""
        given = secrets.managers.get(self._node or "")
        if given is None or self._node is None:
            return []
        known = await find_switch(session, self._node)
        if known and SwitchSecrets(run=known.run_secret, deploy=known.deploy_secret) == given:
            return []
        if await list_generations(session, self._node, 1):
            what = "are left out: this switch knows others, by which Cordboard signs in"
            path = ("secrets", "managers", self._node)
            return [reading.problem(path, what, "Import them before the first apply", is_warning=True)]
        await ensure_switch(session, self._node, given)
        return []

    async def export(self, company: str, *, revision: int | None = None, with_secrets: bool = False) -> str:
        """The company file: importing it changes nothing. `revision`: as that save left it, which has no secrets.

        Raises: NoSuchCompany, NoSuchRevision."""
        values, secrets = await self._exported(company, revision, with_secrets=with_secrets)
        return await asyncio.to_thread(export_company, values, secrets)

    async def export_folder(
        self, company: str, *, revision: int | None = None, with_secrets: bool = False
    ) -> dict[str, str]:
        """The same as several files: name -> text. Raises: NoSuchCompany, NoSuchRevision."""
        values, secrets = await self._exported(company, revision, with_secrets=with_secrets)
        return await asyncio.to_thread(export_folder, values, secrets)

    async def note_shown_secrets(self, company: str, actor: str, how: str) -> None:
        """A line of the audit trail, before secrets are shown in the clear: without it they are not. `how`: by what."""
        line = AuditEntry(
            at=self._clock(), actor=actor, action=SECRETS_SHOWN, object=company, detail=how, company=company
        )
        with store_errors():
            async with self._store.transaction() as session:
                await record_audit(session, line)

    async def _exported(
        self, company: str, revision: int | None, *, with_secrets: bool
    ) -> tuple[Company, FileSecrets | None]:
        with store_errors():
            async with self._store.reading() as session:
                values = await load_company(session, company)
                if revision is not None:
                    try:
                        values = await load_revision(session, company, revision)
                    except UnknownRevision as error:
                        raise NoSuchRevision(company, revision) from error
                return values, await self._secrets(session, company) if with_secrets else None

    async def _secrets(self, session: Session, company: str) -> FileSecrets:
        flow = await current_flow(session, company)
        switch = await find_switch(session, self._node) if self._node else None
        managers = {switch.node: SwitchSecrets(run=switch.run_secret, deploy=switch.deploy_secret)} if switch else {}
        return FileSecrets(
            company=await company_secrets(session, company),
            managers=managers,
            version=flow.version if flow else None,
        )


def _refuse_shrinking(before: Tenant, after: Tenant, reading: Reading) -> None:
    """Raises: _NotTaken."""
    found = list(losses(inventory([before], None), inventory([after], None)))
    if found:
        of_kinds = found[:-1] if len(found) > 1 and found[-1].what == "things" else found
        removed = ", ".join(f"{loss.removed} of {loss.had} {loss.what}" for loss in of_kinds)
        cure = "If that is meant, import with --allow-shrink (with --dry-run first, to see all of it)"
        raise _NotTaken(reading.problem((), f"this removes from {after.company.id} as it is stored: {removed}", cure))


def _number_is_taken(number: str, reading: Reading) -> Problem:
    # Whose number it is stays with them: the author of this file may have no right to know.
    what = f"{number} is a DID of another company already"
    return reading.problem(("dids", number), what, "Take it out here, or take it out there first")
