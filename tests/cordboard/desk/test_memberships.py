"""The differences between log-ins and a switch's members: asked for once, nothing differs any more."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueRemove
from cordboard.desk.memberships import desired_members, differences, queue_names, queues_of
from cordboard.store.records import AgentLogin
from kit.floor import ACME

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUEUES = ("acme-billing", "acme-general", "other-queue")


@dataclass(frozen=True)
class Standing:
    queue: str
    interface: str
    name: str
    penalty: int = 0
    paused: bool = False
    pause_reason: str = ""


def carried_out(members: Iterable[Standing], actions: Iterable[Action]) -> list[Standing]:
    """The members after app_queue took these actions; it refuses to add one who is there."""
    found = {(member.queue, member.interface): member for member in members}
    for action in actions:
        match action:
            case QueueRemove(queue, interface):
                del found[queue, interface]
            case QueueAdd(queue, interface, name, penalty, paused, reason):
                assert (queue, interface) not in found
                found[queue, interface] = Standing(queue, interface, name, penalty, paused, reason)
            case QueuePenalty(interface, penalty, str(queue)):
                found[queue, interface] = replace(found[queue, interface], penalty=penalty)
            case QueuePause(interface, paused, reason, str(queue)):
                found[queue, interface] = replace(found[queue, interface], paused=paused, pause_reason=reason)
            case _:
                raise AssertionError(f"{action} is no action on one member")
    return list(found.values())


def login(person: str, endpoint: str = "", pause: str = "") -> AgentLogin:
    return AgentLogin(
        company="acme",
        person=person,
        node="pbx1",
        endpoint=endpoint or person,
        since=NOW,
        is_paused=bool(pause),
        pause_reason=pause,
        paused_since=NOW if pause else None,
    )


def test_skills_become_penalties_and_somebody_without_them_is_no_member() -> None:
    people = ACME.people
    assert queues_of(ACME, people["amel"]) == {"acme-billing": 0, "acme-general": 0}
    assert queues_of(ACME, people["bob"]) == {"acme-billing": 2, "acme-general": 2}
    assert queues_of(ACME, people["dan"]) == {"acme-billing": 104, "acme-general": 4}
    assert queues_of(ACME, people["eve"]) == {}


def test_a_log_in_of_somebody_who_is_gone_asks_for_nothing() -> None:
    assert desired_members([ACME], [login("nobody"), replace(login("amel"), company="other")]) == {}


members = st.lists(
    st.builds(
        Standing,
        st.sampled_from(QUEUES),
        st.sampled_from(["PJSIP/acme-amel", "PJSIP/acme-bob", "PJSIP/acme-dan", "PJSIP/acme-lobby", "Local/7@x"]),
        st.sampled_from(["acme-amel", "acme-bob", "acme-dan", "acme-eve", "Local/7@x"]),
        st.integers(0, 110),
        st.booleans(),
        st.sampled_from(["", "lunch", "Auto-Pause"]),
    ),
    unique_by=lambda member: (member.queue, member.interface),
    max_size=12,
)
logins = st.lists(
    st.builds(
        login,
        st.sampled_from(["amel", "bob", "chloe", "dan", "eve", "fred"]),
        st.sampled_from(["", "lobby"]),
        st.sampled_from(["", "lunch", "missed"]),
    ),
    unique_by=(lambda one: one.person, lambda one: one.endpoint),
    max_size=6,
)


@given(members, logins, st.sets(st.sampled_from(QUEUES)))
def test_what_differs_is_asked_for_once_and_nothing_of_others_is_touched(
    standing: list[Standing], wanted: list[AgentLogin], missing: set[str]
) -> None:
    standing = [member for member in standing if member.queue not in missing]
    on_switch = set(QUEUES) - missing
    desired, ours = desired_members([ACME], wanted), queue_names([ACME])
    after = carried_out(standing, differences(desired, standing, ours, on_switch))
    assert differences(desired, after, ours, on_switch) == ()
    others = [member for member in standing if member.queue == "other-queue"]
    assert [member for member in after if member.queue == "other-queue"] == others
    here = {(seat.queue, seat.interface) for seat in desired if seat.queue in on_switch}
    assert {(member.queue, member.interface) for member in after if member.queue in ours} == here
