"""Asterisk 20, 21, 22 and 23 tell the same calls in almost the same words: what differs changes nothing.

Known differences of the events that are watched, beside the greeting: `TechCause` of a Hangup (late releases of 20, 22
and 23; documented, and not in 21). Beyond the known: headers and whole events that nobody has heard of, and headers of
queue members that older releases do not have.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from ami.events import parse
from ami.live import Live
from ami.models import Member, Snapshot
from ami.stream import Stream, headers_of
from kit.recorded import Time, raw, recordings
from kit.told import Told

GREETINGS = {"20": "9.0.0", "21": "10.0.0", "22": "11.0.0", "23": "12.0.0"}
Other = Callable[[str], list[str]]


def with_tech_cause(message: str) -> list[str]:
    return [f"{message}\r\nTechCause: 0"] if message.startswith("Event: Hangup\r\n") else [message]


def without_tech_cause(message: str) -> list[str]:
    return ["\r\n".join(line for line in message.split("\r\n") if not line.startswith("TechCause: "))]


def of_tomorrow(message: str) -> list[str]:
    """Headers in between and at the end, and events, that nobody knows yet."""
    name, _, rest = message.partition("\r\n")
    unheard_of = "Event: ChannelMood\r\nChannel: PJSIP/acme-amel-1\r\nUniqueid: 1.1\r\nMood: fine"
    if not name.startswith("Event: "):
        return [message]
    return [unheard_of, f"{name}\r\nTenantID: t1\r\n{rest}\r\nMood: fine\r\nEmpty: "]


VERSIONS: dict[str, tuple[str, Other]] = {
    "20": ("20", with_tech_cause),
    "21": ("21", without_tech_cause),
    "22": ("22", with_tech_cause),
    "23": ("23", with_tech_cause),
    "tomorrow": ("23", of_tomorrow),
}


def told(data: bytes) -> tuple[list[Snapshot], str | None]:
    """The state after each message that changed it, and what the greeting said."""
    stream, live = Stream(), Live("pbx1", Time())
    states = []
    for message in stream.feed(data):
        if (event := parse(headers_of(message))) is not None:
            live.apply(event)
            states.append(live.snapshot())
    return states, stream.version


@pytest.mark.parametrize("name", recordings())
@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_call_is_told_by_every_version(name: str, version: str) -> None:
    release, change = VERSIONS[version]
    greeting, _, rest = raw(name).decode(errors="replace").partition("\r\n")
    assert greeting == f"Asterisk Call Manager/{GREETINGS['22']}"
    messages = itertools.chain.from_iterable(map(change, rest.split("\r\n\r\n")))
    other = f"Asterisk Call Manager/{GREETINGS[release]}\r\n" + "\r\n\r\n".join(messages)
    states, spoken = told(other.encode())
    assert spoken == GREETINGS[release]
    assert states == told(raw(name))[0]


@pytest.mark.parametrize("missing", ["LoginTime", "LastPause", "Wrapuptime", "InCall", "PausedReason", "Ringinuse"])
def test_a_member_of_whom_less_is_told_is_a_member(missing: str) -> None:
    standing = {
        "Penalty": "3",
        "Status": "1",
        "Paused": "1",
        "PausedReason": "lunch",
        "LastCall": "0",
        "LastPause": "1795288342",
        "LoginTime": "1795280000",
        "Wrapuptime": "5",
        "InCall": "0",
        "Ringinuse": "0",
    }

    def member(without: str) -> Member:
        switch = Told()
        headers = {key: value for key, value in standing.items() if key != without}
        switch.event("QueueMemberAdded", Queue="q", Interface="PJSIP/a", MemberName="a", **headers)
        [queue] = switch.live.snapshot().queues
        return queue.members[0]

    whole, less = member(""), member(missing)
    assert (less.name, less.penalty, less.paused, less.status) == (whole.name, whole.penalty, True, whole.status)
