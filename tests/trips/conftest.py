"""One Cordboard on one real Asterisk for the trips of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from demo import COMPANY
from demo.callers import Cast
from kit.belongings import BELONGINGS
from kit.site import Site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Site]:
    """The demo company, applied, with the daemon up and nobody logged in."""
    async with Site(COMPANY) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(site: Site) -> Cast:
    """Everybody's phone registered and everybody logged in."""
    cast = Cast(site)
    await cast.log_in()
    return cast


@pytest.fixture(autouse=True)
def the_daemon_may_be_another(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that starts the daemon again leaves that one to the site."""
    yield
    site = request.node.funcargs.get("site")
    before = request.node.stash.get(BELONGINGS, None)
    if isinstance(site, Site) and before is not None:
        children = before.children | {site.daemon.pid, site.switch.process.pid}
        request.node.stash[BELONGINGS] = replace(before, children=children)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """A failed trip shows the ends of the logs of its Asterisk and of its daemon."""
    report = yield
    site = item.funcargs.get("site") if isinstance(item, pytest.Function) else None
    if report.failed and isinstance(site, Site) and site.switch.folder.is_dir():
        report.sections.append((f"log of {site.switch!r}", site.switch.logs()[-6000:]))
        report.sections.append(("log of cordboard", site.daemon.said()[-6000:]))
    return report
