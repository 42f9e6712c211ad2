"""What may be asked about an agent: log in, log out, pause, withdraw, ready, extend a wrap-up."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import Field

from cordboard.desk.agents import BECAUSE, REASON, USUAL_EXTENSION, Result
from cordboard.web.body import ID, Body, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import AGENTS, VISITOR
from cordboard.web.problems import not_allowed, not_found
from cordboard.web.results import respond


class LogIn(Body):
    phone: str | None = Field(default=None, pattern=f"^{ID}$")


class Forced(Body):
    """What somebody who asks it for another says about it."""

    because: str = Field(default="", pattern=f"^(?:{BECAUSE.pattern})$")

    def said(self, request: web.Request) -> str | None:
        """For the audit; nothing from who asks for himself and says nothing."""
        visitor = request[VISITOR]
        is_own = (visitor.company, visitor.person) == (company_of(request), request.match_info["person"])
        return None if is_own and not self.because else self.because


class Pause(Forced):
    reason: str = Field(default="", pattern=f"^(?:{REASON.pattern})?$")
    after_call: bool = False


class Extend(Body):
    seconds: int = Field(default=USUAL_EXTENSION, ge=1, le=1800)


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
    because = (await read_body(request, Forced)).said(request)
    desk = request.app[AGENTS]
    return await _answered(request, lambda company, person, actor: desk.log_out(company, person, actor, because))


async def pause(request: web.Request) -> web.Response:
    """POST: no calls for a while, for `reason`, an id of the company's list, its first unless said. `after_call`: once
    the call in progress is over, and its wrap-up."""
    return await _went_away(request, request.app[AGENTS].pause)


async def withdraw(request: web.Request) -> web.Response:
    """POST: no calls, for other work; as a pause."""
    return await _went_away(request, request.app[AGENTS].withdraw)


async def ready(request: web.Request) -> web.Response:
    """POST: calls again."""
    because = (await read_body(request, Forced)).said(request)
    desk = request.app[AGENTS]
    return await _answered(request, lambda company, person, actor: desk.ready(company, person, actor, because))


async def extend(request: web.Request) -> web.Response:
    """POST: the wrap-up ends `seconds` later."""
    wanted = await read_body(request, Extend)
    desk = request.app[AGENTS]
    return await _answered(request, lambda company, person, actor: desk.extend(company, person, actor, wanted.seconds))


async def _went_away(request: web.Request, wish: Callable[..., Awaitable[Result]]) -> web.Response:
    wanted = await read_body(request, Pause)
    return await _answered(
        request,
        lambda company, person, actor: wish(
            company, person, wanted.reason, actor, after_call=wanted.after_call, because=wanted.said(request)
        ),
    )


async def _answered(request: web.Request, wish: Callable[[str, str, str], Awaitable[Result]]) -> web.Response:
    visitor, company, person = request[VISITOR], company_of(request), request.match_info["person"]
    if not re.fullmatch(ID, person):
        raise not_found()
    if not visitor.may_command(company, person):
        raise not_allowed()
    return respond(await wish(company, person, visitor.account))
