"""What companies have spoken: made before it is stored, and all that calls may hear or a version may bring back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from agi.flow.document import Flow, FlowRefused
from agi.flow.spoken import Spoken, named
from cordboard.documents.problems import Path
from cordboard.speech.studio import Studio
from cordboard.store.company import list_companies, load_company
from cordboard.store.engine import Session
from cordboard.store.flows import find_flow, flows_met, list_flows
from cordboard.store.values import Company


def spoken_in(company: Company) -> Iterator[tuple[Path, Spoken]]:
    """What a voice or a studio makes of its prompts and messages, each after its place in the file."""
    for section, items in (("prompts", company.prompts), ("messages", company.messages)):
        for key, item in items.items():
            for language, sounds in named(item.sounds).items():
                for position, sound in enumerate(sounds):
                    if isinstance(sound, Spoken):
                        # One that stands alone is written without brackets.
                        yield (section, key, language, *((position,) if len(sounds) > 1 else ())), sound


def unmade(studio: Studio, company: Company, *, is_dry: bool = False) -> Iterator[tuple[Path, str, str]]:
    """Make what the company has spoken. What cannot be made: its place in the file, what is wrong, a cure. `is_dry`:
    nothing is made, only asked whether it could be."""
    spoken = {sound: path for path, sound in spoken_in(company)}
    failed = {} if is_dry else studio.make(spoken)
    for sound, path in spoken.items():
        look = studio.look(sound)
        what, cure = (failed[sound].what, failed[sound].cure) if sound in failed else (look.fault, look.cure)
        if what:
            yield path, f"cannot be made a sound: {what}", f"{cure[:1].upper()}{cure[1:]}"


async def wanted_now(session: Session) -> set[Spoken]:
    """Of all companies: what they have spoken as they are stored, and in the versions that calls enter."""
    return await _spoken(session, is_every_version=False)


async def wanted_ever(session: Session) -> set[Spoken]:
    """The same with every version that is kept."""
    return await _spoken(session, is_every_version=True)


async def _spoken(session: Session, *, is_every_version: bool) -> set[Spoken]:
    found: set[Spoken] = set()
    for entry in await list_companies(session):
        found |= {sound for _, sound in spoken_in(await load_company(session, entry.id))}
        versions = await list_flows(session, entry.id) if is_every_version else await flows_met(session, entry.id)
        for version in versions:
            kept = await find_flow(session, entry.id, version.version)
            # One that this program does not read any more is met by nobody.
            with suppress(FlowRefused):
                found |= set(Flow.from_json(kept.document).spoken()) if kept else set()
    return found
