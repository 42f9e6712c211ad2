"""What keeps a company from being stored: its own tests, where calls would come out otherwise than they say."""

from __future__ import annotations

from datetime import date

from cordboard.documents import Problem, Reading
from cordboard.documents.flow_tests import SECTION
from cordboard.flows.subject import subject_of
from cordboard.flows.testing import path_line, run_tests
from cordboard.flows.trial import Lengths, unmeasured

CURE = "Mend the menus, or the test; --skip-tests imports it nevertheless"


async def failed_tests(reading: Reading, today: date, lengths: Lengths = unmeasured) -> list[Problem]:
    """A problem for each test that a company fails, at its place in the file; none if the files have errors."""
    subject = subject_of(reading, today) if reading.tests else None
    if subject is None:
        return []
    tested = await run_tests(subject.company, subject.flow, reading.tests, lengths)
    return [
        reading.problem((SECTION, each.test.id), f"fails: {'; '.join(each.faults)} ({path_line(each.passage)})", CURE)
        for each in tested
        if not each.has_passed
    ]
