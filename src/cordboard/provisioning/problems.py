"""What a check found: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """`where` names the thing in the company's words ("queue billing-fr"). A warning is shown, an error also stops."""

    where: str
    what: str
    cure: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.cure}"
