"""The files of a configuration folder that adopting reads, and those that it leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        return (
            self.pjsip,
            self.wizards,
            self.queues,
            self.voicemail,
            self.extensions,
            self.rtp,
            self.extconfig,
            self.sorcery,
        )


def read_files(folder: Path) -> Files:
    """Read a configuration folder, as /etc/asterisk. Raises OSError for a file that cannot be read."""
    files = Files(
        pjsip=read_conf(folder, "pjsip.conf"),
        wizards=read_conf(folder, "pjsip_wizard.conf"),
        queues=read_conf(folder, "queues.conf"),
        voicemail=read_conf(folder, "voicemail.conf"),
        extensions=read_conf(folder, "extensions.conf"),
        rtp=read_conf(folder, "rtp.conf"),
        extconfig=read_conf(folder, "extconfig.conf"),
        sorcery=read_conf(folder, "sorcery.conf"),
    )
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
    return Files(
        pjsip=Conf("pjsip.conf"),
        wizards=Conf("pjsip_wizard.conf"),
        queues=Conf("queues.conf"),
        voicemail=Conf("voicemail.conf"),
        extensions=Conf("extensions.conf"),
        rtp=Conf("rtp.conf"),
        extconfig=Conf("extconfig.conf"),
        sorcery=Conf("sorcery.conf"),
    )
