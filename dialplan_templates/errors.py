"""What can go wrong between a view and its files.

TemplateError
├── ViewRefused       the view holds values that cannot be written; lists every problem at once
├── Unwritable        one value that a file's syntax cannot bear: what is wrong and what would cure it
├── NotEncoded        a template printed what no encoder of its file has passed: a fault of ours, not of the data
└── ManifestRefused   a text that is not a generation's file: cut, edited, or not ours
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that cannot be written: where it stands in the view, what is wrong with it, what would cure it. One
    that `is_between_things` could be written by itself: it is about what it leads to, or whose name it takes."""

    where: str
    what: str
    cure: str
    is_between_things: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.cure}."


class TemplateError(Exception):
    """The root of this wing's errors."""


class ViewRefused(TemplateError):
    """Nothing was rendered, because some values cannot be written safely. `problems` holds all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Unwritable(TemplateError):
    """A value that an encoder refused. `what` and `cure` are phrases; neither repeats the value."""

    def __init__(self, what: str, cure: str) -> None:
        self.what = what
        self.cure = cure
        super().__init__(f"{what}: {cure}")


class NotEncoded(TemplateError):
    """A template printed a value that is not of its file's encoded types."""


class ManifestRefused(TemplateError):
    """A text could not be read back as one of a generation's files."""
