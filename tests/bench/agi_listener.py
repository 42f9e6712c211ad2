"""FastAGI listeners to be measured, each in a process of its own: `python -m bench.agi_listener ours|panoramisk PORT`.

Two scripts each: `five` sets five variables, `menu` is a whole menu script: of the number `main` one menu, of `tree` a
menu behind a menu, of `patient` one that waits a minute for its key. The menu script itself says which commands
everybody else sends (`commands`), so that only the listeners differ. `DONE` or `CB_DONE` is set last of all.

With a file as third argument each menu session writes a line there: the microseconds of each command that waits for
nobody, from its sending to its answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from panoramisk.fast_agi import Application, Request

from agi.call import Call, Carrier
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.ports import Block, PinnedFlow, Ports, RouteDecision, RouteRequest
from agi.protocol import Command, Environment, Reply
from agi.scripts import menu
from agi.server import FastAgiServer, Limits
from kit.scripted_caller import ScriptedCaller

HOST = "127.0.0.1"
PROMPT = "demo-congrats"
SECOND_PROMPT = "demo-instruct"
FIVE = [f'SET VARIABLE "V{number}" "value {number}"' for number in range(4)] + ['SET VARIABLE "DONE" "1"']
WAITING = ("STREAM FILE", "WAIT FOR DIGIT")
"""The commands that last until the caller does something."""
PATIENCE = 60.0
NOBODY = Retry(3, Edge(Target(TargetKind.HANGUP)))
BILLING = Edge(Target(TargetKind.QUEUE, "billing"), "en")
BEHIND = Edge(Target(TargetKind.MENU, "behind"))
PROMPTS = {"welcome": {"en": (PROMPT,)}, "more": {"en": (SECOND_PROMPT,)}, "short": {"en": ("beep",)}}
BEGINNINGS = {"main": "top", "tree": "before", "patient": "patient"}
"""By the number that was called."""


def _menu(name: str, prompt: str, edge: Edge, seconds: float = 6.0) -> Menu:
    return Menu(name, prompt=prompt, keys={"1": edge}, no_input=NOBODY, wrong_input=NOBODY, first_digit_seconds=seconds)


FLOW = Flow(
    {
        "top": _menu("top", "welcome", BILLING),
        "before": _menu("before", "welcome", BEHIND),
        "behind": _menu("behind", "more", BILLING),
        "patient": _menu("patient", "short", BILLING, PATIENCE),
    },
    {},
    PROMPTS,
)


class House:
    """A house that knows one flow by heart."""

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return PinnedFlow(FLOW, 1, BEGINNINGS[did])

    async def find(self, company: str, number: str) -> Block | None:
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None

    def now(self) -> datetime:
        return datetime.now(UTC)


def _ports() -> Ports:
    house = House()
    return Ports(house, house, house, house)


async def commands(did: str = "main", keys: str = "1", after: float = 0.5) -> list[str]:
    """What the menu script sends for a caller of this number who presses these keys, each after so many seconds."""
    caller = ScriptedCaller(keys=[(after, key) for key in keys], arguments=("acme", did, "1"))
    await menu.run(Call(caller), _ports())
    return [command.line().decode().rstrip("\n") for command in caller.commands]


class Timed:
    """A carrier that notes how long each command took that waits for nobody."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.took: list[float] = []

    @property
    def environment(self) -> Environment:
        return self._carrier.environment

    async def run(self, command: Command) -> Reply:
        began = time.perf_counter()
        reply = await self._carrier.run(command)
        if command.verb not in WAITING:
            self.took.append(time.perf_counter() - began)
        return reply


def _note(file: Path, took: list[float]) -> None:
    with file.open("a", encoding="ascii") as notes:
        notes.write(" ".join(f"{1e6 * seconds:.0f}" for seconds in took) + "\n")


async def ours(port: int, file: Path | None) -> None:
    async def five(call: Call, house: Ports) -> None:
        for number in range(4):
            await call.set_variable(f"V{number}", f"value {number}")
        await call.set_variable("DONE", 1)

    async def timed(call: Call, house: Ports) -> None:
        assert file is not None
        carrier = Timed(call._carrier)
        try:
            await menu.run(Call(carrier), house)
        finally:
            _note(file, carrier.took)

    scripts = {"five": five, "menu": menu.run if file is None else timed}
    server = FastAgiServer(HOST, port, scripts, house=_ports(), limits=Limits(max_calls=1000))
    await server.start()
    await asyncio.Event().wait()


async def panoramisk(port: int, file: Path | None) -> None:
    application = Application(loop=asyncio.get_running_loop())
    of_number = {"main": await commands(), "tree": await commands("tree", "11")}
    of_number["patient"] = await commands("patient", after=PATIENCE / 2)

    def sends(wanted: Callable[[Request], list[str]]) -> object:
        async def endpoint(request: Request) -> None:
            took = []
            for command in wanted(request):
                began = time.perf_counter()
                await request.send_command(command)
                if not command.startswith(WAITING):
                    took.append(time.perf_counter() - began)
            if file is not None:
                _note(file, took)

        return endpoint

    application.add_route("five", sends(lambda _: FIVE))
    application.add_route("menu", sends(lambda request: of_number[request.headers["agi_arg_2"]]))
    server = await asyncio.start_server(application.handler, HOST, port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    way = {"ours": ours, "panoramisk": panoramisk}[sys.argv[1]]
    asyncio.run(way(int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None))
