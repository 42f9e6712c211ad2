"""Which company a request is about: the visitor's own, the only one there is, or the one that it names."""

from __future__ import annotations

from aiohttp import web

from cordboard.web.keys import BOARDS, VISITOR
from cordboard.web.problems import ProblemError, not_found


def company_of(request: web.Request) -> str:
    """The company by `?company=`, else the only one. Raises: ProblemError 404; 400 when there are several."""
    visitor = request[VISITOR]
    visible = [company for company in request.app[BOARDS].companies if visitor.may_see(company)]
    named = request.query.get("company")
    if named is not None:
        if named not in visible:
            raise not_found()
        return named
    if len(visible) > 1:
        raise ProblemError(400, "which-company", "There are several companies: name one with ?company=ID.")
    if not visible:
        raise not_found()
    return visible[0]
