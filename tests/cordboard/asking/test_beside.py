"""Asked from a thread of its own: the answer comes while the loop of the script stands still."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest

from agi.ports import FAILED, Notice, Question
from cordboard.asking.beside import Beside
from cordboard.asking.connections import Connection, Http
from kit.beside_system import SystemBeside
from kit.other_system import OtherSystem, json_answer
from kit.patience import PATIENCE


@pytest.fixture
def system() -> Iterator[SystemBeside]:
    with SystemBeside() as system:
        yield system


def question(seconds: float = 30.0) -> Question:
    return Question("who", "crm", {}, frozenset(), {"tier": "tier"}, seconds)


def is_asking() -> bool:
    return any(thread.name == "asking" for thread in threading.enumerate())


async def test_an_answer_comes_while_the_loop_stands_still(system: SystemBeside) -> None:
    system.says = b'{"tier": "gold"}'
    async with Beside({"crm": Http(name="crm", url=system.url)}) as beside, beside.asked(question()) as answer:
        assert system.answered.wait(PATIENCE)  # as while Asterisk plays a sound, which blocks this thread
        assert (await answer).values == {"tier": "gold"}
    assert not is_asking()


async def test_a_system_that_hangs_costs_its_deadline(system: SystemBeside) -> None:
    async with Beside({"crm": Http(name="crm", url=system.url)}) as beside, beside.asked(question(0.2)) as answer:
        assert await answer == FAILED


async def test_who_leaves_does_not_wait(system: SystemBeside) -> None:
    async with Beside({"crm": Http(name="crm", url=system.url)}) as beside, beside.asked(question(600)):
        assert is_asking()
    assert not is_asking()


async def test_what_is_told_is_told_to_its_end() -> None:
    async with OtherSystem() as told:
        told.says = lambda _: json_answer({})
        connection = Http(name="crm", url=told.url, method="POST")
        async with Beside({"crm": connection}) as beside:
            assert await beside.told(Notice("sms", "crm", {}, frozenset(), "1.2-sms", 30.0))
    assert len(told.asked) == 1


async def test_a_thread_that_cannot_begin_is_told_and_waited_for_by_nobody() -> None:
    class Failing(dict[str, Connection]):
        def items(self) -> NoReturn:
            raise OSError("too many open files")

    async with Beside(Failing()) as beside:
        for _ in range(2):
            with pytest.raises(OSError, match="too many"):
                await beside.asked(question()).__aenter__()
    assert not is_asking()


async def test_who_asks_nobody_has_no_thread() -> None:
    async with Beside({}):
        assert not is_asking()
