"""What a simulated line records: Asterisk's Record(), on the line's own clock, with files that nobody writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agi.flow.recording_names import ENDING, LEFT_OF_SILENCE, RecordingName, bytes_of

if TYPE_CHECKING:
    from agi.simulated_caller import Caller
    from agi.simulation import SimulatedLine

SPOOL = "/var/spool/asterisk"
TONE = "beep"
_MONITOR = "0x1"
_SIZE = re.compile(r"STAT\(s,(.+)\)")
_END_KEYS = {"t": "*", "x": "", "y": "0123456789*#"}
"""Options of Record() that say which keys end it; # without any."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something was recorded, so many seconds of it; `ended` by SILENCE, DTMF, TIMEOUT or HANGUP."""

    at: float
    node: str
    recording: str
    seconds: float
    ended: str


@dataclass(frozen=True, slots=True)
class Monitored:
    """From here on the call is recorded (`is_on`), or is not."""

    at: float
    recording: str
    is_on: bool


class Tape:
    """The recordings of one line."""

    def __init__(self, line: SimulatedLine, caller: Caller) -> None:
        self._line = line
        self._caller = caller
        self._seconds: dict[str, float] = {}
        """Path without ending -> how long it is."""
        self._status = ""
        self._monitored = ""

    def known(self, expression: str) -> str | None:
        """What the dialplan knows of recordings: where they are kept, how the last one ended, how large a file is."""
        if expression == "${ASTSPOOLDIR}":
            return SPOOL
        if expression == "RECORD_STATUS":
            return self._status
        asked = _SIZE.fullmatch(expression)
        seconds = self.seconds(asked[1].removesuffix(ENDING)) if asked else None
        return None if seconds is None else str(bytes_of(seconds))

    def seconds(self, path: str) -> float | None:
        """How long a recording is; None: there is none of this path (without ending)."""
        return self._seconds.get(path)

    def monitor(self, written: str) -> None:
        """MixMonitor() with these arguments: a path, and options of which one names a variable."""
        path, options = written.split(",")
        self._line.variables[options.partition("(")[2].rstrip(")")] = _MONITOR
        self._monitored = path.removesuffix(ENDING).rpartition("/")[2]
        self._line.note(Monitored(self._line.clock, self._monitored, True))

    def stop_monitor(self) -> None:
        """StopMixMonitor()"""
        self._line.note(Monitored(self._line.clock, self._monitored, False))

    def record(self, written: str) -> None:
        """Record() with these arguments. Raises CallerHungUp."""
        path, silence, longest, options = written.split(",")
        keys = next((_END_KEYS[option] for option in options if option in _END_KEYS), "#")
        line = self._line
        line.play(TONE, "")
        start = line.clock
        end = start + int(longest)
        quiet = min(self._caller.at_tone(start), end)
        line.go_on(quiet)
        self._status = ""
        while not self._status:
            until = min(end, quiet + int(silence))
            act = self._caller.at_wait(line.clock, until)
            line.go_on(until if act is None else act.at)
            if act is None:
                self._status = "TIMEOUT" if until == end else "SILENCE"
            elif act.is_end:
                self._status = "HANGUP"
            elif act.key and act.key in keys:
                self._status = "DTMF"
        seconds = line.clock - start
        if self._status == "SILENCE":
            seconds -= int(silence) - LEFT_OF_SILENCE
        path = path.removesuffix(ENDING)
        self._seconds[path] = seconds
        name = RecordingName.parse(path.rpartition("/")[2])
        line.note(Recorded(start, name.node if name else "", str(name), seconds, self._status))
        if self._status == "HANGUP":
            line.leave()
