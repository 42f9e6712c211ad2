"""queue_log is read as Asterisk writes it, torn lines and all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.journal.queue_log import RESTART, facts_of, lines_of, visits_of

TRANSCRIPTS = Path(__file__).resolve().parents[2] / "transcripts"


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(1795288180 + seconds, UTC)


LOG = """\
1795288155|NONE|NONE|NONE|QUEUESTART|
1795288180|pbx1-1.1|acme-billing|NONE|ENTERQUEUE||+33612345678|1
1795288183|pbx1-1.1|acme-billing|acme-amel|RINGNOANSWER|3000
1795288183|NONE|NONE|acme-amel|PAUSEALL|Auto-Pause
1795288187|pbx1-1.1|acme-billing|acme-bob|CONNECT|7|pbx1-1.3|3
1795288192|pbx1-1.1|acme-billing|acme-bob|COMPLETEAGENT|7|5|1
1795288200|pbx1-2.1|acme-billing|NONE|ENTERQUEUE||unknown|1
1795288212|pbx1-2.1|acme-billing|NONE|EXITWITHTIMEOUT|1|1|12
1795288212|pbx1-2.1|acme-general|NONE|ENTERQUEUE||unknown|1
1795288215|pbx1-2.1|acme-general|NONE|ABANDON|1|1|3
1795288220|pbx1-3.1|acme-billing|NONE|ENTERQUEUE||unknown|1
1795288222|pbx1-4.1|acme-billing|NONE|ENTERQUEUE||unknown|2
1795288223|pbx1-4.1|acme-billing|acme-bob|CONNECT|1|pbx1-4.2|1
1795288300|NONE|NONE|NONE|QUEUESTART|
"""


def test_the_stays_of_each_caller_are_told_apart() -> None:
    visits = visits_of(lines_of(LOG.splitlines()))
    (served,) = visits["pbx1-1.1"]
    assert (served.queue, served.agent, served.end) == ("acme-billing", "acme-bob", "COMPLETEAGENT")
    assert (served.waited, served.talked, served.missed_by) == (7.0, 5.0, ("acme-amel",))
    first, second = visits["pbx1-2.1"]
    assert (first.end, first.waited, second.end, second.waited) == ("EXITWITHTIMEOUT", 12.0, "ABANDON", 3.0)


def test_a_restart_ends_what_was_under_way_without_counting_it() -> None:
    visits = visits_of(lines_of(LOG.splitlines()))
    (waiting,), (talking,) = visits["pbx1-3.1"], visits["pbx1-4.1"]
    assert (waiting.end, waiting.connected, waiting.talked) == (RESTART, None, 0.0)
    assert (talking.end, talking.connected, talking.talked) == (RESTART, at(43), 0.0)


def test_stays_become_facts_in_the_words_of_the_journal() -> None:
    visits = visits_of(lines_of(LOG.splitlines()))

    def told(uniqueid: str) -> list[tuple[str, datetime]]:
        return [(fact.kind, fact.at) for fact in facts_of(visits[uniqueid])]

    assert told("pbx1-1.1") == [("joined", at(0)), ("connected", at(7)), ("completed", at(12))]
    assert told("pbx1-2.1") == [("joined", at(20)), ("joined", at(32)), ("hung_up", at(35))]
    assert told("pbx1-3.1") == [("joined", at(40))]
    assert told("pbx1-4.1") == [("joined", at(42)), ("connected", at(43))]


@pytest.mark.parametrize(
    "line", ["", "|||||", "1795288180|a|b|c", "x|a|b|c|ENTERQUEUE", "²|a|b|c|ENTERQUEUE", "9" * 40 + "|a|b|c|D"]
)
def test_a_line_that_is_none_is_left_out(line: str) -> None:
    assert list(lines_of([line])) == []


@given(st.lists(st.one_of(st.text(), st.sampled_from(LOG.splitlines())), max_size=30))
def test_no_text_breaks_the_reading(lines: list[str]) -> None:
    for stays in visits_of(lines_of(lines)).values():
        assert all(stay.waited >= 0 or stay.talked >= 0 for stay in stays)
        facts_of(stays)


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.queue_log")), ids=lambda path: path.stem)
def test_recorded_logs_read_whole(path: Path) -> None:
    visits = visits_of(lines_of(path.read_text(encoding="utf-8").splitlines()))
    assert all(stay.end or not stay.ended for stays in visits.values() for stay in stays)
