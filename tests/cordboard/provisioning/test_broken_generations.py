"""Generations broken on the way to Asterisk: what `make soak ONLY=broken` found once, and a few of its ways each time."""

from __future__ import annotations

import pytest

from ami.actions import Action
from cordboard.provisioning.generations import State
from kit import acme
from kit.lab import Lab

pytestmark = pytest.mark.switch


async def test_a_generation_whose_record_is_damaged_is_put_back_whole(lab: Lab) -> None:
    """No module reads the record: the reload of its predecessor once asked for a module without a name, and stopped."""

    async def damage(action: Action) -> None:
        record = lab.etc.resolve() / "generation.json"
        if record.parent.name == "2":
            record.write_text(record.read_text()[:-100])

    applied = await lab.apply(acme.tenant(acme.company(name="Acme & Co")), fault=damage)
    assert (applied.generation, applied.failed, applied.state) == (1, 2, State.VERIFIED), applied.reason
    assert (await lab.verify()).differences == ()
