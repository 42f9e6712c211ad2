"""Why this agent: each of the others has a reason, and the reasons are app_queue's own."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.models import DeviceState, Member, Queue
from cordboard.journal.why import Choice, Reason, why

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def member(
    name: str,
    penalty: int = 0,
    idle: float | None = 100,
    *,
    status: DeviceState = DeviceState.NOT_IN_USE,
    pause: str = "",
    wrap_up: float = 0,
) -> Member:
    return Member(
        queue="acme-billing",
        interface=f"PJSIP/acme-{name}",
        name=f"acme-{name}",
        penalty=penalty,
        paused=bool(pause),
        pause_reason=pause,
        paused_since=None,
        status=status,
        in_call=False,
        last_call=None if idle is None else NOW - timedelta(seconds=idle),
        wrap_up=wrap_up,
        calls_taken=0,
        ring_in_use=False,
        added=None,
    )


def queue(*members: Member, strategy: str = "leastrecent") -> Queue:
    return Queue("pbx1", "acme-billing", strategy, (), members)


def reasons(choice: Choice) -> dict[str, Reason]:
    return {candidate.agent: candidate.reason for candidate in choice.candidates}


def test_every_candidate_has_the_reason_that_kept_the_call_from_him() -> None:
    found = why(
        queue(
            member("amel", 3, 200),
            member("bob", 3, 50),
            member("chloe", 7, 900),
            member("dan", 0, pause="lunch"),
            member("eve", 0, status=DeviceState.RINGING),
            member("fred", 0, status=DeviceState.UNAVAILABLE),
            member("gina", 0, 5, wrap_up=10),
            member("kim", 0, pause="wrapup"),
            member("hugo", 101),
            member("irene", 1),
            replace(member("jean", 1), in_call=True),
        ),
        "acme-amel",
        NOW,
        4.0,
        opens_after=[15, 30],
        did_not_take_it={"acme-irene"},
    )
    assert reasons(found) == {
        "amel": Reason.CHOSEN,
        "bob": Reason.SERVED_MORE_RECENTLY,
        "chloe": Reason.LESS_SKILLED,
        "dan": Reason.PAUSED,
        "eve": Reason.BUSY,
        "fred": Reason.UNREACHABLE,
        "gina": Reason.WRAPPING_UP,
        "kim": Reason.WRAPPING_UP,
        "hugo": Reason.NOT_YET,
        "irene": Reason.DID_NOT_TAKE_IT,
        "jean": Reason.BUSY,
    }
    by_agent = {candidate.agent: candidate for candidate in found.candidates}
    assert by_agent["dan"].pause == "lunch"
    assert by_agent["hugo"].opens_after == 15
    assert (found.queue, found.agent, found.tier) == ("billing", "amel", 0)


def test_one_who_had_no_call_since_he_logged_in_comes_before_equals() -> None:
    found = why(queue(member("amel", 3, 5000), member("bob", 3, None)), "acme-bob", NOW, 0)
    assert [candidate.agent for candidate in found.candidates] == ["bob", "amel"]
    assert reasons(found)["amel"] is Reason.SERVED_MORE_RECENTLY


def test_equals_are_called_equal_and_a_surprise_a_surprise() -> None:
    found = why(queue(member("amel"), member("bob"), member("chloe", 0, 500)), "acme-bob", NOW, 0)
    assert reasons(found) == {"chloe": Reason.PASSED_OVER, "amel": Reason.EQUAL, "bob": Reason.CHOSEN}


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        ("linear", Reason.AFTER_IN_LINE),
        ("rrmemory", Reason.NOT_IN_TURN),
        ("random", Reason.NOT_DRAWN),
        ("ringall", Reason.RANG_TOO),
    ],
)
def test_of_equals_the_strategy_of_the_queue_decides_and_not_the_idle_time(strategy: str, reason: Reason) -> None:
    crew = queue(member("amel", 3, 10), member("bob", 3, 900), member("chloe", 7, 900), strategy=strategy)
    found = reasons(why(crew, "acme-amel", NOW, 4.0))
    assert found == {"amel": Reason.CHOSEN, "bob": reason, "chloe": Reason.LESS_SKILLED}


def test_who_took_the_fewest_calls_is_known_by_counting() -> None:
    crew = queue(
        replace(member("amel", idle=10), calls_taken=2),
        replace(member("bob"), calls_taken=3),
        replace(member("chloe"), calls_taken=2),
        replace(member("dan"), calls_taken=1),
        strategy="fewestcalls",
    )
    found = why(crew, "acme-amel", NOW, 4.0)
    assert reasons(found) == {
        "dan": Reason.PASSED_OVER,
        "amel": Reason.CHOSEN,
        "chloe": Reason.EQUAL,
        "bob": Reason.SERVED_MORE_CALLS,
    }
    assert [candidate.agent for candidate in found.candidates] == ["dan", "amel", "chloe", "bob"]


def test_who_rang_along_is_not_called_busy() -> None:
    crew = queue(
        member("amel"),
        member("bob", status=DeviceState.RINGING),
        member("chloe", status=DeviceState.RINGING),
        strategy="ringall",
    )
    found = reasons(why(crew, "acme-amel", NOW, 4.0, rang_too={"acme-amel", "acme-bob"}))
    assert found == {"amel": Reason.CHOSEN, "bob": Reason.RANG_TOO, "chloe": Reason.BUSY}


def test_the_window_opens_with_the_time_waited() -> None:
    members = queue(member("amel", 0, pause="lunch"), member("bob", 105), member("chloe", 203))
    early = why(members, "acme-bob", NOW, 20, opens_after=[15, 30])
    assert (early.tier, reasons(early)["chloe"]) == (1, Reason.NOT_YET)
    late = why(members, "acme-bob", NOW, 40, opens_after=[15, 30])
    assert (late.tier, reasons(late)["chloe"]) == (2, Reason.LESS_SKILLED)
    routed_wide = why(members, "acme-bob", NOW, 0, opens_after=[15, 30], max_penalty=299)
    assert reasons(routed_wide)["chloe"] is Reason.LESS_SKILLED


def test_being_chosen_proves_that_the_window_was_open() -> None:
    found = why(queue(member("bob", 105)), "acme-bob", NOW, 14.6, opens_after=[15])
    assert found.tier == 1


def test_it_is_kept_as_plain_values_without_what_is_empty() -> None:
    kept = why(queue(member("amel", 3, None), member("bob", 3, pause="lunch")), "acme-amel", NOW, 1.23).to_json()
    assert json.loads(json.dumps(kept)) == {
        "queue": "billing",
        "agent": "amel",
        "waited": 1.2,
        "tier": 0,
        "candidates": [
            {"agent": "amel", "reason": "chosen", "tier": 0, "penalty": 3},
            {"agent": "bob", "reason": "paused", "tier": 0, "penalty": 3, "idle": 100.0, "pause": "lunch"},
        ],
    }


members = st.lists(
    st.builds(
        member,
        st.sampled_from(["amel", "bob", "chloe", "dan", "eve", "fred"]),
        st.integers(0, 320),
        st.one_of(st.none(), st.floats(-10, 1000)),
        status=st.sampled_from(list(DeviceState)),
        pause=st.sampled_from(["", "", "lunch"]),
        wrap_up=st.sampled_from([0.0, 10.0]),
    ),
    max_size=6,
    unique_by=lambda one: one.name,
)


@given(members, st.sampled_from(["acme-amel", "acme-bob", "acme-gone"]), st.floats(0, 100))
def test_everybody_is_named_once_with_one_reason_and_only_the_chosen_is_chosen(
    standing: list[Member], chosen: str, waited: float
) -> None:
    found = why(queue(*standing), chosen, NOW, waited, opens_after=[15, 30])
    assert sorted(f"acme-{candidate.agent}" for candidate in found.candidates) == sorted(m.name for m in standing)
    picked = [candidate.agent for candidate in found.candidates if candidate.reason is Reason.CHOSEN]
    assert picked == ([found.agent] if any(m.name == chosen for m in standing) else [])
    json.dumps(found.to_json())


@pytest.mark.parametrize("chosen", ["acme-amel", "acme-bob", "acme-chloe"])
@given(members)
def test_nobody_free_is_passed_over_when_the_first_free_one_was_chosen(chosen: str, standing: list[Member]) -> None:
    found = why(queue(*standing), chosen, NOW, 40, opens_after=[15, 30])
    free = [c for c in found.candidates if c.reason in (Reason.CHOSEN, Reason.PASSED_OVER, Reason.EQUAL)]
    if free and free[0].reason is Reason.CHOSEN:
        assert Reason.PASSED_OVER not in {candidate.reason for candidate in found.candidates}
