"""The command line in this process: quick, and with what it raised at hand. `kit.site` runs the installed program."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from cordboard.cli import app


def cordboard(*words: str, piped: str = "") -> Result:
    """A command with its words, and what is piped into it; whatever came of it."""
    return CliRunner().invoke(app, list(words), input=piped)


def done(*words: str, status: int = 0, piped: str = "") -> str:
    """What a command that ends with this status printed."""
    result = cordboard(*words, piped=piped)
    assert result.exit_code == status, result.output
    return result.output
