"""Sends one action to a switch, once, and looks whether it was done.

No answer says that an action was carried out, and a lost one does not say that it was not: what is asked for is looked
for on the switch itself, until it is seen or the patience is over. Nothing is ever sent a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from ami.actions import Action, ListAction
from ami.errors import ActionRefused, LinkDown, OutcomeUnknown
from ami.rows import AnyRow
from ami.wire import Reply
from cordboard.desk.requests import TurnedDown
from cordboard.desk.results import Done, Refused, Result, Unknown

RowT = TypeVar("RowT", bound=AnyRow)

FIRST_PAUSE, LAST_PAUSE = 0.03, 0.4
"""Seconds between two looks."""

AWAY = Refused("switch_away", "The switch cannot be reached: nothing was done.")
NOT_DONE = Refused("not_done", "The switch did not do it: everything is as it was.")
NOT_SEEN = Unknown("not_confirmed", "The switch took the command, but whether it did it could not be seen yet.")
NOT_TOLD = Unknown("not_confirmed", "The command was sent; whether it was done could not be seen. Look again.")


class Link(Protocol):
    """What is asked of the link to a switch."""

    async def act(self, action: Action, deadline: float = ...) -> Reply: ...

    async def list(self, action: ListAction[RowT], deadline: float = ...) -> list[RowT]: ...


class CannotLook(Exception):
    """The switch cannot be looked at right now."""


Look = Callable[[], Awaitable[Done | None]]
"""What was asked for, if it is so; None if it is not so yet. Raises CannotLook, TurnedDown if it can never be so, and
what the link raises."""


class Asking:
    """Commands to one switch. `deadline`: seconds for an answer, and then for what was asked to be seen."""

    def __init__(self, link: Link, deadline: float) -> None:
        self._link = link
        self._deadline = deadline

    async def prepare(self, *actions: Action) -> None:
        """Things that do nothing by themselves, before the command. Raises: TurnedDown if one fails."""
        for action in actions:
            try:
                await self._link.act(action, self._deadline)
            except ActionRefused as refused:
                raise TurnedDown("call_ended", f"The call has ended ({refused.message}).") from None
            except (LinkDown, OutcomeUnknown):
                raise TurnedDown(AWAY.reason, AWAY.words) from None

    async def value(self, action: Action) -> str | None:
        """What a question reads; None if there is nothing to read it of. Raises: CannotLook."""
        try:
            return (await self._link.act(action, self._deadline)).value
        except ActionRefused:
            return None
        except (LinkDown, OutcomeUnknown) as error:
            raise CannotLook from error

    async def rows(self, action: ListAction[RowT]) -> list[RowT]:
        """A list; one that the switch does not have is empty. Raises: CannotLook."""
        try:
            return await self._link.list(action, self._deadline)
        except ActionRefused:
            return []
        except (LinkDown, OutcomeUnknown) as error:
            raise CannotLook from error

    async def tell(self, action: Action) -> None:
        """Something for others, of which nothing hangs."""
        with suppress(ActionRefused, LinkDown, OutcomeUnknown):
            await self._link.act(action, self._deadline)

    async def once(self, action: Action, look: Look) -> Result:
        """Send an action and look until what it should do is seen. Never raises for the switch."""
        is_answered = False
        try:
            await self._link.act(action, self._deadline)
            is_answered = True
        except LinkDown:
            return AWAY
        except ActionRefused as refused:
            return await self._was_refused(refused.message, look)
        except OutcomeUnknown:
            pass
        try:
            return await self._look(look, is_answered=is_answered)
        except TurnedDown as turned_down:
            return turned_down.answer

    async def _was_refused(self, words: str, look: Look) -> Result:
        """It may be so already: who hangs up a call that has just ended has what he wanted."""
        try:
            seen = await look()
        except CannotLook:
            seen = None
        except TurnedDown as turned_down:
            return turned_down.answer
        return seen or Refused("switch_refused", f"The switch refuses it: {words.rstrip('.') or 'no reason given'}.")

    async def _look(self, look: Look, *, is_answered: bool) -> Result:
        loop = asyncio.get_running_loop()
        ends, pause = loop.time() + self._deadline, FIRST_PAUSE
        while True:
            can_look = True
            try:
                if (seen := await look()) is not None:
                    return seen
            except CannotLook:
                can_look = False
            if loop.time() + pause >= ends:
                break
            await asyncio.sleep(pause)
            pause = min(LAST_PAUSE, 1.5 * pause)
        if not can_look:
            return NOT_TOLD
        return NOT_SEEN if is_answered else NOT_DONE
