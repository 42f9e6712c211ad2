"""Asterisk's manager interface as the settings and the switch tell it: where it is, and as whom one logs in."""

from __future__ import annotations

from ami.client import Address
from cordboard.settings import Settings
from cordboard.store.records import Switch


def run_address(settings: Settings, switch: Switch) -> Address:
    """The manager account with least rights, which the daemon lives with."""
    place = next(place for place in settings.switches if place.node == switch.node)
    return Address(place.host, place.port, switch.run_username, switch.run_secret.get_secret_value())


def deploy_address(settings: Settings, switch: Switch) -> Address:
    """The manager account that may reload and read back: on the own switch alone."""
    return Address(
        settings.ami_host, settings.ami_port, switch.deploy_username, switch.deploy_secret.get_secret_value()
    )
