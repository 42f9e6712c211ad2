"""`make test` gives the few that failed a second chance, alone, and says so; nothing else turns a red run green."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
COMMAND = [sys.executable, str(RUN), "--workers", "2"]
# A pytest of its own, which knows nothing of this one and loads what it needs alone
OWN = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"
}

STEADY = "def test_steady():\n    pass\n"
WRONG = "def test_wrong():\n    assert 1 == 2\n"
UNSTEADY = """\
from pathlib import Path
def test_unsteady():
    seen = Path("seen")
    if not seen.exists():
        seen.touch()
        assert 3 == 4
"""
SHARED = """\
import os, pytest
@pytest.fixture(scope="module")
def alone():
    assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "1"
@pytest.mark.parametrize("n", range(6))
def test_it(alone, n):
    pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "build").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p xdist.plugin\n")
    return tmp_path


def run(folder: Path, files: Mapping[str, str], *paths: str) -> tuple[int, str]:
    """The exit status and all that was printed."""
    for name, text in files.items():
        (folder / name).write_text(text)
    done = subprocess.run(
        [*COMMAND, *(paths or files)], cwd=folder, env=OWN, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def notes(folder: Path) -> list[str]:
    """The tests that were noted as unsteady."""
    path = folder / "build/unsteady.txt"
    return [line.split(" ", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []


def test_all_pass(folder: Path) -> None:
    status, said = run(folder, {"test_a.py": STEADY})
    assert status == 0
    assert "1 passed" in said
    assert "once more" not in said
    assert notes(folder) == []


def test_who_fails_among_others_and_passes_alone_is_named_and_noted(folder: Path) -> None:
    status, said = run(folder, {"test_a.py": STEADY, "test_b.py": UNSTEADY})
    assert status == 0
    assert "assert 3 == 4" in said, "the first run's reasons stay to be read"
    assert said.index("1 failed, 1 passed") < said.index("once more, alone") < said.index("unsteady: failed")
    assert said.endswith("  test_b.py::test_unsteady\n")
    assert notes(folder) == ["test_b.py::test_unsteady"]


def test_who_fails_again_is_wrong(folder: Path) -> None:
    status, said = run(folder, {"test_a.py": WRONG, "test_b.py": UNSTEADY})
    assert status == 1
    assert "2 failed" in said
    assert "1 failed, 1 passed" in said
    assert said.endswith("  test_b.py::test_unsteady\n"), "the other one is noted all the same"
    assert notes(folder) == ["test_b.py::test_unsteady"]


def test_who_is_not_there_the_second_time_is_wrong(folder: Path) -> None:
    changing = "@pytest.mark.parametrize('n', [Path('seen').exists()])\ndef test_it(n):\n    assert n\n"
    changing = f"import pytest\nfrom pathlib import Path\n{changing}"
    status, said = run(folder, {"test_a.py": changing, "test_b.py": UNSTEADY})
    assert status != 0
    assert "2 failed" in said


def test_many_failures_are_not_chance(folder: Path) -> None:
    many = "import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_wrong(n):\n    assert n < 0\n"
    status, said = run(folder, {"test_a.py": many})
    assert status == 1
    assert "6 failed" in said
    assert "once more" not in said


def test_what_the_tests_of_a_file_share_fails_once(folder: Path) -> None:
    status, said = run(folder, {"test_a.py": SHARED})
    assert status == 0
    assert "6 errors" in said
    assert "failed: 6; once more, alone" in said
    assert len(notes(folder)) == 6


def test_an_error_of_a_fixture_is_a_failure_like_any(folder: Path) -> None:
    fixture = "import pytest\n@pytest.fixture\ndef broken():\n    yield\n    1 / 0\ndef test_it(broken):\n    pass\n"
    status, said = run(folder, {"test_a.py": fixture})
    assert status == 1
    assert said.count("1 passed, 1 error") == 2


def test_a_file_that_cannot_be_read_is_not_tried_again(folder: Path) -> None:
    once = 'from pathlib import Path\nseen = Path(f"seen{len(list(Path().glob("seen*")))}")\nseen.touch()\n'
    status, said = run(folder, {"test_a.py": once + "assert len(list(Path().glob('seen*'))) > 2\n" + STEADY})
    assert status != 0
    assert "once more" not in said


@pytest.mark.parametrize(
    ("files", "paths", "status"),
    [
        ({"test_a.py": STEADY}, ["test_none.py"], 5),
        ({"test_a.py": ""}, ["test_a.py"], 5),
        ({"test_a.py": WRONG, "conftest.py": "def pytest_sessionfinish():\n    1 / 0\n"}, ["test_a.py"], 1),
        ({"test_a.py": WRONG, "conftest.py": "def pytest_runtest_protocol():\n    1 / 0\n"}, ["test_a.py"], 3),
    ],
    ids=["no such path", "no test", "an error at the end", "an error of pytest itself"],
)
def test_what_else_is_wrong_keeps_its_status(
    folder: Path, files: Mapping[str, str], paths: list[str], status: int
) -> None:
    got, said = run(folder, files, *paths)
    assert got == status
    assert "unsteady:" not in said


def test_an_older_failure_is_forgotten(folder: Path) -> None:
    assert run(folder, {"test_a.py": WRONG})[0] == 1
    status, said = run(folder, {"test_b.py": UNSTEADY})
    assert status == 0
    assert "test_a.py" not in said


def test_an_interruption_ends_it_red_and_in_good_order(folder: Path) -> None:
    slow = 'import time, pathlib\ndef test_slow():\n    pathlib.Path("began").touch()\n    time.sleep(60)\n'
    (folder / "test_a.py").write_text(slow)
    with (folder / "said").open("w") as said:
        running = subprocess.Popen([*COMMAND, "test_a.py"], cwd=folder, env=OWN, stdout=said, start_new_session=True)
        try:
            deadline = time.monotonic() + 60
            while not (folder / "began").exists():
                assert time.monotonic() < deadline, "the test never began"
                time.sleep(0.02)
            os.killpg(running.pid, signal.SIGINT)
            assert running.wait(60) == 2
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
    assert "once more" not in (folder / "said").read_text()
