"""Fixtures and rules that hold for every test: real switches and phones, and nothing left behind.

A test that ends with a task, thread, process or socket that was not there when it began is an error. What a fixture
of a wider scope holds was there, and may stay.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest

from kit import basis
from kit.belongings import BELONGINGS, Belongings, left_behind
from kit.phones import Phones
from kit.postgres import Postgres
from kit.switch import Switch

SWITCHES = pytest.StashKey[list[Switch]]()
LONG = 300
"""Seconds for a test with a real Asterisk or a real browser, its set-up included, on a busy machine."""

# A busy machine makes an example slow, and the making of one; that is no fault.
hypothesis.settings.register_profile(
    "cordboard", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("cordboard")


def pytest_configure() -> None:
    """Tests see none of the settings of the person who runs them; where Asterisk is installed is no setting."""
    for name in [name for name in os.environ if name.startswith("CORDBOARD_") and name != "CORDBOARD_ASTERISK_HOME"]:
        del os.environ[name]
    # A shell lets what it runs in the background, and all that is started from there, be deaf to interruptions.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            # First in the list, so that it ends after all other fixtures of the test.
            item.fixturenames.insert(0, no_task_is_left.__name__)
        is_long = item.get_closest_marker("switch") or item.get_closest_marker("browser")
        if is_long and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG))


# --- nothing is left behind ---------------------------------------------------------------------------------------


@pytest.fixture
async def no_task_is_left() -> AsyncIterator[None]:
    """Tasks that outlive their test and its fixtures fail it."""
    yield
    current = asyncio.current_task()
    if tasks := [task for task in asyncio.all_tasks() if task is not current]:
        _, left = await asyncio.wait(tasks, timeout=3)
        assert not left, f"the test left tasks behind: {sorted(map(repr, left))}"


@pytest.fixture(autouse=True)
def what_was_there(request: pytest.FixtureRequest) -> None:
    """Remember what the process held before the test and its own fixtures."""
    request.node.stash[BELONGINGS] = Belongings.now()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Threads, processes and sockets that outlive their test and its fixtures fail it."""
    yield
    earlier = item.stash.get(BELONGINGS, None)
    if earlier is not None and (left := left_behind(earlier)):
        pytest.fail("the test left behind: " + "; ".join(left), pytrace=False)


# --- switches, databases and phones -----------------------------------------------------------------------------------


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
        self,
        files: Mapping[str, str] | None = None,
        *,
        phones: Sequence[str] = (),
        dtmf_mode: str = "rfc4733",
        name: str = "switch",
    ) -> Switch: ...


@pytest.fixture
async def start_switch(new_switch: Callable[..., Switch]) -> StartSwitch:
    """Starts switches on the basis: `await start_switch({"extensions.conf": "..."}, phones=["alice", "bob"])`."""

    async def start(
        files: Mapping[str, str] | None = None,
        *,
        phones: Sequence[str] = (),
        dtmf_mode: str = "rfc4733",
        name: str = "switch",
    ) -> Switch:
        switch = new_switch(name)
        await switch.start(basis.files(switch, files, phones=phones, dtmf_mode=dtmf_mode))
        return switch

    return start


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | None]:
    """A PostgreSQL of our own for the whole run; None where it is not installed."""
    server = Postgres.installed()
    if server is None:
        yield None
        return
    with server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, postgres: Postgres | None, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cordboard.db'}"
    if postgres is None:
        pytest.skip("PostgreSQL is not installed")
    return await postgres.new_database()


@pytest.fixture
async def phones() -> AsyncIterator[Phones]:
    """Scripted phones that show the ids they are told; whatever call is up when the test ends is hung up."""
    async with Phones(show_headers=("X-Cordboard-Call",)) as phones:
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
