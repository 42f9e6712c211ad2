"""What an agent's log-in becomes by what he asks for and by what happens to him. Pure: one log-in in, the next one out.

Somebody logged in is free, paused (which a withdrawal is too), or wraps up; a pause that he asked for during a call
waits for the end of the call and of its wrap-up. On the switch all but the first is a paused member, and a pause to
come is one already: app_queue lets the call go on, and whatever becomes of Cordboard no other one slips in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ami.models import Agent, AgentState
from ami.states import WRAP_UP, Noted
from cordboard.store.records import AgentLogin
from cordboard.store.values import MISSED_REASON, Company, PauseKind

AUTO_PAUSE = "Auto-Pause"
"""What app_queue itself writes as the reason of the pause of somebody who did not answer."""
PAUSES = frozenset({AgentState.PAUSE, AgentState.WITHDRAWN})
CALLS = frozenset({AgentState.INBOUND_CALL, AgentState.OUTBOUND_CALL})
MOST_WRAP_UP = timedelta(minutes=30)
"""How far from now a wrap-up may end."""


def pause_on_switch(login: AgentLogin) -> str:
    """The reason with which he should be paused there; "": he should not be."""
    if login.is_paused:
        return login.pause_reason
    return WRAP_UP if login.wrap_up_until is not None else login.next_reason


def noted_of(company: Company, login: AgentLogin) -> Noted:
    """What the live state is told of him."""
    pause, free_since = pause_on_switch(login), login.free_since or login.since
    if login.is_paused:
        return Noted(pause, _meaning(company, pause), login.paused_since, free_since=free_since)
    if login.wrap_up_until is not None:
        since, until = login.wrap_up_since, login.wrap_up_until
        return Noted(pause, AgentState.WRAP_UP, since, until, login.next_reason, free_since)
    return Noted(pause, _meaning(company, pause), next_reason=login.next_reason, free_since=free_since)


def reason_shown(agent: Agent) -> str:
    """The reason of the pause or withdrawal that somebody is in, "" if he is in neither. app_queue's own becomes
    `missed` on the switch a moment later."""
    if agent.state not in PAUSES:
        return ""
    return MISSED_REASON if agent.pause_reason == AUTO_PAUSE else agent.pause_reason


def next_shown(agent: Agent) -> str:
    """The reason of the pause that follows what somebody is in, "" if none does: one that he asked for, or one that
    he is in already, but for the call."""
    is_paused = agent.state in CALLS and agent.pause_reason not in (AUTO_PAUSE, WRAP_UP)
    return agent.next_reason or (agent.pause_reason if is_paused else "")


def _meaning(company: Company, reason: str) -> AgentState:
    known = company.pause_reasons.get(reason)
    is_withdrawn = known is not None and known.kind is PauseKind.WITHDRAWN
    return AgentState.WITHDRAWN if is_withdrawn else AgentState.PAUSE


# ----- what he asks for, or somebody for him


def paused(login: AgentLogin, reason: str, at: datetime, by: str) -> AgentLogin:
    """He takes no calls from now on."""
    return replace(
        _without_wrap_up(login),
        is_paused=True,
        pause_reason=reason,
        paused_since=at,
        paused_by=by,
        next_reason="",
        next_by="",
        missed=0,
    )


def paused_next(login: AgentLogin, reason: str, by: str) -> AgentLogin:
    """He takes no calls once what he is in is over."""
    return replace(login, next_reason=reason, next_by=by)


def ready(login: AgentLogin, at: datetime) -> AgentLogin:
    """He takes calls again: no pause, now or next, and no wrap-up."""
    was_away = login.is_paused or login.wrap_up_until is not None
    return replace(
        _without_wrap_up(login),
        is_paused=False,
        pause_reason="",
        paused_since=None,
        paused_by="",
        next_reason="",
        next_by="",
        missed=0,
        free_since=at if was_away else login.free_since,
    )


def extended(login: AgentLogin, by: timedelta) -> AgentLogin:
    """His wrap-up ends so much later."""
    assert login.wrap_up_until is not None
    return replace(login, wrap_up_until=login.wrap_up_until + by)


# ----- what happens to him


def taken(login: AgentLogin, queue: str, at: datetime) -> AgentLogin:
    """He answered a call of this queue (its id)."""
    return replace(login, serving=queue, serving_since=at, missed=0)


def ended(login: AgentLogin, at: datetime, wrap_up: int) -> AgentLogin:
    """A call of his is over. `wrap_up`: the seconds that its queue gives; none after a call that no queue gave him, and
    none to somebody who is paused already."""
    after = replace(login, serving="", serving_since=None)
    if login.is_paused:
        return after
    if login.serving and wrap_up > 0:
        until = at + timedelta(seconds=wrap_up)
        return replace(after, wrap_up_queue=login.serving, wrap_up_since=at, wrap_up_until=until)
    return after if login.wrap_up_until is not None else _free(after, at)


def missed(login: AgentLogin, at: datetime, limit: int) -> AgentLogin:
    """He left an offer unanswered. `limit`: as many in a row pause him; 0: any number does not."""
    if login.is_paused:
        return login
    counted = replace(login, missed=login.missed + 1)
    if 0 < limit <= counted.missed:
        return paused(counted, MISSED_REASON, at, "switch")
    return _free(counted, at) if login.next_reason else counted


def wrapped_up(login: AgentLogin, now: datetime) -> AgentLogin:
    """The same, or if the time of his wrap-up is over what came then."""
    if login.wrap_up_until is None or login.wrap_up_until > now:
        return login
    return _free(_without_wrap_up(login), login.wrap_up_until)


def _free(login: AgentLogin, at: datetime) -> AgentLogin:
    """Nothing keeps him from calls but the pause that he has asked for."""
    if login.next_reason:
        return paused(login, login.next_reason, at, login.next_by)
    return replace(login, free_since=at)


def _without_wrap_up(login: AgentLogin) -> AgentLogin:
    return replace(login, wrap_up_queue="", wrap_up_since=None, wrap_up_until=None)
