"""The agents of several switches behind one desk: each request goes to the switch where the person is."""

from __future__ import annotations

from collections.abc import Mapping

from cordboard.desk.agents import USUAL_EXTENSION, Agents
from cordboard.desk.results import Result
from cordboard.desk.whereabouts import Whereabouts


class AgentDesks:
    """The desks for the agents of all switches, as one. Everything is as in `Agents`; who is logged in on a switch that
    is not followed is refused by the first desk."""

    def __init__(self, desks: Mapping[str, Agents], whereabouts: Whereabouts) -> None:
        self._desks = desks
        self._whereabouts = whereabouts

    async def log_in(
        self, company: str, person: str, actor: str, *, phone: str | None = None, may_borrow: bool = True
    ) -> Result:
        desk = self._desks[await self._whereabouts.to_log_in(company, person, phone)]
        return await desk.log_in(company, person, actor, phone=phone, may_borrow=may_borrow)

    async def log_out(self, company: str, person: str, actor: str, because: str | None = None) -> Result:
        return await (await self._of(company, person)).log_out(company, person, actor, because)

    async def pause(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result:
        desk = await self._of(company, person)
        return await desk.pause(company, person, reason, actor, after_call=after_call, because=because)

    async def withdraw(
        self,
        company: str,
        person: str,
        reason: str,
        actor: str,
        *,
        after_call: bool = False,
        because: str | None = None,
    ) -> Result:
        desk = await self._of(company, person)
        return await desk.withdraw(company, person, reason, actor, after_call=after_call, because=because)

    async def ready(self, company: str, person: str, actor: str, because: str | None = None) -> Result:
        return await (await self._of(company, person)).ready(company, person, actor, because)

    async def extend(self, company: str, person: str, actor: str, seconds: int = USUAL_EXTENSION) -> Result:
        return await (await self._of(company, person)).extend(company, person, actor, seconds)

    async def _of(self, company: str, person: str) -> Agents:
        return self._desks[await self._whereabouts.of(company, person)]
