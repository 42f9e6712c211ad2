"""The company whose menus are looked at: as files say it, or as it is stored and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from agi.flow.checker import Entry
from agi.flow.document import Flow, start_node
from cordboard.documents import NO_GAPS, FlowTest, Gaps, Reading, flow_of, flow_to_judge, read_company_files, read_draft
from cordboard.flows.trial import Lengths, unmeasured
from cordboard.provisioning.sounds import LACKING, Library
from cordboard.provisioning.sources import Tenant, flow_in
from cordboard.store.company import load_company
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownVersion
from cordboard.store.flow_drafts import find_draft
from cordboard.store.flow_menus import company_met, with_flow_of, with_menus_of
from cordboard.store.flows import load_flow
from cordboard.store.records import FlowVersion
from cordboard.store.values import Company


@dataclass(frozen=True, slots=True)
class Subject:
    """`version` 0: as files say it, published nowhere. `starts`: when calls enter it first, if it was published for a
    moment. `reading`: the files, and `tests` what stands beside them."""

    company: Company
    flow: Flow = field(default_factory=lambda: Flow(nodes={}))
    version: int = 0
    starts: datetime | None = None
    reading: Reading | None = None
    tests: tuple[FlowTest, ...] = ()

    @property
    def gaps(self) -> Gaps:
        """What is not known of it, where it is only what is right of files with errors."""
        return self.reading.gaps if self.reading else NO_GAPS

    @property
    def tenant(self) -> Tenant:
        """As the checks of a configuration want it, without secrets."""
        return Tenant(company=self.company, flow=self.flow, flow_version=self.version, sip_secrets={})

    @property
    def entries(self) -> list[Entry]:
        return [Entry(start_node(did.id), did.language) for did in self.company.dids.values()]


def read_subject(paths: Sequence[Path], today: date) -> tuple[Subject | None, Reading]:
    """The company that files describe; None if there is any error in them."""
    reading = read_company_files(paths, today)
    return subject_of(reading, today), reading


def subject_to_judge(reading: Reading, today: date) -> Subject | None:
    """What can be judged of files with errors; None where that is nothing."""
    if reading.rest is None:
        return None
    flow = flow_to_judge(reading.rest, today, reading.gaps)
    return None if flow is None else Subject(reading.rest, flow, reading=reading)


def subject_of(reading: Reading, today: date) -> Subject | None:
    if reading.company is None:
        return None
    return Subject(reading.company, flow_of(reading.company, today), reading=reading, tests=reading.tests)


async def stored_subject(
    session: Session, company: str, version: int | None = None, at: datetime | None = None
) -> Subject:
    """The company as it is stored, with this version of its menus; None: the one that its calls enter now, or at a
    moment (aware) to come. What calls of the past met, only their own history knows. Raises UnknownCompany,
    UnknownVersion."""
    if version is None:
        is_to_come = at is not None and at > datetime.now(UTC)
        values, published = await company_met(session, company, at if is_to_come else None)
        return _published(values, published) if published else Subject(values)
    found = await load_flow(session, company, version)
    return _published(await with_menus_of(session, await load_company(session, company), found), found)


def _published(company: Company, version: FlowVersion) -> Subject:
    return Subject(company, flow_in(version), version.version, version.starts)


async def drafted_subject(session: Session, company: str, today: date) -> Subject:
    """The company as it is stored, with the menus of its draft, and their tests. Raises UnknownCompany,
    UnknownVersion."""
    draft = await find_draft(session, company)
    if draft is None:
        raise UnknownVersion(company)
    stored = await load_company(session, company)
    reading = read_draft(draft.text, stored, today)
    subject = subject_with(stored, reading, today)
    if subject is None:
        raise UnknownVersion(company, why=str(reading.first_error()))
    return subject


def subject_with(stored: Company, reading: Reading, today: date) -> Subject | None:
    """The company as it is stored, with the menus that were read, and their tests; None if there is any error in
    them."""
    if reading.company is None:
        return None
    values = with_flow_of(stored, reading.company)
    return Subject(values, flow_of(values, today), tests=reading.tests)


def lengths_in(library: Library | None) -> Lengths:
    """How long the sounds of an Asterisk last; without one, each as long as a sound usually is."""
    if library is None:
        return unmeasured

    def seconds(sound: str, language: str) -> float | None:
        if library.sound(language, sound).verdict in LACKING:
            return None
        known = library.seconds(language, sound)
        return unmeasured(sound, language) if known is None else known

    return seconds
