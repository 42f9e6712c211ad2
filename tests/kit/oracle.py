"""Asterisk's own queue_log as a witness: does history agree with it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# queue_log's own words for the ways out of a queue, and what history may call them
ANSWERED = ("CONNECT",)
GONE = ("ABANDON",)
LATE = ("EXITWITHTIMEOUT",)


def contradictions(records: Iterable[Mapping[str, Any]], queue_log: Iterable[Sequence[str]]) -> list[str]:
    """What history and queue_log say differently of the same calls, in words; empty if they agree.

    `records`: rows of `cordboard calls --json`; `queue_log`: lines split at their bars.
    """
    events: dict[str, list[Sequence[str]]] = {}
    for line in queue_log:
        events.setdefault(line[1], []).append(line)
    found = []
    for record in records:
        lines = events.get(record["uniqueid"], [])
        words = [line[4] for line in lines]
        call = f"call {record['uniqueid']} ({record['outcome']})"
        connect = next((line for line in lines if line[4] in ANSWERED), None)
        if record["queue"] and record["outcome"] == "handled":
            if connect is None:
                found.append(f"{call}: no CONNECT in queue_log, only {words}")
                continue
            if not connect[3].endswith(f"-{record['agent']}"):
                found.append(f"{call}: answered by {connect[3]}, not by {record['agent']}")
            if connect[2] != f"{record['company']}-{record['queue']}":
                found.append(f"{call}: answered in {connect[2]}, not in {record['queue']}")
            found.extend(_talked(call, record, lines))
        elif connect is not None:
            found.append(f"{call}: queue_log has a CONNECT")
        if record["outcome"] == "abandoned" and record["detail"].startswith("queue:"):
            if not any(word in GONE for word in words):
                found.append(f"{call}: no ABANDON in queue_log, only {words}")
        elif any(word in GONE for word in words):
            found.append(f"{call}: queue_log has an ABANDON")
    return found


def _talked(call: str, record: Mapping[str, Any], lines: Sequence[Sequence[str]]) -> Iterable[str]:
    """Talking time to the second: queue_log counts whole seconds from clocks that it cuts off."""
    for line in lines:
        if line[4] in ("COMPLETECALLER", "COMPLETEAGENT") and abs(float(line[6]) - record["talked"]) > 1.5:
            yield f"{call}: talked {record['talked']} s, queue_log says {line[6]}"
