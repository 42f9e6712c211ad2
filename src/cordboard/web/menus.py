"""What the page of menus asks: the tree and its versions, figures of some days, and to publish, promote and take back.

Supervisors and administrators see them; administrators change which menus callers meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, Protocol

from aiohttp import web
from pydantic import Field, NaiveDatetime, model_validator
from pydantic_core import PydanticCustomError

from cordboard.desk.errors import ChangedMeanwhile, NoSuchVersion
from cordboard.desk.operations import DeedRefused
from cordboard.web.body import ID, NEAR, Body, is_near, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import VISITOR
from cordboard.web.language import language_of
from cordboard.web.problems import ProblemError, not_allowed, not_found

LONGEST_DAYS = 92
STATUSES = {"stale": 409, "refused": 422}


class Menus(Protocol):
    """The menus of companies (`cordboard.house.menus.MenuDesk`)."""

    async def overview(self, company: str, language: str) -> dict[str, Any]: ...

    async def figures(
        self, company: str, first: date | None, last: date | None, version: int | None
    ) -> dict[str, Any]: ...

    async def comparison(
        self, company: str, first: date | None, last: date | None, before: int, after: int, language: str
    ) -> dict[str, Any]: ...

    async def publish(
        self,
        company: str,
        actor: str,
        draft: str,
        language: str,
        *,
        share: int | None,
        did: str | None,
        starts: datetime | None,
    ) -> dict[str, Any]: ...

    async def promote(self, company: str, actor: str, version: int, language: str) -> dict[str, Any]: ...

    async def unpublish(self, company: str, actor: str, version: int, language: str) -> dict[str, Any]: ...


MENUS: web.AppKey[Menus | None] = web.AppKey("menus")


class Publish(Body):
    """`draft`: when the draft was made that is meant. Whose calls enter it: `share`, percent of them, or those of one
    number, `did`, its id; null: all. `starts`: from when on, on the company's clock; null: at once."""

    draft: str = Field(max_length=40)
    share: int | None = Field(default=None, ge=1, le=99)
    did: str | None = Field(default=None, pattern=f"^{ID}$")
    starts: Annotated[NaiveDatetime, NEAR] | None = None

    @model_validator(mode="after")
    def _of_one_kind(self) -> Publish:
        if self.share is not None and self.did is not None:
            raise PydanticCustomError("either", "share or did, not both")
        return self


class OfVersion(Body):
    """`version`: the newest, which is meant."""

    version: int = Field(ge=1)


async def overview(request: web.Request) -> web.Response:
    """GET: the tree of the menus in force, the versions and the draft; `?language=fr` for French."""
    found = await _menus(request).overview(company_of(request), language_of(request))
    return web.json_response({**found, "may_publish": request[VISITOR].may_publish(company_of(request))})


async def figures(request: web.Request) -> web.Response:
    """GET: what calls did in them; `?from=2026-11-01&to=2026-11-30`, `?version=7`."""
    first, last = _days(request)
    version = _number(request, "version") if "version" in request.query else None
    return web.json_response(await _menus(request).figures(company_of(request), first, last, version))


async def comparison(request: web.Request) -> web.Response:
    """GET: the figures of two versions beside each other, and what differs; `?before=7&after=8`, days as above."""
    first, last = _days(request)
    before, after = _number(request, "before"), _number(request, "after")
    with told_problems():
        return web.json_response(
            await _menus(request).comparison(company_of(request), first, last, before, after, language_of(request))
        )


async def publish(request: web.Request) -> web.Response:
    """POST: let calls enter the draft."""
    desk, company, actor = _publisher(request)
    wanted = await read_body(request, Publish)
    with told_problems():
        told = await desk.publish(
            company,
            actor,
            wanted.draft,
            language_of(request),
            share=wanted.share,
            did=wanted.did,
            starts=wanted.starts,
        )
    return web.json_response(told)


async def promote(request: web.Request) -> web.Response:
    """POST: let every call enter the version that waits or is on trial."""
    desk, company, actor = _publisher(request)
    wanted = await read_body(request, OfVersion)
    with told_problems():
        return web.json_response(await desk.promote(company, actor, wanted.version, language_of(request)))


async def unpublish(request: web.Request) -> web.Response:
    """POST: take the newest version back."""
    desk, company, actor = _publisher(request)
    wanted = await read_body(request, OfVersion)
    with told_problems():
        return web.json_response(await desk.unpublish(company, actor, wanted.version, language_of(request)))


@contextmanager
def told_problems() -> Iterator[None]:
    try:
        yield
    except DeedRefused as error:
        raise ProblemError(STATUSES[error.code], error.code, str(error), more=error.more) from error
    except ChangedMeanwhile as error:
        raise ProblemError(409, "stale", "Something was saved meanwhile.") from error
    except NoSuchVersion as error:
        raise not_found() from error


def _publisher(request: web.Request) -> tuple[Menus, str, str]:
    """The desk of who may publish, for which company, and by which name. Raises: ProblemError."""
    return (_menus(request), *publisher_of(request))


def publisher_of(request: web.Request) -> tuple[str, str]:
    """The company, and the account of who may publish its menus. Raises: ProblemError."""
    company, visitor = company_of(request), request[VISITOR]
    if not visitor.may_publish(company):
        raise not_allowed()
    return company, visitor.account


def _menus(request: web.Request) -> Menus:
    desk = request.app[MENUS]
    if desk is None:
        raise not_found()
    return desk


def _days(request: web.Request) -> tuple[date | None, date | None]:
    """The first and the last day that are asked for, None where none is."""
    try:
        first, last = (
            date.fromisoformat(request.query[name]) if name in request.query else None for name in ("from", "to")
        )
    except ValueError:
        raise ProblemError(400, "bad-query", "from and to are days such as 2026-11-22.") from None
    is_right = 0 <= (last - first).days < LONGEST_DAYS if first and last else first is last
    if not is_right:
        raise ProblemError(400, "bad-query", f"Give from and to, {LONGEST_DAYS} days at most; or neither.")
    if first and last and not (is_near(first) and is_near(last)):
        raise ProblemError(400, "bad-query", "Give days of these times.")
    return first, last


def _number(request: web.Request, name: str) -> int:
    found = request.query.get(name, "")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", found):
        raise ProblemError(400, "bad-query", f"{name} is the number of a version.")
    return int(found)
