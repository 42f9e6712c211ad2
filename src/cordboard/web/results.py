"""How a request about an agent or a call ended, as a response."""

from __future__ import annotations

from aiohttp import web

from cordboard.desk.calls import NOT_HIS_CALL
from cordboard.desk.requests import NOT_HIS_PHONE
from cordboard.desk.results import Done, Refused, Result
from cordboard.web.problems import ProblemError, not_allowed

STATUSES = {"unknown_call": 404, "switch_away": 503}


def respond(result: Result) -> web.Response:
    """200 with what came of it, or 202 for what is not known yet. Raises: ProblemError for what was refused."""
    if isinstance(result, Done):
        return web.json_response({"outcome": "done", "warnings": result.warnings, **result.told})
    if isinstance(result, Refused):
        if result.reason in (NOT_HIS_CALL, NOT_HIS_PHONE):
            raise not_allowed()
        status = STATUSES.get(result.reason, 409)
        headers = {"Retry-After": "5"} if status == 503 else None
        raise ProblemError(status, "refused", result.words, more={"reason": result.reason}, headers=headers)
    return web.json_response({"outcome": "unknown", "reason": result.reason, "detail": result.words}, status=202)
