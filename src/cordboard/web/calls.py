"""What may be asked about calls: which are up, and every command on them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from pydantic import Field

from ami.models import LinkState
from cordboard.desk.call_cards import call_card
from cordboard.desk.calls import HIGHEST_PRIORITY, NOT_HIS_CALL, Asker, asker_of
from cordboard.desk.once import KeyReusedError
from cordboard.desk.results import Done, Refused, Result
from cordboard.web.body import Body, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import CALLS, ONCE, VISITOR, CallDesk
from cordboard.web.problems import ProblemError, not_allowed, not_found

ID = r"[a-z][a-z0-9-]{0,39}"
PLACE = r"(?:queue:|person:)?[a-z][a-z0-9-]{0,39}|\+[1-9][0-9]{5,14}|[0-9*#]{1,12}"
KEY = re.compile(r"[!-~]{1,200}")
B = TypeVar("B", bound=Body)


class Nothing(Body):
    pass


class Dial(Body):
    person: str = Field(pattern=f"^{ID}$")
    number: str = Field(min_length=1, max_length=30)


class Transfer(Body):
    to: str = Field(pattern=f"^(?:{PLACE})$")
    attended: bool = False


class Fetch(Body):
    person: str | None = Field(default=None, pattern=f"^{ID}$")


class Priority(Body):
    priority: int = Field(ge=0, le=HIGHEST_PRIORITY)


class Move(Body):
    queue: str = Field(pattern=f"^(?:{ID}|[0-9*#]{{1,12}})$")


async def list_calls(request: web.Request) -> web.Response:
    """GET: the calls that are up, the oldest first."""
    return web.json_response({"calls": await _cards(request)})


async def show_call(request: web.Request) -> web.Response:
    """GET: one call."""
    wanted = _id(request)
    for card in await _cards(request):
        if card["id"] == wanted:
            return web.json_response(card)
    raise not_found()


async def _cards(request: web.Request) -> list[dict[str, Any]]:
    calls, state = await _desk(request).all(company_of(request))
    if state is not LinkState.LIVE:
        raise ProblemError(503, "switch-away", "Asterisk is not followed right now.", headers={"Retry-After": "5"})
    now = datetime.now(UTC)
    return [dataclasses.asdict(call_card(one, now)) for one in calls]


async def originate(request: web.Request) -> web.Response:
    """POST: ring the phone where `person` sits, then dial `number` from there."""
    wanted = await read_body(request, Dial)
    return await _answered(
        request,
        wanted,
        lambda desk, company, _, asker: desk.originate(company, wanted.person, wanted.number, asker),
    )


async def hang_up(request: web.Request) -> web.Response:
    """POST: end the call."""
    wanted = await read_body(request, Nothing)
    return await _answered(request, wanted, lambda desk, company, call, asker: desk.hang_up(company, call, asker))


async def transfer(request: web.Request) -> web.Response:
    """POST: send the caller `to` a queue, a person, an extension or an outside number; `attended`: ask there first."""
    wanted = await read_body(request, Transfer)

    def wish(desk: CallDesk, company: str, call: str, asker: Asker) -> Awaitable[Result]:
        return (desk.consult if wanted.attended else desk.transfer)(company, call, wanted.to, asker)

    return await _answered(request, wanted, wish)


async def cancel(request: web.Request) -> web.Response:
    """POST: end an attended transfer, back with the caller."""
    wanted = await read_body(request, Nothing)
    return await _answered(request, wanted, lambda desk, company, call, asker: desk.cancel(company, call, asker))


async def complete(request: web.Request) -> web.Response:
    """POST: end an attended transfer by connecting the two."""
    wanted = await read_body(request, Nothing)
    return await _answered(request, wanted, lambda desk, company, call, asker: desk.complete(company, call, asker))


async def park(request: web.Request) -> web.Response:
    """POST: let the caller wait with music; told: `slot`, and what to `dial` for him."""
    wanted = await read_body(request, Nothing)
    return await _answered(request, wanted, lambda desk, company, call, asker: desk.park(company, call, asker))


async def fetch(request: web.Request) -> web.Response:
    """POST: ring a phone and connect it with a parked caller; that of `person`, or one's own."""
    wanted = await read_body(request, Fetch)

    def wish(desk: CallDesk, company: str, call: str, asker: Asker) -> Awaitable[Result]:
        person = wanted.person or request[VISITOR].person
        return desk.fetch(company, call, asker, person=person)

    return await _answered(request, wanted, wish)


async def withdraw(request: web.Request) -> web.Response:
    """POST: take the caller out of the queue; he goes on as one who waited too long."""
    wanted = await read_body(request, Nothing)
    return await _answered(request, wanted, lambda desk, company, call, asker: desk.withdraw(company, call, asker))


async def prioritise(request: web.Request) -> web.Response:
    """POST: give the waiting caller another `priority`."""
    wanted = await read_body(request, Priority)
    return await _answered(
        request,
        wanted,
        lambda desk, company, call, asker: desk.prioritise(company, call, wanted.priority, asker),
    )


async def move(request: web.Request) -> web.Response:
    """POST: put the waiting caller into another `queue`, at the place that his waiting earns."""
    wanted = await read_body(request, Move)
    return await _answered(
        request, wanted, lambda desk, company, call, asker: desk.move(company, call, wanted.queue, asker)
    )


Wish = Callable[[CallDesk, str, str, Asker], Awaitable[Result]]


async def _answered(request: web.Request, wanted: Body, wish: Wish) -> web.Response:
    visitor, company, desk = request[VISITOR], company_of(request), _desk(request)
    call = _id(request) if "node" in request.match_info else ""

    def ask(mark: str) -> Awaitable[Result]:
        asker = asker_of(visitor, mark)
        if asker is None:
            raise not_allowed()
        return wish(desk, company, call, asker)

    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _response(await ask(""))
    once = request.app[ONCE]
    if once is None or not KEY.fullmatch(key):
        raise ProblemError(400, "bad-key", "An Idempotency-Key is 1 to 200 visible ASCII characters.")
    try:
        whole = (request.path, wanted)
        return _response(await once.answer(company, visitor.account, key, whole, ask))
    except KeyReusedError:
        raise ProblemError(422, "key-reused", "This Idempotency-Key stands for another request already.") from None


def _response(result: Result) -> web.Response:
    if isinstance(result, Done):
        return web.json_response({"outcome": "done", "warnings": result.warnings, **result.told})
    if isinstance(result, Refused):
        if result.reason == NOT_HIS_CALL:
            raise not_allowed()
        status = {"unknown_call": 404, "switch_away": 503}.get(result.reason, 409)
        headers = {"Retry-After": "5"} if status == 503 else None
        raise ProblemError(status, "refused", result.words, more={"reason": result.reason}, headers=headers)
    return web.json_response({"outcome": "unknown", "reason": result.reason, "detail": result.words}, status=202)


def _desk(request: web.Request) -> CallDesk:
    desk = request.app[CALLS]
    if desk is None:
        raise not_found()
    return desk


def _id(request: web.Request) -> str:
    return f"{request.match_info['node']}/{request.match_info['uniqueid']}"
