"""Which Asterisk there is on this machine: the one that the recipe unpacked or found, or the one installed by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from cordboard.provisioning.scratch import Binary
from cordboard.settings import Settings, SettingsError


def find_asterisk(settings: Settings) -> Binary:
    """The Asterisk that an owned configuration is written for.

    Raises:
        SettingsError: none is there, or its description cannot be read.
    """
    if settings.asterisk_home != Path():
        return _described(settings.asterisk_home / "asterisk.json")
    program = shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    modules = next(iter(sorted(Path("/usr/lib").glob("*/asterisk/modules"))), Path("/usr/lib/asterisk/modules"))
    if program is None or not modules.is_dir():
        raise SettingsError(
            [
                "no Asterisk on this machine: install the package asterisk, or run docker/asterisk/install of a"
                " checkout and set asterisk_home to its folder, or asterisk_mode to included for an Asterisk elsewhere"
            ]
        )
    data = next((p for p in (Path("/usr/share/asterisk"), Path("/var/lib/asterisk")) if (p / "sounds").is_dir()), None)
    return Binary((program,), modules, data or Path("/var/lib/asterisk"), Path("/var/lib/asterisk"))


def _described(path: Path) -> Binary:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Binary(tuple(told["command"]), Path(told["modules"]), Path(told["data"]), Path(told["varlib"]))
    except OSError as error:
        raise SettingsError([f"asterisk_home: {path} cannot be read: {error.strerror}; run `make asterisk`"]) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError([f"asterisk_home: {path} is damaged: run `make asterisk` again"]) from error
