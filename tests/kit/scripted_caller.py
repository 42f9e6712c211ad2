"""A caller without a telephone: presses keys by a timetable on a clock of his own, for scripts and flows run in memory.

    caller = ScriptedCaller(keys=[(0.5, "1"), (3, "9")], lengths={"welcome": 4})
    await menu.run(Call(caller), house)
    assert caller.variables["CB_DONE"] == "queue"

He is a carrier as `agi.call` wants one, and behaves like a channel of Asterisk: sounds take their time, a key that a
sound does not stop for is lost in it, keys pressed between two commands wait for the next, but in time that goes by
idly (`idle`) they are lost. Nothing waits in real time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from agi.errors import CallerHungUp
from agi.protocol import Command, Environment, Reply


@dataclass(frozen=True)
class Told:
    """One UserEvent: its name and its decoded values."""

    name: str
    values: Mapping[str, str]


@dataclass
class ScriptedCaller:
    keys: Sequence[tuple[float, str]] = ()
    """Each key with the seconds since the one before (the first: since the call began)."""
    lengths: Mapping[str, float] = field(default_factory=dict)
    """Seconds that a sound lasts; `ordinary_length` for all others."""
    ordinary_length: float = 2.0
    hangs_up_after: float | None = None
    """Seconds after which he hangs up."""
    arguments: Sequence[str] = ("acme", "main", "1")
    number: str = "0612345678"
    language: str = "fr"
    account: str = "main"
    variables: dict[str, str] = field(default_factory=dict)
    can_keep_keys: bool = True
    """Has his switch what keeps keys that are pressed while no command is out?"""

    def __post_init__(self) -> None:
        fields = {
            "agi_network_script": "menu",
            "agi_channel": "PJSIP/carrier-00000001",
            "agi_language": self.language,
            "agi_uniqueid": "node1-1795288155.1",
            "agi_callerid": self.number,
            "agi_accountcode": self.account,
        }
        fields |= {f"agi_arg_{number}": value for number, value in enumerate(self.arguments, start=1)}
        self.environment = Environment(fields)
        self.clock = 0.0
        """Seconds since the call began."""
        self.commands: list[Command] = []
        self.heard: list[tuple[str, str, float]] = []
        """Each sound: its name, the language of the call, the seconds heard of it."""
        self.told: list[Told] = []
        self.set: list[tuple[str, str]] = []
        """Each variable set, in order; `variables` has the last values."""
        self.is_answered = False
        self.guard: float | None = None
        """When the dialplan takes the call back."""
        self.was_taken_back = False
        pressed, moment = [], 0.0
        for wait, key in self.keys:
            moment += wait
            pressed.append((moment, key))
        self._keys = deque(pressed)
        self._keeps = False

    def now(self) -> datetime:
        """The moment of his clock: Monday, 2 March 2026, ten o'clock UTC and counting."""
        return datetime(2026, 3, 2, 10, tzinfo=UTC) + timedelta(seconds=self.clock)

    def told_of(self, name: str) -> list[Mapping[str, str]]:
        return [told.values for told in self.told if told.name == name]

    async def run(self, command: Command) -> Reply:
        command.line()  # refuses what the wire would refuse
        self.commands.append(command)
        if self.hangs_up_after is not None and self.clock >= self.hangs_up_after:
            raise CallerHungUp
        match command.verb:
            case "ANSWER":
                self.is_answered = True
                return Reply(200, "0")
            case "STREAM FILE":
                return self._play(str(command.arguments[0]), str(command.arguments[1]))
            case "WAIT FOR DIGIT":
                return self._wait(int(command.arguments[0]) / 1000)
            case "SET VARIABLE":
                self._set(str(command.arguments[0]), str(command.arguments[1]))
                return Reply(200, "1")
            case "GET VARIABLE":
                value = self.variables.get(str(command.arguments[0]))
                return Reply(200, "0") if value is None else Reply(200, "1", value)
            case "EXEC" if command.arguments[0] == "StoreDTMF":
                self._keeps = command.arguments[1] != "remove"
                return Reply(200, "0") if self.can_keep_keys else Reply(200, "-2")
            case "CHANNEL STATUS":
                return Reply(200, "6")
            case "EXEC":
                self._tell(str(command.arguments[1]))
                return Reply(200, "0")
            case "HANGUP":
                self.hangs_up_after = self.clock
                return Reply(200, "1")
            case _:
                return Reply(510, usage="Invalid or unknown command")

    def idle(self, seconds: float) -> None:
        """Let time go by while no command is out: keys are lost in it, unless the switch was told to keep them."""
        end = self.clock + seconds
        while self._keys and self._keys[0][0] <= end:
            _, key = self._keys.popleft()
            if self._keeps and self.can_keep_keys:
                self.variables["CB_KEPT"] = self.variables.get("CB_KEPT", "") + key
        self._pass(end)

    def _play(self, sound: str, interrupt: str) -> Reply:
        assert self.is_answered, "a sound before the call was answered"
        start = self.clock
        end = start + self.lengths.get(sound, self.ordinary_length)
        stopped = ""
        while self._keys and self._keys[0][0] <= end and not stopped:
            moment, key = self._keys.popleft()
            if key in interrupt:
                end, stopped = max(start, moment), key
        self._pass(end)
        self.heard.append((sound, self.variables.get("CHANNEL(language)", self.language), end - start))
        return Reply(200, str(ord(stopped)) if stopped else "0", endpos=int((end - start) * 8000))

    def _wait(self, seconds: float) -> Reply:
        assert self.is_answered, "keys were waited for before the call was answered"
        end = self.clock + seconds
        if self._keys and self._keys[0][0] <= end:
            moment, key = self._keys.popleft()
            self._pass(max(self.clock, moment))
            return Reply(200, str(ord(key)))
        self._pass(end)
        return Reply(200, "0")

    def _pass(self, moment: float) -> None:
        self.clock = moment
        if self.guard is not None and moment > self.guard:
            self.was_taken_back = True
        if self.hangs_up_after is not None and moment >= self.hangs_up_after:
            raise CallerHungUp

    def _set(self, name: str, value: str) -> None:
        if name == "TIMEOUT(absolute)":
            self.guard = self.clock + float(value)
            return
        self.variables[name] = value
        self.set.append((name, value))

    def _tell(self, text: str) -> None:
        name, *headers = text.split(",")
        pairs = (header.split(": ", 1) for header in headers)
        self.told.append(Told(name, {header: unquote(value) for header, value in pairs}))
