"""The session's token in the browser: a cookie that no script reads and no other site sends."""

from __future__ import annotations

from aiohttp import web

from cordboard.web.keys import ORIGINS

LONGEST_TOKEN = 128


def _name(request: web.Request) -> str:
    # The prefix makes browsers refuse the cookie unless it is Secure, of this host alone and of the whole path.
    return "__Host-cordboard" if request.app[ORIGINS].is_secure else "cordboard"


def token_of(request: web.Request) -> str:
    """The token that the browser sent; empty if there is none."""
    token = request.cookies.get(_name(request), "")
    return token if len(token) <= LONGEST_TOKEN else ""


def give(request: web.Request, response: web.StreamResponse, token: str, seconds: int) -> None:
    """Let the browser keep the token for `seconds`."""
    response.set_cookie(
        _name(request),
        token,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=request.app[ORIGINS].is_secure,
    )


def take_back(request: web.Request, response: web.StreamResponse) -> None:
    """Let the browser forget it."""
    response.del_cookie(
        _name(request), path="/", httponly=True, samesite="Strict", secure=request.app[ORIGINS].is_secure
    )
