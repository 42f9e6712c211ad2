"""How a request about an agent or a call ended, as the command line tells it."""

from __future__ import annotations

import typer

from cordboard.cli.context import complain, say
from cordboard.desk.results import Done, Refused, Result


def show_result(result: Result) -> None:
    """Say how it ended; where it was not done, or nobody knows, the command ends with exit status 1."""
    if isinstance(result, Done):
        told = (f"{name} {value}" for name, value in result.told.items())
        say("; ".join(["done", *told, *map(warning_words, result.warnings)]))
        return
    cure = ' Add: --because "..."' if result.reason == "because_needed" else ""
    complain(f"{'refused' if isinstance(result, Refused) else 'unknown'}: {result.words}{cure}")
    raise typer.Exit(1)


def warning_words(warning: str) -> str:
    """What a code of Done.warnings tells people."""
    kind, _, name = warning.partition(":")
    words = {
        "phone_busy": "the phone is in a call",
        "phone_unreachable": "the phone is not registered: no call reaches it",
        "queue_missing": f"queue {name} is not in Asterisk yet: apply first",
    }
    return words.get(kind, warning)
