"""Runs the programs that make sounds: without a shell, with a deadline, and text by their standard input alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from cordboard.speech.errors import ProgramMissing, SpeakingFailed

PATIENCE = 60.0
"""Seconds that one sound may take."""
_SHOWN = 200


def run(command: Sequence[str], text: str = "", *, package: str, setting: str = "", patience: float = PATIENCE) -> str:
    """What the program printed. `package` has it, `setting` names another. Raises ProgramMissing, SpeakingFailed."""
    program = command[0]
    found = find(program, package, setting)
    try:
        done = subprocess.run(  # noqa: S603 - the program that the settings name
            [found, *command[1:]], input=text.encode(), capture_output=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SpeakingFailed(program, f"no end after {patience:g} s") from error
    except OSError as error:
        raise SpeakingFailed(program, error.strerror or str(error)) from error
    if done.returncode:
        raise SpeakingFailed(program, _last_line(done.stderr) or f"it ended with status {done.returncode}")
    return done.stdout.decode(errors="replace")


def find(program: str, package: str, setting: str = "") -> str:
    """Where it is. Raises ProgramMissing."""
    found = shutil.which(program)
    if found is None:
        raise ProgramMissing(program, package, setting)
    return found


def _last_line(printed: bytes) -> str:
    lines = [line.strip() for line in printed.decode(errors="replace").splitlines() if line.strip()]
    said = lines[-1] if lines else ""
    return "".join(sign for sign in said if sign.isprintable())[:_SHOWN]
