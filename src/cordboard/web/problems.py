"""Errors as a client sees them: `application/problem+json` (RFC 9457), never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web


class ProblemError(Exception):
    """What a handler raises to refuse: the status, a short code for programs, a sentence for people.

    `more` holds further members of the document, `headers` those of the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    def response(self) -> web.Response:
        """The document."""
        document = {
            "type": f"urn:cordboard:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        return web.Response(
            status=self.status,
            text=json.dumps(document, ensure_ascii=False),
            content_type="application/problem+json",
            headers=self.headers,
        )


def not_signed_in() -> ProblemError:
    return ProblemError(401, "not-signed-in", "Sign in first.")


def must_set_password() -> ProblemError:
    return ProblemError(403, "must-set-password", "Replace the one-time password by one of your own first.")


def not_allowed() -> ProblemError:
    return ProblemError(403, "not-allowed", "Your account may not do this.")


def not_found() -> ProblemError:
    return ProblemError(404, "not-found", "There is no such thing, or it is not yours to see.")


def too_many(seconds: float, detail: str) -> ProblemError:
    """`seconds` until a new attempt is heard; rounded up."""
    whole = max(1, -int(-seconds // 1))
    return ProblemError(429, "too-many", detail, more={"seconds": whole}, headers={"Retry-After": str(whole)})


def of_http_error(error: web.HTTPException) -> ProblemError:
    """One of aiohttp's own errors, without what it would tell of the insides."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    phrase = HTTPStatus(error.status).phrase
    return ProblemError(error.status, phrase.lower().replace(" ", "-"), f"{phrase}.", headers=headers)
