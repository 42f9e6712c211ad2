"""What may be asked about an agent: log in, log out, pause, ready."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import Field

from cordboard.desk.agents import REASON, Done, Refused, Result
from cordboard.desk.requests import NOT_HIS_PHONE
from cordboard.web.body import Body, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import AGENTS, VISITOR
from cordboard.web.problems import ProblemError, not_allowed, not_found

ID = r"[a-z][a-z0-9-]{0,39}"


class LogIn(Body):
    phone: str | None = Field(default=None, pattern=f"^{ID}$")


class Pause(Body):
    reason: str = Field(pattern=f"^{REASON.pattern}$")


class Nothing(Body):
    pass


async def log_in(request: web.Request) -> web.Response:
    """POST: the person takes calls, on his own phone or at the one with the id `phone`."""
    wanted = await read_body(request, LogIn)
    desk = request.app[AGENTS]
    return await _answered(
        request,
        lambda company, person, actor: desk.log_in(
            company, person, actor, phone=wanted.phone, may_borrow=request[VISITOR].may_lend_phones()
        ),
    )


async def log_out(request: web.Request) -> web.Response:
    """POST: the person takes no more calls."""
    await read_body(request, Nothing)
    return await _answered(request, request.app[AGENTS].log_out)


async def pause(request: web.Request) -> web.Response:
    """POST: no calls for a while, for `reason`, an id such as `lunch`."""
    wanted = await read_body(request, Pause)
    desk = request.app[AGENTS]
    return await _answered(request, lambda company, person, actor: desk.pause(company, person, wanted.reason, actor))


async def ready(request: web.Request) -> web.Response:
    """POST: calls again."""
    await read_body(request, Nothing)
    return await _answered(request, request.app[AGENTS].ready)


async def _answered(request: web.Request, wish: Callable[[str, str, str], Awaitable[Result]]) -> web.Response:
    visitor, company, person = request[VISITOR], company_of(request), request.match_info["person"]
    if not re.fullmatch(ID, person):
        raise not_found()
    if not visitor.may_command(company, person):
        raise not_allowed()
    result = await wish(company, person, visitor.account)
    if isinstance(result, Done):
        return web.json_response({"outcome": "done", "warnings": result.warnings})
    if isinstance(result, Refused) and result.reason == NOT_HIS_PHONE:
        raise not_allowed()
    if isinstance(result, Refused):
        raise ProblemError(409, "refused", result.words, more={"reason": result.reason})
    return web.json_response({"outcome": "unknown", "reason": result.reason, "detail": result.words}, status=202)
