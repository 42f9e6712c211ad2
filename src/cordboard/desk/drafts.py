"""What a draft of a company changes, in the words of plans: what is in force at once, and what takes an apply."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from cordboard.desk.memberships import queues_of
from cordboard.provisioning.changes import Action, Change, Thing, compare_inventories
from cordboard.provisioning.checks import check
from cordboard.provisioning.effects import InForce, in_force
from cordboard.provisioning.inventory import Parameters, inventory
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Installed, Mode, Tenant
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company, PauseKind


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who is logged in when a company is saved, and what becomes of them at once. Ids."""

    person: str
    is_logged_out: bool = False
    joins: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()


def moved(before: Company, after: Company, were: Sequence[AgentLogin], are: Sequence[AgentLogin]) -> Iterator[Moved]:
    """Of those logged in before the save, whom it logs out or moves between queues that are there before and after."""
    still = {login.person for login in are}
    for person in (login.person for login in were):
        if person not in still:
            yield Moved(person, is_logged_out=True)
            continue
        had, has = (_queues(company, person) for company in (before, after))
        joins, leaves = (has - had) & before.queues.keys(), (had - has) & after.queues.keys()
        if joins or leaves:
            yield Moved(person, joins=tuple(sorted(joins)), leaves=tuple(sorted(leaves)))


def _queues(company: Company, person: str) -> frozenset[str]:
    served = queues_of(company, company.people[person])
    return frozenset(queue for queue in company.queues if company.switch_name(queue) in served)


def new_passwords(known: Mapping[str, SecretStr], after: Tenant) -> int:
    """How many phones must be told another password than the one that they may have."""
    now = after.sip_secrets
    return sum(owner in now and now[owner] != secret.get_secret_value() for owner, secret in known.items())


@dataclass(frozen=True, slots=True)
class Difference:
    """What came of a save. `problems`: what the next plan will say against the company: errors, and warnings that are
    new with it. `is_new`: the company was not there before."""

    at_once: tuple[Change, ...] = ()
    """What calls meet from the moment of the save."""
    with_apply: tuple[Change, ...] = ()
    """What calls meet after the next apply. What only follows from another change is in neither, unless it comes later
    than that."""
    problems: tuple[PlanProblem, ...] = ()
    is_new: bool = False
    agents: tuple[Moved, ...] = ()
    """Who is logged in and does not stay so, or where they were, from the moment of the save."""
    new_passwords: int = 0
    """How many phones that had a password have another after the next apply."""

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.at_once + self.with_apply

    @property
    def is_refused(self) -> bool:
        """Would no plan with it be applied?"""
        return any(not problem.is_warning for problem in self.problems)


def difference(
    before: Tenant | None,
    after: Tenant,
    *,
    is_checked: bool = False,
    installed: Installed | None = None,
    mode: Mode = Mode.OWNED,
) -> Difference:
    """`is_checked`: with the problems. `installed`: the Asterisk whose sounds are looked at for them, ours or somebody
    else's by `mode`. Costs about what a plan costs: not for the event loop."""
    had: Sequence[Tenant] = [before] if before else []
    at_once, with_apply = _by_time(compare_inventories(_things(had), _things([after])))
    problems: list[PlanProblem] = []
    if is_checked:
        known = frozenset(check(had, installed, mode))
        found = check([after], installed, mode)
        problems = [problem for problem in found if not problem.is_warning or problem not in known]
    return Difference(at_once, with_apply, tuple(problems), is_new=before is None)


def _things(tenants: Sequence[Tenant]) -> dict[str, dict[str, Parameters]]:
    """Their inventory, and the reasons of pauses, of which Asterisk knows nothing."""
    reasons: dict[str, Parameters] = {
        tenant.company.switch_name(reason.id): {
            "names": ", ".join(f"{name} ({language})" for language, name in sorted(reason.names.items())),
            "kind": "withdrawal" if reason.kind is PauseKind.WITHDRAWN else "pause",
        }
        for tenant in tenants
        for reason in tenant.company.pauses.values()
    }
    return inventory(tenants, None) | {"pause reason": reasons}


def _by_time(changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The changes that somebody made, at once and with an apply. Somebody new is there when the phone is."""
    late = {change.thing for change in changes if in_force(change) is not InForce.IMPORT}
    taken_along = {cause for change in changes if change.thing in late for cause in change.follows}
    late |= {change.thing for change in changes if change.action is not Action.CHANGE} & taken_along
    told = [change for change in changes if not change.follows or _comes_later(change, late)]
    return (
        tuple(change for change in told if change.thing not in late),
        tuple(change for change in told if change.thing in late),
    )


def _comes_later(change: Change, late: Collection[Thing]) -> bool:
    """Does it take an apply, though what it follows from does not?"""
    return change.thing in late and not any(cause in late for cause in change.follows)
