"""What every command begins with: settings from file, environment and flags; and how commands print."""

from __future__ import annotations

import json
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cordboard import log
from cordboard.cli.words import word
from cordboard.settings import Loaded, Settings, SettingsError, load

T = TypeVar("T")
Context = typer.Context

# Options that many commands have.
Company = Annotated[str | None, typer.Option(help="Which company; not needed if there is one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def configured(
    context: Context,
    home: Annotated[Path | None, typer.Option(help="Folder of the database, the generations and the keys.")] = None,
    settings_file: Annotated[Path | None, typer.Option("--settings", help="Settings file (TOML).")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any setting; may be given several times.")
    ] = None,
) -> None:
    """Read the settings before any command runs."""
    flags = {**_assigned(assignments or []), "home": home, "log_level": log_level}
    context.obj = load(file=settings_file, flags=flags)
    settings = context.obj.settings
    # A command tells its result itself; what rooms log on the way is for the daemon.
    is_daemon = context.invoked_subcommand in ("run", "answer-calls", "hear-calls")
    log.configure(settings.log_level if is_daemon or log_level else "error", settings.log_format)


def _assigned(assignments: Sequence[str]) -> dict[str, Any]:
    """`name=value` words as flags. Raises SettingsError for words that are none."""
    names = {setting.name for setting in fields(Settings)}
    pairs = [word.partition("=") for word in assignments]
    wrong = [
        f"--set {''.join(pair)}: not NAME=VALUE with a setting's name; `cordboard settings` lists them"
        for pair in pairs
        if not pair[1] or pair[0] not in names
    ]
    if wrong:
        raise SettingsError(wrong)
    return {name: value for name, _, value in pairs}


def loaded(context: Context) -> Loaded:
    """The settings that `configured` read, with their origins."""
    assert isinstance(context.obj, Loaded)
    return context.obj


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous part."""
    import asyncio  # help pages and completion do without

    return asyncio.run(work)


def say(text: str = "") -> None:
    """A line of a command's result."""
    typer.echo(text)


def say_all(lines: Iterable[str]) -> None:
    """Lines of a result in which somebody else may have chosen words."""
    for line in lines:
        say(printable(line))


def complain(text: str) -> None:
    """A line about what went wrong."""
    typer.echo(text, err=True)


def print_json(value: object) -> None:
    """A result for programs."""
    # ASCII alone: a name that a caller chose must not steer the terminal that it may be printed on.
    typer.echo(json.dumps(value, ensure_ascii=True, indent=2, default=str))


def printable(text: str) -> str:
    """What somebody else may have chosen, a caller his name for one, must not steer the terminal."""
    return "".join(character if character.isprintable() else "·" for character in text)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = (), language: str = "en"
) -> None:
    """A result for people; the columns named in `right` hold numbers."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(word(column, language), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else printable(str(cell)) for cell in row))
    console = Console(highlight=False, markup=False)
    # Without a terminal nothing folds lines for a width that nobody has.
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=200)
    console.print(table)
