"""On which switch somebody is asked for something: where he is logged in; who is not, where his phone is registered;
and where that tells nothing, on the first switch, the own one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from ami.models import DeviceState, LinkState, Snapshot
from cordboard.desk.logins import UNREACHABLE
from cordboard.store.agents import find_login
from cordboard.store.engine import Store
from cordboard.store.errors import StoreError
from cordboard.store.records import AgentLogin


class Live(Protocol):
    """What is asked of the live state of one switch."""

    def snapshot(self) -> Snapshot: ...


class Whereabouts:
    """`switches`: live states by node, the own one first."""

    def __init__(self, store: Store, switches: Mapping[str, Live]) -> None:
        self._store = store
        self._switches = switches

    async def of(self, company: str, person: str) -> str:
        """Where a person is asked for something."""
        login = await self._login(company, person)
        if login is not None and login.node in self._switches:
            return login.node
        return self._registered(company, person) or self._own

    async def to_log_in(self, company: str, person: str, phone: str | None) -> str:
        """Where a person who sits down at a phone (an id; None: where he sat, or his own) takes calls."""
        login = await self._login(company, person)
        seat = phone or (login.endpoint if login else person)
        return self._registered(company, seat) or await self.of(company, person)

    @property
    def _own(self) -> str:
        return next(iter(self._switches))

    def _registered(self, company: str, phone: str) -> str:
        """The only switch that reaches the phone, "" if that is none or several."""
        device = f"PJSIP/{company}-{phone}"
        snapshots = {node: live.snapshot() for node, live in self._switches.items()}
        found = [
            node
            for node, seen in snapshots.items()
            if seen.link.state is LinkState.LIVE and seen.devices.get(device, DeviceState.INVALID) not in UNREACHABLE
        ]
        return found[0] if len(found) == 1 else ""

    async def _login(self, company: str, person: str) -> AgentLogin | None:
        # Without the database the desk that is asked says what is to be said.
        with suppress(StoreError):
            async with self._store.reading() as session:
                return await find_login(session, company, person)
        return None
