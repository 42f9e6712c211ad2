"""Calls back who asked for it: somebody stands in for him in the queue, in his place, and once an agent has answered
the dialplan dials him.

Who stands in is a call from the switch to itself, named after the request, so that the switch refuses a second one and
a Cordboard that was started again knows it. Order, skills and who is rung stay app_queue's; whether the customer was
dialled, and what came of it, the switch keeps itself. Nothing here calls a customer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from agi.flow.routing import Wish
from agi.flow.schedule import Schedule
from ami.actions import ForgetKept, Getvar, Hangup, KeptValue, Originate
from ami.errors import ActionRefused, LinkDown, OutcomeUnknown
from ami.models import DeviceState, LinkState, Queue, Snapshot, Waiting
from cordboard.desk.asking import Link
from cordboard.desk.callback_results import NOT_THERE, after_a_placing, given_up
from cordboard.desk.destinations import DESK
from cordboard.desk.requests import note
from cordboard.desk.sights import Live
from cordboard.documents.flow import schedule_of
from cordboard.journal.companies import Companies
from cordboard.store.callbacks import TOO_LATE, Callback, CallbackState, callbacks_of_node, change_callback
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.skills import queue_with
from cordboard.store.values import Company, Hours

log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at the requests."""
GRACE = timedelta(seconds=15)
"""For which a call that was asked for may not be seen yet."""
LONGEST_WAIT = 86_400.0
"""Seconds for which somebody may stand in."""
ACTOR = "cordboard run"
FAMILY = "cordboard-callback"
_NOBODY_THERE = frozenset({DeviceState.UNKNOWN, DeviceState.INVALID, DeviceState.UNAVAILABLE})


class CallingBack:
    """The callbacks of one switch. `run()` is a task."""

    def __init__(
        self,
        store: Store,
        link: Link,
        live: Live,
        *,
        node: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._link = link
        self._live = live
        self._node = node
        self._clock = clock
        self._companies = Companies()
        self._seen: set[str] = set()
        """Who stands in for somebody, and was seen to."""
        self._trouble = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
                trouble = ""
            except LinkDown:
                trouble = ""  # the next relist brings the next look
            except (StoreError, ActionRefused, OutcomeUnknown) as error:
                trouble = str(error)
            if trouble and trouble != self._trouble:
                log.warning("callers are not called back right now", extra={"reason": trouble})
            self._trouble = trouble
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Do for each request what is due, in the order in which they were asked for. Raises: StoreError, LinkDown,
        ActionRefused, OutcomeUnknown."""
        async with self._store.reading() as session:
            requests = await callbacks_of_node(session, self._node)
            companies = await self._companies.named(session, {each.company for each in requests})
        self._seen &= {each.placed_as for each in requests}
        standing = {_half(each.placed_as): each for each in requests if each.placed is not None}
        for request in requests:
            snapshot = self._live.snapshot()
            if snapshot.link.state is not LinkState.LIVE:
                return
            company = companies.get(request.company)
            over = self._is_over(request, company)
            is_open = company is not None and not over and self._is_open(request, company)
            if request.placed is not None:
                await self._see_to(request, request.placed, snapshot, is_wanted=is_open and request.is_open)
            elif over:
                await self._change(request, given_up(request, over, self._clock()))
            elif company is not None and is_open and self._clock() >= request.due:
                await self._place(request, company, snapshot, standing)

    # --- who stands in for somebody

    async def _see_to(self, request: Callback, since: datetime, snapshot: Snapshot, *, is_wanted: bool) -> None:
        here = next((leg for leg in snapshot.channels if leg.uniqueid == request.placed_as), None)
        if here is not None:
            self._seen.add(request.placed_as)
            waits = any(each.call == _half(request.placed_as) for each in _waiting(snapshot.queues))
            if waits and not is_wanted:
                await self._link.act(Hangup(here.name))
        elif request.placed_as in self._seen or self._clock() - since >= GRACE:
            kept = await self._kept(request)
            after = after_a_placing(request, kept, self._clock())
            if await self._change(request, after):
                await self._forget(request)

    async def _kept(self, request: Callback) -> str:
        """What the switch keeps of the customer's being dialled."""
        try:
            (row, *_) = await self._link.list(KeptValue(FAMILY, str(request.id)))
        except ActionRefused:
            return ""
        return row.value

    async def _forget(self, request: Callback) -> None:
        with suppress(ActionRefused):  # nothing is kept
            await self._link.act(ForgetKept(FAMILY, str(request.id)))

    async def _place(
        self, request: Callback, company: Company, snapshot: Snapshot, standing: dict[str, Callback]
    ) -> None:
        wish = Wish.parse(request.wants)
        queue = company.queues[_queue_for(request, company, wish)]
        name = company.switch_name(queue.id)
        line = next((each for each in snapshot.queues if each.name == name), None)
        if line is None or not _somebody_is_there(line) or self._is_settling(request, snapshot, standing):
            return
        right = f"{company.id}.{request.outgoing}"
        if not await self._has_door(right):
            return
        now, placing = self._clock(), request.placings + 1
        uniqueid = f"{self._node}-{int(request.asked.timestamp())}.r{request.id}x{placing}"
        placed = replace(request, state=CallbackState.PLACED, placed=now, placed_as=uniqueid, placings=placing)
        if not await self._change(request, placed):
            return
        priority = queue.priority if wish.priority is None else wish.priority
        variables = {
            "CB_CALLBACK": str(request.id),
            "CB_CUSTOMER": request.number,
            "CB_FROM": _shown(request, company),
            "CB_RIGHT": right,
            "CB_LANGUAGE": request.language,
            "CB_WANTS": quote(request.wants, safe=""),
            "CB_TO": company.switch_name(request.queue),
            "CB_POSITION": str(_position(line.waiting, -priority, request.asked, standing)),
        }
        standing[_half(uniqueid)] = placed
        # What is kept from now on is about this call.
        await self._forget(request)
        await self._link.act(
            Originate(
                f"Local/stand-in@{DESK}/n",
                DESK,
                "call-back",
                timeout=LONGEST_WAIT,
                channel_id=uniqueid,
                other_channel_id=_half(uniqueid),
                variables=variables,
            )
        )

    def _is_settling(self, request: Callback, snapshot: Snapshot, standing: Mapping[str, Callback]) -> bool:
        """Is somebody on the way to the line for whom this one would have to wait to be behind him?"""
        here = {each.call for each in _waiting(snapshot.queues)}
        return any(
            (other.company, other.queue) == (request.company, request.queue)
            and half not in here
            and other.placed_as not in self._seen
            and other.placed is not None
            and self._clock() - other.placed < GRACE
            for half, other in standing.items()
        )

    async def _has_door(self, right: str) -> bool:
        """Does the generation in force know how callers are called back by this permission?"""
        return (await self._link.act(Getvar(f"DIALPLAN_EXISTS({DESK},by-{right},1)"))).value == "1"

    # --- what is so

    def _is_over(self, request: Callback, company: Company | None) -> str:
        """Why he is not called back any more; "" if he is."""
        if self._clock() >= request.expires:
            return TOO_LATE
        there = company is not None and (
            request.queue in company.queues
            and request.outgoing in company.outgoing
            and request.hours in company.hours
            and bool(company.dids)
        )
        return "" if there else NOT_THERE

    def _is_open(self, request: Callback, company: Company) -> bool:
        now = self._clock()
        return _schedule(company.hours[request.hours], now.year).is_open(now)

    async def _change(self, before: Callback, after: Callback) -> bool:
        """Was it as it was seen? Ends are audited."""
        async with self._store.transaction() as session:
            changed = await change_callback(session, before, after)
            if changed is not None and changed.ended is not None and before.is_open:
                detail = f"{changed.result}, {changed.attempts} of {changed.tries} attempts"
                action = f"callback.{changed.state}"
                await note(session, changed.company, changed.ended, ACTOR, action, str(changed.id), detail)
        return changed is not None


@lru_cache(maxsize=64)
def _schedule(hours: Hours, year: int) -> Schedule:
    # Its own clock may be in another year than this one.
    return schedule_of(hours, range(year - 1, year + 2))


def _half(uniqueid: str) -> str:
    """The half of the call that waits in the queue, of the one that becomes the customer's."""
    return f"{uniqueid}s"


def _waiting(queues: Iterable[Queue]) -> Iterable[Waiting]:
    return (each for queue in queues for each in queue.waiting)


def _queue_for(request: Callback, company: Company, wish: Wish) -> str:
    """As the route script will find it."""
    if not wish.skills:
        return request.queue
    return queue_with({each.id: each.skills for each in company.queues.values()}, request.queue, wish.skills) or (
        request.queue
    )


def _somebody_is_there(queue: Queue) -> bool:
    """Is anybody there as callers of the queue are let in for: who is in a call, or paused, comes back. Until then who
    stands in keeps the place, and nobody is rung."""
    return any(member.status not in _NOBODY_THERE for member in queue.members)


def _position(line: Iterable[Waiting], rank: int, asked: datetime, standing: Mapping[str, Callback]) -> int:
    """Where he would stand had he waited there himself; who stands in for others does so since they asked."""
    since = {half: other.asked for half, other in standing.items()}
    return 1 + sum((-each.priority, since.get(each.call, each.joined)) < (rank, asked) for each in line)


def _shown(request: Callback, company: Company) -> str:
    """The number that the customer sees: the one that he called, else the first of the company."""
    did = company.dids.get(request.did) or next(iter(company.dids.values()))
    return did.number
