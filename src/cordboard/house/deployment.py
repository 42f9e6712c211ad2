"""The desk for deploying, put together: store, generations, placement, and the account that may reload."""

from __future__ import annotations

from ami.client import open_manager
from cordboard.desk.deploy import Deployment
from cordboard.house.addresses import deploy_address
from cordboard.house.offline import deployer_of
from cordboard.house.placement import placement_of
from cordboard.house.rehearsal import rehearsal_of
from cordboard.house.workshop import this_switch
from cordboard.provisioning.desired import Desires
from cordboard.settings import Settings
from cordboard.store.engine import Store


async def deployment_of(store: Store, settings: Settings, desires: Desires | None = None) -> Deployment:
    """Plan, apply and verify for the switch of these settings. `desires`: one for a command that looks and then acts,
    so that companies are compiled once. Raises SettingsError if its Asterisk is not found."""
    switch = await this_switch(store, settings)
    placement = placement_of(settings, switch)
    address = deploy_address(settings, switch)
    return Deployment(
        store,
        deployer_of(settings),
        placement,
        lambda: open_manager(address, settings.action_deadline),
        rehearsal=rehearsal_of(settings, switch),
        desires=desires,
    )
