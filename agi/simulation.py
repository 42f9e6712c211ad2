"""Carrier of a call that nobody makes: it behaves like a channel of Asterisk, on a clock that runs by itself.

    caller = Planned(Plan.parse("2 wait 3"))
    line = SimulatedLine(caller=caller, number="+33612345678", did="acme-main", language="fr",
                         arguments=("acme", "main", "0"), begins=moment, length=lambda sound, language: 2.5)
    with contextlib.suppress(CallerHungUp):
        await menu.run(Call(line), Ports(flows, blocks, routes, line, line.witness))
    line.steps, line.variables

Sounds last as long as they are, a key that may not stop a sound is lost in it, and a caller who says nothing lets the
time run out. Nothing waits in real time. What happened is told step by step, with the seconds since the call began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from agi.call import Call
from agi.errors import CallerHungUp
from agi.flow.nodes import Target
from agi.flow.spoken import Spoken
from agi.protocol import Command, Environment, Reply
from agi.simulated_caller import Act, Caller
from agi.simulated_ear import SimulatedEar
from agi.simulated_steps import (
    Entered,
    HungUp,
    Left,
    Played,
    Prompted,
    Said,
    Set,
    Spoke,
    Step,
    TakenBack,
    Told,
    Unsaid,
    Waited,
)
from agi.simulated_tape import Tape

SAMPLES = 8000
UNHEARD_SECONDS = 2.0
"""What a sound is taken to last where nobody can measure it."""

SAID_DIGIT, SAID_MOMENT = 0.5, 3.0
"""Seconds that each digit of a number, and a moment, take about when they are said."""

_REPLY_OK = Reply(200, "0")


class SimulatedLine:
    """One call. `length` tells how many seconds a sound of a language lasts; None: the switch does not have it."""

    def __init__(
        self,
        *,
        caller: Caller,
        number: str,
        did: str,
        language: str,
        arguments: Sequence[str],
        begins: datetime,
        length: Callable[[str, str], float | None] = lambda sound, language: UNHEARD_SECONDS,
        tell: Callable[[Step], None] = lambda step: None,
    ) -> None:
        """`did`: the channel's accountcode. `tell` gets each step as it happens."""
        self._caller = caller
        self._begins = begins
        self._length = length
        self._tell = tell
        self._fields = {
            "agi_channel": "Simulated/1",
            "agi_uniqueid": "simulated.1",
            "agi_callerid": number or "unknown",
            "agi_accountcode": did,
        }
        self._guard: float | None = None
        self._has_hung_up = False
        self.arguments = tuple(arguments)
        self.language = language
        """What is spoken to the caller now."""
        self.clock = 0.0
        """Seconds since the call began."""
        self.is_answered = False
        self.variables: dict[str, str] = {}
        self.steps: list[Step] = []
        self._said: dict[str, float] = {}
        """What was made in the call, and how long it is."""
        self._tape = Tape(self, caller)
        self._ear = SimulatedEar(self, caller)

    @property
    def environment(self) -> Environment:
        given = {f"agi_arg_{number}": value for number, value in enumerate(self.arguments, start=1)}
        return Environment({**self._fields, "agi_language": self.language, **given})

    def now(self) -> datetime:
        """The moment of its clock: it is a clock as `agi.ports` wants one."""
        return self._begins + timedelta(seconds=self.clock)

    def witness(self, _: Call) -> _Witness:
        """Who tells of nodes, prompts and edges."""
        return _Witness(self)

    def note(self, step: Step) -> None:
        """Tell a step."""
        self.steps.append(step)
        self._tell(step)

    async def run(self, command: Command) -> Reply:
        command.line()  # refuses what the wire would refuse
        if self._has_hung_up:
            raise CallerHungUp
        if (heard := self._ear.run(command)) is not None:
            return heard
        arguments = command.arguments
        match command.verb:
            case "ANSWER":
                self.is_answered = True
            case "STREAM FILE":
                # As it is: who is told of a sound reads what it says.
                sound = arguments[0]
                return self.play(sound if isinstance(sound, str) else str(sound), str(arguments[1]))
            case "WAIT FOR DIGIT":
                return self._wait(int(arguments[0]) / 1000)
            case "SAY NUMBER":
                return self._say(str(arguments[0]), SAID_DIGIT * len(str(arguments[0])))
            case "SAY DATETIME":
                moment = datetime.fromtimestamp(int(arguments[0]), ZoneInfo(str(arguments[3])))
                return self._say(f"{moment:%Y-%m-%d %H:%M} ({arguments[2]})", SAID_MOMENT)
            case "SET VARIABLE":
                self._set(str(arguments[0]), str(arguments[1]))
                return Reply(200, "1")
            case "GET VARIABLE" | "GET FULL VARIABLE":
                value = self.variables.get(str(arguments[0])) or self._tape.known(str(arguments[0]))
                return _REPLY_OK if value is None else Reply(200, "1", value)
            case "EXEC" if arguments[0] == "UserEvent":
                name, *headers = str(arguments[1]).split(",")
                pairs = (header.partition(": ") for header in headers)
                self.note(Told(self.clock, name, tuple((header, unquote(value)) for header, _, value in pairs)))
            case "EXEC" if arguments[0] == "Record":
                self._tape.record(str(arguments[1]))
            case "EXEC" if arguments[0] == "MixMonitor":
                self._tape.monitor(str(arguments[1]))
            case "EXEC" if arguments[0] == "StopMixMonitor":
                self._tape.stop_monitor()
            case "CHANNEL STATUS":
                return Reply(200, "6")
            case "HANGUP":
                self._has_hung_up = True
                return Reply(200, "1")
            case _:
                return Reply(510, usage="Invalid or unknown command")
        return _REPLY_OK

    async def said(self, text: str, language: str, seconds: float) -> str:
        """As `agi.ports.Voice`: at once, and as long as it takes to say it."""
        sound = Spoken(text, language)
        self._said[sound] = sound.seconds
        return sound

    def play(self, sound: str, interrupt: str) -> Reply:
        """Let a sound be heard, until one of these keys is pressed."""
        if self._seconds(sound) is None:
            self.note(Played(self.clock, sound, self.language, None))
            return Reply(200, "-1")
        start = self.clock
        act = self.hear(sound, lambda act: act.at if act.key and act.key in interrupt else None)
        return Reply(200, str(ord(act.key)) if act else "0", endpos=int((self.clock - start) * SAMPLES))

    def hear(self, sound: str, stops: Callable[[Act], float | None]) -> Act | None:
        """Let a sound be heard to its end, or until what the caller does stops it, if that ever does; what it was that
        did. Nothing is heard of a sound that the switch does not have."""
        start, seconds = self.clock, self._seconds(sound)
        end = start + (seconds or 0.0)
        stopped: Act | None = None
        stop: float | None = None

        def tell() -> None:
            heard = None if seconds is None else self.clock - start
            self.note(Played(start, sound, self.language, heard, stopped.key or None if stopped else None))

        while stop is None and seconds is not None and (act := self._caller.in_sound(self.clock, end)) is not None:
            self.go_on(act.at, tell)
            if act.is_end:
                tell()
                self.leave()
            stop = stops(act)
            stopped = None if stop is None else act
        self.go_on(end if stop is None else min(stop, end), tell)
        tell()
        return stopped

    def overhear(self, sound: str, until: float) -> None:
        """Let a sound be heard to its end, or until this moment, while the caller goes on with what he does."""
        start, seconds = self.clock, self._seconds(sound)

        def tell() -> None:
            self.note(Played(start, sound, self.language, None if seconds is None else self.clock - start))

        self.go_on(min(until, start + (seconds or 0.0)), tell)
        tell()

    def _seconds(self, sound: str) -> float | None:
        """How long a sound lasts; None: the switch does not have it."""
        return self._said.get(sound) or self._tape.seconds(sound) or self._length(sound, self.language)

    def _say(self, text: str, seconds: float) -> Reply:
        start, language = self.clock, self.language
        while (act := self._caller.in_sound(self.clock, start + seconds)) is not None:
            self.go_on(act.at)
            if act.is_end:
                self.note(Said(start, text, language, self.clock - start))
                self.leave()
        self.go_on(start + seconds)
        self.note(Said(start, text, language, seconds))
        return _REPLY_OK

    def _wait(self, seconds: float) -> Reply:
        start = self.clock
        act = self._caller.at_wait(start, start + seconds)
        while act is not None and act.phrase:  # nobody listens here
            act = self._caller.at_wait(act.at, start + seconds)
        self.go_on(start + seconds if act is None else act.at)
        if act is not None and act.is_end:
            self.leave()
        self.note(Waited(start, self.clock - start, act.key if act else None))
        return Reply(200, str(ord(act.key)) if act else "0")

    def go_on(self, moment: float, before_it_ends: Callable[[], None] = lambda: None) -> None:
        """Let time go by, up to the guard at most."""
        if self._guard is not None and moment > self._guard:
            self.clock = self._guard
            before_it_ends()
            self.note(TakenBack(self.clock))
            self._has_hung_up = True
            raise CallerHungUp
        self.clock = moment

    def leave(self) -> None:
        """Let the caller hang up. Raises CallerHungUp."""
        self.note(HungUp(self.clock))
        self._has_hung_up = True
        raise CallerHungUp

    def _set(self, name: str, value: str) -> None:
        if name == "TIMEOUT(absolute)":
            self._guard = self.clock + float(value) if float(value) else None
        elif name == "CHANNEL(language)":
            self.language = value
            self.note(Spoke(self.clock, value))
        else:
            self.variables[name] = value
            self.note(Set(self.clock, name, value))

    def back_in_the_dialplan(self) -> None:
        """Between two scripts: the dialplan takes the guard off, as it does when a script has ended."""
        self._guard = None


class _Witness:
    """Tells the line's steps of nodes, prompts and edges."""

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line

    def entered(self, node: str, menus: Sequence[str]) -> None:
        self._line.note(Entered(self._line.clock, node, tuple(menus)))

    def prompted(self, prompt: str) -> None:
        self._line.note(Prompted(self._line.clock, prompt))

    def unsaid(self, variable: str, *, is_secret: bool) -> None:
        self._line.note(Unsaid(self._line.clock, variable, is_secret))

    def left(self, node: str, way: str, target: Target) -> None:
        self._line.note(Left(self._line.clock, node, way, target))
