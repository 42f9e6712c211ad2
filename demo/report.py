"""The demo's table while it runs, its report at the end, and build/demo.json."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Summary:
    """Counts of a finished demo."""

    offered: int
    good: int
    outcomes: dict[str, int]

    @classmethod
    def of(cls, results: Iterable[Result]) -> Summary:
        over = [result for result in results if result.is_over]
        outcomes: dict[str, int] = {}
        for result in over:
            outcome = str(result.record.get("outcome", "not in history"))
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return cls(len(over), sum(result.is_good for result in over), outcomes)

    @property
    def is_good(self) -> bool:
        return self.offered > 0 and self.good == self.offered


def write(path: Path, results: Sequence[Result], seconds: dict[str, float], differences: Sequence[Any]) -> None:
    """The whole report for programs."""
    summary = Summary.of(results)
    document = {
        "name": "demo",
        "command": " ".join(sys.argv),
        "at": datetime.now(UTC).isoformat(),
        "machine": f"{platform.machine()} {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "value": summary.good,
        "unit": "calls that ended as scripted",
        "tried": summary.offered,
        "failed": summary.offered - summary.good,
        "outcomes": summary.outcomes,
        "state_differences_at_the_end": list(differences),
        "seconds": seconds,
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
