"""What the page of menus asks to try calls: whom they may call, a call as far as it went, and who reaches a place.

Whoever sees the page may try: nothing is changed by it, nobody outside is asked, and nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Protocol

from aiohttp import web
from pydantic import Field, StringConstraints, model_validator

from cordboard.desk.errors import NoSuchVersion
from cordboard.desk.operations import DeedRefused
from cordboard.desk.tried_calls import CallWanted, MenusMeant, PlaceMeant
from cordboard.web.allowance import Allowance, Allowances
from cordboard.web.body import ID, LAST_VERSION, NEAR, Body, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import VISITOR
from cordboard.web.language import language_of
from cordboard.web.menu_texts import LONGEST_BODY, LONGEST_TEXT
from cordboard.web.problems import ProblemError, not_found, too_many

MOST_ACTS, MOST_ANSWERS, MOST_PEOPLE = 200, 50, 5000
LONGEST_ANSWER, LONGEST_PLAN = 500, 2000
MOST_AT_ONCE = 4
"""Calls and questions of one account that are worked at or wait: a page has one of each kind, and what it gave up."""
RATE, BURST = 5.0, 40
"""Acts and questions of one account: so many a second, and at once."""


class Trials(Protocol):
    """Tries calls (`cordboard.house.tried_calls.TriedCalls`)."""

    async def choices(self, company: str) -> dict[str, Any]: ...

    async def call(self, company: str, menus: MenusMeant, wanted: CallWanted, language: str) -> dict[str, Any]: ...

    async def ways(self, company: str, menus: MenusMeant, place: PlaceMeant, language: str) -> dict[str, Any]: ...


TRIALS: web.AppKey[Trials | None] = web.AppKey("trials")
TRIES = web.AppKey("tries", Allowances)
UNDER_WAY: web.AppKey[Counter[str]] = web.AppKey("tries_under_way")
"""How many of each account are worked at or wait."""


def allowances() -> Allowances:
    return Allowances(lambda: Allowance(RATE, BURST))


Item = Annotated[str, StringConstraints(pattern=rf"^{ID}$")]
Number = Annotated[str, StringConstraints(pattern=r"^(\+?[0-9*#]{1,30})?$")]
Step = Annotated[str, StringConstraints(pattern=rf"^{ID}(\.{ID})*$", max_length=200)]
"""A step, also of a part of the menus that is used somewhere."""
Act = Annotated[str, StringConstraints(max_length=80)]
Answer = Annotated[str, StringConstraints(max_length=LONGEST_ANSWER)]
Moment = Annotated[datetime, NEAR]


class OfMenus(Body):
    """Which menus: a `version`, the draft (`is_draft`), or a `text` of their sections; null: those in force."""

    version: int | None = Field(default=None, ge=1, le=LAST_VERSION)
    is_draft: bool = False
    text: str | None = Field(default=None, max_length=LONGEST_TEXT)

    @model_validator(mode="after")
    def _is_one(self) -> OfMenus:
        if (self.version is not None) + self.is_draft + (self.text is not None) > 1:
            raise ValueError("give one of them: version, is_draft, text")
        return self

    def meant(self) -> MenusMeant:
        return MenusMeant(self.version, self.is_draft, self.text)


class Call(OfMenus):
    """As `CallWanted`."""

    to: Item
    caller: Number = ""
    at: Moment | None = None
    ready: list[Item] | None = Field(default=None, max_length=MOST_PEOPLE)
    answers: dict[Step, Answer] = Field(default_factory=dict, max_length=MOST_ANSWERS)
    acts: list[Act] = Field(default_factory=list, max_length=MOST_ACTS)
    press: str | None = Field(default=None, max_length=LONGEST_PLAN)


class Place(OfMenus):
    """As `PlaceMeant`."""

    kind: Item
    id: str = Field(max_length=40)
    at: Moment | None = None


async def choices(request: web.Request) -> web.Response:
    """GET: the numbers that may be called, who may be ready, and the places that calls lead to."""
    return web.json_response(await _trials(request).choices(company_of(request)))


async def call(request: web.Request) -> web.Response:
    """POST: a call, up to where it waits for the caller or ends; `?language=fr` for French."""
    wanted = await read_body(request, Call, LONGEST_BODY)
    asked = CallWanted(
        wanted.to,
        wanted.caller,
        wanted.at,
        None if wanted.ready is None else tuple(wanted.ready),
        wanted.answers,
        tuple(wanted.acts),
        wanted.press,
    )
    with _turn(request) as (company, trials):
        return web.json_response(await trials.call(company, wanted.meant(), asked, language_of(request)))


async def ways(request: web.Request) -> web.Response:
    """POST: every path to a queue, person, phone, mailbox, message or conference."""
    wanted = await read_body(request, Place, LONGEST_BODY)
    place = PlaceMeant(wanted.kind, wanted.id, wanted.at)
    with _turn(request) as (company, trials):
        return web.json_response(await trials.ways(company, wanted.meant(), place, language_of(request)))


@contextmanager
def _turn(request: web.Request) -> Iterator[tuple[str, Trials]]:
    """Of which company a call is tried. Raises: ProblemError, too, where somebody tries too many."""
    company, trials, account = company_of(request), _trials(request), request[VISITOR].account
    under_way = request.app[UNDER_WAY]
    wait = 1.0 if under_way[account] >= MOST_AT_ONCE else request.app[TRIES].wait(account)
    if wait:
        raise too_many(wait, "Too many calls are tried at once.")
    under_way[account] += 1
    try:
        yield company, trials
    except DeedRefused as error:
        raise ProblemError(422, error.code, str(error), more=error.more) from error
    except NoSuchVersion as error:
        raise not_found() from error
    finally:
        under_way[account] -= 1
        if not under_way[account]:
            del under_way[account]


def _trials(request: web.Request) -> Trials:
    trials = request.app[TRIALS]
    if trials is None:
        raise not_found()
    return trials
