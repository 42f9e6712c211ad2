"""Calls of a company that are tried on the page: through its menus in force, a version, the draft or a text."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from agi.flow.nodes import TargetKind
from agi.flow.plan import Plan, PlanRefused
from agi.simulated_caller import Planned
from agi.stand_in import told
from cordboard.calls.paper import Paper, ready
from cordboard.calls.reasons import ENGLISH, FRENCH
from cordboard.desk.errors import store_errors
from cordboard.desk.operations import DeedRefused
from cordboard.desk.tried_calls import CallWanted, MenusMeant, PlaceMeant
from cordboard.documents import read_draft, read_menus
from cordboard.flows.answers import answers_of
from cordboard.flows.errors import FlowsError, NoSuchAnswer, NoSuchDid, NoSuchPerson, NoSuchPlace, NotUnderstood
from cordboard.flows.exploring import DEEPER, Budget, explore
from cordboard.flows.places import kind_called, place_names
from cordboard.flows.reaching import places_of, reaching
from cordboard.flows.showing import Showing
from cordboard.flows.subject import Subject, lengths_in, stored_subject, subject_with
from cordboard.flows.trial import Lengths, did_of, local, people_in, try_call, zone_of
from cordboard.flows.tried import Tried, try_acts
from cordboard.house.menu_texts import problems_json
from cordboard.house.placement import library_for
from cordboard.settings import Settings
from cordboard.store.company import company_revision, load_company
from cordboard.store.engine import Session, Store
from cordboard.store.errors import UnknownVersion
from cordboard.store.flow_drafts import find_draft
from cordboard.store.values import Company

MOST_CALLS = 3000
"""Calls that are made to find out who reaches a place: some seconds of work."""
MOST_WAYS = 200
KEPT = 8
CODES = {
    NoSuchDid: "no-such-number",
    NoSuchPerson: "no-such-person",
    NoSuchPlace: "no-such-place",
    NoSuchAnswer: "no-such-answer",
    NotUnderstood: "not-understood",
}


def lengths_of(settings: Settings, is_draft: bool) -> Lengths:
    """How long the sounds last of the Asterisk of these settings."""
    return lengths_in(library_for(settings, is_draft=is_draft))


class TriedCalls:
    """Values of JSON; nothing outside is asked or told, and nothing is kept. Raises: DatabaseAway, NoSuchCompany,
    NoSuchVersion, and DeedRefused: `faulty` (`problems`: what the text has wrong), or one of `CODES`."""

    def __init__(self, store: Store, lengths: Callable[[bool], Lengths]) -> None:
        """`lengths`: of the sounds as they are now; True: for menus whose texts were not made yet."""
        self._store = store
        self._lengths = lengths
        self._working = asyncio.Lock()
        """One at a time: the daemon has calls to follow."""
        self._read: OrderedDict[tuple[str, int, date, bool, str], Subject] = OrderedDict()
        """What was read last of texts, which each act reads again."""

    async def choices(self, company: str) -> dict[str, Any]:
        """What a call is tried with: numbers, people, and the places that calls lead to."""
        with store_errors():
            async with self._store.reading() as session:
                values = await load_company(session, company)
        dids = sorted(values.dids.values(), key=lambda did: did.number)
        people = (person for person in values.people.values() if person.extension)
        return {
            "dids": [{"id": did.id, "number": did.number, "name": did.name} for did in dids],
            "people": [{"id": person.id, "name": person.name} for person in people],
            "places": [
                {"kind": kind_called(values, kind, item), "id": item, "name": name}
                for (kind, item), name in place_names(values).items()
                if kind is not TargetKind.CALLBACK
            ],
        }

    async def call(self, company: str, menus: MenusMeant, wanted: CallWanted, language: str) -> dict[str, Any]:
        """The call so far, as `Showing.tried`; `version`: which it meets, None for a text or the draft."""
        with _refusals():
            async with self._working:
                subject = await self._subject(company, menus, wanted.at, language)
                tried = await asyncio.to_thread(self._try, subject, wanted, language)
                shown = Showing(subject.company, subject.flow).tried(tried)
        return {**shown, "version": subject.version or None}

    async def ways(self, company: str, menus: MenusMeant, place: PlaceMeant, language: str) -> dict[str, Any]:
        """The first of the paths that lead to a place; `is_whole`: all were looked at, however many menus they go
        through."""
        with _refusals():
            async with self._working:
                subject = await self._subject(company, menus, place.at, language)
                return await asyncio.to_thread(self._reach, subject, place)

    def _try(self, subject: Subject, wanted: CallWanted, language: str) -> Tried:
        company = subject.company
        begins = _moment(company, wanted.at)
        there = None if wanted.ready is None else people_in(company, wanted.ready)
        reasons = FRENCH if language == "fr" else ENGLISH
        books = Paper(company, subject.flow, subject.version, ready(company, there), reasons)
        did = did_of(company, wanted.to)
        replies = told(answers_of(subject.flow, wanted.answers))
        lengths = self._lengths(not subject.version)

        async def make() -> Tried:
            if wanted.press is None:
                return await try_acts(
                    books, did, wanted.acts, number=wanted.caller, begins=begins, lengths=lengths, replies=replies
                )
            caller = Planned(Plan.parse(wanted.press))
            passage = await try_call(
                books, did, caller, number=wanted.caller, begins=begins, lengths=lengths, replies=replies
            )
            return Tried(passage, passage.steps, None)

        return asyncio.run(make())

    def _reach(self, subject: Subject, place: PlaceMeant) -> dict[str, Any]:
        company, flow = subject.company, subject.flow
        meant = [
            each for each in places_of(company, place.id) if kind_called(company, each.kind, each.id) == place.kind
        ]
        if not meant:
            raise NoSuchPlace(place.id)
        books = Paper(company, flow, subject.version, ready(company))
        budget = Budget(MOST_CALLS)

        async def make() -> dict[str, Any]:
            paths = [path async for path in explore(books, _moment(company, place.at), budget=budget)]
            found = list(reaching(company, flow, meant, paths))
            showing = Showing(company, flow)
            return {
                "ways": [showing.reaching(each) for each in found[:MOST_WAYS]],
                "count": len(found),
                "is_whole": budget.left > 0 and not any(path.cut == DEEPER for path in paths),
            }

        return asyncio.run(make())

    async def _subject(self, company: str, menus: MenusMeant, at: datetime | None, language: str) -> Subject:
        with store_errors():
            async with self._store.reading() as session:
                stored = await load_company(session, company)
                if menus.text is None and not menus.is_draft:
                    moment = None if at is None else local(stored, at)
                    return await stored_subject(session, company, menus.version, moment)
                text = menus.text if menus.text is not None else await _draft_of(session, company)
                revision = await company_revision(session, company)
        key = (company, revision, datetime.now(UTC).date(), menus.is_draft, text)
        if key not in self._read:
            self._read[key] = await asyncio.to_thread(_written, stored, text, key[2], language, is_draft=menus.is_draft)
        self._read.move_to_end(key)
        while len(self._read) > KEPT:
            self._read.popitem(last=False)
        return self._read[key]


async def _draft_of(session: Session, company: str) -> str:
    """Its text. Raises: UnknownVersion."""
    draft = await find_draft(session, company)
    if draft is None:
        raise UnknownVersion(company)
    return draft.text


def _written(stored: Company, text: str, today: date, language: str, *, is_draft: bool) -> Subject:
    """The company with the menus of a text."""
    reading = read_draft(text, stored, today) if is_draft else read_menus(text, stored, today=today)
    subject = subject_with(stored, reading, today)
    if subject is None:
        problems = problems_json(reading.problems, language)
        raise DeedRefused("faulty", "the menus have errors", {"problems": problems})
    return subject


def _moment(company: Company, at: datetime | None) -> datetime:
    return datetime.now(zone_of(company)) if at is None else local(company, at)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except FlowsError as error:
        raise DeedRefused(CODES[type(error)], str(error)) from error
    except PlanRefused as error:
        raise DeedRefused("not-understood", str(error)) from error
