"""A command of Cordboard that stops at a point of its work and waits there for what is done to it. Run as a program.

    python -m kit.held_up FOLDER POINT WORDS...        e.g.  /tmp/x act:app_queue apply --yes

POINT: os:NAME:PART       before the system call os.NAME on a path that holds PART
       act:MODULE         before this module is reloaded
       acted:MODULE       when its reload was answered
       never              nowhere
At the point FOLDER/reached is written; it goes on when FOLDER/go is there. FOLDER/refusals counts Asterisk's answers
that a reload is in progress. HELD_UP_AMI=host:port is where Asterisk's manager is said to be, HELD_UP_CLOCK=steps makes
the clock step back and forth by an hour at each look.
"""

from __future__ import annotations

import itertools
import os
import runpy
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import ami.client
from ami.actions import Action, QueueReload, Reload
from ami.errors import ActionRefused
from ami.wire import Address, Wire
from cordboard.provisioning import generations

LONGEST = 90.0


class Point:
    """Where the command stops, once."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.was_reached = False

    def at(self, name: str) -> None:
        if name != self.name or self.was_reached:
            return
        self.was_reached = True
        (self.folder / "reached").touch()
        deadline = time.monotonic() + LONGEST
        while not (self.folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    @property
    def system_call(self) -> tuple[str, str]:
        """Name and part of the path, if that is where it stops."""
        kind, _, rest = self.name.partition(":")
        name, _, part = rest.partition(":")
        return (name, part) if kind == "os" else ("", "")


def stop_at_system_calls(point: Point) -> None:
    name, part = point.system_call
    if not name:
        return
    real: Callable[..., Any] = getattr(os, name)

    def call(*arguments: Any, **options: Any) -> Any:
        if any(part in str(argument) for argument in arguments):
            point.at(point.name)
        return real(*arguments, **options)

    setattr(os, name, call)


def stop_at_reloads(point: Point) -> None:
    real = ami.client.Manager.act
    refusals = itertools.count(1)

    async def act(self: ami.client.Manager, action: Action, deadline: float = 10.0) -> ami.client.Reply:
        module = action.module if isinstance(action, Reload) else "app_queue" if isinstance(action, QueueReload) else ""
        if module:
            point.at(f"act:{module}")
        try:
            reply = await real(self, action, deadline)
        except ActionRefused as refused:
            if "in progress" in str(refused).lower():
                (point.folder / "refusals").write_text(str(next(refusals)))
            raise
        if module:
            point.at(f"acted:{module}")
        return reply

    ami.client.Manager.act = act  # type: ignore[method-assign]


def reach_asterisk_by(place: str) -> None:
    host, _, port = place.rpartition(":")
    real = Wire.__init__

    def through(self: Wire, address: Address, *given: Any, **named: Any) -> None:
        real(self, replace(address, host=host, port=int(port)), *given, **named)

    Wire.__init__ = through  # type: ignore[method-assign]


def let_the_clock_step() -> None:
    looks = itertools.count()
    real = time.time

    class Stepping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Stepping:
            hours = (0, -1, 1)[next(looks) % 3]
            return cls.fromtimestamp(real(), tz or UTC) + timedelta(hours=hours)

    generations.datetime = Stepping  # type: ignore[attr-defined] # it is imported there
    time.time = lambda: real() + 3600 * (next(looks) % 3 - 1)


def main(folder: Path, name: str, words: list[str]) -> None:
    point = Point(folder, name)
    stop_at_system_calls(point)
    stop_at_reloads(point)
    if place := os.environ.pop("HELD_UP_AMI", ""):
        reach_asterisk_by(place)
    if os.environ.pop("HELD_UP_CLOCK", ""):
        let_the_clock_step()
    sys.argv = ["cordboard", *words]
    runpy.run_module("cordboard", run_name="__main__")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
