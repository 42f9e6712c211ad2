"""The command line: words in, one use-case, words or JSON out, and an exit status that scripts can trust.

Exit status: 0 done (for `plan`: nothing to change), 1 could not (the message says why and what to do), 2 for `plan`:
there are changes; 2 is also typer's own for words that it does not understand.
"""

from __future__ import annotations

import sys

import typer

from ami.errors import AmiError
from cordboard.cli import calls, company, deploy, people, service
from cordboard.cli.context import Context, configured
from cordboard.desk.access import AccessError
from cordboard.desk.errors import DeskError
from cordboard.provisioning.errors import ProvisioningError
from cordboard.settings import SettingsError
from cordboard.store.errors import StoreError

app = typer.Typer(
    name="cordboard",
    help="The control layer that turns stock Asterisk into an IP-PBX and call centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.callback()(configured)
for room in (service, company, deploy, people, calls):
    room.add_to(app)


def main() -> None:
    """Run the command; what can go wrong for a careful user is one paragraph, never a traceback."""
    try:
        app()
    except (SettingsError, StoreError, ProvisioningError, AmiError, DeskError, AccessError) as error:
        print(f"cordboard: {error}", file=sys.stderr)  # noqa: T201 - this is the terminal
        sys.exit(1)
    except OSError as error:
        print(f"cordboard: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["Context", "app", "main"]
