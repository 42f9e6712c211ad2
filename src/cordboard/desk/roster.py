"""Asks a switch for changes to its queue members, and looks again wherever an answer leaves a doubt.

An action that was refused or not answered is never sent again blindly: the members are read from app_queue itself, and
only what is still missing is asked for. So "already there" and "not there" need no special case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from ami.actions import Action, ListAction, QueueStatus
from ami.errors import ActionRefused, OutcomeUnknown
from ami.fields import MemberFacts
from ami.rows import MemberRow, QueueRow, Row
from cordboard.desk.memberships import Membership, Seat, differences

RowT = TypeVar("RowT", bound=Row)

AT_ONCE = 50
"""Actions sent without waiting: every new member floods the switch with device states if it is given no time."""
LOOKS = 3
"""How often what is missing is looked up and asked for before it is left."""


class Link(Protocol):
    """What is asked of the link to a switch."""

    async def act(self, action: Action, deadline: float = ...) -> object: ...

    async def list(self, action: ListAction[RowT], deadline: float = ...) -> list[RowT]: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """The queues and members of a switch at one moment."""

    queues: frozenset[str]
    members: tuple[MemberFacts, ...]


class Roster:
    """The queue members of one switch."""

    def __init__(self, link: Link, deadline: float) -> None:
        self._link = link
        self._deadline = deadline

    async def look(self) -> Standing:
        """Read queues and members. Raises: LinkDown, OutcomeUnknown, ActionRefused."""
        rows = await self._link.list(QueueStatus(), self._deadline)
        return Standing(
            frozenset(row.queue for row in rows if isinstance(row, QueueRow)),
            tuple(row.member for row in rows if isinstance(row, MemberRow)),
        )

    async def settle(
        self,
        wanted: Mapping[Seat, Membership],
        ours: Collection[str],
        actions: Sequence[Action],
        concerns: Callable[[MemberFacts], bool] = lambda _: True,
    ) -> bool:
        """Ask for `actions`, which should make the members that are concerned as `wanted` in our queues. Is it so?

        Raises: LinkDown, OutcomeUnknown (the members could not be read), ActionRefused."""
        is_sure = await self._ask(actions)
        for _ in range(LOOKS):
            if is_sure:
                break
            standing = await self.look()
            members = [member for member in standing.members if concerns(member)]
            is_sure = await self._ask(differences(wanted, members, ours, standing.queues))
        return is_sure

    async def _ask(self, actions: Sequence[Action]) -> bool:
        """Was each carried out for sure? Raises: LinkDown."""
        is_sure = True
        left = iter(actions)
        while batch := list(islice(left, AT_ONCE)):
            asked = (self._link.act(action, self._deadline) for action in batch)
            for answer in await asyncio.gather(*asked, return_exceptions=True):
                if isinstance(answer, ActionRefused | OutcomeUnknown):
                    is_sure = False
                elif isinstance(answer, BaseException):
                    raise answer
        return is_sure
