"""Where the files say one thing and the Asterisk that runs another: an edit not loaded, or a refused file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cordboard.adoption.asterisk import Running
from cordboard.adoption.conf import Section
from cordboard.adoption.findings import Kind
from cordboard.adoption.handsets import Box
from cordboard.adoption.lines import Member
from cordboard.adoption.names import caller_id, shown_name
from cordboard.adoption.people import Mailbox
from cordboard.adoption.work import Work

_COMPARED = {"callerid": "Callerid", "mailboxes": "Mailboxes", "language": "Language", "context": "Context"}
_OLD_NAMES = {"roundrobin": "rrmemory"}
_RELOAD = "The files were taken; reload Asterisk, or mend the files, and adopt again to see them agree"
_NOT_IN_FILES = "was taken from the running Asterisk: it is in none of the files"
_FROM_DATABASE = "It may come from a database; nothing of it is lost but its password"


def tell_endpoint_differences(work: Work, endpoints: Mapping[str, Section], running: Running) -> None:
    """Phones and trunks that only one of the two has, and what differs of the others."""
    if any(what.startswith("phones") for what in running.silent):
        return
    loaded = running.names("endpoint")
    for name in sorted(loaded - endpoints.keys()):
        work.ledger.tell(Kind.DIFFERS, f"endpoint {name}", _NOT_IN_FILES, _FROM_DATABASE)
    for name, section in endpoints.items():
        about = f"endpoint {name}"
        if name not in loaded:
            work.ledger.tell(Kind.DIFFERS, about, "is in the files and not in the running Asterisk", _RELOAD, section)
            continue
        for option_name, setting in _COMPARED.items():
            option = section.last(option_name)
            written = option.value if option else "default" if option_name == "context" else ""
            said = running.setting("endpoint", name, setting)
            same = caller_id(written) == caller_id(said) if option_name == "callerid" else written == said
            if not same:
                what = f'{option_name}: the files say "{shown_name(written)}", Asterisk runs "{shown_name(said)}"'
                work.ledger.tell(Kind.DIFFERS, about, what, _RELOAD, option or section)


def tell_queue_differences(
    work: Work, sections: Iterable[Section], members: Iterable[Member], running: Running
) -> None:
    """Queues that only one of the two has, and what differs of the others."""
    if "queues" in running.silent:
        return
    loaded = {queue.queue.lower(): queue for queue in running.queues}
    written = {section.name.lower(): section for section in reversed(list(sections))}
    for name in sorted(loaded.keys() - written.keys() - {"default"}):
        work.ledger.tell(Kind.DIFFERS, f"queue {loaded[name].queue}", _NOT_IN_FILES, "It may come from a database")
    for name, section in written.items():
        about, queue = f"queue {section.name}", loaded.get(name)
        if queue is None:
            work.ledger.tell(Kind.DIFFERS, about, "is in the files and not in the running Asterisk", _RELOAD, section)
            continue
        strategy, most = section.last("strategy"), section.last("maxlen")
        wanted = strategy.value.lower() if strategy else "ringall"
        if _OLD_NAMES.get(wanted, wanted) != queue.strategy:
            what = f'strategy: the files say "{shown_name(wanted)}", Asterisk runs "{queue.strategy}"'
            work.ledger.tell(Kind.DIFFERS, about, what, _RELOAD, strategy or section)
        if most is not None and most.value.isdecimal() and int(most.value) != queue.max_waiting:
            what = f"maxlen: the files say {most.value}, Asterisk runs {queue.max_waiting}"
            work.ledger.tell(Kind.DIFFERS, about, what, _RELOAD, most)
        _tell_member_differences(work, about, section, members, running)


def _tell_member_differences(
    work: Work, about: str, section: Section, members: Iterable[Member], running: Running
) -> None:
    name = section.name.lower()
    written = {one.interface: one for one in members if one.option is not None and one.queue.lower() == name}
    said = {
        one.interface: one.penalty
        for one in running.members
        if one.queue.lower() == name and one.membership == "static"
    }
    for interface in sorted(said.keys() - written.keys()):
        work.ledger.tell(Kind.DIFFERS, about, f"{shown_name(interface)} is its member in Asterisk, not in the files",
                         _RELOAD, section)  # fmt: skip
    for interface, member in written.items():
        if interface not in said:
            what = f"{shown_name(interface)} is its member in the files, not in Asterisk"
            work.ledger.tell(Kind.DIFFERS, about, what, _RELOAD, member.option)
        elif said[interface] != member.penalty:
            what = f"{shown_name(interface)}: the files say penalty {member.penalty}, Asterisk runs {said[interface]}"
            work.ledger.tell(Kind.DIFFERS, about, what, _RELOAD, member.option)


def tell_box_differences(work: Work, boxes: Mapping[Box, Mailbox], running: Running) -> None:
    """Boxes that only one of the two has, and what differs of the others."""
    if any(what.startswith("voicemail") for what in running.silent):
        return
    loaded = {(box.context, box.mailbox): box for box in running.boxes}
    for context, number in sorted(loaded.keys() - boxes.keys()):
        work.ledger.tell(Kind.DIFFERS, f"box {number}@{context}", _NOT_IN_FILES, "Its PIN is new")
    for key, box in boxes.items():
        said = loaded.get(key)
        if said is None:
            what = "is in the files and not in the running Asterisk"
            work.ledger.tell(Kind.DIFFERS, box.about, what, _RELOAD, box.option)
        elif (said.full_name, said.email) != (box.name, box.email):
            what = "its name or address in the files is not that of the running Asterisk"
            work.ledger.tell(Kind.DIFFERS, box.about, what, _RELOAD, box.option)
