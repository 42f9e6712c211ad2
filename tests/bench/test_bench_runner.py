"""The runner of measurements: finds them, writes what they give, and fails when one is beyond its limit or breaks."""

from __future__ import annotations

import io
import json
import types
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

import bench.__main__ as runner
from bench.figure import Figure, Limit, Run


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, types.ModuleType]:
    """Modules that the runner finds as measurements, by name; results go to a temporary folder."""
    modules: dict[str, types.ModuleType] = {}
    monkeypatch.setattr(runner, "BUILD", tmp_path / "build")
    monkeypatch.setattr("importlib.import_module", lambda name: modules[name])
    return modules


async def run(names: list[str]) -> tuple[bool, str]:
    output = io.StringIO()
    good = await runner.run_all("bench", names, 7, 60, Console(file=output, width=160))
    return good, output.getvalue()


async def test_a_figure_is_shown_and_written_with_all_that_explains_it(
    measured: dict[str, types.ModuleType], tmp_path: Path
) -> None:
    async def measure(run: Run) -> Figure:
        run.progress("half")
        return Figure(30_000, "events/s", {"peer": 20_000.0}, Limit("at least", 10_000), tried=5, failed=0)

    measured["bench.bench_decode"] = types.SimpleNamespace(measure=measure)  # type: ignore[assignment]
    good, shown = await run(["decode"])
    assert good
    assert "30,000 events/s" in shown
    assert "at least 10000" in shown
    written = json.loads((tmp_path / "build/bench/decode.json").read_text())
    assert {"name", "value", "unit", "peers", "limit", "tried", "failed", "seed", "command", "machine"} <= set(written)
    assert written["command"] == "make bench ONLY=decode SEED=7"
    assert written["peers"] == {"peer": 20_000.0}
    assert written["limit"] == {"kind": "at least", "value": 10_000}


async def test_several_parts_are_several_files_and_a_broken_one_does_not_stop_the_others(
    measured: dict[str, types.ModuleType], tmp_path: Path
) -> None:
    async def broken(run: Run) -> Figure:
        raise ValueError("no luck")

    async def parts(run: Run) -> AsyncIterator[Figure]:
        for part in ("first", "second"):
            yield Figure(run.random.random(), "s", part=part)

    measured["bench.bench_broken"] = types.SimpleNamespace(measure=broken)  # type: ignore[assignment]
    measured["bench.bench_parts"] = types.SimpleNamespace(measure=parts)  # type: ignore[assignment]
    good, shown = await run(["broken", "parts"])
    assert not good
    assert "ValueError: no luck" in shown
    names = {path.name for path in (tmp_path / "build/bench").iterdir()}
    assert names == {"parts-first.json", "parts-second.json"}


@pytest.mark.parametrize(
    ("figure", "is_good"),
    [
        (Figure(1, "s", limit=Limit("at most", 1)), True),
        (Figure(1.1, "s", limit=Limit("at most", 1)), False),
        (Figure(0.9, "s", limit=Limit("at least", 1)), False),
        (Figure(5, "s", tried=10, failed=1), False),
        (Figure(5, "s"), True),
    ],
)
async def test_a_figure_beyond_its_limit_or_with_a_failure_is_not_good(
    measured: dict[str, types.ModuleType], figure: Figure, is_good: bool
) -> None:
    async def measure(run: Run) -> Figure:
        return figure

    measured["bench.bench_one"] = types.SimpleNamespace(measure=measure)  # type: ignore[assignment]
    assert (await run(["one"]))[0] is is_good


def test_an_unknown_name_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(SystemExit, match="no bench of this name: nonsense"):
        runner.discovered("bench", ["nonsense"])
