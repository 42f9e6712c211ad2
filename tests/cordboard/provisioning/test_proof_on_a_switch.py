"""What the read-back sees on a real Asterisk, reading by reading: each is made wrong behind its back and is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agi.flow.document import Flow
from kit import acme
from kit.lab import Lab
from kit.switch import Switch

pytestmark = pytest.mark.switch


async def test_a_company_that_nobody_can_call_yet_is_proven(new_switch: Callable[..., Switch]) -> None:
    """Its context for incoming calls is empty, and Asterisk has no way to show an empty one."""
    lab = Lab(new_switch("pbx1"))
    try:
        nobody = acme.tenant(replace(acme.company(), dids={}), Flow(nodes={}))
        await lab.apply(nobody, is_asterisk_running=False)
        await lab.switch.start(etc=lab.etc)
        assert (await lab.verify()).differences == ()
    finally:
        lab.close()
