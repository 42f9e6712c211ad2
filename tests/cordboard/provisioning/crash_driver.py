"""Kill one deployment to disk at each of its system calls in turn, recover, report what was found. Run as a program.

    python crash_driver.py FOLDER

For k = 1, 2, ... a child starts from a folder where generation 1 is verified, begins to put generation 2 in force, and
is killed with SIGKILL instead of making its k-th system call (half of the bytes are written when that is a write). Then
a fresh start recovers. Prints a JSON line for each k, and stops after the first child that came to its end. So for a
deployment that succeeds, one that fails and is put back, a trial that begins, and one that is taken back.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cordboard.provisioning.generations import Generation, Generations, State
from cordboard.provisioning.pending import Pending

CALLS = ("mkdir", "open", "write", "fsync", "rename", "replace", "symlink", "unlink", "ftruncate", "pwrite")


def generation(number: int) -> Generation:
    base = number - 1 or None
    files = {name: f"{name} of generation {number}\n" for name in ("extensions.conf", "queues.conf")}
    return Generation(
        number=number, base=base, by="amel", created=datetime.now(UTC), wanted=f"wanted {number}", files=files
    )


TRIAL = Pending(generation=2, base=1, until=datetime(2026, 1, 1, tzinfo=UTC), by="amel")


def deploy(home: Path, number: int, *, fails: bool = False, is_trial: bool = False) -> None:
    generations = Generations(home)
    with generations.lock("amel", "apply"):
        generations.prepare(generation(number))
        if is_trial:
            generations.expect_confirmation(TRIAL)
        generations.switch(number)
        generations.mark(number, State.SWITCHED)
        if fails:
            generations.mark(number, State.FAILED, "read back wrong")
            generations.switch(number - 1)
            generations.mark(number - 1, State.VERIFIED)
        else:
            generations.mark(number, State.VERIFIED)
        generations.prune()


def take_back(home: Path) -> None:
    """As a trial ends that nobody confirmed: generation 1 again, with the contexts of generation 2 beside its own."""
    generations = Generations(home)
    with generations.lock("cordboard run", "revert"):
        one = generations.load(1)
        generations.amend(replace(one, files={**one.files, "contexts-g2.conf": "kept\n"}))
        generations.mark(1, State.SWITCHED)
        generations.switch(1)
        generations.mark(2, State.FAILED, "not confirmed")
        generations.end_trial()
        generations.mark(1, State.VERIFIED)


def work(home: Path, mode: str) -> None:
    if mode == "taken back":
        take_back(home)
    else:
        deploy(home, 2, fails=mode == "fails", is_trial=mode == "trial")


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


def try_one(home: Path, deadly: int, mode: str) -> dict[str, Any]:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    deploy(home, 1)
    if mode == "taken back":
        deploy(home, 2, is_trial=True)
    child = os.fork()
    if child == 0:
        interrupter = Interrupter(deadly)
        interrupter.install()
        work(home, mode)
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
    pending = generations.pending()
    states = {number: generations.status(number).state for number in generations.numbers()}
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
        "pending": pending.generation if pending else None,
        "states": states,
    }


def main(folder: Path) -> None:
    for mode in ("succeeds", "fails", "trial", "taken back"):
        home = folder / mode.replace(" ", "-")
        deadly = 0
        while True:
            deadly += 1
            found = try_one(home, deadly, mode)
            trace = home.with_suffix(".trace").read_text().splitlines() if not found["was_killed"] else []
            sys.stdout.write(json.dumps({**found, "mode": mode, "trace": trace}) + "\n")
            if not found["was_killed"]:
                break


if __name__ == "__main__":
    main(Path(sys.argv[1]))
