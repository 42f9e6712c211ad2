"""What a draft of a company changes, in the words of plans: what is in force at once, and what takes an apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agi.flow.document import Flow
from cordboard.provisioning.changes import Change, compare_inventories
from cordboard.provisioning.checks import check
from cordboard.provisioning.effects import InForce, in_force
from cordboard.provisioning.inventory import inventory
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.sources import Tenant
from cordboard.store.company import load_company, sip_secrets, voicemail_pins
from cordboard.store.engine import Session
from cordboard.store.errors import UnknownCompany
from cordboard.store.flows import current_flow


@dataclass(frozen=True, slots=True)
class Difference:
    """What came of a save. `changes` are those that somebody made, without what only follows from them; `problems` what
    the next plan will say against the company: errors, and warnings that are new with it. `is_new`: the company was not
    there before."""

    changes: tuple[Change, ...] = ()
    problems: tuple[PlanProblem, ...] = ()
    is_new: bool = False

    @property
    def at_once(self) -> tuple[Change, ...]:
        """What calls meet from the moment of the save."""
        return tuple(change for change in self.changes if in_force(change) is InForce.IMPORT)

    @property
    def with_apply(self) -> tuple[Change, ...]:
        """What calls meet after the next apply (or, of Asterisk's own addresses, after a restart)."""
        return tuple(change for change in self.changes if in_force(change) is not InForce.IMPORT)

    @property
    def is_refused(self) -> bool:
        """Would no plan with it be applied?"""
        return any(not problem.is_warning for problem in self.problems)


async def stored_tenant(session: Session, company: str) -> Tenant | None:
    """The company as it is stored, with its flow and secrets; None if it is not there."""
    try:
        values = await load_company(session, company)
    except UnknownCompany:
        return None
    flow = await current_flow(session, company)
    return Tenant(
        company=values,
        flow=Flow.from_json(flow.document) if flow else Flow(nodes={}),
        flow_version=flow.version if flow else 0,
        sip_secrets={name: each.get_secret_value() for name, each in (await sip_secrets(session, company)).items()},
        pins={name: each.get_secret_value() for name, each in (await voicemail_pins(session, company)).items()},
    )


def difference(before: Tenant | None, after: Tenant, *, is_checked: bool = False) -> Difference:
    """Pure. `is_checked`: with the problems. Costs about what a plan costs: not for the event loop."""
    had: Sequence[Tenant] = [before] if before else []
    changes = compare_inventories(inventory(had, None), inventory([after], None))
    made = tuple(change for change in changes if not change.follows)
    problems: list[PlanProblem] = []
    if is_checked:
        known = frozenset(check(had))
        problems = [problem for problem in check([after]) if not problem.is_warning or problem not in known]
    return Difference(made, tuple(problems), is_new=before is None)
