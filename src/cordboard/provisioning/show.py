"""A plan, and the result of applying one, for people and for programs: plain text and JSON-able values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cordboard.provisioning.apply import Applied
from cordboard.provisioning.changes import Action, Change
from cordboard.provisioning.generations import State
from cordboard.provisioning.inventory import Parameters
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.verify import Difference

ABSENT = "none"


def plan_text(plan: Plan) -> str:
    """Lines for a terminal, without colours."""
    return "\n".join(_plan_lines(plan)) + "\n"


def _plan_lines(plan: Plan) -> Iterator[str]:
    for problem in plan.problems:
        yield f"{'warning' if problem.is_warning else 'error'}: {problem}"
    for change in plan.effective:
        yield from _change_lines(change)
    if plan.drift:
        yield "not as it was left:"
        yield from (f"  ! {difference}" for difference in plan.drift)
    if not plan.is_asterisk_read:
        yield "Asterisk was not reached: what it runs was not looked at."
    if plan.is_refused:
        yield "This plan cannot be applied."
    elif plan.is_empty:
        yield "Nothing to do: everything is as it is wanted."
    else:
        counts = plan.counts
        yield (
            f"Plan {plan.identity}: {counts[Action.ADD]} to add, {counts[Action.CHANGE]} to change, "
            f"{counts[Action.REMOVE]} to remove, {counts[Action.KEEP]} unchanged."
        )
        if plan.reloads:
            yield f"Reloads: {', '.join(plan.reloads)}."
        if plan.restarts:
            yield f"Taken over only when Asterisk is restarted: {', '.join(plan.restarts)}."


def _change_lines(change: Change) -> Iterator[str]:
    title = f" ({change.title})" if change.title and not change.name.endswith(change.title) else ""
    yield f"{change.action} {change.kind} {change.name}{title}"
    match change.action:
        case Action.ADD:
            yield from (f"    {key}: {value}" for key, value in change.after.items() if key != "name")
        case Action.CHANGE:
            for key in {**change.before, **change.after}:
                yield f"    {key}: {change.before.get(key, ABSENT)} -> {change.after.get(key, ABSENT)}"
        case _:
            pass


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as plain dictionaries and lists."""
    return {
        "plan": plan.identity,
        "base": plan.base,
        "is_empty": plan.is_empty,
        "is_refused": plan.is_refused,
        "is_asterisk_read": plan.is_asterisk_read,
        "changes": [_change_json(change) for change in plan.effective],
        "unchanged": plan.counts[Action.KEEP],
        "drift": differences_json(plan.drift),
        "problems": problems_json(plan.problems),
        "reloads": list(plan.reloads),
        "restarts": list(plan.restarts),
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "action": str(change.action),
        "kind": change.kind,
        "name": change.name,
        "title": change.title,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "reload": list(change.reload),
    }


def _plain(parameters: Parameters) -> Mapping[str, str]:
    return dict(parameters)


def applied_text(applied: Applied) -> str:
    """What came of an apply or a verification, for a terminal."""
    return "\n".join(_applied_lines(applied)) + "\n"


def _applied_lines(applied: Applied) -> Iterator[str]:
    yield from (
        f"Generation {number} was interrupted before it was in force; it is not used." for number in applied.discarded
    )
    if applied.put_back_from is not None:
        yield f"Generation {applied.put_back_from} had failed; going back from it was interrupted and is done now."
    yield from (f"  ! {difference}" for difference in applied.differences)
    if applied.generation is None:
        yield "Nothing was applied yet."
    elif applied.failed is not None:
        yield f"Generation {applied.failed} failed: {applied.reason}."
        proof = {State.VERIFIED: "it was read back", State.SWITCHED: "that Asterisk runs it is not proven"}
        if applied.generation != applied.failed:
            yield f"Generation {applied.generation} is in force again: {proof.get(applied.state, applied.state)}."
    elif applied.is_verified:
        yield f"Generation {applied.generation} is in force, read back from Asterisk."
    else:
        yield f"Generation {applied.generation} is in force on disk, not verified: {applied.reason}."
    if applied.reloaded:
        yield f"Reloaded: {', '.join(applied.reloaded)}."
    if applied.kept:
        kept = ", ".join(map(str, applied.kept))
        yield f"Contexts of earlier generations stay for calls that are in them: {kept}."
    if applied.restarts:
        yield f"Taken over only when Asterisk is restarted: {', '.join(applied.restarts)}."
    if applied.is_verified:
        yield f"Asterisk does not show, so these were not compared: {'; '.join(applied.unreadable)}."


def applied_json(applied: Applied) -> dict[str, Any]:
    """The result as plain dictionaries and lists."""
    return {
        "generation": applied.generation,
        "state": str(applied.state),
        "is_verified": applied.is_verified,
        "failed": applied.failed,
        "put_back_from": applied.put_back_from,
        "discarded": list(applied.discarded),
        "reason": applied.reason,
        "differences": differences_json(applied.differences),
        "reloaded": list(applied.reloaded),
        "restarts": list(applied.restarts),
        "kept": list(applied.kept),
        "unreadable": list(applied.unreadable),
    }


def differences_json(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    return [
        {
            "place": str(difference.place),
            "kind": difference.kind,
            "name": difference.name,
            "expected": difference.expected,
            "found": difference.found,
            "is_foreign": difference.is_foreign,
        }
        for difference in differences
    ]


def problems_json(problems: Iterable[PlanProblem]) -> list[dict[str, Any]]:
    return [
        {"where": problem.where, "what": problem.what, "cure": problem.cure, "is_warning": problem.is_warning}
        for problem in problems
    ]
