"""The demo's table while it runs, its report at the end, and build/demo.json."""

from __future__ import annotations

import json
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cordboard.journal.words import why_in_words
from demo.callers import Result

SHOWN = 14


def table(results: Sequence[Result], title: str) -> Table:
    """What each call does now, or how it ended."""
    drawn = Table(title=title, title_justify="left", box=None, header_style="dim", pad_edge=False)
    for name in ("#", "caller's script", "outcome", "agent", "why that one", "waited", "audio", ""):
        drawn.add_column(name, justify="right" if name in ("#", "waited") else "left", overflow="fold")
    for result in results:
        drawn.add_row(*_row(result))
    return drawn


def line(result: Result) -> str:
    """One call in a line, where there is no terminal to draw on."""
    cells = _row(result)
    return " | ".join(cell for cell in cells if cell)


def _row(result: Result) -> tuple[str, ...]:
    record = result.record
    detail = f" ({record['detail']})" if record.get("detail") and not record["agent"] else ""
    outcome = f"{record['outcome']}{detail}" if record else result.stage
    audio = {True: "both ways", False: "not heard", None: ""}[result.is_heard_both_ways]
    verdict = "" if not result.is_over else "as scripted" if result.is_good else "; ".join(result.faults)
    waited = f"{record['waited']:.1f} s" if record and record["queue"] else ""
    agent = (record.get("agent") or "") if record else result.agent
    return str(result.number), result.script.title, outcome, agent, why(record), waited, audio, verdict


def why(record: dict[str, Any]) -> str:
    """Why history says that this agent was chosen."""
    return why_in_words(record.get("why") or {}) if record.get("agent") else ""


@dataclass
class Tally:
    """Counts of the calls that are over."""

    offered: int = 0
    good: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        self.offered += 1
        self.good += result.is_good
        self.outcomes[str(result.record.get("outcome", "not in history"))] += 1

    @property
    def is_good(self) -> bool:
        return self.offered > 0 and self.good == self.offered


def write(
    path: Path, tally: Tally, results: Iterable[Result], *, wanted: int | None, ready: float, differences: Sequence[Any]
) -> None:
    """The report for programs. `wanted` calls were to be made (None: no end was set), `ready` seconds were needed to
    start; `results` are all calls, or the last of an endless demo."""
    document = {
        "name": "demo",
        "command": " ".join(sys.argv),
        "at": datetime.now(UTC).isoformat(),
        "machine": f"{platform.machine()} {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "value": tally.good,
        "unit": "calls that ended as scripted",
        "wanted": wanted,
        "tried": tally.offered,
        "failed": tally.offered - tally.good,
        "outcomes": dict(tally.outcomes),
        "state_differences_at_the_end": list(differences),
        "seconds_to_be_ready": round(ready, 1),
        "calls": [
            {
                "number": result.number,
                "script": result.script.title,
                "caller": result.caller,
                "is_good": result.is_good,
                "faults": result.faults,
                "audio_both_ways": result.is_heard_both_ways,
                "record": result.record,
            }
            for result in results
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def console() -> Console:
    """Where the demo prints; without a terminal nothing is folded to a width that nobody has."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=240)
