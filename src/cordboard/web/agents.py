"""What may be asked about an agent: log in, log out, pause, withdraw, ready, extend a wrap-up."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import Field

from cordboard.desk.agents import BECAUSE, REASON, USUAL_EXTENSION, Result
from cordboard.web.body import ID, Body, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import AGENTS, VISITOR, AgentDesk
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
    company, person, actor = _commanded(request)
    desk = await request.app[AGENTS].to_log_in(company, person, wanted.phone)
    may_borrow = request[VISITOR].may_lend_phones()
    return respond(await desk.log_in(company, person, actor, phone=wanted.phone, may_borrow=may_borrow))


async def log_out(request: web.Request) -> web.Response:
    """POST: the person takes no more calls."""
    because = (await read_body(request, Forced)).said(request)
    return await _answered(request, lambda desk, *who: desk.log_out(*who, because))


async def pause(request: web.Request) -> web.Response:
    """POST: no calls for a while, for `reason`, an id of the company's list, its first unless said. `after_call`: once
    the call in progress is over, and its wrap-up."""
    return await _went_away(request, lambda desk: desk.pause)


async def withdraw(request: web.Request) -> web.Response:
    """POST: no calls, for other work; as a pause."""
    return await _went_away(request, lambda desk: desk.withdraw)


async def ready(request: web.Request) -> web.Response:
    """POST: calls again."""
    because = (await read_body(request, Forced)).said(request)
    return await _answered(request, lambda desk, *who: desk.ready(*who, because))


async def extend(request: web.Request) -> web.Response:
    """POST: the wrap-up ends `seconds` later."""
    wanted = await read_body(request, Extend)
    return await _answered(request, lambda desk, *who: desk.extend(*who, wanted.seconds))


async def _went_away(
    request: web.Request, wish: Callable[[AgentDesk], Callable[..., Awaitable[Result]]]
) -> web.Response:
    wanted = await read_body(request, Pause)
    because = wanted.said(request)
    return await _answered(
        request,
        lambda desk, company, person, actor: wish(desk)(
            company, person, wanted.reason, actor, after_call=wanted.after_call, because=because
        ),
    )


async def _answered(
    request: web.Request, wish: Callable[[AgentDesk, str, str, str], Awaitable[Result]]
) -> web.Response:
    company, person, actor = _commanded(request)
    desk = await request.app[AGENTS].of(company, person)
    return respond(await wish(desk, company, person, actor))


def _commanded(request: web.Request) -> tuple[str, str, str]:
    """The company, the person that is meant, and who asks, if he may."""
    visitor, company, person = request[VISITOR], company_of(request), request.match_info["person"]
    if not re.fullmatch(ID, person):
        raise not_found()
    if not visitor.may_command(company, person):
        raise not_allowed()
    return company, person, visitor.account
