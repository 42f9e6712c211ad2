"""Is the Asterisk that answers the one of this home? Another one with the same passwords would be reloaded for ours."""

from __future__ import annotations

from pathlib import Path

from ami.actions import Getvar
from ami.client import Manager
from ami.errors import ActionRefused
from cordboard.provisioning.errors import OtherAsterisk


async def check_is_ours(manager: Manager, etc: str, address: str) -> None:
    """`etc`: the configuration folder that an Asterisk of our own reads; `address`: where this one answered. One that
    does not tell its folder is taken for ours. Raises OtherAsterisk, AmiError."""
    try:
        running = (await manager.act(Getvar("ASTETCDIR"))).value
    except ActionRefused:
        return
    if running and not _is_same(running, etc):
        raise OtherAsterisk(address, running, etc)


def _is_same(running: str, etc: str) -> bool:
    return running == etc or Path(running).resolve() == Path(etc).resolve()
