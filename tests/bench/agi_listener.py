"""FastAGI listeners to be measured, each in a process of its own: `python -m bench.agi_listener ours|panoramisk PORT`.

Two scripts each: `five` sets five variables, `menu` is a whole menu script. Both do the same commands in the same
order, so that only the listeners differ. `DONE` is set last of all.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from panoramisk.fast_agi import Application, Request

from agi.call import Call
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.ports import Block, PinnedFlow, Ports, RouteDecision, RouteRequest
from agi.scripts import menu
from agi.server import FastAgiServer, Limits

HOST = "127.0.0.1"
PROMPT = "demo-congrats"
FIVE = [f'SET VARIABLE "V{number}" "value {number}"' for number in range(4)] + ['SET VARIABLE "DONE" "1"']
MENU = [
    'EXEC "UserEvent" "CordboardMenu,Menu: top,Version: 1,By: flow"',
    'SET VARIABLE "TIMEOUT(absolute)" "65"',
    "ANSWER",
    f'STREAM FILE "{PROMPT}" "0123456789*#"',
    'EXEC "UserEvent" "CordboardChoice,Menu: top,Edge: key,Key: 1,By: flow"',
    'SET VARIABLE "CHANNEL(language)" "en"',
    'SET VARIABLE "CB_ANSWERS" "top=1"',
    'SET VARIABLE "CB_KIND" "queue"',
    'SET VARIABLE "CB_TARGET" "billing"',
    'SET VARIABLE "CB_WHY" "message"',
    'SET VARIABLE "CB_DONE" "queue"',
]


class House:
    """A house that knows one flow by heart."""

    def __init__(self) -> None:
        nobody = Retry(3, Edge(Target(TargetKind.HANGUP)))
        billing = Edge(Target(TargetKind.QUEUE, "billing"), "en")
        top = Menu("top", prompt="welcome", keys={"1": billing}, no_input=nobody, wrong_input=nobody)
        self._pinned = PinnedFlow(Flow({"top": top}, {}, {"welcome": {"en": (PROMPT,)}}), 1, "top")

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return self._pinned

    async def find(self, company: str, number: str) -> Block | None:
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None

    def now(self) -> datetime:
        return datetime.now(UTC)


async def ours(port: int) -> None:
    async def five(call: Call, house: Ports) -> None:
        for number in range(4):
            await call.set_variable(f"V{number}", f"value {number}")
        await call.set_variable("DONE", 1)

    house = House()
    scripts = {"five": five, "menu": menu.run}
    server = FastAgiServer(HOST, port, scripts, house=Ports(house, house, house, house), limits=Limits(max_calls=1000))
    await server.start()
    await asyncio.Event().wait()


async def panoramisk(port: int) -> None:
    application = Application(loop=asyncio.get_running_loop())

    def sends(commands: list[str]) -> object:
        async def endpoint(request: Request) -> None:
            for command in commands:
                await request.send_command(command)

        return endpoint

    application.add_route("five", sends(FIVE))
    application.add_route("menu", sends(MENU))
    server = await asyncio.start_server(application.handler, HOST, port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run({"ours": ours, "panoramisk": panoramisk}[sys.argv[1]](int(sys.argv[2])))
