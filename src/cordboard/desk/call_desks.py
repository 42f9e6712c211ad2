"""The calls of several switches behind one desk: each request goes to the switch that the call's id names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ami.models import LinkState, LinkStatus
from cordboard.desk.asking import AWAY
from cordboard.desk.calls import Asker, Calls
from cordboard.desk.open_calls import OpenCall, find
from cordboard.desk.requests import TurnedDown
from cordboard.desk.results import Refused, Result
from cordboard.desk.whereabouts import Whereabouts


class CallDesks:
    """The desks for the calls of all switches, as one. Everything is as in `Calls`; a call of a switch that is not
    followed is refused."""

    def __init__(self, desks: Mapping[str, Calls], whereabouts: Whereabouts) -> None:
        self._desks = desks
        self._whereabouts = whereabouts

    async def all(self, company: str) -> tuple[tuple[OpenCall, ...], Mapping[str, LinkStatus]]:
        calls: list[OpenCall] = []
        links: dict[str, LinkStatus] = {}
        for desk in self._desks.values():
            found, link = await desk.all(company)
            calls += found
            links |= link
        return tuple(sorted(calls, key=lambda one: (one.since, one.id))), links

    async def hang_up(self, company: str, call: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.hang_up(company, call, asker))

    async def transfer(self, company: str, call: str, to: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.transfer(company, call, to, asker))

    async def consult(self, company: str, call: str, to: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.consult(company, call, to, asker))

    async def cancel(self, company: str, call: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.cancel(company, call, asker))

    async def complete(self, company: str, call: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.complete(company, call, asker))

    async def park(self, company: str, call: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.park(company, call, asker))

    async def fetch(self, company: str, call: str, asker: Asker, *, person: str | None = None) -> Result:
        return await self._on(company, call, lambda desk: desk.fetch(company, call, asker, person=person))

    async def originate(self, company: str, person: str, number: str, asker: Asker) -> Result:
        desk = self._desks[await self._whereabouts.of(company, person)]
        return await desk.originate(company, person, number, asker)

    async def withdraw(self, company: str, call: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.withdraw(company, call, asker))

    async def move(self, company: str, call: str, queue: str, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.move(company, call, queue, asker))

    async def prioritise(self, company: str, call: str, priority: int, asker: Asker) -> Result:
        return await self._on(company, call, lambda desk: desk.prioritise(company, call, priority, asker))

    async def _on(self, company: str, call: str, command: Callable[[Calls], Awaitable[Result]]) -> Result:
        node, slash, _ = call.partition("/")
        if not slash:
            # The end of an id, as people type it: it may be of any switch.
            known, links = await self.all(company)
            try:
                node = find(known, call).id.node
            except TurnedDown as turned_down:
                away = any(link.state is not LinkState.LIVE for link in links.values())
                return AWAY if away and turned_down.answer.reason == "unknown_call" else turned_down.answer
        if node not in self._desks:
            return Refused("not_followed", f"The switch {node} is not followed from here: ask its own Cordboard.")
        return await command(self._desks[node])
