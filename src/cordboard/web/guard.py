"""What every request passes before its handler: refused unless its route says otherwise.

From the outside in: headers that tell the browser to be strict, errors as problems, the encoding, the origin of
actions, the session.
"""

from __future__ import annotations

import logging
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler

from cordboard.desk.access import Visitor
from cordboard.desk.errors import DatabaseAway, NoSuchCompany
from cordboard.web.cookie import token_of
from cordboard.web.keys import ACCESS, ACTIONS, LOOKS, NEEDS, ORIGINS, VISITOR, Needs
from cordboard.web.pages import page_to_return_to
from cordboard.web.problems import (
    ProblemError,
    must_set_password,
    not_allowed,
    not_found,
    not_signed_in,
    of_http_error,
    too_many,
)

log = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD"})
PAGE_OF_STRANGERS = "/sign-in"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def strict_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal on each response: the headers that hold for all of them."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.pop("Server", None)
    if request.app[ORIGINS].is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever goes wrong into a problem document; a page that needs a sign-in leads there."""
    try:
        return await handler(request)
    except ProblemError as error:
        return _answer(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer(request, of_http_error(error))
    except NoSuchCompany:
        return _answer(request, not_found())
    except DatabaseAway:
        return ProblemError(
            503, "database-away", "The database cannot be reached.", headers={"Retry-After": "5"}
        ).response()
    except Exception as error:
        if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            log.debug("a client left", extra={"route": _route(request)})
            return ProblemError(400, "left", "The client left.").response()
        incident = secrets.token_hex(4)
        log.exception("a request failed", extra={"incident": incident, "route": _route(request)})
        return ProblemError(
            500, "failed", "Cordboard could not do this. The log tells why.", more={"incident": incident}
        ).response()


def _answer(request: web.Request, error: ProblemError) -> web.Response:
    wants_page = request.method in SAFE and "text/html" in request.headers.get("Accept", "")
    if wants_page and error.code in ("not-signed-in", "must-set-password"):
        back = page_to_return_to(request.path.removeprefix("/"))
        return web.Response(status=303, headers={"Location": PAGE_OF_STRANGERS + (f"?to={back}" if back else "")})
    return error.response()


@web.middleware
async def encoding(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing that is asked here is long enough to be compressed."""
    if "Content-Encoding" in request.headers:
        raise ProblemError(415, "encoded", "Send the request as it is, without Content-Encoding.")
    return await handler(request)


@web.middleware
async def origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No other site's page acts in the name of who is signed in here."""
    acts = request.method not in SAFE or request.headers.get("Upgrade", "").lower() == "websocket"
    if acts and not request.app[ORIGINS].admit(request):
        detail = "The request does not come from a page of this server, by the address that web_url says."
        raise ProblemError(403, "foreign-origin", detail)
    return await handler(request)


@web.middleware
async def session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Default deny: a route that is not in the table, or does not exist, is for nobody who is not signed in."""
    needs = request.app[NEEDS].get(request.match_info.route, Needs.SIGNED_IN)
    if needs is not Needs.NOTHING:
        visitor = await request.app[ACCESS].visitor(token_of(request))
        if visitor is None:
            raise not_signed_in()
        if visitor.must_change and needs is not Needs.SESSION:
            raise must_set_password()
        if (needs is Needs.DEPLOYS and not visitor.may_deploy()) or (
            needs is Needs.OVERSEES and not visitor.may_oversee()
        ):
            raise not_allowed()
        _check_pace(request, visitor)
        request[VISITOR] = visitor
    return await handler(request)


def _check_pace(request: web.Request, visitor: Visitor) -> None:
    if request.method not in SAFE:
        if wait := request.app[ACTIONS].wait(visitor.session):
            raise too_many(wait, "Too many actions at once.")
    elif request.path.startswith("/api/") and (wait := request.app[LOOKS].wait(visitor.account)):
        raise too_many(wait, "Too many questions at once.")


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "?"
