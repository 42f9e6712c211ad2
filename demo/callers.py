"""Plays the scripts: real phones call, press keys, listen and talk; what is seen is held against the script."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from demo.script import SCRIPTS, Script
from kit.phones import Answer, Phone, PhoneCall, Ring
from kit.site import Site

TONES = {"amel": 500, "bruno": 600, "chloe": 700, "dan": 800, "emma": 900, "farid": 1000}
CALLER_TONE = 1300
TRUNK = {"X-Trunk": "carrier"}
BECAUSE = {"because": "the script of a call"}
TALK_SECONDS = 1.5
CALLERS = 20 * len(SCRIPTS)
"""People outside; after the last the first one calls again, with the same script. Few enough for a demo of days, and
so many that nobody's call is taken for the one before."""
PATIENCE = 120.0


def in_a_line(error: BaseException) -> str:
    """A fault as one line: what was done or waited for, and the last thing that was said of it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ": ".join(dict.fromkeys([lines[0].rstrip(":"), lines[-1]])) if lines else type(error).__name__


@dataclass
class Result:
    """How one call went; `faults` is empty if it went as its script says."""

    number: int
    script: Script
    caller: str
    stage: str = "dials"
    agent: str = ""
    is_heard_both_ways: bool | None = None
    record: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    is_over: bool = False

    @property
    def is_good(self) -> bool:
        return self.is_over and not self.faults


class Cast:
    """The agents at their phones, and the callers one after the other."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._numbers = itertools.count(1)
        self.agents: dict[str, Phone] = {}
        self._callers: dict[str, Phone] = {}

    async def log_in(self) -> None:
        """Register everybody's phone and log everybody in."""
        for person, tone in TONES.items():
            self.agents[person] = await self._site.agent(person, tone=tone)

    def announce(self, script: Script) -> Result:
        """The result of a call that is about to be made."""
        number = next(self._numbers)
        return Result(number, script, script.caller or f"+336{(number - 1) % CALLERS + 1:08}")

    async def play(self, result: Result) -> None:
        """Make one call from beginning to end, and compare it with its script and with history.

        Whatever goes wrong with it is a fault of this call, and raises nothing.
        """
        left_over: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE):
                if result.script.goes_alone:
                    await self._everybody_is_ready(result)
                began = int(time.time())  # entries may be known to the second only
                async with self._set_aside(result.script, left_over):
                    await self._call(result)
                result.stage = "history"
                records = await self._site.records(result.caller, since=began)
                if len(records) != 1:
                    result.faults.append(f"{len(records)} rows in history for one call")
                result.record = records[0]
                self._compare(result)
        except Exception as error:  # noqa: BLE001 - the demo goes on with the next call
            result.faults.append(in_a_line(error))
        result.faults += left_over
        result.is_over = True
        result.stage = "over"

    @asynccontextmanager
    async def _set_aside(self, script: Script, left_over: list[str]) -> AsyncIterator[None]:
        """Agents who are paused or let it ring during a call, ready after it; `left_over` takes what failed of that."""
        for person in script.silent:
            self.agents[person].rule = Ring()
        paused = []
        try:
            for person in script.paused:
                await self._site.post(f"/api/agents/{person}/pause", {"reason": "break", **BECAUSE})
                paused.append(person)
            yield
        finally:
            for person in script.silent:
                self.agents[person].rule = Answer()
            for person in (*paused, *script.silent):
                try:
                    await self._site.post(f"/api/agents/{person}/ready", BECAUSE)
                except Exception as error:  # noqa: BLE001 - the others are made ready all the same
                    left_over.append(in_a_line(error))

    async def _call(self, result: Result) -> None:
        caller = await self._caller(result)
        call = await caller.start_call(result.script.did)
        try:
            await self._go_through(result, call)
        finally:
            await call.hang_up()
            for phone in (caller, *self.agents.values()):
                phone.forget_ended()

    async def _caller(self, result: Result) -> Phone:
        if result.caller not in self._callers:
            self._callers[result.caller] = await self._site.phones.caller(
                result.caller, self._site.switch.sip, name=result.script.title, tone=CALLER_TONE, headers=TRUNK
            )
        return self._callers[result.caller]

    async def _go_through(self, result: Result, call: PhoneCall) -> None:
        script = result.script
        if script.end == "is sent away" and not script.keys:
            await call.ended(30)
            return
        await call.answered(30)
        result.stage = "menu"
        for key in script.keys:
            await call.hears_something()
            await asyncio.sleep(0.5)  # as a caller who listens a moment
            await call.press(key)
        match script.end:
            case "hangs up in the menu":
                await call.hears_something()
                await asyncio.sleep(1)
            case "gives up waiting":
                result.stage = "waits"
                await self._in_queue(result.caller)
                await asyncio.sleep(2)
            case "is sent away":
                result.stage = "listens"
                await call.ended(60)
            case "talks":
                result.stage = "waits"
                await self._talk(result, call)

    async def _in_queue(self, caller: str) -> None:
        async def is_there() -> bool:
            cards = await self._site.cards()
            return any(c.get("caller") == caller and c.get("stage") in ("waiting", "ringing") for c in cards.values())

        await self._site.until_async(is_there, f"{caller} to wait")

    async def _talk(self, result: Result, call: PhoneCall) -> None:
        """Find by ear who answered, and let that phone hear the caller."""
        person = await self._who_is_heard(call)
        result.agent, result.stage = person, f"talks to {person}"
        other = next(mine for mine in reversed(self.agents[person].calls) if not mine.has_ended)
        await other.hears(CALLER_TONE)
        result.is_heard_both_ways = True
        await asyncio.sleep(TALK_SECONDS)
        await call.hang_up()
        await other.ended()

    async def _who_is_heard(self, call: PhoneCall) -> str:
        deadline = asyncio.get_running_loop().time() + 60
        while asyncio.get_running_loop().time() < deadline:
            heard = call.heard_last(0.4)
            for person, tone in TONES.items():
                if heard.has(tone):
                    return person
            if call.has_ended:
                raise AssertionError(f"the call ended ({call.reason}) before an agent was heard")
            await asyncio.sleep(0.1)
        raise AssertionError("no agent was ever heard")

    async def _everybody_is_ready(self, result: Result) -> None:
        """A call that tells who must answer finds all agents ready, wrap-up over."""
        result.stage = "waits for the agents"
        for person in self.agents:
            await self._site.agent_is(person, "ready")
        await asyncio.sleep(1)  # Asterisk counts wrap-up in whole seconds
        result.stage = "dials"

    def _compare(self, result: Result) -> None:
        script, record = result.script, result.record
        found = {"outcome": record["outcome"], "agent": record["agent"] or "", "queue": record["queue"] or ""}
        if found["outcome"] != script.outcome:
            result.faults.append(f"outcome {found['outcome']} ({record['detail']}), not {script.outcome}")
        if script.detail and record["detail"] != script.detail:
            result.faults.append(f"detail {record['detail']!r}, not {script.detail!r}")
        if script.queue and found["queue"] != script.queue:
            result.faults.append(f"queue {found['queue'] or 'none'}, not {script.queue}")
        if script.agents and found["agent"] not in script.agents:
            result.faults.append(f"answered by {found['agent'] or 'nobody'}, not by {' or '.join(script.agents)}")
        if script.agents and found["agent"] != result.agent:
            result.faults.append(f"history says {found['agent']}, the caller heard {result.agent or 'nobody'}")
        if script.waits and record["waited"] < script.waits:
            result.faults.append(f"waited {record['waited']:.1f} s, less than {script.waits} s")
