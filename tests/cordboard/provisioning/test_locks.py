"""A lock is held by one, told whose it is, and free again when its holder lets go or dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cordboard.provisioning.locks import is_held, sign, take

HOLD = """
import os, sys
from pathlib import Path
from cordboard.provisioning.locks import take
take(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    held = take(path)
    try:
        assert is_held(path)
        with pytest.raises(BlockingIOError):
            take(path)
        sign(held, {"pid": 7, "by": "amel"})
        sign(held, {"pid": 8})
        assert json.loads(path.read_text()) == {"pid": 8}
        sign(held, None)
        assert path.read_text() == ""
    finally:
        os.close(held)
    assert not is_held(path)


def test_one_that_is_not_there_is_not_made_unless_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "lock", creates=False)
    assert list(tmp_path.iterdir()) == []


def test_a_dead_ones_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_held(path)
        holder.kill()
    assert not is_held(path)
    os.close(take(path))
