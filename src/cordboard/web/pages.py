"""The pages, their files, the board as JSON, and the sign of life for whoever watches the process."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from cordboard.web.companies import company_of
from cordboard.web.console import BOARD, DEPLOY, LICENCES, MENUS, SIGN_IN, File
from cordboard.web.cookie import token_of
from cordboard.web.keys import ACCESS, CONSOLE, FEEDS, PATIENCE, SOCKETS, VISITOR
from cordboard.web.live import serve_live
from cordboard.web.problems import not_found
from cordboard.web.sight import sight_of

RETURNED_TO = ("deploy", "menus")
A_YEAR = "private, max-age=31536000, immutable"


async def board_page(request: web.Request) -> web.Response:
    """GET /"""
    return _file(request.app[CONSOLE].files[BOARD])


async def deploy_page(request: web.Request) -> web.Response:
    """GET /deploy"""
    return _file(request.app[CONSOLE].files[DEPLOY])


async def menus_page(request: web.Request) -> web.Response:
    """GET /menus"""
    return _file(request.app[CONSOLE].files[MENUS])


async def sign_in_page(request: web.Request) -> web.Response:
    """GET /sign-in: the page for who has no session, or only a one-time password to replace (`?step=password`). It
    leads to the live page, or back to another one who came from there and may see it (`?to=deploy`, `?to=menus`)."""
    visitor = await request.app[ACCESS].visitor(token_of(request))
    back = page_to_return_to(request.query.get("to", ""))
    if visitor is not None and not visitor.must_change:
        may_see = {"deploy": visitor.may_deploy(), "menus": visitor.may_oversee()}
        return web.Response(status=303, headers={"Location": f"/{back}" if may_see.get(back) else "/"})
    if (visitor is not None) != (request.query.get("step") == "password"):
        wanted = {**({"step": "password"} if visitor else {}), **({"to": back} if back else {})}
        query = f"?{urlencode(wanted)}" if wanted else ""
        return web.Response(status=303, headers={"Location": f"/sign-in{query}"})
    return _file(request.app[CONSOLE].files[SIGN_IN])


async def licences(request: web.Request) -> web.Response:
    """GET /LICENSES.txt: of the software and fonts in the console."""
    return _file(request.app[CONSOLE].files[LICENCES])


async def asset(request: web.Request) -> web.Response:
    """GET /assets/NAME"""
    file = request.app[CONSOLE].files.get(request.path.removeprefix("/"))
    if file is None:
        raise not_found()
    return _file(file, A_YEAR)


async def board_json(request: web.Request) -> web.Response:
    """GET: the whole board, as the live feed begins it."""
    feed = request.app[FEEDS].of(company_of(request), sight_of(request[VISITOR]))
    if feed is None:
        raise not_found()
    return web.Response(text=feed.snapshot(), content_type="application/json")


async def live(request: web.Request) -> web.StreamResponse:
    """GET, upgraded to a WebSocket: the board and its changes."""
    company = company_of(request)
    feed = request.app[FEEDS].of(company, sight_of(request[VISITOR]))
    if feed is None:
        raise not_found()
    if not web.WebSocketResponse().can_prepare(request):
        return web.Response(status=426, headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    return await serve_live(
        request,
        company,
        feed,
        request[VISITOR],
        access=request.app[ACCESS],
        sockets=request.app[SOCKETS],
        patience=request.app[PATIENCE],
    )


async def health(_: web.Request) -> web.Response:
    """GET: the process answers. It says nothing else."""
    return web.Response(text="ok")


def _file(file: File, cache: str = "no-cache") -> web.Response:
    return web.Response(
        body=file.content, headers={"Content-Type": f"{file.type}; charset=utf-8", "Cache-Control": cache}
    )


def page_to_return_to(name: str) -> str:
    """A page that a sign-in may lead to; "": the live page."""
    return name if name in RETURNED_TO else ""
