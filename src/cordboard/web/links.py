"""How well each switch is followed: its link's state, the counts of what was lost and mended, and what differs now."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from ami.comparison import Difference
from ami.errors import AmiError
from ami.models import LinkStatus
from cordboard.web.keys import BOARDS, VISITOR
from cordboard.web.problems import ProblemError, not_allowed, not_found


class Followed(Protocol):
    """What is asked of a link (`ami.client.SwitchLink`)."""

    node: str
    dropped: int
    strange: int
    drift: int
    resyncs: int

    @property
    def status(self) -> LinkStatus: ...

    async def compare(self) -> Sequence[Difference]: ...


LINKS: web.AppKey[Sequence[Followed]] = web.AppKey("links")


async def links(request: web.Request) -> web.Response:
    """GET: one object a switch. `unknown_since`: when what is shown of it stopped being true, null while it is true or
    never was. Counts since the daemon began: `lost` events that we did not take in time, `strange` events that
    contradicted what was known, `drift` differences that comparisons found (and mended), `relists`."""
    _check_may_inspect(request)
    stale_since = request.app[BOARDS].stale_since
    told = []
    for link in request.app[LINKS]:
        since = stale_since.get(link.node)
        unknown_since = None if since is None else round(since.timestamp(), 3)
        told.append(_as_json(link) | {"unknown_since": unknown_since})
    return web.json_response(told)


async def differences(request: web.Request) -> web.Response:
    """GET: where the live state and a fresh listing disagree, of every switch or of the one that `?node=` names; an
    empty list if nowhere."""
    _check_may_inspect(request)
    wanted = request.query.get("node")
    compared = [link for link in request.app[LINKS] if wanted in (None, link.node)]
    if wanted is not None and not compared:
        raise not_found()
    found = []
    for link in compared:
        try:
            found += [{"node": link.node} | dataclasses.asdict(each) for each in await link.compare()]
        except AmiError as error:
            words = f"The switch {link.node} did not answer."
            raise ProblemError(503, "switch-away", words, headers={"Retry-After": "5"}) from error
    return web.json_response(found)


def _check_may_inspect(request: web.Request) -> None:
    if not request[VISITOR].may_inspect():
        raise not_allowed()


def _as_json(link: Followed) -> dict[str, str | float | int | None]:
    status = link.status
    return {
        "node": link.node,
        "state": status.state,
        "reason": status.reason,
        "since": round(status.since.timestamp(), 3),
        "lost": link.dropped,
        "strange": link.strange,
        "drift": link.drift,
        "relists": link.resyncs,
    }
