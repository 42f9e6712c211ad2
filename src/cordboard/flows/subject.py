"""The company whose menus are looked at: as files say it, or as it is stored and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from agi.flow.checker import Entry
from agi.flow.document import Flow
from cordboard.documents import Reading, entry_node, flow_of, read_company_files
from cordboard.flows.trial import Lengths, unmeasured
from cordboard.provisioning.sounds import LACKING, Library
from cordboard.provisioning.sources import Tenant
from cordboard.store.company import load_company
from cordboard.store.engine import Session
from cordboard.store.flows import current_flow
from cordboard.store.values import Company


@dataclass(frozen=True, slots=True)
class Subject:
    """`version` 0: as files say it, published nowhere. `reading`: the files."""

    company: Company
    flow: Flow
    version: int = 0
    reading: Reading | None = None

    @property
    def tenant(self) -> Tenant:
        """As the checks of a configuration want it, without secrets."""
        return Tenant(company=self.company, flow=self.flow, flow_version=self.version, sip_secrets={})

    @property
    def entries(self) -> list[Entry]:
        return [Entry(entry_node(did.id), did.language) for did in self.company.dids.values()]


def read_subject(paths: Sequence[Path], today: date) -> tuple[Subject | None, Reading]:
    """The company that files describe; None if there is any error in them."""
    reading = read_company_files(paths, today)
    return subject_of(reading, today), reading


def subject_of(reading: Reading, today: date) -> Subject | None:
    if reading.company is None:
        return None
    return Subject(reading.company, flow_of(reading.company, today), 0, reading)


async def stored_subject(session: Session, company: str) -> Subject:
    """The company as it is stored, with the flow that its calls enter now. Raises UnknownCompany."""
    published = await current_flow(session, company)
    flow = Flow.from_json(published.document) if published else Flow(nodes={})
    return Subject(await load_company(session, company), flow, published.version if published else 0)


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
