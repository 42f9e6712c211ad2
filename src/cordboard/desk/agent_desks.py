"""The agents of several switches: whose desk is which."""

from __future__ import annotations

from collections.abc import Mapping

from cordboard.desk.agents import Agents
from cordboard.desk.whereabouts import Whereabouts


class AgentDesks:
    """The desks for the agents of all switches. Who is logged in on a switch that is not followed is refused by the
    first of them. Raises: NoSuchCompany, DatabaseAway."""

    def __init__(self, desks: Mapping[str, Agents], whereabouts: Whereabouts) -> None:
        self._desks = desks
        self._whereabouts = whereabouts

    async def of(self, company: str, person: str) -> Agents:
        """The desk of the switch where this person is."""
        return self._desks[await self._whereabouts.of(company, person)]

    async def to_log_in(self, company: str, person: str, phone: str | None) -> Agents:
        """The desk of the switch where this person, or the phone he will sit at, can be reached."""
        return self._desks[await self._whereabouts.to_log_in(company, person, phone)]
