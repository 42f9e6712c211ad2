"""What every agent did, from when to when: noted when it is over, with the call that it was about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ami.models import Agent, AgentState
from cordboard.journal.outcome import id_of
from cordboard.journal.page import NUMBER_LENGTH, clean
from cordboard.store.records import AgentSpan
from cordboard.store.values import split_switch_name

_IN_CALLS = frozenset({AgentState.RINGING, AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL})
_OF_A_CALL = frozenset({AgentState.INBOUND_CALL, AgentState.WRAP_UP})
"""A wrap-up is about the call before it."""


class Spans:
    """Give it each agent whenever he changed; what comes back is over, and may be kept."""

    def __init__(self) -> None:
        self._now: dict[str, Agent] = {}
        self._served: dict[str, tuple[str, str]] = {}  # agent -> queue and received call that he served last
        self._told: dict[str, datetime] = {}  # agent -> until when it was told what he did

    def turn(self, agent: Agent) -> AgentSpan | None:
        """Take what he does now; what he did until now, if that is something else."""
        before = self._now.get(agent.name)
        if agent.state is AgentState.LOGGED_OUT:
            self._now.pop(agent.name, None)
        else:
            self._now[agent.name] = agent
        if agent.state is AgentState.INBOUND_CALL:
            if agent.serving or agent.call is not None:
                self._served[agent.name] = id_of(agent.serving), agent.call.uniqueid if agent.call is not None else ""
            elif before is None or before.state is not AgentState.INBOUND_CALL:
                self._served.pop(agent.name, None)
        if before is None or (before.state, before.pause_reason) == (agent.state, agent.pause_reason):
            return None
        return self._span(before, agent.since)

    def list(self, agents: Iterable[Agent], at: datetime, began_anew: datetime | None = None) -> Iterator[AgentSpan]:
        """Everybody was listed: those who are not there logged out some time before. `began_anew`: the switch was
        restarted, and calls were over then."""
        if began_anew is not None:
            for name in [name for name, agent in self._now.items() if agent.state in _IN_CALLS]:
                if span := self._span(self._now.pop(name), began_anew):
                    yield span
        there = {agent.name: agent for agent in agents}
        for name in [name for name in self._now if name not in there]:
            if span := self._span(self._now.pop(name), at):
                yield span
        for agent in there.values():
            if span := self.turn(agent):
                yield span

    def open(self, at: datetime) -> Iterator[AgentSpan]:
        """What everybody does now, as far as it went. Noted again from the same beginning it becomes longer."""
        for agent in self._now.values():
            if span := self._span(agent, at):
                yield span

    def _span(self, agent: Agent, until: datetime) -> AgentSpan | None:
        since = max(agent.since, self._told.get(agent.name, agent.since))
        if until <= since:
            return None
        self._told[agent.name] = until
        company, person = split_switch_name(agent.name)
        queue, call = self._served.get(agent.name, ("", "")) if agent.state in _OF_A_CALL else ("", "")
        return AgentSpan(
            node=agent.node,
            company=clean(company, NUMBER_LENGTH),
            agent=clean(person, NUMBER_LENGTH),
            since=since,
            until=until,
            state=str(agent.state),
            reason=clean(agent.pause_reason, NUMBER_LENGTH),
            queue=clean(queue, NUMBER_LENGTH),
            call=call,
        )
