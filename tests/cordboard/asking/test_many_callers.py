"""Hundreds of callers at the FastAGI listener while another system hangs: they lose their deadline, others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from agi.flow.document import Edge, Flow, Play, Target, TargetKind
from agi.flow.lookup import Lookup
from agi.ports import Ports
from agi.scripts import menu
from agi.server import FastAgiServer, Limits
from cordboard.asking.asker import Asker
from cordboard.asking.connections import Http
from cordboard.calls.books import SystemClock
from kit.agi_caller import AgiCaller
from kit.flow_trial import OneFlow
from kit.other_system import OtherSystem, hangs
from kit.patience import until

HOST = "127.0.0.1"
CALLERS = 200


def flow(seconds: float) -> Flow:
    who = Lookup(
        "who",
        source="crm",
        send={},
        into={"tier": "tier"},
        deadline_seconds=seconds,
        found=Edge(Target(TargetKind.QUEUE, "found")),
        not_found=Edge(Target(TargetKind.QUEUE, "nobody")),
        failure=Edge(Target(TargetKind.QUEUE, "failure")),
    )
    return Flow({"who": who, "straight": Play("straight", None, Edge(Target(TargetKind.QUEUE, "straight")))})


@pytest.fixture
async def system() -> AsyncIterator[OtherSystem]:
    async with OtherSystem() as system:
        system.says = lambda _: hangs()
        yield system


def listener(asker: Asker, start: str, seconds: float) -> FastAgiServer:
    house = OneFlow(flow(seconds), start)
    ports = Ports(house, house, house, SystemClock(), systems=asker)
    return FastAgiServer(HOST, 0, {"menu": menu.run}, house=ports, limits=Limits())


async def call(server: FastAgiServer) -> str:
    async with AgiCaller(HOST, server.port, "menu", ["acme", "main", "1"]) as caller:
        await caller.finished()
        return caller.variables["CB_TARGET"]


async def test_they_lose_their_deadline_and_others_nothing(system: OtherSystem) -> None:
    async with Asker({"crm": Http(name="crm", url=system.url, at_once=20)}) as asker:
        hanging, other = listener(asker, "who", 1.0), listener(asker, "straight", 1.0)
        await hanging.start()
        await other.start()
        try:
            calls = [asyncio.create_task(call(hanging)) for _ in range(CALLERS)]
            await until(lambda: system.open, "the first question")
            assert await call(other) == "straight"
            assert set(await asyncio.gather(*calls)) == {"failure"}
        finally:
            await hanging.close()
            await other.close()
    assert system.at_once <= 20
    assert len(system.asked) < CALLERS / 2


async def test_who_hangs_up_takes_his_question_back(system: OtherSystem) -> None:
    async with Asker({"crm": Http(name="crm", url=system.url)}) as asker:
        server = listener(asker, "who", 20.0)
        await server.start()
        try:
            async with AgiCaller(HOST, server.port, "menu", ["acme", "main", "1"]) as caller:
                await until(lambda: system.open, "the question")
                await caller.hang_up()
                await until(lambda: not system.open, "the question to be taken back")
        finally:
            await server.close()
