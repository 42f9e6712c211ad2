"""A generation tried before it is written: loaded by a scratch Asterisk of the same version, and read back.

No call can enter it and none leaves it: it hears on a loopback address only, asks no phone or trunk for a sign of
life, and registers nowhere.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ami.client import open_manager
from ami.errors import AmiError
from cordboard.provisioning import at_the_console
from cordboard.provisioning.actual import Actual, read
from cordboard.provisioning.at_the_console import questions
from cordboard.provisioning.compiled import compiled
from cordboard.provisioning.desired import CANONICAL, Desired
from cordboard.provisioning.scratch import Binary, BootFailed, Scratch, ScratchFailed, opened_scratch
from cordboard.provisioning.sources import Placement
from cordboard.provisioning.verify import Difference, Place, compare
from dialplan_templates import Manifest, ViewRefused, manifest, render
from dialplan_templates.render import WHOLE
from dialplan_templates.views import Mode

DEADLINE = 60.0
PATIENCE_PER_ENDPOINT = 0.02
"""Seconds that a rehearsal may take: in all, and more for each phone and trunk. On a busy machine it takes a fifth."""
INCLUDED_FOLDER = "included"
MOST_PROBLEMS = 50

HARMLESS: Mapping[str, str] = {
    r"taskprocessor\.c: .* queue reached \d+ scheduled tasks": "thousands of phones at once on a machine that is busy",
    r"pjproject: .* Module \"[^\"]*\" registered during operation": "modules loaded in one order or another, by chance",
}
"""Complaints that tell nothing about the configuration: pattern -> why. Short, because each hides others."""

_QUALIFY = re.compile(r"(?m)^qualify_frequency=[0-9]+$")
_SECRET = re.compile(r"(?m)^(?:password|secret)=(.+)$|=> -([0-9]+),")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of one. `version` is the scratch Asterisk's, `seconds` what it took."""

    is_possible: bool
    """Could it be held at all? If not, `problems` holds the reason, and nothing is known about the configuration."""
    problems: tuple[str, ...] = ()
    """What Asterisk complained about while it loaded."""
    differences: tuple[Difference, ...] = ()
    """What it loaded otherwise than it was generated."""
    seconds: float = 0.0
    version: str = ""
    notes: tuple[str, ...] = ()
    """What weakens the proof: another version in service, for one."""

    @property
    def is_passed(self) -> bool:
        """Held, and nothing was wrong."""
        return self.is_possible and not self.problems and not self.differences


class Rehearser:
    """Rehearses what is wanted of one Asterisk. `version_in_service` asks the real one, "" if it cannot be reached."""

    def __init__(
        self,
        binary: Binary,
        placement: Placement,
        version_in_service: Callable[[], Awaitable[str]] | None = None,
        *,
        deadline: float | None = None,
    ) -> None:
        self._binary = binary
        self._placement = placement
        self._version_in_service = version_in_service
        self._deadline = deadline

    async def __call__(self, desired: Desired) -> Rehearsal:
        """Hold one. `desired` has no errors. Raises nothing but what ends the whole program."""
        try:
            with opened_scratch(self._binary) as scratch:
                files, frame = files_on(scratch, desired, self._placement)
                held = await rehearse(
                    files, manifest(files), scratch, self._placement, frame=frame, deadline=self._deadline
                )
        except ScratchFailed as failed:
            return Rehearsal(is_possible=False, problems=(str(failed),))
        except ViewRefused as refused:
            # The company was rendered for the real one before: only this one's own folders can be the reason.
            return Rehearsal(is_possible=False, problems=tuple(map(str, refused.problems)))
        serving = await self._version_in_service() if self._version_in_service else ""
        if serving and held.version and serving != held.version:
            told = f"it was held with Asterisk {held.version}, the one in service is {serving}"
            held = replace(held, notes=(*held.notes, told))
        return held


def files_on(scratch: Scratch, desired: Desired, placement: Placement) -> tuple[dict[str, str], dict[str, str]]:
    """The generation's files as they are for this scratch Asterisk, and those of the Asterisk around them: none if it
    is our own, else the least one that includes them all."""
    there = scratch.placement(placement)
    if placement.mode is Mode.OWNED:
        return desired.files_on(there), {}
    folder = replace(there.directories, etc=str(scratch.etc / INCLUDED_FOLDER))
    included = replace(there, directories=folder)
    return desired.files_on(included), _frame(there, desired.lines_to_add(included))


async def rehearse(
    files: Mapping[str, str],
    manifest: Manifest,
    scratch: Scratch,
    placement: Placement,
    *,
    frame: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> Rehearsal:
    """Load `files` in `scratch` and compare what it runs with `manifest`. `frame`: the files of an Asterisk that
    includes them. `deadline` in seconds; None: by its size. Raises ScratchFailed: it could not be started."""
    began = time.monotonic()
    there = scratch.placement(placement)
    deadline = DEADLINE + PATIENCE_PER_ENDPOINT * len(manifest.endpoints) if deadline is None else deadline
    problems: list[str] = []
    differences: tuple[Difference, ...] = ()
    try:
        prefix = f"{INCLUDED_FOLDER}/" if frame else ""
        scratch.write({**(frame or {}), **{f"{prefix}{name}": quieted(text) for name, text in files.items()}})
        async with asyncio.timeout(deadline):
            await scratch.start()
            async with open_manager(scratch.manager(placement)) as manager:
                actual = await read(manager, _quiet(manifest), whole_dialplan=True)
            told = [(question, await scratch.ask(question.command)) for question in questions(there, files)]
        differences = (
            *compare(_quiet(manifest), actual, is_owned=not frame),
            *_written_members(actual),
            *(each for question, printed in told for each in at_the_console.differences(question, printed)),
        )
    except OSError as error:
        if not isinstance(error, TimeoutError):
            raise ScratchFailed(f"its files cannot be written: {error.strerror or error}") from error
        problems.append(f"Asterisk had not loaded it and been read back after {deadline:g} s")
    except BootFailed as failed:
        problems.append(str(failed))
    except AmiError as error:
        problems.append(f"what it loaded cannot be read back: {error}")
    complaints = [line for line in scratch.complaints() if not is_harmless(line)]
    problems = [masked(line, files) for line in dict.fromkeys([*complaints, *problems])]
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [f"and {len(problems) - MOST_PROBLEMS} more"]
    return Rehearsal(
        is_possible=True,
        problems=tuple(problems),
        differences=differences,
        seconds=time.monotonic() - began,
        version=scratch.version,
    )


def _written_members(actual: Actual) -> Iterator[Difference]:
    """Nobody has logged in here: who serves a queue stands in a file, where he has no place."""
    for queue, interfaces in sorted(actual.use.members.items()):
        for interface in sorted(interfaces):
            yield Difference(Place.ASTERISK, "member", f"{interface} of queue {queue}", found="there")


def is_harmless(complaint: str) -> bool:
    """Does it tell nothing about the configuration?"""
    return any(re.search(pattern, complaint) for pattern in HARMLESS)


def quieted(text: str) -> str:
    """A file's text without anything that is sent by itself: nobody is asked for a sign of life."""
    return _QUALIFY.sub("qualify_frequency=0", text)


def _quiet(wanted: Manifest) -> Manifest:
    aors = {
        name: {**options, **({"qualify_frequency": "0"} if "qualify_frequency" in options else {})}
        for name, options in wanted.aors.items()
    }
    return replace(wanted, aors=aors)


def masked(line: str, files: Mapping[str, str]) -> str:
    """A complaint without the passwords that it may quote."""
    secrets = {found[1] or found[2] for text in files.values() for found in _SECRET.finditer(text)}
    for secret in sorted(secrets, key=len, reverse=True):
        # A password may begin and end with a sign, where no word does.
        line = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", line)
    return line


# --- an Asterisk that is not ours -------------------------------------------------------------------------------------


def _frame(placement: Placement, lines: Mapping[str, str]) -> dict[str, str]:
    """The least Asterisk that includes our files: the whole of an owned one with nobody in it, our lines at the end of
    each part. The real one's own configuration is its owner's, and not tried."""
    own = replace(placement, mode=Mode.OWNED)
    whole = render(compiled((), own, CANONICAL))
    network = placement.network
    sip = f"{network.sip_address}:{network.sip_port}"
    parts = {
        "extensions.conf": "[general]\n",
        "queues.conf": "[general]\nshared_lastcall=yes\npersistentmembers=no\nlog_membername_as_agent=yes\n",
        "queuerules.conf": "[general]\n",
        "pjsip.conf": f"[transport-udp]\ntype=transport\nprotocol=udp\nbind={sip}\n",
        "voicemail.conf": "[general]\nformat=wav\n",
        "musiconhold.conf": "[default]\nmode=files\ndirectory=moh\n",
        "manager.conf": (
            f"[general]\nenabled=yes\nwebenabled=no\nbindaddr={network.ami_address}\nport={network.ami_port}\n"
            "allowmultiplelogin=yes\ntimestampevents=yes\ndisabledevents=TestEvent\n"
        ),
    }
    return {
        **{name: whole[name] for name in WHOLE},
        **{name: text + lines.get(name, "") for name, text in parts.items()},
    }
