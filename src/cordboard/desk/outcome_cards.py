"""How a call ended, and why this agent had it, as the live page shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cordboard.desk.cards import OtherCard, OutcomeCard, WhyCard, seconds
from cordboard.desk.names import Names
from cordboard.journal.outcome import SOMEBODY, OutcomeKind
from cordboard.journal.why import Reason
from cordboard.store.records import CallRecord

WITH_WHOM = frozenset({OutcomeKind.HANDLED, OutcomeKind.VOICEMAIL})
"""Outcomes whose detail is the id of a person or a box."""


def outcome_card(record: CallRecord, names: Names) -> OutcomeCard:
    detail, _, item = record.detail.partition(":")
    if record.outcome in WITH_WHOM:
        detail, item = "", "" if detail == SOMEBODY else detail
    return OutcomeCard(
        call=f"{record.node}/{record.uniqueid}",
        entered=seconds(record.entered),
        ended=seconds(record.ended or record.entered),
        caller=record.caller_number,
        caller_name=record.caller_name,
        did=names.dids.get(record.did, record.did),
        queue=names.queue(f"{names.company}-{record.queue}") if record.queue else "",
        agent=names.person(f"{names.company}-{record.agent}") if record.agent else "",
        outcome=record.outcome or "",
        detail=detail,
        place=names.place(item),
        waited=record.waited,
        talked=record.talked,
        why=_why(record.why, names) if record.outcome == OutcomeKind.HANDLED else None,
    )


def _why(choice: Mapping[str, Any], names: Names) -> WhyCard | None:
    """The journal's choice in short; None if it holds none (a direct call, or one of another version)."""
    try:
        chosen = next(one for one in choice["candidates"] if one["reason"] == Reason.CHOSEN)
        others = tuple(
            OtherCard(names.person(f"{names.company}-{one['agent']}"), str(one["reason"]))
            for one in choice["candidates"]
            if one is not chosen
        )
        idle = chosen.get("idle")
        return WhyCard(_rule({other.reason for other in others}), int(choice["tier"]), idle, others)
    except (KeyError, TypeError, ValueError, StopIteration):
        return None


def _rule(reasons: set[str]) -> str:
    # The nearest rival decided: of equals the strategy, else the skill.
    for reason, rule in (
        (Reason.SERVED_MORE_RECENTLY, "longest_idle"),
        (Reason.SERVED_MORE_CALLS, "fewest_calls"),
        (Reason.AFTER_IN_LINE, "first_in_line"),
        (Reason.NOT_IN_TURN, "in_turn"),
        (Reason.NOT_DRAWN, "drawn"),
        (Reason.RANG_TOO, "first_to_answer"),
        (Reason.EQUAL, "equal"),
        (Reason.LESS_SKILLED, "best_skilled"),
    ):
        if reason in reasons:
            return rule
    return "only_one"
