"""What can go wrong between a view and its files.

TemplateError
├── ViewRefused     the view holds values that a file's syntax cannot bear; lists every problem at once
└── NotEncoded      a template wrote a value that no encoder of its file has passed (a fault of ours, never of the data)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that cannot be written: where it stands in the view, what is wrong with it, what would cure it."""

    where: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.cure}"


class TemplateError(Exception):
    """The root of this wing's errors."""


class ViewRefused(TemplateError):  # noqa: N818 - the trade's words: a view is accepted or refused
    """Nothing was rendered, because some values cannot be written safely. `problems` holds all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotEncoded(TemplateError):  # noqa: N818
    """A template printed a value that is not of its file's encoded type."""
