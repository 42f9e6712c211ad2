"""Prompts of which callers would hear nothing, or that would lose them, from the moment of an import."""

from __future__ import annotations

from agi.flow.spoken import Spoken
from agi.flow.style import Seconds, too_long
from cordboard.documents.problems import Path
from cordboard.provisioning.checks import library_of
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.reachability import Heard, way_problems
from cordboard.provisioning.sounds import Library, sound_problems
from cordboard.provisioning.sources import Installed, Mode, Tenant


def newly_unheard(
    before: Tenant | None, after: Tenant, installed: Installed, mode: Mode
) -> list[tuple[Path, str, str]]:
    """Each with its place in the file, what is wrong, and a cure; silence only where an Asterisk's sounds can be looked
    at. What was the same before the import is no reason to refuse it."""
    library = library_of(installed, mode)
    known = _unheard(before, library, installed) if before else []
    return [
        (tuple(found.row.partition(": ")[2].split(".")), found.what, f"{found.cure[:1].upper()}{found.cure[1:]}")
        for found in _unheard(after, library, installed)
        if found not in known
    ]


def _unheard(tenant: Tenant, library: Library | None, installed: Installed) -> list[PlanProblem]:
    """The errors of its prompts; those of messages come with an apply, which is refused by them."""
    _, heard = way_problems(tenant)
    prompts = row_of(tenant.company.id, "prompts") + "."
    found = [] if library is None else sound_problems(tenant, heard, library)
    found += _cut_off(tenant, heard, _seconds(library, installed))
    return [each for each in found if not each.is_warning and each.row.startswith(prompts)]


def _cut_off(tenant: Tenant, heard: Heard, seconds: Seconds) -> list[PlanProblem]:
    found = too_long(tenant.flow, heard.prompts, seconds)
    return [
        PlanProblem(each.where, each.what, each.cure, each.is_warning, row_of(tenant.company.id, each.where))
        for each in found
    ]


def _seconds(library: Library | None, installed: Installed) -> Seconds:
    """How long sounds last: without those of an Asterisk, of what is made alone."""

    def seconds(sound: str, language: str) -> float | None:
        if library is not None:
            return library.seconds(language, sound)
        if isinstance(sound, Spoken) and installed.studio is not None:
            return installed.studio.seconds(sound)
        return None

    return seconds
