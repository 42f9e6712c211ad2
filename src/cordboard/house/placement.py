"""Where things are: settings turned into the folders and the placement that other rooms are handed."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

from agi.flow.recording_names import FOLDER
from cordboard.house.asterisk import find_asterisk
from cordboard.house.studio import studio_of
from cordboard.provisioning.checks import library_of
from cordboard.provisioning.generations import Generations
from cordboard.provisioning.sounds import Library
from cordboard.provisioning.sources import Installed, Placement
from cordboard.settings import Loaded, Settings, SettingsError
from cordboard.store.records import Switch
from dialplan_templates.views import Directories, ManagerAccount, Mode, Network

USUAL_SPOOL = Path("/var/spool/asterisk")
"""Of an Asterisk that is not ours."""
SCRIPTS = ("menu", "route")
FOLDERS = (
    "db",
    "spool",
    "run",
    "log",
    "keys",
    "agi-bin",
    "spool/monitor",
    "spool/recordings",
    "spool/voicemail",
    "log/cdr-csv",
    "keys/keys",
)


def generations_of(settings: Settings) -> Generations:
    """The folder of generations in the home folder."""
    return Generations(settings.home, keep=settings.generations_kept)


def placement_of(settings: Settings, switch: Switch) -> Placement:
    """The Asterisk that a generation is made for. Raises SettingsError if an owned one is not to be found."""
    return Placement(
        mode=Mode(settings.asterisk_mode),
        systemname=settings.node,
        directories=_directories(settings),
        network=Network(
            sip_address=settings.sip_host,
            sip_port=settings.sip_port,
            media_address=settings.media_host,
            rtp_first=settings.rtp_first,
            rtp_last=settings.rtp_last,
            ami_address=settings.ami_host,
            ami_port=settings.ami_port,
            agi_address=settings.agi_host,
            agi_port=settings.agi_port,
            hearing_port=settings.hearing_port if settings.hearing else 0,
            **_process_per_call(settings),
        ),
        run_account=ManagerAccount(username=switch.run_username, secret=switch.run_secret.get_secret_value()),
        deploy_account=ManagerAccount(username=switch.deploy_username, secret=switch.deploy_secret.get_secret_value()),
        speech=str(studio_of(settings).folder),
        installed=installed_of(settings) or Installed(studio=studio_of(settings)),
    )


def installed_of(settings: Settings) -> Installed | None:
    """Where to look what the Asterisk knows; None if it is not to be found: one that is not ours may live elsewhere."""
    try:
        found = find_asterisk(settings)
    except SettingsError:
        return None
    return Installed(found.data, found.modules, studio_of(settings))


def library_for(settings: Settings, *, is_draft: bool) -> Library | None:
    """The sounds of the Asterisk of these settings. What files or a draft have spoken is made when calls meet it."""
    installed = installed_of(settings)
    return library_of(installed.for_drafts if installed and is_draft else installed, Mode(settings.asterisk_mode))


def _process_per_call(settings: Settings) -> dict[str, Any]:
    """Where Asterisk finds the scripts that it starts itself. A program begins later than a server answers."""
    if settings.agi_carrier == "daemon":
        return {}
    return {"agi_folder": str(scripts_folder(settings)), "menu_guard_seconds": 30, "route_guard_seconds": 20}


def scripts_folder(settings: Settings) -> Path:
    """The agi-bin scripts of a site without the daemon."""
    return settings.home / "agi-bin"


def write_scripts(loaded: Loaded) -> None:
    """Write the agi-bin scripts, each a call of this very installation with these very settings.

    They may hold the database's password: only their owner reads them, so Asterisk runs as the same user.
    """
    folder = scripts_folder(loaded.settings)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    given = [f"export {name}={shlex.quote(value)}" for name, value in loaded.as_environment.items()]
    for name in SCRIPTS:
        command = f"exec {shlex.quote(sys.executable)} -P -m cordboard answer-call {name}"
        fresh = folder / f".{name}"
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o700)
        with open(descriptor, "w", encoding="utf-8") as script:
            script.write("\n".join(["#!/bin/sh", *given, command, ""]))
        fresh.replace(folder / name)


def recordings_folder(settings: Settings) -> Path:
    """Where Asterisk keeps what it records, a folder a company."""
    spool = settings.asterisk_run_home / "spool" if settings.asterisk_mode == "owned" else USUAL_SPOOL
    return spool / FOLDER


def make_folders(settings: Settings) -> None:
    """The folders that an owned Asterisk writes into."""
    for name in FOLDERS:
        (settings.asterisk_run_home / name).mkdir(mode=0o750, parents=True, exist_ok=True)


def asterisk_command(settings: Settings) -> tuple[str, ...]:
    """What starts an owned Asterisk in the foreground on the generation in force."""
    return (*find_asterisk(settings).command, "-f", "-C", str(generations_of(settings).current_link / "asterisk.conf"))


def _directories(settings: Settings) -> Directories:
    etc = str(generations_of(settings).current_link)
    if settings.asterisk_mode == "included":
        return Directories(etc=etc)
    found, own = find_asterisk(settings), settings.asterisk_run_home

    def folder(name: str) -> str:
        return str(Path(own) / name)

    return Directories(
        etc=etc,
        modules=str(found.modules),
        data=str(found.data),
        varlib=str(found.varlib),
        db=folder("db"),
        spool=folder("spool"),
        run=folder("run"),
        log=folder("log"),
        keys=folder("keys"),
        agi_bin=folder("agi-bin"),
    )
