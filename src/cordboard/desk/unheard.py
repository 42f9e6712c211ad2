"""Prompts of which callers would hear nothing from the moment of an import."""

from __future__ import annotations

from cordboard.documents.problems import Path
from cordboard.provisioning.checks import library_of
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.reachability import way_problems
from cordboard.provisioning.sounds import Library, sound_problems
from cordboard.provisioning.sources import Installed, Mode, Tenant


def newly_unheard(
    before: Tenant | None, after: Tenant, installed: Installed | None, mode: Mode
) -> list[tuple[Path, str, str]]:
    """Each with its place in the file, what is wrong, and a cure; nothing where no Asterisk's sounds can be looked at.
    What was the same before the import is no reason to refuse it."""
    library = library_of(installed, mode)
    if library is None:
        return []
    known = _silent(before, library) if before else []
    return [
        (tuple(found.row.partition(": ")[2].split(".")), found.what, f"{found.cure[:1].upper()}{found.cure[1:]}")
        for found in _silent(after, library)
        if found not in known
    ]


def _silent(tenant: Tenant, library: Library) -> list[PlanProblem]:
    """The errors of its prompts; those of messages come with an apply, which is refused by them."""
    _, heard = way_problems(tenant)
    prompts = row_of(tenant.company.id, "prompts") + "."
    return [
        found
        for found in sound_problems(tenant, heard, library)
        if not found.is_warning and found.row.startswith(prompts)
    ]
