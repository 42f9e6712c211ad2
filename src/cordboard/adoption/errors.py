"""What can go wrong when an Asterisk is adopted.

    AdoptionError
    ├── HeadRefused       the words about the company (id, language, country ...) cannot be used
    └── NothingToAdopt    neither files nor a running Asterisk say anything of phones, queues or boxes

What Asterisk's files hold is never an error: what is not understood is a finding.
"""

from collections.abc import Sequence

from cordboard.documents import Problem


class AdoptionError(Exception):
    """Root of everything this room raises on purpose."""


class HeadRefused(AdoptionError):
    """What was said of the company cannot stand in a company file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{problem.path}: {problem.what}. {problem.cure}" for problem in problems))


class NothingToAdopt(AdoptionError):
    """There is nothing to make a company of."""
