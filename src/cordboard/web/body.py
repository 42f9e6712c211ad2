"""What a client sends, read with a limit of size and of time, checked against a model."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, datetime
from typing import TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from cordboard.web.problems import ProblemError

log = logging.getLogger(__name__)
ID = r"[a-z][a-z0-9-]{0,39}"
"""The id of something in a company file."""
LONGEST_BODY = 16 * 1024
PATIENCE = 10.0
FIRST_YEAR, LAST_YEAR = 2000, 2100
LAST_VERSION = 999_999_999
"""Of menus: what databases hold as a number, and nobody publishes so often."""


def is_near(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


def _near(at: datetime) -> datetime:
    if not is_near(at):
        raise ValueError(f"a moment of the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


NEAR = AfterValidator(_near)
"""Clocks and calendars of far years are nobody's, and the last of them have no other time zone."""


class Body(BaseModel):
    """The base of what clients send: nothing unknown, no conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Nothing(Body):
    """All is said by the path."""


B = TypeVar("B", bound=Body)


async def read_body(request: web.Request, model: type[B], longest: int = LONGEST_BODY) -> B:
    """`longest`: bytes. Raises: ProblemError 400, 408, 413, 415, 422."""
    if request.content_type != "application/json":
        raise ProblemError(415, "not-json", "Send application/json.")
    try:
        async with asyncio.timeout(PATIENCE):
            raw = await request.clone(client_max_size=longest).read()
    except TimeoutError:
        raise ProblemError(408, "too-slow", "The request took too long to arrive.") from None
    except (ConnectionError, HttpProcessingError, web.RequestPayloadError) as error:
        log.debug("a body did not arrive whole", extra={"reason": type(error).__name__})
        raise ProblemError(400, "malformed", "The request did not arrive whole.") from None
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        problems = [
            {"where": "/".join(map(str, found["loc"])), "what": found["msg"]}
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        is_malformed = any(found["type"] == "json_invalid" for found in error.errors(include_url=False))
        status, code = (400, "malformed") if is_malformed else (422, "invalid")
        raise ProblemError(status, code, "The request is not as expected.", more={"problems": problems}) from None
