"""Runs the measurements of this folder, shows them in a table as they go, and writes build/KIND/NAME.json.

    python -m bench bench [--only NAME]...      modules bench_NAME.py
    python -m bench soak  [--only NAME]... [--minutes 30]

Exit status 0 when every figure is within its limit and nothing failed, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import inspect
import json
import os
import platform
import secrets
import shlex
import sys
import time
import traceback
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from bench.figure import Figure, Run

FOLDER = Path(__file__).resolve().parent
BUILD = FOLDER.parents[1] / "build"


@dataclass
class Row:
    """One measurement in the table."""

    name: str
    state: str = "waiting"
    figures: list[Figure] = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""

    @property
    def is_good(self) -> bool:
        return not self.error and bool(self.figures) and all(figure.is_good for figure in self.figures)


class Board:
    """The table of all measurements; on a terminal it is redrawn, elsewhere each news is a line."""

    def __init__(self, kind: str, rows: list[Row], console: Console) -> None:
        self.kind, self.rows, self.console = kind, rows, console
        self._live = Live(self, console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._told = 0.0

    def __enter__(self) -> Board:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
        self.console.print(self)

    def __rich__(self) -> Table:
        table = Table(title=f"make {self.kind}", title_justify="left")
        for heading in ("", "value", "beside", "limit", "tried", "failed", "seconds"):
            table.add_column(heading, justify="left" if heading in ("", "beside") else "right")
        for row in self.rows:
            for figure in row.figures:
                mark = "" if figure.is_good else " !"
                name = f"{row.name} {figure.part}".strip()
                value = f"{shown(figure.value)} {figure.unit}{mark}"
                beside = ", ".join(f"{peer} {shown(number)}" for peer, number in figure.peers.items())
                counts = (f"{figure.tried:,}", f"{figure.failed:,}")
                table.add_row(name, value, beside, str(figure.limit or ""), *counts, f"{row.seconds:.1f}")
            if not row.figures:
                table.add_row(row.name, row.state, "", "", "", "", f"{row.seconds:.1f}" if row.seconds else "")
        return table

    def tell(self, row: Row, text: str, *, is_news: bool = False) -> None:
        row.state = text
        if self._live:
            self._live.refresh()
        elif is_news or time.monotonic() - self._told > 10:
            self._told = time.monotonic()
            self.console.print(f"{row.name}: {text}", markup=False, highlight=False)


def shown(value: float) -> str:
    """A number to be read: 31,250 or 12.35 or 0.0042."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def discovered(kind: str, only: list[str]) -> list[str]:
    """Names of the measurements of this kind. Raises SystemExit when one of `only` does not exist."""
    names = sorted(path.stem.removeprefix(f"{kind}_") for path in FOLDER.glob(f"{kind}_*.py"))
    if unknown := sorted(set(only) - set(names)):
        sys.exit(f"no {kind} of this name: {', '.join(unknown)}; there are: {', '.join(names)}")
    return only or names


async def figures_of(module_name: str, run: Run) -> AsyncIterator[Figure]:
    measure = importlib.import_module(module_name).measure
    if inspect.isasyncgenfunction(measure):
        async for figure in measure(run):
            yield figure
    else:
        yield await measure(run)


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    system = next((line.partition("=")[2].strip('"') for line in _lines("/etc/os-release") if "PRETTY" in line), "")
    return {
        "processor": model,
        "cores": os.cpu_count() or 0,
        "memory_mb": int(memory) // 1024,
        "system": system or platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def write(kind: str, row: Row, figure: Figure, run: Run, started: datetime) -> Path:
    """Write one figure as build/KIND/NAME.json, whole or not at all."""
    name = f"{row.name}-{figure.part}" if figure.part else row.name
    path = BUILD / kind / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {
        "name": name,
        "value": figure.value,
        "unit": figure.unit,
        "peers": dict(figure.peers),
        "limit": asdict(figure.limit) if figure.limit else None,
        "is_good": figure.is_good,
        "tried": figure.tried,
        "failed": figure.failed,
        "notes": figure.notes,
        "seed": run.seed,
        "command": shlex.join(["make", kind, f"ONLY={row.name}", f"SEED={run.seed}"]),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(run.elapsed, 3),
        "machine": machine(),
    }
    fresh = path.with_suffix(".json.new")
    fresh.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
    if figure.details:
        path.with_suffix(".txt").write_text(figure.details + "\n", encoding="utf-8")
    return path


async def run_all(kind: str, names: list[str], seed: int, seconds: float, console: Console) -> bool:
    """Run the measurements one after the other; whether all of them are good."""
    rows = [Row(name) for name in names]
    with Board(kind, rows, console) as board:
        for row in rows:
            run = Run(seed, seconds, partial(board.tell, row))
            started = datetime.now(UTC)
            board.tell(row, "running", is_news=True)
            try:
                async for figure in figures_of(f"bench.{kind}_{row.name}", run):
                    row.figures.append(figure)
                    row.seconds = run.elapsed
                    path = write(kind, row, figure, run, started)
                    board.tell(
                        row, f"{shown(figure.value)} {figure.unit} ({path.relative_to(BUILD.parent)})", is_news=True
                    )
            except Exception as error:  # noqa: BLE001 - one broken measurement does not keep the others from running
                row.error = traceback.format_exc()
                row.seconds = run.elapsed
                board.tell(row, f"failed: {type(error).__name__}: {error}", is_news=True)
    for row in rows:
        for figure in row.figures:
            if figure.details:
                console.print(f"\n{figure.details}", markup=False, highlight=False, soft_wrap=True)
        if row.error:
            console.print(f"\n{row.name}\n{row.error}", markup=False, highlight=False)
    return all(row.is_good for row in rows)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("kind", choices=["bench", "soak"])
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long each soak lasts")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    options = parser.parse_args(argv)
    console = Console()
    names = discovered(options.kind, options.only)
    if not names:
        console.print(f"there is no {options.kind}_*.py in {FOLDER}", markup=False)
        return 0
    try:
        good = asyncio.run(run_all(options.kind, names, options.seed, options.minutes * 60, console))
    except KeyboardInterrupt:
        return 130
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
