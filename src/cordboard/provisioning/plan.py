"""What an apply would change, why it may not be applied, and what is not as it was left. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cordboard.provisioning.actual import LiveUse
from cordboard.provisioning.changes import (
    Action,
    Author,
    Change,
    Effect,
    Thing,
    all_changes,
    compare_inventories,
    with_authors,
    with_causes,
)
from cordboard.provisioning.desired import Desired
from cordboard.provisioning.effects import effects_of, with_effects
from cordboard.provisioning.inventory import Inventory
from cordboard.provisioning.modules import DIALPLAN, RESTART, in_order, module_of
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.shrinking import losses
from cordboard.provisioning.verify import Difference, Place
from cordboard.store.values import LINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The generation in force, as far as a plan needs it."""

    number: int
    wanted: str
    """Identity of the desire it was generated from."""
    inventory: Inventory
    prints: Mapping[str, str]
    is_proven: bool = True
    """Was it read back? If not, Asterisk may still run what was before it, and loads everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Compares what is wanted with the generation in force (`base`, None before the first) and with what Asterisk runs.

    `drift`: what is not as the generation in force left it, in its files or in Asterisk. `is_asterisk_read` False: it
    did not answer, so nothing is said about it.
    """

    base: int | None
    identity: str
    """Tells this plan from any other: an apply is for exactly one."""
    changes: tuple[Change, ...]
    drift: tuple[Difference, ...]
    problems: tuple[PlanProblem, ...]
    reloads: tuple[str, ...]
    """Modules in the order of their reload."""
    restarts: tuple[str, ...]
    """Files, and parts of them, that only a restart of Asterisk takes over."""
    effects: tuple[Effect, ...]
    """What all of it together means for live calls."""
    is_asterisk_read: bool

    @property
    def effective(self) -> tuple[Change, ...]:
        """The changes that change something."""
        return tuple(change for change in self.changes if change.action is not Action.KEEP)

    @property
    def errors(self) -> tuple[PlanProblem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def is_refused(self) -> bool:
        """Do errors stand in the way of applying it?"""
        return bool(self.errors)

    @property
    def is_empty(self) -> bool:
        """Is everything as it is wanted?"""
        return not (self.effective or self.drift)

    @property
    def counts(self) -> Mapping[Action, int]:
        return Counter(change.action for change in self.changes)

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 2 changes, 1 cannot be applied."""
        if self.is_refused:
            return 1
        return 0 if self.is_empty else 2


def plan(
    desired: Desired,
    base: Base | None,
    *,
    drift: Sequence[Difference] = (),
    live: LiveUse | None = None,
    authors: Mapping[Thing, tuple[Author, ...]] | None = None,
    allow_shrink: bool = False,
) -> Plan:
    """`live`: who is in Asterisk now; None if it did not answer. `authors`: who touched what since the base."""
    before: Inventory = base.inventory if base else {}
    had = base.prints if base else {}
    # Nothing was rendered of what is impossible: then only the things of the trade are compared.
    prints = desired.prints if desired.is_possible else had
    touched = _touched_modules(prints, had)
    changes = [*all_changes(before, desired.inventory, touched)]
    if base:
        changes += _unexplained(prints, had, changes)
    problems = [*desired.problems]
    if base and not allow_shrink:
        problems += _shrinking(before, desired.inventory)
    problems += _queues_with_callers(changes, live.waiting if live else {})
    problems += _linear_with_callers(changes, live.waiting if live else {})
    modules = touched | {difference.module for difference in drift if difference.module}
    if base and not base.is_proven:
        modules |= {module_of(file) for file in prints}
    if modules or any(change.action is not Action.KEEP for change in changes):
        modules |= {DIALPLAN}  # its marker context tells which generation Asterisk runs
    reloads, restarts = in_order(modules), tuple(_restarts(prints, base, changes))
    told = with_authors(with_causes(changes), authors or {})
    return Plan(
        base=base.number if base else None,
        identity=_identity(desired, base),
        changes=with_effects(told, live),
        drift=tuple(drift),
        problems=tuple(problems),
        reloads=reloads,
        restarts=restarts,
        effects=effects_of(reloads, restarts, live, changes),
        is_asterisk_read=live is not None,
    )


def _identity(desired: Desired, base: Base | None) -> str:
    stands_on = f"{base.number} {base.wanted}" if base else "nothing"
    return hashlib.sha256(f"{stands_on} {desired.identity}".encode()).hexdigest()[:16]


# --- changes ---------------------------------------------------------------------------------------------------------


def _touched_modules(prints: Mapping[str, str], before: Mapping[str, str]) -> frozenset[str]:
    return frozenset(module_of(file) for file in _differing(prints, before))


def _differing(prints: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    return sorted(file for file in prints.keys() | before.keys() if prints.get(file) != before.get(file))


def _unexplained(prints: Mapping[str, str], before: Mapping[str, str], changes: Sequence[Change]) -> Iterator[Change]:
    """Files whose text changes although no thing of the trade does: Cordboard itself writes them differently now."""
    explained = {module for change in changes if change.action is not Action.KEEP for module in change.reload}
    for file in _differing(prints, before):
        module = module_of(file)
        if module in explained:
            continue
        action = Action.ADD if file not in before else Action.REMOVE if file not in prints else Action.CHANGE
        yield Change(action=action, kind="file", name=file, reload=(module,))


def _restarts(prints: Mapping[str, str], base: Base | None, changes: Sequence[Change]) -> Iterator[str]:
    if base is None:
        return  # an Asterisk that never ran this takes everything over when it starts
    yield from (file for file in _differing(prints, base.prints) if module_of(file) == RESTART)
    for change in changes:
        if change.moves_sip_transport:
            yield f"SIP transport {change.after['SIP']}"


def restarts_between(base: Base, prints: Mapping[str, str], inventory: Inventory) -> tuple[str, ...]:
    """What an Asterisk that was started with `base` takes over of this configuration by a restart only."""
    return tuple(_restarts(prints, base, compare_inventories(base.inventory, inventory)))


# --- checks that need more than the sources --------------------------------------------------------------------------


def _shrinking(before: Inventory, after: Inventory) -> Iterator[PlanProblem]:
    cure = "if that is meant, apply with --allow-shrink; if not, import the company"
    for loss in losses(before, after):
        yield PlanProblem(loss.what, f"this removes {loss.removed} of {loss.had}", cure, is_shrinking=True)


def _queues_with_callers(changes: Sequence[Change], waiting: Mapping[str, int]) -> Iterator[PlanProblem]:
    for change in changes:
        if change.action is Action.REMOVE and change.kind == "queue" and waiting.get(change.name):
            yield PlanProblem(
                f"queue {change.name}",
                f"it would be removed while {waiting[change.name]} callers wait in it",
                "lead new callers elsewhere first, and apply again when these are served",
            )


def _linear_with_callers(changes: Sequence[Change], waiting: Mapping[str, int]) -> Iterator[PlanProblem]:
    """Such a queue is made anew: its callers would stay in the one that was, where nobody serves them."""
    for change in changes:
        is_becoming = change.action is Action.CHANGE and change.after.get("strategy") == LINEAR
        if change.kind == "queue" and is_becoming and waiting.get(change.name):
            yield PlanProblem(
                f"queue {change.name}",
                f"it cannot become linear while {waiting[change.name]} callers wait in it: Asterisk makes it anew",
                "apply again when these are served, or lead new callers elsewhere until nobody waits",
            )


def edited_files(files: Mapping[str, str]) -> tuple[Difference, ...]:
    """Files of the generation in force that are not as they were written, as drift: name -> what was done to it."""
    return tuple(
        Difference(Place.FILE, "file", name, "as it was written", f"{how} by hand", module_of(name))
        for name, how in files.items()
    )
