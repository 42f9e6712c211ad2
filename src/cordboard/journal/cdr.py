"""What Asterisk's own call records (CDR) say of received calls: read from its file, told in the journal's own words.

Asterisk writes a record when a leg's part of a call is over, whoever follows it then. Every public number gives its
calls an account code, `COMPANY-DID`, which whoever comes to such a caller takes on, too: a phone that fetches him, or
that he is transferred to. The dialplan leaves the outcome that it declares in the record's user field. A record knows
whole seconds, who answered a direct dial, and where in the dialplan the caller was last; of queues queue_log knows
more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ami.models import Call, CallId, Fact, FactKind, Stage

BLOCK = 256 * 1024
SOURCE = "cdr"

# Strings are quoted, with their own quotes doubled, so that no caller's name can pass for a record of its own.
_STRING = r'"([^"]*(?:""[^"]*)*)"'
_NUMBER = r"(-?\d+)"
_RECEIVED = r'"([a-z][a-z0-9]{0,39})-([a-z][a-z0-9-]{0,39})"'
_FIELDS = [_RECEIVED, *[_STRING] * 11, _NUMBER, _NUMBER, *[_STRING] * 4]
_LINKED = r'(?:,"[^"\n]*","[^"\n]*",\d+)?'  # account of the peer, linkedid, sequence: since `newcdrcolumns`
_RECORD = re.compile(rf"^{','.join(_FIELDS)}{_LINKED}$", re.MULTILINE)
_CONTEXT = re.compile(r"cb-(?:menu-[a-z0-9]+-(?P<menu>[a-z0-9-]+)|[a-z-]+)-g(?P<generation>\d{1,9})")
_ENDPOINT = re.compile(r"PJSIP/[a-z][a-z0-9]{0,39}-([a-z0-9.-]+)-[0-9a-f]{8}")
_NAME = re.compile(r'"(.*)" <[^>]*>', re.DOTALL)
_PERSON = "cb-person-"


@dataclass(frozen=True, slots=True)
class Record:
    """One line. `endpoint` is whose leg it was, by its id; `context` where the caller was in the dialplan, `rang` the
    last endpoint's id that was dialled ("" if none), `told` what the dialplan declared ("dissuaded late"; "" if
    nothing)."""

    company: str
    did: str
    caller_number: str
    caller_name: str
    endpoint: str
    context: str
    rang: str
    began: datetime
    answered: datetime | None
    ended: datetime
    disposition: str
    uniqueid: str
    told: str

    @property
    def generation(self) -> int:
        found = _CONTEXT.fullmatch(self.context)
        return int(found["generation"]) if found else 0

    @property
    def menu(self) -> str:
        """The compiled menu in which the call was, "" if in none."""
        found = _CONTEXT.fullmatch(self.context)
        return (found["menu"] or "") if found else ""


def records_of(text: str) -> Iterator[Record]:
    """Every whole record of a received call; torn lines and those of other calls are left out."""
    for found in _RECORD.finditer(text):
        company, did, *more = (field.replace('""', '"') for field in found.groups())
        number, _, context, name, leg, peer, _, _, began, answered, ended, *more = more
        _, _, disposition, _, uniqueid, told = more
        moments = _moment(began), _moment(answered), _moment(ended)
        # Half a Local channel has its caller's account code and is nobody who called.
        if moments[0] is None or moments[2] is None or leg.startswith("Local/"):
            continue
        named, whose, rang = _NAME.fullmatch(name), _ENDPOINT.fullmatch(leg), _ENDPOINT.fullmatch(peer)
        yield Record(
            company=company,
            did=did,
            caller_number=number,
            caller_name=named[1] if named else "",
            endpoint=whose[1] if whose else "",
            context=context,
            rang=rang[1] if rang else "",
            began=moments[0],
            answered=moments[1],
            ended=moments[2],
            disposition=disposition,
            uniqueid=uniqueid,
            told=told,
        )


def records_since(path: Path, since: datetime) -> list[Record]:
    """The records of received calls that a file holds, in order: all that ended at `since` or later, and maybe some of
    before. It is read from its end, no further than needed. Raises OSError."""
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
        is_direct = record.context.startswith(_PERSON) and record.disposition == "ANSWERED"
        if is_direct and record.rang and record.answered:
            facts.append(Fact(max(record.began, record.answered), FactKind.ANSWERED, {"person": record.rang}))
    if ended is None:
        return ()
    if told:
        outcome, _, detail = told.partition(" ")
        facts.append(Fact(ended, FactKind.OUTCOME, {"outcome": outcome, "detail": detail}))
    return (*facts, Fact(ended, FactKind.HUNG_UP), Fact(ended, FactKind.REPAIRED, {"source": SOURCE}))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
