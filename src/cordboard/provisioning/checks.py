"""What is wrong with the sources of a configuration, all at once, before anything is rendered.

reachability    where calls go: every way leads on, and in the end out
staffing        who serves queues
numbering       extensions, DIDs, blocked callers, trunks: each belongs to one
sounds          what callers hear is there, and can be played
"""

from __future__ import annotations

from collections.abc import Sequence

from cordboard.provisioning.numbering import numbering_problems
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.reachability import way_problems
from cordboard.provisioning.sources import Tenant
from cordboard.provisioning.staffing import staffing_problems

__all__ = ["check"]


def check(tenants: Sequence[Tenant]) -> list[PlanProblem]:
    """Every problem of every company. The words are the company file's own."""
    problems: list[PlanProblem] = []
    for tenant in tenants:
        found, _ = way_problems(tenant)
        problems += found
    problems += staffing_problems([tenant.company for tenant in tenants])
    problems += numbering_problems(tenants)
    return problems
