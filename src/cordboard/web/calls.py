"""What may be asked about calls: which are up, and every command on them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import Field

from ami.conversation import Direction
from ami.models import LinkState, LinkStatus
from cordboard.desk.call_cards import open_call_card
from cordboard.desk.calls import HIGHEST_PRIORITY, Asker, asker_of
from cordboard.desk.live_calls import Sight
from cordboard.desk.once import KeyReusedError
from cordboard.desk.open_calls import OpenCall
from cordboard.desk.results import Result
from cordboard.web.body import ID, Body, Nothing, read_body
from cordboard.web.companies import company_of
from cordboard.web.keys import BOARDS, CALLS, ONCE, VISITOR, CallDesk
from cordboard.web.problems import ProblemError, not_allowed, not_found
from cordboard.web.results import respond
from cordboard.web.sight import sight_of

PLACE = rf"(?:queue:|person:)?{ID}|\+[1-9][0-9]{{5,14}}|[0-9*#]{{1,12}}"
KEY = re.compile(r"[!-~]{1,200}")

Wish = Callable[[str, str, Asker], Awaitable[Result]]
"""A command of the desk, by the ids of a company and of a call."""
Handler = Callable[[web.Request], Awaitable[web.Response]]


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
    """GET: the calls that are up, the oldest first; `unknown`: the switches of which nobody knows, since when."""
    calls, links = await _seen(request)
    stale_since = request.app[BOARDS].stale_since
    unknown = [
        {"node": node, "since": round(stale_since.get(node, status.since).timestamp(), 3)}
        for node, status in links.items()
        if status.state is not LinkState.LIVE
    ]
    if len(unknown) == len(links):
        raise _away()
    now = datetime.now(UTC)
    return web.json_response({"calls": [_card(one, now) for one in calls], "unknown": unknown})


async def show_call(request: web.Request) -> web.Response:
    """GET: one call."""
    wanted, node = _id(request), request.match_info["node"]
    calls, links = await _seen(request)
    if node in links and links[node].state is not LinkState.LIVE:
        raise _away()
    for one in calls:
        if str(one.id) == wanted:
            return web.json_response(_card(one, datetime.now(UTC)))
    raise not_found()


async def _seen(request: web.Request) -> tuple[Sequence[OpenCall], Mapping[str, LinkStatus]]:
    """The calls that the visitor is shown, and how each switch is followed."""
    calls, links = await _desk(request).all(company_of(request))
    if sight_of(request[VISITOR]) < Sight.SPYING:
        calls = tuple(one for one in calls if one.conversation.direction is not Direction.SPYING)
    return calls, links


def _card(one: OpenCall, now: datetime) -> dict[str, Any]:
    return dataclasses.asdict(open_call_card(one, now))


def _away() -> ProblemError:
    return ProblemError(503, "switch-away", "Asterisk is not followed right now.", headers={"Retry-After": "5"})


async def originate(request: web.Request) -> web.Response:
    """POST: ring the phone where `person` sits, then dial `number` from there."""
    wanted, desk = await read_body(request, Dial), _desk(request)
    return await _answered(
        request,
        wanted,
        lambda company, _, asker: desk.originate(company, wanted.person, wanted.number, asker),
    )


def _plain(command: Callable[[CallDesk], Wish]) -> Handler:
    """The handler of a command that needs to know the call alone."""

    async def handle(request: web.Request) -> web.Response:
        return await _answered(request, await read_body(request, Nothing), command(_desk(request)))

    return handle


hang_up = _plain(lambda desk: desk.hang_up)
"""POST: end the call."""
cancel = _plain(lambda desk: desk.cancel)
"""POST: end an attended transfer, back with the caller."""
complete = _plain(lambda desk: desk.complete)
"""POST: end an attended transfer by connecting the two."""
park = _plain(lambda desk: desk.park)
"""POST: let the caller wait with music; told: `slot`, and what to `dial` for him."""
withdraw = _plain(lambda desk: desk.withdraw)
"""POST: take the caller out of the queue; he goes on as one who waited too long."""


async def transfer(request: web.Request) -> web.Response:
    """POST: send the caller `to` a queue, a person, an extension or an outside number; `attended`: ask there first."""
    wanted, desk = await read_body(request, Transfer), _desk(request)
    send = desk.consult if wanted.attended else desk.transfer
    return await _answered(request, wanted, lambda company, call, asker: send(company, call, wanted.to, asker))


async def fetch(request: web.Request) -> web.Response:
    """POST: ring a phone and connect it with a parked caller; that of `person`, or one's own."""
    wanted, desk = await read_body(request, Fetch), _desk(request)
    person = wanted.person or request[VISITOR].person
    return await _answered(
        request, wanted, lambda company, call, asker: desk.fetch(company, call, asker, person=person)
    )


async def prioritise(request: web.Request) -> web.Response:
    """POST: give the waiting caller another `priority`."""
    wanted, desk = await read_body(request, Priority), _desk(request)
    return await _answered(
        request, wanted, lambda company, call, asker: desk.prioritise(company, call, wanted.priority, asker)
    )


async def move(request: web.Request) -> web.Response:
    """POST: put the waiting caller into another `queue`, at the place that his waiting earns."""
    wanted, desk = await read_body(request, Move), _desk(request)
    return await _answered(request, wanted, lambda company, call, asker: desk.move(company, call, wanted.queue, asker))


async def _answered(request: web.Request, wanted: Body, wish: Wish) -> web.Response:
    visitor, company = request[VISITOR], company_of(request)
    call = _id(request) if "node" in request.match_info else ""

    def ask(mark: str) -> Awaitable[Result]:
        asker = asker_of(visitor, mark)
        if asker is None:
            raise not_allowed()
        return wish(company, call, asker)

    key = request.headers.get("Idempotency-Key")
    if key is None:
        return respond(await ask(""))
    once = request.app[ONCE]
    if once is None or not KEY.fullmatch(key):
        raise ProblemError(400, "bad-key", "An Idempotency-Key is 1 to 200 visible ASCII characters.")
    try:
        whole = (request.path, wanted)
        return respond(await once.answer(company, visitor.account, key, whole, ask))
    except KeyReusedError:
        raise ProblemError(422, "key-reused", "This Idempotency-Key stands for another request already.") from None


def _desk(request: web.Request) -> CallDesk:
    desk = request.app[CALLS]
    if desk is None:
        raise not_found()
    return desk


def _id(request: web.Request) -> str:
    return f"{request.match_info['node']}/{request.match_info['uniqueid']}"
