"""A plan for people and for programs: plain text and JSON-able values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cordboard.provisioning.changes import Action, Change, Effect
from cordboard.provisioning.effects import InForce, in_force
from cordboard.provisioning.outline import outline, outline_changes, wrapped
from cordboard.provisioning.phrases import sentences
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.verify import Difference


def plan_text(plan: Plan, *, language: str = "en", width: int = 0, is_verbose: bool = False) -> str:
    """Lines for a terminal, without colours. `language`: en or fr. `width` in columns, 0: lines are not broken.
    `is_verbose`: every change and consequence, where else the rest of many is counted."""
    return wrapped(outline(plan, language=language, is_verbose=is_verbose), width)


def changes_text(changes: Sequence[Change], *, language: str = "en", width: int = 0, is_verbose: bool = False) -> str:
    """Changes alone, as what differs between two generations; empty if there are none."""
    return wrapped(outline_changes(changes, language=language, is_verbose=is_verbose), width)


def plan_json(plan: Plan, *, language: str = "en") -> dict[str, Any]:
    """The plan as plain dictionaries and lists, whole. Sentences are in the language, everything else in English."""
    return {
        "plan": plan.identity,
        "base": plan.base,
        "is_empty": plan.is_empty,
        "is_refused": plan.is_refused,
        "is_asterisk_read": plan.is_asterisk_read,
        "problems": problems_json(plan.problems),
        "effects": _effects_json(plan.effects),
        "changes": changes_json(plan.effective, language=language, is_first=plan.base is None),
        "unchanged": plan.counts[Action.KEEP],
        "drift": differences_json(plan.drift),
        "reloads": list(plan.reloads),
        "restarts": list(plan.restarts),
    }


def changes_json(changes: Iterable[Change], *, language: str = "en", is_first: bool = False) -> list[dict[str, Any]]:
    """Changes as plain dictionaries. `is_first`: nothing is in force yet, so all of them are with the apply."""
    return [
        {
            "action": str(change.action),
            "company": change.company,
            "kind": change.kind,
            "name": change.name,
            "title": change.title,
            "number": change.number,
            "sentences": list(sentences(change, language)),
            "before": dict(change.before),
            "after": dict(change.after),
            "follows": [{"kind": kind, "name": name} for kind, name in change.follows],
            "authors": [
                {"by": author.by, "at": author.at.isoformat(), "revision": author.revision} for author in change.authors
            ],
            "effects": _effects_json(change.effects),
            "in_force": str(InForce.APPLY if is_first else in_force(change)),
            "reload": list(change.reload),
        }
        for change in changes
    ]


def _effects_json(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    return [{"text": effect.text, "is_harmful": effect.is_harmful} for effect in effects]


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
        {
            "where": problem.where,
            "row": problem.row,
            "what": problem.what,
            "cure": problem.cure,
            "is_warning": problem.is_warning,
            "is_shrinking": problem.is_shrinking,
        }
        for problem in problems
    ]
