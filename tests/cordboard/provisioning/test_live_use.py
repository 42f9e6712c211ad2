"""Who is inside an Asterisk, put together from its channels and its queues."""

from __future__ import annotations

from ami.rows import ChannelRow, Row, parse_row
from cordboard.provisioning.actual import LiveUse, Seat, live_use


def channel(name: str, call: str, context: str) -> ChannelRow:
    headers = {"Event": "CoreShowChannel", "Channel": name, "Uniqueid": name, "Linkedid": call, "Context": context}
    row = parse_row(headers)
    assert isinstance(row, ChannelRow)
    return row


def row(kind: str, **headers: str) -> Row:
    found = parse_row({"Event": kind, **headers})
    assert isinstance(found, Row)
    return found


def test_nobody_is_inside() -> None:
    assert live_use([], []) == LiveUse()


def test_a_call_counts_once_and_where_its_channels_are() -> None:
    channels = [
        channel("PJSIP/acme-line-00000001", "1", "acme-queue-g12"),
        channel("PJSIP/acme-amel-00000002", "1", "acme-phones"),
        channel("PJSIP/acme-line-00000003", "2", "cb-did-g12"),
        channel("Local/s@cb-did-g11-0001;2", "3", "cb-did-g11"),
    ]
    use = live_use(channels, [])
    assert use.calls == 3
    assert use.channels_of == {"acme-line": 2, "acme-amel": 1}
    assert use.generation_of_calls == {12: 2, 11: 1}


def test_callers_stand_in_their_order_and_members_as_they_were_put() -> None:
    queues = [
        row("QueueParams", Queue="acme-en"),
        row("QueueMember", Queue="acme-fr", Location="PJSIP/b", Penalty="2", Paused="1", PausedReason="lunch"),
        row("QueueMember", Queue="acme-fr", Location="PJSIP/a", Penalty="0", InCall="1"),
        row("QueueEntry", Queue="acme-fr", Uniqueid="x10", Position="10"),
        row("QueueEntry", Queue="acme-fr", Uniqueid="x2", Position="2"),
    ]
    use = live_use([], queues)
    assert use.lines == {"acme-fr": ("x2", "x10")}
    assert use.waiting == {"acme-fr": 2}
    assert use.seats == {"acme-fr": (Seat("PJSIP/a", 0, False, ""), Seat("PJSIP/b", 2, True, "lunch"))}
    assert use.members == {"acme-fr": frozenset({"PJSIP/a", "PJSIP/b"})}
    assert use.talking_in == {"acme-fr": 1}
