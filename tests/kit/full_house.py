"""A call centre with everybody in it: agents at their phones, callers in menus, waiting, talking, on hold, leaving a
message; held for as long as wanted, watched from outside, while whatever is tried is done to the configuration.

    async with FullHouse(site, crowd, Shares.of(100)) as house:
        await house.fill()
        ...                                   # deploy, sabotage
        house.check_calls()                   # raises CallLostError: nobody was cut off
        await house.check_queues()            # order of the waiting, agents, pauses
        await house.check_sound()             # both ways, by tone
        await house.empty()                   # everybody hangs up
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from kit.sip_crowd import CallLostError, Crowd, CrowdCall
from kit.site import Site

MAIN = "+33199000001"
TRUNK = {"X-Trunk": "carrier"}
KEYS = {"talk": "1", "late": "2", "later": "3", "box": "4", "brief": "5", "stay": "9"}
STANDING = ("full-talk", "full-late", "full-later", "full-brief")
REASONS = ("lunch", "training", "paperwork")
BECAUSE = {"because": "a full house"}
STAY = 12.0
"""Seconds between two keys of a caller who stays in the menu."""

Document = dict[str, Any]


def document(talkers: int, briefs: int = 3, pausing: int = 3) -> Document:
    """The company file: who talks is busy for long, so that the queues `late` and `later` only wait."""
    people: Document = {}
    kinds = [("t", talkers, "long"), ("b", briefs, "brief"), ("p", pausing, "long")]
    for letter, count, skill in kinds:
        for number in range(1, count + 1):
            people[f"{letter}{number:02}"] = {
                "name": f"Agent {letter}{number}",
                "extension": f"{len(people) + 200}",
                "skills": {skill: 5, "other": 1 + number % 3},
            }
    always = [{"days": "mon-sun", "from": "00:00", "to": "24:00"}]
    sounds = {"en": ["hello"]}
    end = {"message": "bye"}

    def queue(name: str, skill: str) -> Document:
        more: Document = {"max_wait": 7200, "max_waiting": 1000, "ring": 20, "wrap_up": 0}
        return {"name": name, "skills": {skill: 3}, "when_late": end, "when_full": end, "when_empty": end, **more}

    return {
        "cordboard": 1,
        "company": {"id": "full", "name": "Full House", "language": "en", "country": "FR", "time_zone": "Europe/Paris"},
        "skills": {name: {"name": name.title()} for name in ("long", "brief", "other")},
        "people": people,
        "pauses": {reason: {"en": reason.title()} for reason in REASONS},
        "hours": {"always": {"name": "Always", "open": always}, "office": {"name": "Office", "open": always}},
        "prompts": {"welcome": sounds},
        "messages": {"bye": {"name": "Bye", "en": ["vm-goodbye"]}},
        "voicemails": {"box": {"name": "Box"}},
        "queues": {
            "talk": queue("Talk", "long"),
            "late": queue("Late", "long"),
            "later": queue("Later", "long"),
            "brief": queue("Brief", "brief"),
        },
        "menus": {
            "main": {
                "name": "Main",
                "prompt": "welcome",
                "first_digit": 60,
                "keys": {
                    KEYS["talk"]: {"queue": "talk"},
                    KEYS["late"]: {"queue": "late"},
                    KEYS["later"]: {"queue": "later"},
                    KEYS["box"]: {"voicemail": "box"},
                    KEYS["brief"]: {"queue": "brief"},
                    KEYS["stay"]: "repeat",
                },
                "no_input": {"tries": 3, "then": {"queue": "brief"}},
                "wrong_input": {"tries": 3, "then": {"message": "bye"}},
            }
        },
        "dids": {MAIN: {"id": "main", "name": "Main", "hours": "always", "open": {"menu": "main"}, "closed": end}},
        "trunks": {"carrier": {"name": "Carrier", "header": {"name": "X-Trunk", "value": "carrier"}}},
    }


@dataclass(frozen=True)
class Shares:
    """How many callers do what."""

    talking: int
    on_hold: int
    waiting: int
    in_menus: int
    in_boxes: int
    brief: int

    @classmethod
    def of(cls, calls: int) -> Shares:
        talking = max(2, calls * 14 // 100)
        boxes, brief = max(1, calls * 8 // 100), max(1, calls * 3 // 100)
        menus = max(1, calls * 25 // 100)
        return cls(talking, max(1, talking // 3), calls - talking - boxes - brief - menus, menus, boxes, brief)


@dataclass
class Standing:
    """Agents and waiting callers, as Asterisk lists them."""

    members: dict[tuple[str, str], tuple[int, bool, str]] = field(default_factory=dict)
    """(queue, agent) -> penalty, paused, reason."""
    waiting: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Queue -> callers in their order."""


class FullHouse:
    """Who is there. `calls` callers at any time; those of boxes and brief talks are replaced as they end."""

    def __init__(self, site: Site, crowd: Crowd, shares: Shares) -> None:
        self.site, self.crowd, self.shares = site, crowd, shares
        self.talks: list[tuple[CrowdCall, CrowdCall]] = []
        """Caller and agent."""
        self.waiting: list[CrowdCall] = []
        self.staying: list[CrowdCall] = []
        self.replaced = 0
        self.made: list[str] = []
        """The number of every caller there ever was: one call each."""
        self.streams: list[tuple[CrowdCall, CrowdCall, int, int]] = []
        self._numbers = itertools.count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self.faults: list[str] = []
        self.unseen: set[str] = set()
        """Callers whose entry nobody saw, as history says of them."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end_tasks()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    @property
    def held(self) -> list[CrowdCall]:
        """All calls that nobody but us may end: both ends of the talks, the waiting, those in the menu."""
        return [*(end for talk in self.talks for end in talk), *self.waiting, *self.staying]

    @property
    def callers_up(self) -> int:
        """Callers who are in a call now."""
        return sum(call.is_up and not call.is_incoming for call in self.crowd.calls.values())

    # --- filling it

    async def staff(self) -> None:
        """Every phone registered, everybody logged in, some of them in a pause."""
        said = await self.site.cordboard("phones", "--show-secrets", "--json")
        for entry in said.json():
            await self.crowd.phone(entry["endpoint"], entry["secret"])
            person = entry["endpoint"].partition("-")[2]
            await self.site.post(f"/api/agents/{person}/login", {})
            if person.startswith("p"):
                reason = REASONS[int(person[1:]) % len(REASONS)]
                await self.site.post(f"/api/agents/{person}/pause", {"reason": reason, **BECAUSE})

    async def fill(self) -> None:
        """Everybody in their places, one after the other where the order counts."""
        await self.staff()
        for number in range(self.shares.talking):
            caller = await self._enters("talk")
            agent = await self.crowd.arrives(caller.user)
            self.talks.append((caller, agent))
            if number < self.shares.on_hold:
                await agent.hold()
        for number in range(self.shares.waiting):
            self.waiting.append(await self._enters("late" if number % 3 else "later"))
        self.staying = await asyncio.gather(*(self._enters("stay") for _ in range(self.shares.in_menus)))
        self._tasks = [asyncio.create_task(self._stay_in_the_menu()), asyncio.create_task(self._come_and_go())]
        await self.site.until(
            lambda: self.callers_up >= self.expected_callers, f"{self.expected_callers} callers to be there"
        )
        listens = self.talks[self.shares.on_hold :][:4]
        for number, (caller, agent) in enumerate(listens):
            tones = 440 + 110 * number, 1200 + 130 * number
            caller.stream(tones[0])
            agent.stream(tones[1])
            self.streams.append((caller, agent, *tones))
        await self.site.until_async(self._is_settled, "everybody to be in their places")
        self.begun = await self.standing()
        self.begun_channels = await self._channels_of_held()

    async def _is_settled(self) -> bool:
        waiting = (await self.standing()).waiting
        return sum(len(waiting.get(queue, ())) for queue in ("full-late", "full-later")) == len(self.waiting)

    async def _channels_of_held(self) -> set[str]:
        """Their uniqueids: a caller's channel carries his number, an agent's leg is told by his endpoint."""
        callers = {call.user for call in self.held if not call.is_incoming}
        agents = {f"PJSIP/{agent.user}" for _, agent in self.talks}
        found = set()
        for line in (await self.site.switch.cli("core show channels concise")).splitlines():
            parts = line.split("!")
            if len(parts) > 11 and (parts[7] in callers or parts[0].rpartition("-")[0] in agents):
                found.add(parts[-1])
        if len(found) != len(self.held):
            raise AssertionError(f"{len(found)} channels for {len(self.held)} held calls")
        return found

    @property
    def expected_callers(self) -> int:
        shares = self.shares
        return shares.talking + shares.waiting + shares.in_menus + shares.in_boxes + shares.brief

    async def _enters(self, what: str) -> CrowdCall:
        """Somebody calls, hears the menu, and presses the key for it."""
        number = f"+336{next(self._numbers):08}"
        self.made.append(number)
        call = await self.crowd.call(number, MAIN, TRUNK)
        await call.hears_something()
        await call.press(KEYS[what])
        return call

    async def _stay_in_the_menu(self) -> None:
        """Those who stay press the key that says the menu again, never all at once."""
        while True:
            for call in self.staying:
                await asyncio.sleep(STAY / len(self.staying))
                if call.is_up:
                    await call.press(KEYS["stay"])

    async def _come_and_go(self) -> None:
        """Callers of boxes and of brief talks, replaced as they end; ended by us after a while."""
        await asyncio.gather(
            *(self._one_after_the_other("box", 20.0) for _ in range(self.shares.in_boxes)),
            *(self._one_after_the_other("brief", 6.0) for _ in range(self.shares.brief)),
        )

    async def _one_after_the_other(self, what: str, seconds: float) -> None:
        while True:
            try:
                call = await self._enters(what)
                if what == "box":
                    call.stream(700)  # who says nothing leaves no message
                with contextlib.suppress(TimeoutError):
                    await call.ended(seconds)
                await call.hang_up()
                self.replaced += 1
            except (CallLostError, TimeoutError) as error:
                self.faults.append(f"{what}: {error}")
                await asyncio.sleep(1)

    # --- looking at it

    async def standing(self) -> Standing:
        """What Asterisk's console says of its queues."""
        found, queue = Standing(), ""
        for line in (await self.site.switch.cli("queue show")).splitlines():
            if heading := re.match(r"(\S+) has \d+ calls", line):
                queue = heading[1]
            elif member := re.match(r"\s+\S+ \(PJSIP/(\S+?)\)", line):
                penalty = re.search(r"with penalty (\d+)", line)
                paused = re.search(r"\(paused(?::(.*?))? was ", line)
                standing = int(penalty[1]) if penalty else 0, bool(paused), (paused[1] or "") if paused else ""
                found.members[queue, member[1]] = standing
            elif waiting := re.match(r"\s+\d+\. (\S+) \(wait:", line):
                found.waiting[queue] = (*found.waiting.get(queue, ()), waiting[1])
        return found

    async def uniqueids(self) -> set[str]:
        """Of all channels that there are."""
        shown = await self.site.switch.cli("core show channels concise")
        return {line.rpartition("!")[2] for line in shown.splitlines() if line.count("!") > 10}

    def check_calls(self) -> None:
        """Raises CallLostError if anybody but us ended a call that is held."""
        if lost := [call for call in self.held if not call.is_up]:
            raise CallLostError(f"{len(lost)} of {len(self.held)} held calls are lost: {lost[:5]}")

    async def check_queues(self) -> None:
        """Raises AssertionError if the agents of the standing queues or the order of their callers are not as begun."""
        now = await self.standing()
        for queue in STANDING:
            if now.waiting.get(queue) != self.begun.waiting.get(queue):
                raise AssertionError(
                    f"{queue}: the order was {self.begun.waiting.get(queue)}, is {now.waiting.get(queue)}"
                )
        was, found = _of_standing(self.begun.members), _of_standing(now.members)
        if was != found:
            other = {key: (was.get(key), found.get(key)) for key in was.keys() | found.keys()}
            raise AssertionError(
                f"agents changed: { {key: pair for key, pair in other.items() if pair[0] != pair[1]} }"
            )

    async def check_channels(self) -> None:
        """Raises CallLostError unless every channel of a held call is the one it was."""
        if lost := self.begun_channels - await self.uniqueids():
            raise CallLostError(f"channels that are gone: {sorted(lost)}")

    async def check_sound(self) -> None:
        """Both ways, on the talks of the sample."""
        for caller, agent, low, high in self.streams:
            await agent.hears(low)
            await caller.hears(high)

    async def empty(self) -> int:
        """Everybody hangs up; how many callers' calls there were."""
        await self._end_tasks()
        await self.crowd.hang_up(*self.crowd.calls.values())
        await self.site.switch.wait_idle(60)
        return len(self.made)

    @property
    def offered(self) -> list[str]:
        """The callers who came in, by Asterisk's own word or by its answer to them: history has one row for each.

        One who was cut off while he called, or called an Asterisk that was not there, was never heard of."""
        return sorted(offered(self.site, self.crowd.calls.values()) & set(self.made))

    async def outcomes(self) -> dict[str, list[str]]:
        """Caller -> outcomes in history. Each is to have one, once history is written."""
        found: dict[str, list[str]] = {}
        wanted = set(self.offered)

        async def is_written() -> bool:
            rows = (await self.site.cordboard("calls", "--json", "--last", "10000")).json()
            found.clear()
            for row in rows:
                found.setdefault(row["caller_number"], []).append(row["outcome"])
                if row["is_partial"]:
                    self.unseen.add(row["caller_number"])
            return found.keys() >= wanted

        with contextlib.suppress(TimeoutError):
            await self.site.until_async(is_written, "history to be written")
        return found


def offered(site: Site, calls: Iterable[CrowdCall]) -> set[str]:
    """Of these callers those who came in: Asterisk answered them, or has a record (CDR) of them that names the number
    which they came to. Who gives up before it was looked up came to nobody."""
    known = set()
    if site.switch.places.cdr.is_file():
        lines = site.switch.places.cdr.read_text(encoding="utf-8").splitlines()
        known = {fields[1] for fields in csv.reader(lines) if len(fields) > 1 and fields[0]}
    callers = [call for call in calls if not call.is_incoming]
    return {call.user for call in callers if call.status == "SIP/2.0 200 OK" or call.user in known}


def _of_standing(members: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], object]:
    return {key: standing for key, standing in members.items() if key[0] in STANDING}
