"""Endpoints that log in -> phones with a number, before it is known whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cordboard.adoption.conf import Option, Section
from cordboard.adoption.dialplan import Dialplan
from cordboard.adoption.findings import Kind
from cordboard.adoption.names import caller_id, is_extension
from cordboard.adoption.numbers import take_number
from cordboard.adoption.sip import Sip
from cordboard.adoption.trunks import aors_of, listed
from cordboard.adoption.work import Work

LONGEST_INSIDE = 6
"""Digits: a caller's number that is longer is what the called see, not what colleagues dial."""
_NO_NAME = ("", "device", "unknown", "anonymous")

Box = tuple[str, str]
"""Context and number of a voicemail box."""


@dataclass
class Handset:
    """`name`: Asterisk's name of the endpoint. `boxes`: those it shows messages of. `is_member`: of a queue, under
    `member_name`."""

    name: str
    section: Section
    caller_name: str
    number: str | None
    boxes: tuple[Box, ...]
    is_member: bool = False
    member_name: str = ""


def read_handsets(work: Work, sip: Sip, trunks: Iterable[str], dialplan: Dialplan) -> dict[str, Handset]:
    """The phones, each with the number that it can have. Those whose name is a number are asked first."""
    left_out = set(trunks)
    phones = [name for name in sip.endpoints if name not in left_out and _is_phone(work, sip, name)]
    hints = dialplan.hints()
    found: dict[str, Handset] = {}
    for name in sorted(phones, key=lambda name: not name.isdigit()):
        section = sip.endpoints[name]
        shown = section.last("callerid")
        caller_name, caller_number = caller_id(work.ledger.take(shown))
        boxes = tuple(dict.fromkeys(_boxes(work, sip, section)))
        wishes = (name, hints.get(f"PJSIP/{name}", ""), caller_number, *(number for _, number in boxes))
        number = _number(work, name, [wish for wish in wishes if wish], section)
        if caller_number and number != caller_number:
            what = f"showed the number {caller_number} to those it called"
            work.ledger.tell(Kind.LOST, f"phone {name}", what, "Calls inside show the extension", shown)
        name_ = "" if caller_name.lower() in _NO_NAME else caller_name
        found[name] = Handset(name, section, name_, number, boxes)
    return {name: found[name] for name in phones}


def _is_phone(work: Work, sip: Sip, name: str) -> bool:
    """Can it log in? What cannot is told."""
    section = sip.endpoints[name]
    is_anyone = name.lower() == "anonymous"
    if is_anyone or (section.last("auth") is None and not aors_of(sip, section)):
        what = "lets in callers whom nobody knows" if is_anyone else "has neither account nor address"
        cure = "Describe it as a trunk if it is one"
        work.ledger.tell(Kind.LOST, f"endpoint {name}", f"{what}; it was left out", cure, section, *section.options)
        return False
    contacts = [option for aor in aors_of(sip, section) for option in aor.every("contact")]
    if contacts:
        what = "stands at a fixed address; with Cordboard a phone logs in by its user name and password"
        work.ledger.tell(Kind.DECIDE, f"phone {name}", what, "Let the phone log in", *contacts)
    return True


def _boxes(work: Work, sip: Sip, section: Section) -> Iterator[Box]:
    for of in (section, *aors_of(sip, section)):
        option = of.last("mailboxes")
        work.ledger.take(option)
        for written in listed(option):
            number, _, context = written.partition("@")
            yield context or "default", number


def _number(work: Work, name: str, wishes: Iterable[str], section: Section) -> str | None:
    about = f"phone {name}"
    numbers = [wish for wish in dict.fromkeys(wishes) if _is_inside(wish, name)]
    number = take_number(work, about, numbers, section)
    if number is None:
        what = "has no number that could be read from its name, its caller id, its box or a hint: it was left without"
        work.ledger.tell(Kind.DECIDE, about, what, 'Write the "extension" that colleagues dial', section)
    return number


def _is_inside(wish: str, name: str) -> bool:
    return is_extension(wish) and (len(wish) <= LONGEST_INSIDE or wish == name)


def handset_of(interface: str, handsets: Mapping[str, Handset]) -> Handset | None:
    """The phone that a queue's member is rung on: `PJSIP/201`, `SIP/201`, `Local/201@from-queue/n`."""
    technology, _, rest = interface.partition("/")
    if technology.upper() in ("PJSIP", "SIP"):
        return handsets.get(re.split(r"[@/]", rest)[0])
    if technology.lower() == "local":
        number = rest.partition("@")[0]
        return next((handset for handset in handsets.values() if handset.number == number), handsets.get(number))
    return None


def password_options(sip: Sip, section: Section) -> tuple[Option | None, Option | None, list[Option]]:
    """User name and password of an endpoint's account, and its other options that mean the same to Cordboard."""
    for name in listed(section.last("auth")):
        if auth := sip.auths.get(name):
            kind = auth.last("auth_type")
            same = [kind] if kind and kind.value.lower() in ("userpass", "digest") else []
            return auth.last("username"), auth.last("password"), same
    return None, None, []
