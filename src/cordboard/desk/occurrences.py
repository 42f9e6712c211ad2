"""What happens to agents without anybody asking, as a switch shows it, and what their log-ins become by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from ami.fields import MemberFacts
from ami.models import Agent, AgentState, Queue
from ami.states import IN_CALL, Noted
from cordboard.desk import duty
from cordboard.store.records import AgentLogin
from cordboard.store.values import MISSED_REASON, Company, split_switch_name

Who = tuple[str, str]
"""Company and person."""


class What(StrEnum):
    TAKEN = auto()
    ENDED = auto()
    MISSED = auto()
    AUTO_PAUSED = auto()
    """app_queue paused him, who did not answer."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened to an agent. `queue` is a switch name."""

    what: What
    who: Who
    at: datetime
    queue: str = ""


def told_by(before: Agent | None, agent: Agent, noted: Noted, at: datetime) -> Iterator[Occurrence]:
    """What the two values of an agent tell."""
    who = split_switch_name(agent.name)
    was_serving = before.serving if before is not None else ""
    was_in_call = before is not None and before.state in IN_CALL
    is_over = bool(was_serving) and agent.serving != was_serving
    if is_over or (was_in_call and not agent.serving and _is_idle(agent)):
        yield Occurrence(What.ENDED, who, at)
    if agent.serving and agent.serving != was_serving:
        yield Occurrence(What.TAKEN, who, at, agent.serving)
    missed = agent.missed
    if missed is not None and (before is None or before.missed != missed):
        yield Occurrence(What.MISSED, who, at, missed.queue)
    if noted.next_reason and not noted.until and _is_idle(agent):
        yield Occurrence(What.ENDED, who, at)


def _is_idle(agent: Agent) -> bool:
    return not agent.serving and agent.state not in IN_CALL and agent.state is not AgentState.RINGING


def ended_unseen(
    logins: Iterable[AgentLogin], seen: Mapping[str, Agent], queues: Iterable[Queue], now: datetime
) -> Iterator[Occurrence]:
    """The calls of queues that ended while nobody looked: at the moment that Asterisk remembers, or now."""
    last: dict[str, datetime] = {}
    for member in (member for queue in queues for member in queue.members):
        if member.last_call is not None:
            last[member.name] = max(member.last_call, last.get(member.name, member.last_call))
    for login in logins:
        name = f"{login.company}-{login.person}"
        agent = seen.get(name)
        if login.serving and (agent is None or (not agent.serving and agent.state not in IN_CALL)):
            at, begun = last.get(name), login.serving_since
            is_of_that_call = at is not None and begun is not None and at >= begun.replace(microsecond=0)
            yield Occurrence(What.ENDED, (login.company, login.person), at if at and is_of_that_call else now)


def auto_paused(members: Iterable[MemberFacts], now: datetime) -> Iterator[Occurrence]:
    """Whom app_queue paused for not answering."""
    for member in members:
        if member.paused and member.pause_reason == duty.AUTO_PAUSE:
            yield Occurrence(What.AUTO_PAUSED, split_switch_name(member.name), member.last_pause or now, member.queue)


def after(
    before: Mapping[Who, AgentLogin], companies: Mapping[str, Company], happened: Iterable[Occurrence], now: datetime
) -> dict[Who, AgentLogin]:
    """The log-ins after all this, at this moment."""
    found = dict(before)
    for one in happened:
        login, company = found.get(one.who), companies.get(one.who[0])
        if login is not None and company is not None:
            found[one.who] = _after(duty.wrapped_up(login, one.at), company, one)
    return {who: duty.wrapped_up(login, now) for who, login in found.items()}


def _after(login: AgentLogin, company: Company, one: Occurrence) -> AgentLogin:
    queue = company.queues.get(split_switch_name(one.queue)[1] if one.queue else login.serving)
    match one.what:
        case What.TAKEN:
            return duty.taken(login, queue.id if queue else "", one.at)
        case What.ENDED:
            return duty.ended(login, one.at, queue.wrap_up if queue else 0)
        case What.MISSED:
            return duty.missed(login, one.at, queue.missed_limit if queue else 0)
        case What.AUTO_PAUSED:
            return login if login.is_paused else duty.paused(login, MISSED_REASON, one.at, "switch")
