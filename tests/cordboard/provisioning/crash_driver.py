"""Kill one deployment to disk at each of its system calls in turn, recover, report what was found. Run as a program.

    python crash_driver.py FOLDER

For k = 1, 2, ... a child starts from a folder where generation 1 is verified, begins to put generation 2 in force, and
is killed with SIGKILL instead of making its k-th system call (half of the bytes are written when that is a write). Then
a fresh start recovers. Prints a JSON line for each k, and stops after the first child that came to its end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cordboard.provisioning.generations import Generation, Generations, State

CALLS = ("mkdir", "open", "write", "fsync", "rename", "replace", "symlink", "unlink", "ftruncate", "pwrite")


def generation(number: int) -> Generation:
    base = number - 1 or None
    files = {name: f"{name} of generation {number}\n" for name in ("extensions.conf", "queues.conf")}
    return Generation(
        number=number, base=base, by="amel", created=datetime.now(UTC), wanted=f"wanted {number}", files=files
    )


def deploy(home: Path, number: int, *, fails: bool = False) -> None:
    generations = Generations(home)
    with generations.lock("amel", "apply"):
        generations.prepare(generation(number))
        generations.switch(number)
        generations.mark(number, State.SWITCHED)
        if fails:
            generations.mark(number, State.FAILED, "read back wrong")
            generations.switch(number - 1)
            generations.mark(number - 1, State.VERIFIED)
        else:
            generations.mark(number, State.VERIFIED)
        generations.prune()


class Interrupter:
    """Counts the system calls by which this room writes, and dies at one of them."""

    def __init__(self, deadly: int) -> None:
        self.deadly = deadly
        self.trace: list[str] = []
        self.real = {name: getattr(os, name) for name in CALLS}

    def install(self) -> None:
        for name in CALLS:
            setattr(os, name, self.wrap(name))

    def wrap(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.trace.append(f"{name} {arguments[0] if not isinstance(arguments[0], int) else ''}".strip())
            if len(self.trace) == self.deadly:
                if name == "write":
                    self.real["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            # Nothing in this test cuts the power: the kernel keeps what a dead process wrote. fsync is only counted.
            return None if name == "fsync" else self.real[name](*arguments, **options)

        return call


def try_one(home: Path, deadly: int, *, fails: bool) -> dict[str, Any]:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    deploy(home, 1)
    child = os.fork()
    if child == 0:
        interrupter = Interrupter(deadly)
        interrupter.install()
        deploy(home, 2, fails=fails)
        home.with_suffix(".trace").write_text("\n".join(interrupter.trace), encoding="utf-8")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    generations = Generations(home)
    seen = os.readlink(generations.current_link)
    whole_before_recovery = (generations.path(int(Path(seen).name)) / "generation.json").is_file()
    with generations.lock("start", "recover"):
        recovery = generations.recover()
        again = generations.recover()
    current = recovery.current
    assert current is not None
    files = {entry.name for entry in os.scandir(generations.path(current))}
    deploy(home, generations.next_number())
    return {
        "k": deadly,
        "was_killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "exit": os.waitstatus_to_exitcode(status),
        "seen": seen,
        "was_whole": whole_before_recovery,
        "current": current,
        "state": recovery.status.state,
        "put_back_from": recovery.put_back_from,
        "discarded": recovery.discarded,
        "is_stable": again.current == current and not again.discarded and again.put_back_from is None,
        "edited": generations.edited(current),
        "files": sorted(files),
        "leftovers": sorted(str(path.relative_to(home)) for path in home.rglob(".*")),
        "next": generations.current(),
    }


def main(folder: Path) -> None:
    for fails in (False, True):
        deadly = 0
        while True:
            deadly += 1
            found = try_one(folder / f"home-{fails}", deadly, fails=fails)
            trace = (folder / f"home-{fails}.trace").read_text().splitlines() if not found["was_killed"] else []
            sys.stdout.write(json.dumps({**found, "fails": fails, "trace": trace}) + "\n")
            if not found["was_killed"]:
                break


if __name__ == "__main__":
    main(Path(sys.argv[1]))
