"""What may be asked about calls that are over."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from ami.conversation import Direction
from cordboard.desk.live_calls import Sight
from cordboard.web.companies import company_of
from cordboard.web.keys import VISITOR
from cordboard.web.problems import ProblemError, not_found
from cordboard.web.sight import sight_of

USUAL, MOST = 50, 1000


class History(Protocol):
    """What is asked of the past (`cordboard.desk.past_calls.PastCalls`)."""

    async def last(
        self, company: str, limit: int, direction: Direction | None = None, sight: Sight = ...
    ) -> list[dict[str, Any]]: ...

    async def one(self, company: str, node: str, uniqueid: str, sight: Sight = ...) -> dict[str, Any] | None: ...


HISTORY: web.AppKey[History | None] = web.AppKey("history")


async def list_past(request: web.Request) -> web.Response:
    """GET: the calls that ended last, the latest first; `?last=` how many, `?direction=` only those that went this
    way."""
    limit, direction = request.query.get("last", str(USUAL)), request.query.get("direction")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 0 < int(limit) <= MOST):
        raise ProblemError(400, "bad-query", f"last is a number from 1 to {MOST}.")
    if direction is not None and direction not in list(Direction):
        raise ProblemError(400, "bad-query", f"direction is one of {', '.join(Direction)}.")
    wanted = None if direction is None else Direction(direction)
    sight = sight_of(request[VISITOR])
    return _json({"calls": await _history(request).last(company_of(request), int(limit), wanted, sight)})


async def show_past(request: web.Request) -> web.Response:
    """GET: one call that is over, by its id or that of any leg: everybody who took part, and what happened."""
    where = request.match_info
    sight = sight_of(request[VISITOR])
    found = await _history(request).one(company_of(request), where["node"], where["uniqueid"], sight)
    if found is None:
        raise not_found()
    return _json(found)


def _history(request: web.Request) -> History:
    history = request.app[HISTORY]
    if history is None:
        raise not_found()
    return history


def _json(value: object) -> web.Response:
    return web.json_response(text=json.dumps(value, default=datetime.isoformat))
