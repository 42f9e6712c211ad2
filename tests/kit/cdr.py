"""Lines of Asterisk's CDR file, as its cdr_csv writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def row(
    uniqueid: str,
    *,
    account: str = "acme-main",
    number: str = "+33612345678",
    name: str = "Ana",
    exten: str = "s",
    context: str = "cb-wait-g7",
    leg: str = "PJSIP/acme-carrier-00000001",
    peer: str = "",
    application: str = "Queue",
    data: str = "",
    at: datetime = NOON,
    seconds: int = 10,
    disposition: str = "ANSWERED",
    told: str = "",
    linkedid: str = "",
) -> str:
    """One leg of a call that entered at `at` and lasted so many seconds. With `linkedid` as `newcdrcolumns` has it."""
    moments = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (at, at, at + timedelta(seconds=seconds))]
    caller = f'"{name}" <{number}>'
    first = [account, number, exten, context, caller, leg, peer, application, data, *moments]
    last = [disposition, "DOCUMENTATION", uniqueid, told]
    linked = [_quoted(""), _quoted(linkedid), "7"] if linkedid else []
    return ",".join([*map(_quoted, first), str(seconds), str(seconds), *map(_quoted, last), *linked]) + "\n"


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
