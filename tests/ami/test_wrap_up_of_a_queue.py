"""Wrap-up that is the queue's: Asterisk shows only a member's own, so the fold is told."""

from datetime import UTC, datetime, timedelta

from ami.events import parse
from ami.live import Live
from ami.models import AgentState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _member(last_call: datetime | None, wrap_up: int = 0) -> dict[str, str]:
    return {
        "Event": "QueueMemberStatus",
        "Queue": "acme-billing",
        "MemberName": "acme-amel",
        "Interface": "PJSIP/acme-amel",
        "StateInterface": "PJSIP/acme-amel",
        "Membership": "dynamic",
        "Penalty": "0",
        "CallsTaken": "1",
        "LastCall": str(int(last_call.timestamp())) if last_call else "0",
        "LastPause": "0",
        "LoginTime": str(int((NOON - timedelta(hours=1)).timestamp())),
        "InCall": "0",
        "Status": "1",
        "Paused": "0",
        "PausedReason": "",
        "Ringinuse": "0",
        "Wrapuptime": str(wrap_up),
    }


def test_an_agent_is_in_wrap_up_for_the_queues_time() -> None:
    now = NOON
    live = Live("pbx1", lambda: now)
    live.set_wrap_ups({"acme-billing": 3.0})
    event = parse(_member(NOON))
    assert event is not None
    live.apply(event)
    agent = live.snapshot().agents[0]
    assert (agent.state, agent.wrap_up_until) == (AgentState.WRAP_UP, NOON + timedelta(seconds=3))
    now = NOON + timedelta(seconds=3)
    live.tick()
    assert live.snapshot().agents[0].state is AgentState.READY


def test_a_members_own_time_is_his() -> None:
    live = Live("pbx1", lambda: NOON)
    live.set_wrap_ups({"acme-billing": 3.0})
    event = parse(_member(NOON, wrap_up=20))
    assert event is not None
    live.apply(event)
    assert live.snapshot().agents[0].wrap_up_until == NOON + timedelta(seconds=20)


def test_without_a_rule_there_is_none() -> None:
    live = Live("pbx1", lambda: NOON)
    event = parse(_member(NOON))
    assert event is not None
    live.apply(event)
    assert live.snapshot().agents[0].state is AgentState.READY
