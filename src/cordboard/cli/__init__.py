"""The command line: words in, one use-case, words or JSON out, and an exit status that scripts can trust.

Exit status: 0 done (for `plan`: nothing to change), 1 could not (the message says why and what to do), 2 for `plan`:
there are changes; 2 is also typer's own for words that it does not understand.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from cordboard.cli.commands import Commands
from cordboard.cli.context import Context, configured
from cordboard.house.collector import settle_collector

app = typer.Typer(
    name="cordboard",
    cls=Commands,
    help="The control layer that turns stock Asterisk into an IP-PBX and call centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.callback()(configured)


def main() -> None:
    """Run the command; what can go wrong for a careful user is one paragraph, never a traceback."""
    settle_collector()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        cause = _only_cause(error)
        if isinstance(cause, _expected()):
            _end("\n".join([str(cause), *getattr(cause, "__notes__", ())]))
        if isinstance(cause, OSError):
            _end(": ".join(str(part) for part in (cause.strerror or cause, cause.filename) if part))
        raise


def _expected() -> tuple[type[Exception], ...]:
    """What can go wrong for a careful user: its words say what and what to do."""
    from ami.errors import AmiError
    from cordboard.desk.access import AccessError
    from cordboard.desk.errors import DeskError
    from cordboard.flows.errors import FlowsError
    from cordboard.provisioning.errors import ProvisioningError
    from cordboard.settings import SettingsError
    from cordboard.store.errors import StoreError
    from cordboard.web.console import ConsoleMissingError

    of_rooms = (SettingsError, StoreError, ProvisioningError, AmiError, DeskError, FlowsError, AccessError)
    return *of_rooms, ConsoleMissingError


def _only_cause(error: BaseException) -> BaseException:
    """What is in a group of one: tasks that live together end together, one of them for a reason."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _end(words: str) -> NoReturn:
    typer.echo(f"cordboard: {words}", err=True)
    sys.exit(1)


__all__ = ["Context", "app", "main"]
