"""Who is not as he is logged in, and for how long already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ami.models import Agent
from cordboard.desk import duty
from cordboard.desk.memberships import queues_of
from cordboard.desk.occurrences import Who
from cordboard.store.records import AgentLogin
from cordboard.store.values import Company, split_switch_name

SETTLING = 1.0
"""Seconds for which the switch may differ from the log-ins before it is put right: what was asked may be on its way."""


class Strays:
    """Remembers since when somebody differs, and whom a comparison did not help."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._lasting: frozenset[str] = frozenset()
        self._in_vain: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Who strays from now on strays anew."""
        self._since.clear()
        self._in_vain = frozenset()

    def call_for_one(
        self,
        seen: Mapping[str, Agent],
        companies: Mapping[str, Company],
        logins: Mapping[Who, AgentLogin],
        at: float,
    ) -> bool:
        """Does somebody differ for so long that a comparison is due, unless one was in vain for him already? `at`:
        seconds of a clock that never goes back."""
        names = {*_others(seen, companies, logins), *_missing(seen, companies, logins)}
        self._since = {name: self._since.get(name, at) for name in names}
        lasting = frozenset(name for name, since in self._since.items() if at - since >= SETTLING)
        self._in_vain &= lasting
        self._lasting = lasting
        return bool(lasting - self._in_vain)

    def give_up(self) -> None:
        """A comparison is made for them: it is not made again for the same people."""
        self._in_vain = self._lasting


def _others(
    seen: Mapping[str, Agent], companies: Mapping[str, Company], logins: Mapping[Who, AgentLogin]
) -> Iterator[str]:
    for name, agent in seen.items():
        company, person = split_switch_name(name)
        login = logins.get((company, person))
        if company in companies and (login is None or agent.pause_reason != duty.pause_on_switch(login)):
            yield name


def _missing(
    seen: Mapping[str, Agent], companies: Mapping[str, Company], logins: Mapping[Who, AgentLogin]
) -> Iterator[str]:
    for login in logins.values():
        company, name = companies.get(login.company), f"{login.company}-{login.person}"
        person = company.people.get(login.person) if company and name not in seen else None
        if company and person and queues_of(company, person):
            yield name
