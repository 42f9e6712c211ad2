"""Signing in and out, and the first password of one's own."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from cordboard.desk.access import LIFE, SignedIn, SignInRefused, TooManyAttempts, Visitor, WeakPassword
from cordboard.web import cookie
from cordboard.web.body import Body, read_body
from cordboard.web.keys import ACCESS, BOARDS, SOCKETS, VISITOR
from cordboard.web.problems import ProblemError, too_many


class Credentials(Body):
    account: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000)


class NewPassword(Body):
    password: str = Field(max_length=1000)
    current: str = Field(default="", max_length=1000)


async def sign_in(request: web.Request) -> web.Response:
    """POST: open a session."""
    credentials = await read_body(request, Credentials)
    try:
        signed_in = await request.app[ACCESS].sign_in(
            credentials.account, credentials.password, request.remote or "unknown"
        )
    except TooManyAttempts as error:
        raise too_many(error.seconds, "Too many attempts.") from None
    except SignInRefused:
        raise ProblemError(403, "sign-in-refused", "Account or password is wrong.") from None
    return _welcome(request, signed_in)


async def set_password(request: web.Request) -> web.Response:
    """POST: a password of one's own; all other sessions of the account end."""
    visitor = request[VISITOR]
    wanted = await read_body(request, NewPassword)
    try:
        signed_in = await request.app[ACCESS].set_password(
            visitor, wanted.password, current=wanted.current, address=request.remote or "unknown"
        )
    except WeakPassword as error:
        raise ProblemError(
            422, "weak-password", "This password will not do.", more={"weakness": error.weakness}
        ) from None
    except TooManyAttempts as error:
        raise too_many(error.seconds, "Too many attempts.") from None
    except SignInRefused:
        raise ProblemError(403, "sign-in-refused", "The current password is wrong.") from None
    request.app[SOCKETS].end_account(visitor.account)
    return _welcome(request, signed_in)


async def sign_out(request: web.Request) -> web.Response:
    """POST: end the session, here and in all its pages."""
    visitor = request[VISITOR]
    await request.app[ACCESS].sign_out(visitor)
    request.app[SOCKETS].end_session(visitor)
    response = web.Response(status=204)
    cookie.take_back(request, response)
    return response


async def show_session(request: web.Request) -> web.Response:
    """GET: who is signed in, and which companies there are to see."""
    return web.json_response(_described(request, request[VISITOR]))


def _welcome(request: web.Request, signed_in: SignedIn) -> web.Response:
    response = web.json_response(_described(request, signed_in.visitor))
    cookie.give(request, response, signed_in.token, int(LIFE.total_seconds()))
    return response


def _described(request: web.Request, visitor: Visitor) -> dict[str, object]:
    companies = [
        {"id": company, "name": name}
        for company, name in request.app[BOARDS].companies.items()
        if visitor.may_see(company)
    ]
    return {
        "account": visitor.account,
        "role": str(visitor.role),
        "person": visitor.person,
        "must_set_password": visitor.must_change,
        "may_deploy": visitor.may_deploy(),
        "companies": companies,
    }
