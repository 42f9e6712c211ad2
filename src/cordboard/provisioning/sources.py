"""What a configuration is generated from: companies with flows and secrets, and where Asterisk lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from agi.flow.document import Flow, FlowRefused
from cordboard.speech.studio import Studio
from cordboard.store.errors import UnknownVersion
from cordboard.store.records import FlowVersion
from cordboard.store.values import Company
from dialplan_templates.views import Directories, ManagerAccount, Mode, Network

__all__ = ["Installed", "Mode", "Placement", "Tenant", "flow_in"]


@dataclass(frozen=True, slots=True)
class Installed:
    """The Asterisk of this machine as far as its own folders tell: data (sounds, documentation) and modules. None: it
    is not to be found from here."""

    data: Path | None = None
    modules: Path | None = None
    studio: Studio | None = None
    """What makes the sounds that it does not have itself."""

    @property
    def for_drafts(self) -> Installed:
        """For what is looked at before it is stored: its studio has made nothing of it yet."""
        return self if self.studio is None else replace(self, studio=replace(self.studio, is_of_drafts=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The Asterisk that will run it: whose it is, its folders and addresses, and the two accounts we use there.

    `directories.etc` is where it finds the generation in force: `Generations.current_link` of this switch.
    """

    mode: Mode
    systemname: str
    directories: Directories
    network: Network
    run_account: ManagerAccount
    deploy_account: ManagerAccount
    tone_zone: str = "us"
    opus_module: str | None = None
    """As `SwitchView.opus_module`."""
    speech: str = "/var/lib/cordboard/speech"
    """The folder in which it finds what is spoken."""
    installed: Installed | None = None
    """Where to look which words and sounds it knows; None: that is not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One company as it shall be reached: its values, the published version of its flow, and what was made for it.

    The flow has for each DID a node `did.<id>` where its callers start. Secrets: endpoint id -> SIP password, box id ->
    PIN, conference id -> PIN of its guests, and of its hosts.
    """

    company: Company
    flow: Flow
    flow_version: int
    sip_secrets: Mapping[str, str] = field(repr=False)
    pins: Mapping[str, str] = field(repr=False, default_factory=dict)
    guest_pins: Mapping[str, str] = field(repr=False, default_factory=dict)
    host_pins: Mapping[str, str] = field(repr=False, default_factory=dict)


def flow_in(version: FlowVersion) -> Flow:
    """The flow of a version. Raises UnknownVersion where it was made by a program that knew other nodes."""
    try:
        return Flow.from_json(version.document)
    except FlowRefused as refused:
        raise UnknownVersion(version.company, version.version, str(refused)) from refused
