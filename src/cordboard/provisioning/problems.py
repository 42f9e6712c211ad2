"""What a check found: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """`where` names the thing in the company's words ("queue billing-fr"), `row` its place in the company file, behind
    the company ("acme: queues.billing-fr.when_late"). A warning is shown, an error also stops; one that `is_shrinking`
    stops unless the loss is meant, and said so (`allow_shrink`)."""

    where: str
    what: str
    cure: str
    is_warning: bool = False
    row: str = ""
    is_shrinking: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.cure[:1].lower()}{self.cure[1:]}"


def row_of(company: str, *path: object) -> str:
    """A place in a company's file: `acme: queues.billing.when_late`."""
    return f"{company}: {'.'.join(str(step) for step in path)}"
