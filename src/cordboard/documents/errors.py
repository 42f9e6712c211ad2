"""What can go wrong with a document.

DocumentError
└── DocumentRefused    a company file has errors; `problems` holds every one of them, in the order of the file
"""

from collections.abc import Sequence

from cordboard.documents.problems import Problem


class DocumentError(Exception):
    """Base of all errors of documents."""


class DocumentRefused(DocumentError):
    """The file was refused whole: nothing of it may be stored."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = sum(not problem.is_warning for problem in problems)
        super().__init__(f"{errors} error{'s' if errors != 1 else ''}")
        self.problems = tuple(problems)
