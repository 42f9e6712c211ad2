"""What came of a rehearsal, told: to a program the same beside an apply and alone, to people with a verdict."""

from __future__ import annotations

import pytest

from cordboard.provisioning.applied import Applied
from cordboard.provisioning.generations import State
from cordboard.provisioning.outcome import applied_json, rehearsal_json, rehearsal_text
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.provisioning.verify import Difference, Place

LOST = Difference(Place.ASTERISK, "queue", "acme-support", "ring 15", "ring 30", "app_queue")


@pytest.mark.parametrize(
    ("rehearsal", "last"),
    [
        (
            Rehearsal(is_possible=True, version="22.1.0", seconds=1.23),
            "Asterisk 22.1.0 loaded all of it and runs what was generated (1.2 s).",
        ),
        (
            Rehearsal(is_possible=True, version="22.1.0", problems=("queues.conf: it rains",), differences=(LOST,)),
            "Asterisk 22.1.0 does not run what was generated: it must not be applied.",
        ),
        (
            Rehearsal(is_possible=False, problems=("no Asterisk here",), notes=("another version is in service",)),
            "The rehearsal could not be held: nothing is known about the configuration.",
        ),
    ],
)
def test_the_verdict_stands_last_and_nothing_is_left_out(rehearsal: Rehearsal, last: str) -> None:
    *found, verdict = rehearsal_text(rehearsal).splitlines()
    notes = [f"note: {note}" for note in rehearsal.notes]
    assert found == [*rehearsal.problems, *map(str, rehearsal.differences), *notes]
    assert verdict == last
    told = rehearsal_json(rehearsal)
    assert (told["held"], told["passed"]) == (rehearsal.is_possible, rehearsal.is_passed)
    assert told["differences"] == list(map(str, rehearsal.differences))
    assert applied_json(Applied(generation=1, state=State.VERIFIED, rehearsal=rehearsal))["rehearsal"] == told
