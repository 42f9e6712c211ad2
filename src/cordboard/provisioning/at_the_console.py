"""What only Asterisk's console tells, and a throw-away one may be asked there: where it listens, and who may do what.

Pure: what a command printed against what the placement says. The account that reads back in service may run no command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cordboard.provisioning.sources import Placement
from cordboard.provisioning.verify import Difference, Place
from dialplan_templates.views import Mode

Printed = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A console command: `said` reads what it prints, `wanted` is what it should say."""

    command: str
    kind: str
    name: str
    said: Printed
    wanted: Mapping[str, str]


def questions(placement: Placement, files: Mapping[str, str]) -> Iterator[Question]:
    """What to ask an Asterisk in this place that has these files. Of one that is not ours only the accounts are."""
    rights = _rights(files)
    for account in (placement.run_account, placement.deploy_account):
        name = account.username
        wanted = {"ACL": "yes", **rights.get(name, {"read perm": "some"})}
        yield Question(f"manager show user {name}", "manager account", name, _named, wanted)
    if placement.mode is Mode.INCLUDED:
        return
    network = placement.network
    manager = {
        "TCP Bindaddress": f"{network.ami_address}:{network.ami_port}",
        "Manager (AMI)": "Yes",
        "Web Manager (AMI/HTTP)": "No",
    }
    ports = {"Port start": str(network.rtp_first), "Port end": str(network.rtp_last), "Strict RTP": "Yes"}
    core = {"System name": placement.systemname, "Executable includes": "Disabled"}
    sip = f"{network.sip_address}:{network.sip_port}"
    transports = {"cordboard-udp": f"udp {sip}", "cordboard-tcp": f"tcp {sip}"}
    yield Question("manager show settings", "setting", "of the manager", _named, manager)
    yield Question("rtp show settings", "setting", "of RTP", _named, ports)
    yield Question("core show settings", "setting", "of the core", _named, core)
    yield Question("http show status", "setting", "of HTTP", _named, {"server": "Disabled"})
    yield Question("pjsip show transports", "SIP transport", "", _transports, transports)


def differences(question: Question, printed: str) -> Iterator[Difference]:
    """How what was printed differs from what was wanted."""
    said = question.said(printed)
    for key, wanted in question.wanted.items():
        found = said.get(key, "")
        if sorted(wanted.split(",")) != sorted(found.split(",")):
            name = f"{key} {question.name}".strip()
            yield Difference(Place.ASTERISK, question.kind, name, wanted, found or "not there")
    if question.said is _transports:
        for name in sorted(said.keys() - question.wanted.keys()):
            yield Difference(Place.ASTERISK, question.kind, name, found=said[name])


def _rights(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Account -> what its section of manager.conf lets it read and write."""
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in (files.get("manager.conf") or files.get("cordboard_manager.conf", "")).split("\n"):
        if line.startswith("["):
            name = line.strip("[]")
        elif line.startswith(("read=", "write=")):
            key, _, value = line.partition("=")
            found.setdefault(name, {})[f"{key} perm"] = value
    return found


def _named(printed: str) -> dict[str, str]:
    """`  Port start:      10000` and `Server Disabled`: the first of each name, values without their ends."""
    found: dict[str, str] = {}
    for line in printed.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), value.strip().strip(":").strip())
        elif line.startswith("Server "):
            found.setdefault("server", line.removeprefix("Server ").strip())
    return found


def _transports(printed: str) -> dict[str, str]:
    lines = re.findall(r"(?m)^Transport:\s+([^\s<]+)\s+(\S+)\s+\S+\s+\S+\s+(\S+)", printed)
    return {name: f"{kind} {address}" for name, kind, address in lines}
