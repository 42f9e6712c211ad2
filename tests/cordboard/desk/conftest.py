"""A database of its own for each test of the desk that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cordboard.store.engine import Store, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as opened:
        await opened.migrate()
        yield opened
