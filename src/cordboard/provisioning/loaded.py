"""Modules that are needed and not loaded in Asterisk: no reload brings them back, so nothing is written before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sized

from ami.actions import ModuleCheck
from ami.client import Manager
from ami.errors import ActionRefused
from cordboard.provisioning.actual import READ
from cordboard.provisioning.inventory import Inventory
from cordboard.provisioning.modules import DIALPLAN, FOR_CONFERENCES, MUSIC, QUEUES, SIP, VOICEMAIL
from cordboard.provisioning.problems import PlanProblem
from dialplan_templates import Manifest

# An Asterisk that is not ours may do without these, as long as nothing of theirs is wanted.
KINDS: Mapping[str, str] = {QUEUES: "queue", VOICEMAIL: "voicemail box"}


def needed_modules(defined: Manifest, wanted: Inventory, reloads: Collection[str]) -> tuple[str, ...]:
    """What has to be loaded for what is in force, and for a plan that reloads these."""
    objects: Mapping[str, Sized] = {
        DIALPLAN: defined.contexts,
        SIP: defined.endpoints,
        QUEUES: defined.queues,
        VOICEMAIL: defined.mailboxes,
        MUSIC: defined.musics,
    }
    found = (
        module
        for module in READ
        if module in objects  # an Asterisk that was not restarted since parking came does without
        if objects[module] or (module in reloads and (module not in KINDS or wanted.get(KINDS[module])))
    )
    return (*found, *(FOR_CONFERENCES if wanted.get("conference") else ()))


async def not_loaded(manager: Manager, modules: Collection[str]) -> tuple[str, ...]:
    """Those that Asterisk says it has not loaded. Raises AmiError, but for an account that may not ask."""
    found = []
    for module in modules:
        try:
            await manager.act(ModuleCheck(module))
        except ActionRefused as refused:
            if "not loaded" in refused.message.lower():
                found.append(module)
    return tuple(found)


def not_loaded_problem(module: str) -> PlanProblem:
    return PlanProblem(f"module {module}", "it is not loaded in Asterisk, and a reload does not load it", _cure(module))


def not_loaded_reason(module: str) -> str:
    """The same as a reason why an apply failed."""
    return f"module {module} is not loaded in Asterisk: {_cure(module)}"


def _cure(module: str) -> str:
    return f"`module load {module}.so` on its console, or restart it"
