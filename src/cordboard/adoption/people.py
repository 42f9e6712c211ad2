"""Phones and voicemail boxes -> people, phones of places and shared boxes, with the passwords that can stay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import SecretStr

from cordboard.adoption.conf import Conf, Option
from cordboard.adoption.findings import Kind
from cordboard.adoption.handsets import Box, Handset, password_options
from cordboard.adoption.names import is_email, is_language, is_pin, is_secret, shown_name
from cordboard.adoption.sip import Sip
from cordboard.adoption.trunks import aors_of, listed
from cordboard.adoption.work import Renamed, Work
from cordboard.store.values import Person, Phone, VoicemailBox

_NO_BOXES = ("general", "zonemessages")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One line of a voicemail.conf."""

    key: Box
    option: Option
    pin: str
    name: str
    email: str
    pager: str
    rest: str

    @property
    def about(self) -> str:
        return f"box {self.key[1]}@{self.key[0]}"


def read_boxes(work: Work, voicemail: Conf) -> dict[Box, Mailbox]:
    """The boxes of every context."""
    found: dict[Box, Mailbox] = {}
    for section in voicemail.sections:
        if section.is_template or section.name.lower() in _NO_BOXES:
            continue
        for option in section.options:
            key = (section.name, option.name)
            fields = [part.strip() for part in option.value.split(",", 4)]
            pin, name, email, pager, rest = (*fields, *[""] * (5 - len(fields)))
            box = Mailbox(key, option, pin, name, email, pager, rest)
            if not re.fullmatch(r"[0-9A-Za-z*#_.+-]{1,80}", option.name):
                work.ledger.tell(Kind.LOST, box.about, "is no box that can be read", "Add it by hand", option)
            elif key in found:
                what = f"is there twice, first at {found[key].option.place}"
                work.ledger.tell(Kind.BROKEN, box.about, what, "The first was taken; keep one of them", option)
            else:
                work.ledger.take(option)
                found[key] = box
    return found


def owned_boxes(handsets: Mapping[str, Handset], boxes: Mapping[Box, Mailbox]) -> dict[str, Mailbox]:
    """Phone -> the box of its owner: the one that it alone shows messages of, else that of its number."""
    users: dict[Box, list[str]] = {}
    for handset in handsets.values():
        for key in handset.boxes:
            users.setdefault(key, []).append(handset.name)
    owned: dict[str, Mailbox] = {}
    for handset in handsets.values():
        mine = [key for key in handset.boxes if users[key] == [handset.name] and key in boxes]
        mine.sort(key=lambda key: key[1] not in (handset.number, handset.name))
        if mine:
            owned[handset.name] = boxes[mine[0]]
    taken = {box.key for box in owned.values()}
    for handset in handsets.values():
        key = ("default", handset.number or "")
        if handset.name not in owned and not handset.boxes and key in boxes and key not in taken and key not in users:
            owned[handset.name] = boxes[key]
    return owned


def adopt_people(work: Work, sip: Sip, handsets: Mapping[str, Handset], owned: Mapping[str, Mailbox]) -> None:
    """Somebody for each phone that has a name, a box or a place in a queue; a phone of a place for each other."""
    for handset in handsets.values():
        box = owned.get(handset.name)
        name = handset.caller_name or shown_name(box.name if box else "") or handset.member_name
        language = _language(work, handset)
        is_person = bool(name or box or handset.is_member or handset.number is None)
        number = handset.number or ""
        name = name or shown_name(f"Phone {number or handset.name}")
        made = work.ids.give("person" if is_person else "phone", name, number)
        work.owners[handset.name] = made
        if is_person:
            person = Person(id=made, name=name, extension=handset.number, language=language)
            work.people[made] = person if box is None else replace(
                person, voicemail=True, email=_adopt_box(work, box, made)
            )  # fmt: skip
        else:
            work.phones[made] = Phone(id=made, name=name, extension=number, language=language)
        _adopt_account(work, sip, handset, made, name)


def adopt_shared_boxes(work: Work, boxes: Mapping[Box, Mailbox], owned: Mapping[str, Mailbox]) -> None:
    """The boxes of nobody alone."""
    personal = {box.key for box in owned.values()}
    for key, box in boxes.items():
        if key not in personal:
            name = shown_name(box.name) or shown_name(f"Box {key[1]}")
            made = work.ids.give("box", name, key[1])
            work.voicemails[made] = VoicemailBox(id=made, name=name, email=_adopt_box(work, box, made))


def _language(work: Work, handset: Handset) -> str | None:
    option = handset.section.last("language")
    language = work.ledger.take(option)
    if not language or language == work.head.language:
        return None
    if is_language(language):
        return language
    work.ledger.tell(Kind.LOST, f"phone {handset.name}", "its language is none", "Write one such as fr", option)
    return None


def _adopt_account(work: Work, sip: Sip, handset: Handset, made: str, name: str) -> None:
    ledger, about, section = work.ledger, f"phone {handset.name}", handset.section
    for option in (section.last("auth"), section.last("aors")):
        ledger.take(option)
    _tell_devices(work, sip, handset)
    username, password, same = password_options(sip, section)
    for option in same:
        ledger.take(option)
    before = ledger.take(username) or handset.name
    keeps = False
    if handset.number is None:
        ledger.tell(Kind.LOST, about, "its password has no use without an extension", "Give it one first", password)
    elif password is None:
        what = "has no password that could be read; a new one is made"
        ledger.tell(Kind.CHANGED, about, what, "Tell it to the phone: cordboard phones --show-secrets", section)
    elif not work.keeps_secrets:
        ledger.tell(Kind.REPLACED, about, "a new password is made", "Tell it to the phone", password)
    elif not is_secret(password.value):
        what = "its password cannot stay: it is not 12 to 128 letters, digits and . _ ~ -; a new one is made"
        ledger.tell(Kind.CHANGED, about, what, "Tell it to the phone: cordboard phones --show-secrets", password)
    else:
        work.sip[made] = SecretStr(ledger.take(password))
        keeps = True
    if handset.number is not None:
        after = f"{work.head.id}-{made}"
        work.renamed.append(Renamed(handset.number, name, before, after, keeps))


def _tell_devices(work: Work, sip: Sip, handset: Handset) -> None:
    """Cordboard lets in one device for each extension."""
    about, section = f"phone {handset.name}", handset.section
    named, aors = listed(section.last("aors")), aors_of(sip, section)
    if unknown := [name for name in named if name not in sip.aors]:
        what = f"names the aor {shown_name(', '.join(unknown))}, which is not there"
        work.ledger.tell(Kind.BROKEN, about, what, "With Cordboard the phone logs in by its own name",
                         section.last("aors"))  # fmt: skip
    for aor in aors:
        most = aor.last("max_contacts")
        devices = work.ledger.take(most)
        if devices not in ("", "0", "1"):
            what = f"could be logged in on {shown_name(devices)} devices; Cordboard lets in one for each extension"
            work.ledger.tell(Kind.CHANGED, about, what, "Give each device an extension", most)
    if aors and all((most := aor.last("max_contacts")) is None or most.value in ("", "0") for aor in aors):
        what = "could not log in; with Cordboard it can"
        work.ledger.tell(Kind.CHANGED, about, what, "Take the extension away if nobody is to", section)


def _adopt_box(work: Work, box: Mailbox, made: str) -> str:
    """Keep a box's PIN; its e-mail address, "" if there is none."""
    ledger, about = work.ledger, box.about
    pin = box.pin.removeprefix("-")
    if not work.keeps_secrets:
        ledger.tell(Kind.REPLACED, about, "a new PIN is made", "Tell it to its owner", box.option)
    elif is_pin(pin):
        work.pins[made] = SecretStr(pin)
    elif not box.pin:
        ledger.tell(Kind.CHANGED, about, "has no PIN that could be read; a new one is made", "Tell it to its owner",
                    box.option)  # fmt: skip
    else:
        what = "its PIN cannot stay: it is not 4 to 10 digits; a new one is made"
        ledger.tell(Kind.CHANGED, about, what, "Tell it to its owner", box.option)
    if box.pager:
        ledger.tell(Kind.LOST, about, "its pager address is not carried over", "Nothing is sent there", box.option)
    if box.rest:
        ledger.tell(Kind.LOST, about, "its own options are not carried over", "Look whether they matter", box.option)
    if box.email and not is_email(box.email):
        ledger.tell(Kind.LOST, about, "its address is none that mail can go to", "Write one address", box.option)
        return ""
    return box.email


def unknown_boxes(work: Work, handsets: Mapping[str, Handset], boxes: Mapping[Box, Mailbox]) -> None:
    """Tell of phones that show messages of boxes that are not there."""
    for handset in handsets.values():
        for context, number in handset.boxes:
            if (context, number) not in boxes:
                what = f"shows messages of the box {number}@{context}, which is not there"
                work.ledger.tell(Kind.LOST, f"phone {handset.name}", what, "Add it if it is needed", handset.section)
