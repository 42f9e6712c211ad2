"""Fixtures and rules that hold for every test: real switches, and nothing left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from kit import basis
from kit.phones import Phones
from kit.switch import Switch

SWITCHES = pytest.StashKey[list[Switch]]()


# --- switches -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def new_switch(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Switch]]:
    """Makes switches that are not started yet: `new_switch()`, `new_switch("node2")`. They end with the test."""
    made = request.node.stash.setdefault(SWITCHES, [])

    def make(name: str = "switch") -> Switch:
        switch = Switch(name)
        made.append(switch)
        return switch

    yield make
    for switch in made:
        switch.close()


class StartSwitch(Protocol):
    async def __call__(
        self, files: Mapping[str, str] | None = None, *, etc: Path | None = None, name: str = "switch"
    ) -> Switch: ...


@pytest.fixture
async def start_switch(new_switch: Callable[..., Switch]) -> StartSwitch:
    """Starts switches on the basis: `await start_switch({"extensions.conf": "..."})`, or on a folder with `etc=`."""

    async def start(files: Mapping[str, str] | None = None, *, etc: Path | None = None, name: str = "switch") -> Switch:
        switch = new_switch(name)
        await (switch.start(etc=etc) if etc is not None else switch.start(basis.files(switch, files)))
        return switch

    return start


@pytest.fixture
async def phones() -> AsyncIterator[Phones]:
    """Scripted phones; whatever call is up when the test ends is hung up."""
    async with Phones() as phones:
        yield phones


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the end of the log of each of its switches."""
    report = yield
    if report.failed:
        for switch in item.stash.get(SWITCHES, []):
            if log := switch.logs():
                report.sections.append((f"log of {switch!r}", log[-8000:]))
    return report
