"""Many different calls to one company, as fast as wanted, and agents who come, pause and go meanwhile.

    async with Traffic(site, crowd, chance) as traffic:     # phones registered, agents logged in
        await traffic.offer(2000, rate=10)                   # returns when the last of them has ended
        traffic.offered, traffic.done, traffic.faults

Callers abandon in the menu and in line, are answered, held, transferred blind and attended, sent elsewhere because it
is late or nobody is there, and leave messages. `is_rough`: the switch is being hurt: a call may end in any way.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from kit.full_house import BECAUSE, MAIN, REASONS, TRUNK
from kit.sip_crowd import CallLostError, Crowd, CrowdCall
from kit.site import CommandFailedError, Site

AGENTS = 48
COLLEAGUES = 4
SALES, SLOW, NOBODY, BOX = "1", "2", "3", "4"
HEARD = 0.6
"""Seconds that a caller listens before a key is pressed."""
TALK = 2.0
"""Seconds of a talk, on average."""
MOST_CALLS = 160
"""Callers at a time: more than these would only wait."""
Document = dict[str, Any]


def document(agents: int = AGENTS) -> Document:
    """The company file: agents of sales, colleagues who are only transferred to, one agent who is always away."""
    kinds = [("a", agents, "selling"), ("x", COLLEAGUES, "rare"), ("z", 1, "slow")]
    people: Document = {}
    for letter, count, skill in kinds:
        for number in range(1, count + 1):
            extension = f"{len(people) + 200}"
            people[f"{letter}{number:02}"] = {"name": f"{letter}{number}", "extension": extension, "skills": {skill: 5}}
    always = [{"days": "mon-sun", "from": "00:00", "to": "24:00"}]
    end = {"message": "bye"}

    def queue(name: str, skill: str, **more: Any) -> Document:
        usual = {"max_wait": 600, "max_waiting": 1000, "ring": 15, "wrap_up": 0, "when_late": end, "when_full": end}
        return {"name": name, "skills": {skill: 3}, **usual, "when_empty": end, **more}

    return {
        "cordboard": 1,
        "company": {"id": "full", "name": "Full House", "language": "en", "country": "FR", "time_zone": "Europe/Paris"},
        "skills": {name: {"name": name.title()} for name in ("selling", "slow", "rare")},
        "pauses": {
            REASONS[0]: {"en": REASONS[0].title()},
            **{name: {"en": name.title(), "kind": "withdrawn"} for name in REASONS[1:]},
        },
        "people": people,
        "hours": {"always": {"name": "Always", "open": always}},
        "prompts": {"welcome": {"en": ["hello"]}},
        "messages": {"bye": {"name": "Bye", "en": ["vm-goodbye"]}},
        "voicemails": {"box": {"name": "Box"}},
        "queues": {
            "sales": queue("Sales", "selling", wrap_up=1),
            "slow": queue("Slow", "slow", max_wait=5, when_late={"queue": "sales"}),
            "nobody": queue("Nobody", "rare"),
        },
        "menus": {
            "main": {
                "name": "Main",
                "prompt": "welcome",
                "first_digit": 20,
                "keys": {
                    SALES: {"queue": "sales"},
                    SLOW: {"queue": "slow"},
                    NOBODY: {"queue": "nobody"},
                    BOX: {"voicemail": "box"},
                },
                "no_input": {"tries": 2, "then": {"queue": "sales"}},
                "wrong_input": {"tries": 2, "then": {"message": "bye"}},
            }
        },
        "dids": {MAIN: {"id": "main", "name": "Main", "hours": "always", "open": {"menu": "main"}, "closed": end}},
        "trunks": {"carrier": {"name": "Carrier", "header": {"name": "X-Trunk", "value": "carrier"}}},
    }


class Traffic:
    """The callers, and the agents who answer them."""

    def __init__(self, site: Site, crowd: Crowd, chance: random.Random, *, agents: int = AGENTS) -> None:
        self.site, self.crowd, self.chance = site, crowd, chance
        self._size = agents
        self.offered: dict[str, str] = {}
        """Caller's number -> the kind of the call. Each calls once."""
        self.answered: set[str] = set()
        """Callers whom the switch answered: it knew them for sure."""
        self.done: Counter[str] = Counter()
        """Calls that went as their kind says, by kind."""
        self.moves: Counter[str] = Counter()
        """What agents did: log in, log out, pause, withdraw, ready."""
        self.faults: list[str] = []
        self.is_rough = False
        self.wanted: dict[str, str] = {}
        """Agent -> "ready", "out" or the reason of the pause, where we know what was answered."""
        self.most_at_once = 0
        self._kinds: dict[str, tuple[int, Callable[[CrowdCall], Awaitable[None]]]] = {
            "brief": (30, self._brief),
            "agent ends": (10, self._agent_ends),
            "held": (10, self._held),
            "blind transfer": (8, self._blind),
            "attended transfer": (6, self._attended),
            "left in the menu": (8, self._leaves_menu),
            "abandoned in line": (10, self._abandons),
            "overflow": (8, self._overflows),
            "nobody there": (4, self._nobody),
            "message": (6, self._message),
        }
        self._numbers = itertools.count(1)
        self._under_way: set[asyncio.Task[None]] = set()
        self._agents: list[str] = []
        self._colleagues: list[str] = []  # extensions
        self._churn: asyncio.Task[None] | None = None
        self._is_resting = False

    async def __aenter__(self) -> Self:
        await self.staff()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.rest()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    # --- people

    async def staff(self) -> None:
        """Every phone registered, everybody logged in but the colleagues; the agent of the slow queue in a pause."""
        extensions = {name: str(person["extension"]) for name, person in document(self._size)["people"].items()}
        entries = (await self.site.cordboard("phones", "--show-secrets", "--json")).json()
        for entry in entries:
            await self.crowd.phone(entry["endpoint"], entry["secret"])
            person = entry["endpoint"].partition("-")[2]
            if person.startswith("x"):
                self._colleagues.append(extensions[person])
                continue
            await self.site.post(f"/api/agents/{person}/login", {})
            self.wanted[person] = "ready"
            if person.startswith("z"):
                await self.site.post(f"/api/agents/{person}/pause", {"reason": REASONS[0], **BECAUSE})
                self.wanted[person] = REASONS[0]
            else:
                self._agents.append(person)

    def stir(self, pause: float = 0.5) -> None:
        """Let agents come, pause and go from now on: one of them each `pause` seconds, on average."""
        self._is_resting = False
        self._churn = asyncio.create_task(self._come_pause_and_go(pause))

    async def rest(self) -> None:
        """Agents stay as they are, once what one of them is doing is done."""
        if self._churn is not None:
            self._is_resting = True
            await asyncio.gather(self._churn, return_exceptions=True)
            self._churn = None

    async def _come_pause_and_go(self, pause: float) -> None:
        while not self._is_resting:
            await asyncio.sleep(self.chance.uniform(0, 2 * pause))
            agent = self.chance.choice(self._agents)
            # Half of them always stay ready, so that callers are served.
            if self._agents.index(agent) % 2:
                await self._move(agent)

    async def _move(self, agent: str) -> None:
        before = self.wanted[agent]
        if before == "out":
            deed, body, after = "login", {}, "ready"
        elif before == "ready" and self.chance.random() < 0.5:
            reason = self.chance.choice(REASONS)
            deed = "pause" if reason == REASONS[0] else "withdraw"
            body, after = {"reason": reason, **BECAUSE}, reason
        elif before == "ready" or self.chance.random() < 0.3:
            deed, body, after = "logout", BECAUSE, "out"
        else:
            deed, body, after = "ready", BECAUSE, "ready"
        try:
            await self.site.post(f"/api/agents/{agent}/{deed}", body)
        except (CommandFailedError, OSError, TimeoutError) as error:
            if not self.is_rough:
                self.faults.append(f"{agent} {deed}: {error}")
            return
        self.wanted[agent] = after
        self.moves[deed] += 1

    # --- callers

    @property
    def callers(self) -> int:
        """How many calls are under way."""
        return len(self._under_way)

    async def offer(self, calls: int, rate: float) -> None:
        """So many calls, `rate` a second, each of a kind drawn by chance; returns when all of them are over."""
        for _ in range(calls):
            await self._one(rate)
        await self.over()

    async def flow(self, rate: float) -> None:
        """Calls until cancelled."""
        while True:
            await self._one(rate)

    async def over(self) -> None:
        """Wait until no call is under way."""
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))

    async def _one(self, rate: float) -> None:
        names = list(self._kinds)
        kind = self.chance.choices(names, [weight for weight, _ in self._kinds.values()])[0]
        task = asyncio.create_task(self._call(kind))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        self.most_at_once = max(self.most_at_once, len(self._under_way))
        await asyncio.sleep(self.chance.uniform(0.5, 1.5) / rate)
        while len(self._under_way) >= MOST_CALLS:
            await asyncio.wait(tuple(self._under_way), return_when=asyncio.FIRST_COMPLETED)

    async def _call(self, kind: str) -> None:
        number = f"+337{next(self._numbers):08}"
        self.offered[number] = kind
        call: CrowdCall | None = None
        try:
            async with asyncio.timeout(60 if self.is_rough else 120):
                call = await self.crowd.call(number, MAIN, TRUNK)
                self.answered.add(number)
                await asyncio.sleep(HEARD)
                await self._kinds[kind][1](call)
            self.done[kind] += 1
        except (CallLostError, TimeoutError) as error:
            if not self.is_rough:
                self.faults.append(f"{kind}: {error}")
        finally:
            with contextlib.suppress(TimeoutError):
                if call is not None:
                    await call.hang_up()

    def _while(self) -> float:
        return self.chance.uniform(0.3, 2 * TALK)

    async def _answered(self, call: CrowdCall, key: str = SALES) -> CrowdCall:
        """The agent's side, once somebody has taken the call."""
        await call.press(key)
        taking = asyncio.create_task(self.crowd.arrives(call.user, 100))
        ending = asyncio.create_task(call.ended(100))
        try:
            await asyncio.wait([taking, ending], return_when=asyncio.FIRST_COMPLETED)
            if not taking.done():
                raise CallLostError(repr(call))
            return taking.result()
        finally:
            for task in (taking, ending):
                task.cancel()
            await asyncio.gather(taking, ending, return_exceptions=True)

    async def _brief(self, call: CrowdCall) -> None:
        await self._answered(call)
        await asyncio.sleep(self._while())
        await call.hang_up()

    async def _agent_ends(self, call: CrowdCall) -> None:
        agent = await self._answered(call)
        await asyncio.sleep(self._while())
        await agent.hang_up()
        await call.ended()

    async def _held(self, call: CrowdCall) -> None:
        agent = await self._answered(call)
        await asyncio.sleep(0.3)
        await agent.hold()
        await asyncio.sleep(self._while())
        await agent.resume()
        await asyncio.sleep(0.3)
        await call.hang_up()

    async def _blind(self, call: CrowdCall) -> None:
        agent = await self._answered(call)
        await asyncio.sleep(0.5)
        await agent.transfer(self.chance.choice(self._colleagues))
        await agent.ended()
        await asyncio.sleep(self._while())
        await call.hang_up()

    async def _attended(self, call: CrowdCall) -> None:
        agent = await self._answered(call)
        await asyncio.sleep(0.3)
        await agent.hold()
        asked = await self.crowd.dial(agent.user, self.chance.choice(self._colleagues))
        try:
            await asyncio.sleep(0.5)
            await agent.transfer_to(asked)
            await agent.ended()
            await asyncio.sleep(self._while())
            await call.hang_up()
        finally:
            await asked.hang_up()

    async def _leaves_menu(self, call: CrowdCall) -> None:
        await asyncio.sleep(self.chance.uniform(0, 1))
        await call.hang_up()

    async def _abandons(self, call: CrowdCall) -> None:
        await call.press(SLOW)
        await asyncio.sleep(self.chance.uniform(0.3, 1.7))
        await call.hang_up()

    async def _overflows(self, call: CrowdCall) -> None:
        await self._answered(call, SLOW)
        await asyncio.sleep(self._while())
        await call.hang_up()

    async def _nobody(self, call: CrowdCall) -> None:
        await call.press(NOBODY)
        await call.ended()

    async def _message(self, call: CrowdCall) -> None:
        await call.press(BOX)
        await asyncio.sleep(self._while())
        await call.hang_up()
