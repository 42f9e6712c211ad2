"""What menus must pass before calls meet them: the checker, and the tests that stand beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from cordboard.documents import FlowTest
from cordboard.documents.flow_tests import SECTION
from cordboard.flows.checking import Needs, findings
from cordboard.flows.heard import Lexicon
from cordboard.flows.subject import Subject, lengths_in
from cordboard.flows.testing import path_line, run_tests
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.sounds import Library
from cordboard.provisioning.sources import Tenant

CURE = "mend the menus, or the test"


def trial(
    library: Library | None, today: Callable[[], date], needs: Needs | None = None, lexicon: Lexicon | None = None
) -> Callable[[Tenant, Sequence[FlowTest]], Awaitable[list[PlanProblem]]]:
    """Tries menus on an Asterisk with these sounds; None: each sound is taken to be there. `needs` and `lexicon` as
    `findings`."""

    async def against(tenant: Tenant, tests: Sequence[FlowTest]) -> list[PlanProblem]:
        subject = Subject(tenant.company, tenant.flow)
        found = await asyncio.to_thread(findings, subject, library, today(), needs, lexicon)
        company = tenant.company
        problems = [
            PlanProblem(each.path or "menus", each.what, each.cure, each.is_warning, row=row_of(company.id, each.path))
            for each in found
        ]
        # They are work, too: a daemon follows calls meanwhile.
        made = await asyncio.to_thread(
            lambda: asyncio.run(run_tests(company, tenant.flow, tests, lengths_in(library))),
        )
        for tested in made:
            if not tested.has_passed:
                what = f"fails: {'; '.join(tested.faults)} ({path_line(tested.passage)})"
                row = row_of(company.id, SECTION, tested.test.id)
                problems.append(PlanProblem(f"test {tested.test.id}", what, CURE, row=row))
        return problems

    return against
