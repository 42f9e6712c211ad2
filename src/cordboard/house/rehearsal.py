"""The rehearsal put together: the Asterisk that is installed here, for the placement of these settings."""

from __future__ import annotations

from ami.actions import CoreSettings
from ami.client import open_manager
from ami.errors import AmiError
from cordboard.house.addresses import deploy_address
from cordboard.house.asterisk import find_asterisk
from cordboard.house.placement import placement_of
from cordboard.provisioning.desired import Desired
from cordboard.provisioning.rehearsal import Rehearsal, Rehearser
from cordboard.settings import Settings, SettingsError
from cordboard.store.records import Switch


class HouseRehearsal:
    """Rehearses what is wanted of the switch of these settings. Where no Asterisk is installed, it says so."""

    def __init__(self, settings: Settings, switch: Switch) -> None:
        self._settings = settings
        self._switch = switch

    async def __call__(self, desired: Desired) -> Rehearsal:
        """Hold one. Raises nothing on purpose: what keeps it from being held is told by what is returned."""
        try:
            binary = find_asterisk(self._settings)
            placement = placement_of(self._settings, self._switch)
        except SettingsError as error:
            return Rehearsal(is_possible=False, problems=tuple(error.problems))
        return await Rehearser(binary, placement, self._version_in_service)(desired)

    async def _version_in_service(self) -> str:
        """Of the Asterisk that runs; "" if it cannot be asked."""
        address = deploy_address(self._settings, self._switch)
        try:
            async with open_manager(address, self._settings.action_deadline) as manager:
                return (await manager.act(CoreSettings(), self._settings.action_deadline)).version
        except AmiError:
            return ""


def rehearsal_of(settings: Settings, switch: Switch) -> HouseRehearsal | None:
    """What an apply rehearses with; None where the settings want none."""
    return HouseRehearsal(settings, switch) if settings.rehearse else None
