"""The files of a configuration folder that adopting reads, and those that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

from cordboard.adoption.conf import Conf, read_conf


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Each file with all that it includes. `others`: the files of the folder that none of them brought in."""

    pjsip: Conf
    wizards: Conf
    queues: Conf
    voicemail: Conf
    extensions: Conf
    rtp: Conf
    extconfig: Conf
    sorcery: Conf
    others: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Conf, ...]:
        return tuple(conf for field in fields(self) if isinstance(conf := getattr(self, field.name), Conf))


def read_files(folder: Path) -> Files:
    """Read a configuration folder, as /etc/asterisk. Raises OSError for a file that cannot be read."""
    files = _files(partial(read_conf, folder))
    read = {name for conf in files.all for name in conf.files}
    found = sorted(
        str(path.relative_to(folder))
        for pattern in ("*.conf", "*.ael", "*.lua", "*/*.conf")
        for path in folder.glob(pattern)
        if path.is_file()
    )
    others = tuple(name for name in found if name not in read)
    return replace(files, others=others)


def no_files() -> Files:
    """No folder at all: what runs is all that is known."""
    return _files(Conf)


def _files(read: Callable[[str], Conf]) -> Files:
    return Files(
        pjsip=read("pjsip.conf"),
        wizards=read("pjsip_wizard.conf"),
        queues=read("queues.conf"),
        voicemail=read("voicemail.conf"),
        extensions=read("extensions.conf"),
        rtp=read("rtp.conf"),
        extconfig=read("extconfig.conf"),
        sorcery=read("sorcery.conf"),
    )
