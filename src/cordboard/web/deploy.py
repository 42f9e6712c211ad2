"""What the deploy page asks: how things stand, the plan, apply, back, confirm. For administrators of all companies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from aiohttp import web
from pydantic import Field

from cordboard.desk.operations import DeedRefused, Operations
from cordboard.desk.trials import LONGEST_TRIAL
from cordboard.web.body import Body, Nothing, read_body
from cordboard.web.keys import OPERATIONS, VISITOR
from cordboard.web.language import language_of
from cordboard.web.problems import ProblemError, not_found

IDENTITY = r"^[0-9a-f]{16}$"
LONGEST_TRIAL_SECONDS = int(LONGEST_TRIAL.total_seconds())
STATUSES = {
    "busy": 409,
    "stale": 409,
    "on-trial": 409,
    "not-on-trial": 409,
    "refused": 422,
    "no-such-generation": 404,
    "storage-failed": 503,
    "switch-away": 503,
}


class Apply(Body):
    """`confirm_within` in seconds; null: for good."""

    plan: str = Field(pattern=IDENTITY)
    confirm_within: int | None = Field(default=None, ge=1, le=LONGEST_TRIAL_SECONDS)
    allow_shrink: bool = False


class Return(Body):
    generation: int = Field(ge=1)
    plan: str = Field(pattern=IDENTITY)
    allow_shrink: bool = False


async def overview(request: web.Request) -> web.Response:
    """GET: what is in force, on trial, drifted and under way; the generations that are kept; the last of the audit."""
    with _problems():
        return web.json_response(await _operations(request).overview())


async def now(request: web.Request) -> web.Response:
    """GET: the first part of it, without asking Asterisk."""
    with _problems():
        return web.json_response(await _operations(request).now())


async def plan(request: web.Request) -> web.Response:
    """GET: what an apply would change; `?language=fr` for French."""
    with _problems():
        return web.json_response(await _operations(request).plan(request[VISITOR].account, language_of(request)))


async def files(request: web.Request) -> web.Response:
    """GET: the lines of files that the plan is about, secrets hidden."""
    with _problems():
        return web.json_response(await _operations(request).files())


async def diff(request: web.Request) -> web.Response:
    """GET: what differs between two generations."""
    before, after = _number(request, "before"), _number(request, "after")
    with _problems():
        return web.json_response(await _operations(request).diff(before, after, language_of(request)))


async def rollback_plan(request: web.Request) -> web.Response:
    """GET: what going back to a generation would change."""
    number, actor = _number(request, "generation"), request[VISITOR].account
    with _problems():
        return web.json_response(await _operations(request).plan_rollback(number, actor, language_of(request)))


async def apply(request: web.Request) -> web.Response:
    """POST: put exactly this plan into force. It goes on if the browser leaves meanwhile."""
    wanted = await read_body(request, Apply)
    within = None if wanted.confirm_within is None else timedelta(seconds=wanted.confirm_within)
    with _problems():
        return web.json_response(
            await _operations(request).apply(
                request[VISITOR].account, wanted.plan, allow_shrink=wanted.allow_shrink, confirm_within=within
            )
        )


async def rollback(request: web.Request) -> web.Response:
    """POST: go back by exactly this plan. It goes on if the browser leaves meanwhile."""
    wanted = await read_body(request, Return)
    with _problems():
        return web.json_response(
            await _operations(request).rollback(
                request[VISITOR].account, wanted.generation, wanted.plan, allow_shrink=wanted.allow_shrink
            )
        )


async def confirm(request: web.Request) -> web.Response:
    """POST: keep the generation that is on trial."""
    await read_body(request, Nothing)
    with _problems():
        return web.json_response(await _operations(request).confirm(request[VISITOR].account))


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except DeedRefused as error:
        retry = {"Retry-After": "5"} if STATUSES[error.code] == 503 else {}
        raise ProblemError(STATUSES[error.code], error.code, str(error), more=error.more, headers=retry) from error


def _operations(request: web.Request) -> Operations:
    operations = request.app[OPERATIONS]
    if operations is None:
        raise not_found()
    return operations


def _number(request: web.Request, name: str) -> int:
    found = request.match_info[name]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", found):
        raise not_found()
    return int(found)
