"""Every test, shared out among workers; the few that fail then run once more, alone.

    python tests/run.py --workers 3 tests

A test that fails among others and passes alone is unsteady: it does not stop a change, and it is a defect, named at the
end and noted in build/unsteady.txt. Whatever else is wrong keeps the run red: a second failure, many failures, a file
that cannot be read, an interruption, an error of pytest or of a worker.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

MOST = 5
"""So many failures may be chance; more of them are not, and nothing is tried again. The set-up of a file counts once:
what its tests share fails for all of them."""
UNSTEADY = Path("build/unsteady.txt")


class Run:
    """One run of pytest: which tests passed, which failed, and whether anything else went wrong."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failed: list[str] = []
        self.faults: set[str] = set()
        self.is_broken = False
        self.status = pytest.ExitCode.OK

    def go(self, workers: int, tests: Sequence[str]) -> None:
        arguments = ["-n", str(workers), "--dist", "worksteal", *tests]
        self.status = pytest.ExitCode(pytest.main(arguments, plugins=[self]))
        if self.is_broken and self.status is pytest.ExitCode.OK:  # so xdist ends when it is a worker that broke
            self.status = pytest.ExitCode.INTERNAL_ERROR

    @property
    def may_be_chance(self) -> bool:
        return self.status is pytest.ExitCode.TESTS_FAILED and not self.is_broken and 0 < len(self.faults) <= MOST

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.faults.add(report.nodeid.partition("::")[0] if report.when == "setup" else report.nodeid)
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)
        elif report.passed and report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.is_broken |= report.failed

    def pytest_internalerror(self) -> None:
        self.is_broken = True


def main(workers: int, paths: Sequence[str]) -> int:
    """The exit status: that of the first run, or of the second when there is one."""
    first = Run()
    first.go(workers, paths)
    if not first.may_be_chance:
        return first.status
    say("", f"failed: {len(first.failed)}; once more, alone", "")
    second = Run()
    second.go(1, first.failed)
    unsteady = [name for name in first.failed if name in second.passed and name not in second.failed]
    if unsteady:
        note(unsteady)
        say("", f"unsteady: failed among the others and passed alone (noted in {UNSTEADY}):")
        say(*(f"  {name}" for name in unsteady))
    return second.status or (0 if unsteady == first.failed else pytest.ExitCode.TESTS_FAILED)


def say(*lines: str) -> None:
    """Print lines, after what pytest has printed."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def note(names: Sequence[str]) -> None:
    """Add these tests, with the time, to the file of the unsteady."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    UNSTEADY.parent.mkdir(exist_ok=True)
    with UNSTEADY.open("a", encoding="utf-8") as notes:
        notes.writelines(f"{now} {name}\n" for name in names)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("paths", nargs="*", default=["tests"])
    arguments = parser.parse_args()
    sys.exit(main(arguments.workers, arguments.paths))
