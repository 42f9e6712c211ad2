"""Is what Asterisk runs what was generated? Compared object by object; what cannot be seen is said, not taken for good.

Pure: a manifest (what a generation's files define) against what was read back.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from operator import eq
from typing import TypeVar

from ami.rows import DetailRow, MailboxRow, MusicRow, QueueRow
from cordboard.provisioning.actual import READ, Actual, Extensions, Settings
from cordboard.provisioning.modules import DIALPLAN, HEARING, MUSIC, PARKING, QUEUES, SIP, VOICEMAIL
from dialplan_templates import Manifest, Step

Running = TypeVar("Running")


class Place(StrEnum):
    """Where something is not as it was generated."""

    ASTERISK = "Asterisk"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it was generated. `expected` or `found` is empty where there is none."""

    place: Place
    kind: str
    name: str
    expected: str = ""
    found: str = ""
    module: str = ""
    """What reads it: a reload of this module may mend it."""
    is_foreign: bool = False
    """Something whole that we did not generate. It is told, but what was generated may well be there beside it."""

    def __str__(self) -> str:
        if not self.found:
            return f"{self.place}: {self.kind} {self.name} is missing"
        if not self.expected:
            return f"{self.place}: {self.kind} {self.name} was not generated: {self.found}"
        return f"{self.place}: {self.kind} {self.name} is {self.found}, not {self.expected}"


UNREADABLE: tuple[str, ...] = (
    "options of queues other than strategy, limit, weight, service level and rules",
    "options of logging, RTP, call records and the manager itself",
)
"""What the manager interface does not show. For these the proof is weaker: their files are as they were written, before
and after the load; of queues, phones and boxes also the object that closes the file was loaded."""


def unread(actual: Actual) -> tuple[str, ...]:
    """Everything that a comparison with this says nothing of."""
    return (
        *UNREADABLE,
        *(["music classes (until the account is renewed)"] if actual.musics is None else []),
        *(["parking lots (until Asterisk is restarted)"] if actual.parkings is None else []),
        *(["engines that hear callers (until Asterisk is restarted)"] if actual.engines is None else []),
    )


# PJSIP options that Asterisk prints in another form than they are written, or not under their own name.
UNPRINTED = frozenset({"type", "disallow", "set_var"})


def compare(
    manifest: Manifest, actual: Actual, *, is_owned: bool, modules: Container[str] = READ
) -> tuple[Difference, ...]:
    """Every difference, by module; of these modules, which were read. In an Asterisk of
    our own (`is_owned`) what we did not generate is one too; in somebody else's it is none of our business."""
    parts = {
        DIALPLAN: _dialplan,
        SIP: _sip,
        QUEUES: _queues,
        VOICEMAIL: _mailboxes,
        MUSIC: _musics,
        PARKING: _parkings,
        HEARING: _engines,
    }
    found = (
        replace(difference, module=module)
        for module, part in parts.items()
        if module in modules
        for difference in part(manifest, actual)
    )
    return tuple(difference for difference in found if is_owned or not difference.is_foreign)


def _asterisk(kind: str, name: str, expected: str = "", found: str = "") -> Difference:
    return Difference(Place.ASTERISK, kind, name, expected, found)


def _foreign(kind: str, name: str, found: str = "there") -> Difference:
    return Difference(Place.ASTERISK, kind, name, found=found, is_foreign=True)


def _objects(
    kind: str,
    wanted: Mapping[str, Settings],
    running: Mapping[str, Running],
    shown: Callable[[Running, str], str | None],
    is_same: Callable[[str, str], bool] = eq,
) -> Iterator[Difference]:
    """What is missing, each option that is shown otherwise, and what is foreign. `shown`: how Asterisk prints an option
    of what runs; None where it does not."""
    for name, options in wanted.items():
        if name not in running:
            yield _asterisk(kind, name, "there")
            continue
        for option, value in options.items():
            found = shown(running[name], option)
            if found is not None and not is_same(value, found):
                yield _asterisk(f"{option.lower()} of {kind}", name, value or "empty", found or "empty")
    for name in sorted(running.keys() - wanted.keys()):
        yield _foreign(kind, name)


# --- dialplan --------------------------------------------------------------------------------------------------------


def _dialplan(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    for name, extensions in manifest.contexts.items():
        if name in actual.contexts:
            yield from _context(name, extensions, actual.contexts[name])
        elif extensions:  # an empty context is loaded and has nothing to be shown by
            yield _asterisk("context", name, "there")
    if actual.is_whole_dialplan:
        for name in sorted(actual.contexts.keys() - manifest.contexts.keys()):
            yield _foreign("context", name, f"{len(actual.contexts[name])} extensions")


def _context(name: str, wanted: Extensions, running: Extensions) -> Iterator[Difference]:
    if wanted == running:
        return
    for exten in sorted(wanted.keys() | running.keys()):
        steps, found = wanted.get(exten, ()), running.get(exten, ())
        if steps and not found:
            yield _asterisk("extension", f"{exten}@{name}", f"{len(steps)} steps")
        elif found and not steps:
            yield _asterisk("extension", f"{exten}@{name}", found=f"{len(found)} steps")
        elif steps != found:
            yield _first_difference(f"{exten}@{name}", steps, found)


def _first_difference(name: str, wanted: tuple[Step, ...], running: tuple[Step, ...]) -> Difference:
    """The first step that differs; those after it often only follow from it."""
    for index in range(max(len(wanted), len(running))):
        step = wanted[index] if index < len(wanted) else None
        found = running[index] if index < len(running) else None
        if step != found:
            priority = (step or found or wanted[0]).priority
            return _asterisk("step", f"{name},{priority}", _told(step), _told(found))
    raise AssertionError("called for steps that are equal")


def _told(step: Step | None) -> str:
    return f"{step.application}({step.data})" + (f" labelled {step.label}" if step.label else "") if step else ""


# --- SIP -------------------------------------------------------------------------------------------------------------


def _sip(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    # Endpoints that are as they were show no option.
    yield from _objects("endpoint", manifest.endpoints, actual.endpoints, _of_sip, _is_same)
    yield from _objects("AOR", manifest.aors, actual.aors, _of_sip, _is_same)
    for name, options in manifest.aors.items():
        # Phones that are registered stand in the same list.
        contacts = _words(actual.aors.get(name, {}).get("Contacts", ""))
        if "contact" in options and name in actual.aors and f"{name}/{options['contact']}" not in contacts:
            yield _asterisk("contact of AOR", name, options["contact"], ", ".join(contacts) or "empty")
    yield from _identifies(manifest, actual)
    yield from _auths(manifest, actual)


def _auths(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    yield from _objects("auth", manifest.auths, actual.auths, _of_auth, _is_same)
    for name in sorted(manifest.auths.keys() & actual.auths.keys()):
        # Neither is shown, nor what tells them apart: a print of a short one gives it away.
        if manifest.auths[name].get("password", actual.auths[name].secret) != actual.auths[name].secret:
            yield _asterisk("password of auth", name, "as it was written", "another one")


def _of_sip(settings: Settings, option: str) -> str | None:
    return None if option in UNPRINTED else settings.get(_printed(option))


def _of_auth(row: DetailRow, option: str) -> str | None:
    return None if option == "password" else row.settings.get(_printed(option), "")


def _identifies(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    for name, lines in manifest.identifies.items():
        if name in actual.unread:
            continue
        if name not in actual.identifies:
            yield _asterisk("identify", name, "there")
            continue
        for option in sorted({option for option, _ in lines}):
            value = ",".join(value for each, value in lines if each == option)
            shown = actual.identifies[name].get(_printed(option), "")
            if not _is_same(value, shown):
                yield _asterisk(f"{option} of identify", name, value, shown or "empty")


@lru_cache(maxsize=256)
def _printed(option: str) -> str:
    """The name under which AMI prints a PJSIP option: `max_contacts` -> `MaxContacts`."""
    return "".join(part[:1].upper() + part[1:] for part in option.split("_"))


def _words(value: str) -> list[str]:
    return [word for part in value.strip("()").replace("|", ",").split(",") if (word := part.strip())]


def _is_same(written: str, shown: str) -> bool:
    if written == shown:
        return True
    return [_plain(word) for word in _words(written)] == [_plain(word) for word in _words(shown)]


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """A value without the ways of writing it: yes and true, 8 and 8.000000, an address and its one-address network."""
    lowered = word.lower()
    if lowered in ("yes", "true"):
        return "yes"
    if lowered in ("no", "false"):
        return "no"
    try:
        return f"{float(lowered):g}"
    except ValueError:
        pass
    try:
        address, _, mask = lowered.partition("/")
        # Asterisk writes the mask of an IPv6 network as an address, which Python does not read.
        length = str(int(ipaddress.IPv6Address(mask)).bit_count()) if ":" in mask else mask
        return str(ipaddress.ip_network(f"{address}/{length}" if length else address, strict=False))
    except ValueError:
        return word


# --- queues, boxes, music, parking and who hears callers -------------------------------------------------------------


def _queues(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    yield from _objects("queue", manifest.queues, actual.queues, _of_queue)
    for name, changes in manifest.rules.items():
        if name not in actual.rules:
            yield _asterisk("queue rule", name, "there")
        elif _told_changes(changes) != _told_changes(actual.rules[name]):
            yield _asterisk("queue rule", name, _told_changes(changes), _told_changes(actual.rules[name]))
    for name in sorted(actual.rules.keys() - manifest.rules.keys()):
        yield _foreign("queue rule", name)


def _of_queue(row: QueueRow, parameter: str) -> str | None:
    shown = {
        "Strategy": row.strategy,
        "Max": str(row.max_waiting),
        "Weight": str(row.weight),
        "ServiceLevel": str(row.service_level),
    }
    return shown.get(parameter)


def _told_changes(changes: tuple[str, ...]) -> str:
    """`15,199` and `15,199,+0` are the same: a penalty that is raised by nothing stays."""
    return "; ".join(re.sub(r"(,[+-]0)+$", "", change) for change in changes) or "no change"


def _mailboxes(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    wanted = {f"{box}@{context}": parameters for (context, box), parameters in manifest.mailboxes.items()}
    running = {f"{box}@{context}": row for (context, box), row in actual.mailboxes.items()}
    yield from _objects("voicemail box", wanted, running, _of_box)
    for (context, box), pin in sorted(actual.pins.items()):
        if manifest.mailboxes[context, box].get("PIN", pin) != pin:
            yield _asterisk("PIN of voicemail box", f"{box}@{context}", "as it was written", "another one")


def _of_box(row: MailboxRow, parameter: str) -> str | None:
    shown = {"Fullname": row.full_name, "Email": row.email, "AttachMessage": "yes" if row.is_attached else "no"}
    return shown.get(parameter)


def _musics(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    if actual.musics is not None:
        yield from _objects("music class", manifest.musics, actual.musics, _of_music)


def _of_music(row: MusicRow, option: str) -> str | None:
    return {"mode": row.mode, "directory": row.directory}.get(option)


_PARKING_OPTIONS = {
    "parkpos": "Parking Spaces",
    "parkext": "Parking Extension",
    "context": "Parking Context",
    "parkingtime": "Parking Time",
    "comebacktoorigin": "Comeback to Origin",
    "parkedmusicclass": "MusicOnHold Class",
}


def _parkings(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    if actual.parkings is not None:
        yield from _objects("parking lot", manifest.parkings, actual.parkings, _of_parking)


def _of_parking(settings: Settings, option: str) -> str | None:
    shown = settings.get(_PARKING_OPTIONS.get(option, ""))
    return None if shown is None else shown.removesuffix(" sec")


def _engines(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    if actual.engines is not None:
        yield from _objects("speech engine", manifest.engines, actual.engines, _of_engine)


def _of_engine(settings: Settings, option: str) -> str | None:
    shown = settings.get(option)
    return f"!all,{shown.strip('()').replace('|', ',')}" if shown is not None and option == "codecs" else shown
