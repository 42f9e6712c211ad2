"""How well each switch is followed: its link's state, and the counts of what was lost and mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from ami.models import LinkStatus
from cordboard.web.keys import VISITOR
from cordboard.web.problems import not_allowed


class Followed(Protocol):
    """What is asked of a link (`ami.client.SwitchLink`)."""

    node: str
    dropped: int
    strange: int
    drift: int
    resyncs: int

    @property
    def status(self) -> LinkStatus: ...


LINKS: web.AppKey[Sequence[Followed]] = web.AppKey("links")


async def links(request: web.Request) -> web.Response:
    """GET: one object a switch. Counts since the daemon began: `lost` events that we did not take in time, `strange`
    events that contradicted what was known, `drift` differences that comparisons found (and mended), `relists`."""
    if not request[VISITOR].may_inspect():
        raise not_allowed()
    return web.json_response([_as_json(link) for link in request.app[LINKS]])


def _as_json(link: Followed) -> dict[str, str | float | int]:
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
