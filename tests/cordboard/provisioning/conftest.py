"""A company deployed to a real Asterisk, for the tests of this room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from kit.lab import Lab
from kit.switch import Switch


@pytest.fixture
async def lab(new_switch: Callable[..., Switch]) -> AsyncIterator[Lab]:
    """Acme, generation 1, applied and verified on a running Asterisk."""
    async with Lab(new_switch("pbx1")) as lab:
        yield lab
