"""What Asterisk's own call records (CDR) say of calls: read from its file; of received calls told in the journal's own
words (of others see `retold.py`).

Asterisk writes a record when a leg's part of a call is over, whoever follows it then. Every public number gives its
calls an account code, `COMPANY-DID`, which whoever comes to such a caller takes on, too: a phone that fetches him, or
that he is transferred to. The dialplan leaves the outcome that it declares in the record's user field. A record knows
whole seconds, who answered a direct dial, and where in the dialplan the caller was last; of queues queue_log knows
more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

from ami.models import Call, CallId, Fact, FactKind, Stage
from ami.parts import NOBODY

BLOCK = 256 * 1024
SOURCE = "cdr"

# Strings are quoted, with their own quotes doubled, so that no caller's name can pass for a record of its own.
_STRING = r'"([^"]*(?:""[^"]*)*)"'
_NUMBER = r"(-?\d+)"
_FIELDS = [*[_STRING] * 12, _NUMBER, _NUMBER, *[_STRING] * 4]
_LINKED = r'(?:,"[^"\n]*","([^"\n]*)",\d+)?'  # account of the peer, linkedid, sequence: since `newcdrcolumns`
_RECORD = re.compile(rf"^{','.join(_FIELDS)}{_LINKED}$", re.MULTILINE)
_ACCOUNT = re.compile(r"([a-z][a-z0-9]{0,39})-([a-z][a-z0-9-]{0,39})")
_CONTEXT = re.compile(r"cb-(?:menu-[a-z0-9]+-(?P<menu>[a-z0-9.-]+)|[a-z-]+)-g(?P<generation>\d{1,9})")
_ENDPOINT = re.compile(r"PJSIP/[a-z][a-z0-9]{0,39}-([a-z0-9.-]+)-[0-9a-f]{8}")
_NAME = re.compile(r'"(.*)" <[^>]*>', re.DOTALL)
_PERSON = "cb-person-"
_BORN = re.compile(r"-(\d{10})\.\d+$")


@dataclass(frozen=True, slots=True)
class Record:
    """One line. `leg` and `peer` are channels' names, `exten` and `context` where the caller was in the dialplan, and
    `told` what that declared ("dissuaded late"; "" if nothing). `company` and `did` are those of the number that was
    called, "" in calls that no number of ours received. `linkedid` is the call's, "" in older configurations."""

    company: str
    did: str
    caller_number: str
    caller_name: str
    exten: str
    context: str
    leg: str
    peer: str
    application: str
    data: str
    began: datetime
    answered: datetime | None
    ended: datetime
    disposition: str
    uniqueid: str
    told: str
    linkedid: str

    @property
    def is_received(self) -> bool:
        """Is it of a received call? Half a Local channel has its caller's account code and is nobody who called."""
        return bool(self.company) and not self.leg.startswith("Local/")

    @property
    def is_somebodys(self) -> bool:
        """Is anybody in it? Asterisk makes records also of channels that it makes for itself."""
        return not all(name.startswith(NOBODY) for name in (self.leg, self.peer) if name)

    @property
    def is_answered(self) -> bool:
        return self.disposition == "ANSWERED"

    @property
    def endpoint(self) -> str:
        """Whose leg it was, by its id; "" if it was none of a company's."""
        return _id_of(self.leg)

    @property
    def rang(self) -> str:
        """The id of the endpoint that was dialled; "" if none was."""
        return _id_of(self.peer)

    @property
    def generation(self) -> int:
        found = _CONTEXT.fullmatch(self.context)
        return int(found["generation"]) if found else 0

    @property
    def menu(self) -> str:
        """The compiled menu in which the call was, "" if in none."""
        found = _CONTEXT.fullmatch(self.context)
        return (found["menu"] or "") if found else ""


Calls = dict[str, tuple[Record, ...]]
"""Those of each call by what it is called by, in order."""


def records_of(text: str) -> Iterator[Record]:
    """Every whole record; torn lines are left out."""
    for found in _RECORD.finditer(text):
        account, *more = ((field or "").replace('""', '"') for field in found.groups())
        number, exten, context, name, leg, peer, application, data, began, answered, ended, *more = more
        _, _, disposition, _, uniqueid, told, linkedid = more
        moments = _moment(began), _moment(answered), _moment(ended)
        if moments[0] is None or moments[2] is None:
            continue
        named, received = _NAME.fullmatch(name), _ACCOUNT.fullmatch(account)
        yield Record(
            company=received[1] if received else "",
            did=received[2] if received else "",
            caller_number=number,
            caller_name=named[1] if named else "",
            exten=exten,
            context=context,
            leg=leg,
            peer=peer,
            application=application,
            data=data,
            began=moments[0],
            answered=moments[1],
            ended=moments[2],
            disposition=disposition,
            uniqueid=uniqueid,
            told=told.partition(";")[0],  # what is told of the other leg comes behind it
            linkedid=linkedid,
        )


def received(records: Iterable[Record], since: datetime) -> Calls:
    """Uniqueid -> the records of each received call that ended at `since` or later."""
    return _by((record for record in records if record.is_received), attrgetter("uniqueid"), since)


def wholes(records: Iterable[Record], since: datetime) -> Calls:
    """Linkedid -> the records of all legs, with somebody behind them, of each call that ended at `since` or later."""
    somebodys = (record for record in records if record.linkedid and record.is_somebodys)
    return _by(somebodys, attrgetter("linkedid"), since)


def _by(records: Iterable[Record], key: Callable[[Record], str], since: datetime) -> Calls:
    calls: dict[str, list[Record]] = {}
    for record in records:
        calls.setdefault(key(record), []).append(record)
    return {name: tuple(found) for name, found in calls.items() if ended(found) >= since}


def born(linkedid: str, records: Iterable[Record]) -> datetime:
    """When the first leg of a call began: its id tells the second, and a record that was not read may be older."""
    began = min(record.began for record in records)
    found = _BORN.search(linkedid)
    return min(began, datetime.fromtimestamp(int(found[1]), UTC)) if found else began


def ended(records: Iterable[Record]) -> datetime:
    """When the last of these ended."""
    return max(record.ended for record in records)


def records_since(path: Path, since: datetime) -> list[Record]:
    """The records that a file holds, in order: all that ended at `since` or later, and maybe some of before. It is read
    from its end, no further than needed. Raises OSError."""
    with path.open("rb") as file:
        size, span = file.seek(0, os.SEEK_END), BLOCK
        while True:
            file.seek(max(0, size - span))
            found = list(records_of(file.read(min(span, size)).decode("utf-8", "replace")))
            if span >= size or (found and found[0].ended < since):
                return found
            span *= 4


def call_of(node: str, records: Sequence[Record]) -> Call:
    """The call as its records know it, without its facts."""
    first = records[0]
    return Call(
        id=CallId(node, first.uniqueid),
        company=first.company,
        did=first.did,
        caller_number=first.caller_number,
        caller_name=first.caller_name,
        entered=first.began,
        generation=first.generation,
        stage=Stage.ENDED,
        is_partial=True,
    )


def whole_story(records: Sequence[Record], in_queues: Iterable[Fact]) -> list[Fact]:
    """All that is known of a call that nobody saw, in order; `in_queues` is what queue_log tells of it."""
    first = records[0]
    entry = {"did": first.did, "company": first.company, "generation": str(first.generation)}
    stays = [fact for fact in in_queues if fact.kind != FactKind.HUNG_UP]  # the record tells it too
    facts = [Fact(first.began, FactKind.ENTERED, entry), *stays, *facts_of(records)]
    return sorted(facts, key=lambda fact: fact.at)


def facts_of(records: Iterable[Record]) -> tuple[Fact, ...]:
    """How the call went on and ended: the compiled menu it was in, who answered a direct dial, the outcome that was
    declared, the hang-up; and that records, not events, tell it."""
    facts: list[Fact] = []
    ended, told = None, ""
    for record in records:
        ended, told = record.ended, record.told or told
        if record.menu:
            facts.append(Fact(record.ended, FactKind.MENU, {"menu": record.menu, "version": "", "by": "fallback"}))
        is_direct = record.context.startswith(_PERSON) and record.is_answered
        if is_direct and record.rang and record.answered:
            facts.append(Fact(max(record.began, record.answered), FactKind.ANSWERED, {"person": record.rang}))
    if ended is None:
        return ()
    if told:
        outcome, _, detail = told.partition(" ")
        facts.append(Fact(ended, FactKind.OUTCOME, {"outcome": outcome, "detail": detail}))
    return (*facts, Fact(ended, FactKind.HUNG_UP), Fact(ended, FactKind.REPAIRED, {"source": SOURCE}))


def _id_of(channel: str) -> str:
    found = _ENDPOINT.fullmatch(channel)
    return found[1] if found else ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
