"""Requests that an asker gave a key: one that comes again, because its answer was lost, gets the first one's answer.

The answers are kept for a day in this process. What was sent before this process began is told by the audit, where a
command is noted before it is sent: it is not sent again, and what came of it is not known here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cordboard.desk.errors import store_errors
from cordboard.desk.results import Result, Unknown
from cordboard.store.audit import is_marked
from cordboard.store.engine import Store

LIFE = timedelta(days=1)
MOST = 10_000
SENT_BEFORE = Unknown("sent_before", "This request was sent before; what came of it is not known any more. Look.")
CUT_SHORT = Unknown("not_confirmed", "The same request was cut short; whether it was carried out is not known. Look.")


class KeyReusedError(Exception):
    """The key stands for another request already."""


@dataclass(slots=True)
class _Asked:
    wish: object
    at: datetime
    answer: asyncio.Future[Result]


class Once:
    """Who asked what under which key."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    async def answer(
        self, company: str, account: str, key: str, wish: object, work: Callable[[str], Awaitable[Result]]
    ) -> Result:
        """What `work` answers, which is begun once for a key; it is given the mark that its audit line shall carry.

        Raises: KeyReusedError; DatabaseAway, and what `work` raises: then the key is free again."""
        mark = hashlib.sha256("\0".join((company, account, key)).encode()).hexdigest()[:16]
        now = self._clock()
        while self._asked and (len(self._asked) > MOST or next(iter(self._asked.values())).at < now - LIFE):
            self._asked.popitem(last=False)
        if (known := self._asked.get(mark)) is not None:
            if known.wish != wish:
                raise KeyReusedError
            return await asyncio.shield(known.answer)
        asked = _Asked(wish, now, asyncio.get_running_loop().create_future())
        self._asked[mark] = asked
        try:
            result = await self._begin(company, mark, now, work)
        except Exception as error:
            # Nothing was sent: what comes again may be tried again.
            self._asked.pop(mark, None)
            asked.answer.set_exception(error)
            asked.answer.exception()  # looked at: perhaps nobody else waits for it
            raise
        except BaseException:
            asked.answer.set_result(CUT_SHORT)
            raise
        asked.answer.set_result(result)
        return result

    async def _begin(self, company: str, mark: str, now: datetime, work: Callable[[str], Awaitable[Result]]) -> Result:
        with store_errors():
            async with self._store.reading() as session:
                was_sent = await is_marked(session, company, mark, now - LIFE)
        return SENT_BEFORE if was_sent else await work(mark)
