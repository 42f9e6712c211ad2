"""Requests to be called back, as people see and cancel them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from cordboard.desk.access import utc_now
from cordboard.desk.callback_results import cancelled
from cordboard.desk.errors import store_errors
from cordboard.desk.requests import note
from cordboard.desk.results import Done, Refused, Result
from cordboard.store.callbacks import (
    Callback,
    CallbackState,
    change_callback,
    delete_callbacks_over,
    find_callback,
    list_callbacks,
)
from cordboard.store.engine import Store

CHANGED = Refused("changed_meanwhile", "It was changed by somebody else meanwhile: nothing was done, try again.")


@dataclass(frozen=True, slots=True)
class CallbackCard:
    """One request. `call` is the id of the call in which it was asked for, `called` that of the last call back, ""
    before there is one."""

    id: int
    state: str
    number: str
    queue: str
    did: str
    language: str
    asked: datetime
    expires: datetime
    due: datetime
    attempts: int
    tries: int
    result: str
    ended: datetime | None
    call: str
    called: str


class Callbacks:
    """What is asked of the requests of a company. Raises DatabaseAway."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock

    async def all(
        self, company: str, states: Collection[CallbackState] | None = None, limit: int = 200
    ) -> tuple[CallbackCard, ...]:
        """The latest first; those in these states alone, if some are named."""
        with store_errors():
            async with self._store.reading() as session:
                return tuple(map(_card, await list_callbacks(session, company, states=states, limit=limit)))

    async def cancel(self, company: str, number: int, actor: str) -> Result:
        """Call nobody back for this request. One whose caller is being called, or talks, is not cut."""
        with store_errors():
            async with self._store.transaction() as session:
                found = await find_callback(session, company, number)
                if found is None:
                    return Refused("unknown_callback", f"There is no callback {number}.")
                if not found.is_open:
                    return Refused("not_open", f"Callback {number} is not open any more: {found.state}.")
                at = self._clock()
                if await change_callback(session, found, cancelled(found, at)) is None:
                    return CHANGED
                detail = f"asked in {found.node}/{found.call}"
                await note(session, company, at, actor, "callback.cancel", str(number), detail)
        return Done()

    async def expire(self, actor: str, company: str, before: datetime) -> int:
        """Forget the requests that were over before this moment, each with a line in the audit trail, which does not
        have the number; how many they were."""
        with store_errors():
            async with self._store.transaction() as session:
                gone = await delete_callbacks_over(session, company, before)
                for each in gone:
                    detail = f"asked in {each.node}/{each.call}"
                    await note(session, company, self._clock(), actor, "callback.expire", str(each.id), detail)
        return len(gone)


def _card(request: Callback) -> CallbackCard:
    return CallbackCard(
        id=request.id,
        state=request.state,
        number=request.number,
        queue=request.queue,
        did=request.did,
        language=request.language,
        asked=request.asked,
        expires=request.expires,
        due=request.due,
        attempts=request.attempts,
        tries=request.tries,
        result=request.result,
        ended=request.ended,
        call=f"{request.node}/{request.call}",
        called=f"{request.node}/{request.placed_as}" if request.placed_as else "",
    )
