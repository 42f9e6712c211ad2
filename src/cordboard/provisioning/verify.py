"""Is what Asterisk runs what was generated? Compared object by object; what cannot be seen is said, not taken for good.

Pure: a manifest (what a generation's files define) against what was read back.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from cordboard.provisioning.actual import READ, Actual, Extensions, Settings
from cordboard.provisioning.modules import DIALPLAN, MUSIC, PARKING, QUEUES, SIP, VOICEMAIL
from dialplan_templates import Manifest, Step


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
    )


# PJSIP options that Asterisk prints in another form than they are written, or not under their own name.
UNPRINTED = frozenset({"type", "disallow", "set_var"})


def compare(
    manifest: Manifest, actual: Actual, *, is_owned: bool, modules: Container[str] = READ
) -> tuple[Difference, ...]:
    """Every difference, by module; of these modules, which were read. In an Asterisk of
    our own (`is_owned`) what we did not generate is one too; in somebody else's it is none of our business."""
    parts = {DIALPLAN: _dialplan, SIP: _sip, QUEUES: _queues, VOICEMAIL: _mailboxes, MUSIC: _musics, PARKING: _parkings}
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
    yield from _objects("endpoint", manifest.endpoints, actual.endpoints, actual.unread)
    yield from _objects("AOR", manifest.aors, actual.aors)
    for name, options in manifest.aors.items():
        # Phones that are registered stand in the same list.
        contacts = _words(actual.aors.get(name, {}).get("Contacts", ""))
        if "contact" in options and name in actual.aors and f"{name}/{options['contact']}" not in contacts:
            yield _asterisk("contact of AOR", name, options["contact"], ", ".join(contacts) or "empty")
    yield from _identifies(manifest, actual)
    yield from _auths(manifest, actual)


def _objects(
    kind: str, wanted: Mapping[str, Settings], running: Mapping[str, Settings], as_before: Container[str] = ()
) -> Iterator[Difference]:
    for name, options in wanted.items():
        if name not in running:
            yield _asterisk(kind, name, "there")
            continue
        if name in as_before:
            continue
        for option, value in options.items():
            shown = running[name].get(_printed(option))
            if option not in UNPRINTED and shown is not None and not _is_same(value, shown):
                yield _asterisk(f"{option} of {kind}", name, value, shown or "empty")
    for name in sorted(running.keys() - wanted.keys()):
        yield _foreign(kind, name)


def _auths(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    for name, options in manifest.auths.items():
        row = actual.auths.get(name)
        if row is None:
            yield _asterisk("auth", name, "there")
            continue
        for option, value in options.items():
            if option == "password":
                # Neither is shown, nor what tells them apart: a print of a short one gives it away.
                if value != row.secret:
                    yield _asterisk("password of auth", name, "as it was written", "another one")
            elif not _is_same(value, shown := row.settings.get(_printed(option), "")):
                yield _asterisk(f"{option} of auth", name, value, shown or "empty")
    for name in sorted(actual.auths.keys() - manifest.auths.keys()):
        yield _foreign("auth", name)


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


# --- queues and boxes ------------------------------------------------------------------------------------------------


def _queues(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    for name, parameters in manifest.queues.items():
        row = actual.queues.get(name)
        if row is None:
            yield _asterisk("queue", name, "there")
            continue
        shown = {
            "Strategy": row.strategy,
            "Max": str(row.max_waiting),
            "Weight": str(row.weight),
            "ServiceLevel": str(row.service_level),
        }
        for parameter, value in parameters.items():
            if parameter in shown and value != shown[parameter]:
                yield _asterisk(f"{parameter.lower()} of queue", name, value, shown[parameter])
    for name in sorted(actual.queues.keys() - manifest.queues.keys()):
        yield _foreign("queue", name)
    for name, changes in manifest.rules.items():
        if name not in actual.rules:
            yield _asterisk("queue rule", name, "there")
        elif _told_changes(changes) != _told_changes(actual.rules[name]):
            yield _asterisk("queue rule", name, _told_changes(changes), _told_changes(actual.rules[name]))
    for name in sorted(actual.rules.keys() - manifest.rules.keys()):
        yield _foreign("queue rule", name)


def _told_changes(changes: tuple[str, ...]) -> str:
    """`15,199` and `15,199,+0` are the same: a penalty that is raised by nothing stays."""
    return "; ".join(re.sub(r"(,[+-]0)+$", "", change) for change in changes) or "no change"


def _mailboxes(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    for (context, box), parameters in manifest.mailboxes.items():
        name = f"{box}@{context}"
        row = actual.mailboxes.get((context, box))
        if row is None:
            yield _asterisk("voicemail box", name, "there")
            continue
        shown = {"Fullname": row.full_name, "Email": row.email, "AttachMessage": "yes" if row.is_attached else "no"}
        if "PIN" in parameters and parameters["PIN"] != actual.pins.get((context, box)):
            yield _asterisk("PIN of voicemail box", name, "as it was written", "another one")
        for parameter, value in parameters.items():
            if parameter in shown and value != shown[parameter]:
                yield _asterisk(f"{parameter.lower()} of voicemail box", name, value, shown[parameter] or "empty")
    for context, box in sorted(actual.mailboxes.keys() - manifest.mailboxes.keys()):
        yield _foreign("voicemail box", f"{box}@{context}")


def _musics(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    if actual.musics is None:
        return
    for name, options in manifest.musics.items():
        row = actual.musics.get(name)
        if row is None:
            yield _asterisk("music class", name, "there")
            continue
        for option, shown in (("mode", row.mode), ("directory", row.directory)):
            if options.get(option, shown) != shown:
                yield _asterisk(f"{option} of music class", name, options[option], shown or "empty")
    for name in sorted(actual.musics.keys() - manifest.musics.keys()):
        yield _foreign("music class", name)


_PARKING_OPTIONS = {
    "parkpos": "Parking Spaces",
    "parkext": "Parking Extension",
    "context": "Parking Context",
    "parkingtime": "Parking Time",
    "comebacktoorigin": "Comeback to Origin",
    "parkedmusicclass": "MusicOnHold Class",
}


def _parkings(manifest: Manifest, actual: Actual) -> Iterator[Difference]:
    if actual.parkings is None:
        return
    for name, options in manifest.parkings.items():
        settings = actual.parkings.get(name)
        if settings is None:
            yield _asterisk("parking lot", name, "there")
            continue
        for option, value in options.items():
            shown = settings.get(_PARKING_OPTIONS.get(option, ""), value).removesuffix(" sec")
            if shown != value:
                yield _asterisk(f"{option} of parking lot", name, value or "empty", shown or "empty")
    if manifest.parkings:
        for name in sorted(actual.parkings.keys() - manifest.parkings.keys()):
            yield _foreign("parking lot", name)
