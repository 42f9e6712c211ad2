"""Going back while the database is away: all that is needed is in the folder of generations, Asterisk's account too."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from ami.client import Address, Manager, open_manager
from ami.errors import LinkDown, LoginRefused
from cordboard.house.placement import generations_of
from cordboard.provisioning.apply import Deployer
from cordboard.provisioning.errors import ProvisioningError
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.whose import check_is_ours
from cordboard.settings import Settings
from cordboard.store.switches import DEPLOY_ACCOUNT
from dialplan_templates.views import Mode

STOP_IT = "Asterisk runs and refuses the account of the generation in force: nothing was changed. Stop it first."
FILES = ("manager.conf", "cordboard_manager.conf")


def deployer_of(settings: Settings) -> Deployer:
    """The deployments to the Asterisk of these settings."""
    return Deployer(generations_of(settings), Mode(settings.asterisk_mode))


@asynccontextmanager
async def asterisk_by_disk(settings: Settings) -> AsyncIterator[Manager | None]:
    """The deploying account as the generation in force knows it; None if Asterisk cannot be reached.

    Raises LoginRefused, for an Asterisk that answers is not away: it would go on as before; and OtherAsterisk.
    """
    secret = _secret(generations_of(settings))
    if secret is None:
        yield None
        return
    address = Address(settings.ami_host, settings.ami_port, DEPLOY_ACCOUNT, secret)
    async with AsyncExitStack() as stack:
        manager: Manager | None = None
        with suppress(LinkDown):
            try:
                manager = await stack.enter_async_context(open_manager(address, settings.action_deadline))
            except LoginRefused as refused:
                refused.add_note(STOP_IT)
                raise
            if settings.asterisk_mode == "owned":
                etc = str(generations_of(settings).current_link)
                await check_is_ours(manager, etc, f"{settings.ami_host}:{settings.ami_port}")
        yield manager


def _secret(generations: Generations) -> str | None:
    try:
        current = generations.current()
        files = generations.load(current).files if current is not None else {}
    except ProvisioningError:
        return None
    text = next((files[name] for name in FILES if name in files), "")
    found = re.search(rf"(?ms)^\[{re.escape(DEPLOY_ACCOUNT)}\]$.*?^secret\s*=\s*(\S+)$", text)
    return found[1] if found else None
