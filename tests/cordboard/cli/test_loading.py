"""A command loads what it needs and no more, and the table that makes this possible tells the truth."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
import typer

import cordboard.cli
from cordboard.cli import app
from cordboard.cli.commands import COMMANDS, Commands
from cordboard.store import open_store

GROUP = cast(Commands, typer.main.get_command(app))
NAMES = [name for lines in COMMANDS.values() for name in lines]
PROBE = """
import sys
from cordboard.cli import app
try:
    app(sys.argv[1:])
finally:
    print("loaded", *sys.modules, file=sys.stderr)
"""
# For the company file, a migration, the live page, and an Asterisk that is taken over: not for everyday commands.
SELDOM = {"alembic", "holidays", "ruamel", "aiohttp", "asterisk", "cordboard.documents", "cordboard.adoption",
          "cordboard.web"}  # fmt: skip
DEPLOYING = {"jinja2", "phonenumbers", "dialplan_templates", "cordboard.provisioning", "cordboard.house.deployment"}
PAGES = {"rich", "structlog", "argon2", "phonenumbers"}
ANY_ROOM = {"sqlalchemy", "sqlmodel", "asyncio", "ami", "agi", "cordboard.store", "cordboard.desk", "cordboard.journal"}


def loaded(*words: str, home: Path | None = None) -> set[str]:
    """The modules of a fresh interpreter once the command is done."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
    environment["CORDBOARD_FILE"] = os.devnull
    if home is not None:
        environment |= {"CORDBOARD_HOME": str(home), "CORDBOARD_DATABASE_URL": f"sqlite:///{home}/cordboard.db"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    first, *modules = done.stderr.splitlines()[-1].split()
    assert first == "loaded", done.stderr
    return set(modules)


@pytest.mark.parametrize(
    ("words", "not_needed"),
    [
        (["--help"], SELDOM | DEPLOYING | PAGES | ANY_ROOM),
        (["settings"], SELDOM | DEPLOYING | ANY_ROOM | {"structlog", "argon2"}),
        (["plan", "--help"], SELDOM | PAGES),
        (["verify", "--help"], SELDOM | PAGES),
        (["generations", "--help"], SELDOM | PAGES),
        (["agent", "list", "--help"], SELDOM | DEPLOYING | PAGES),
        (["account", "list", "--help"], SELDOM | DEPLOYING | {"ami", "agi", "panoramisk"}),
        (["calls", "--help"], SELDOM | DEPLOYING | PAGES),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_command_loads_what_it_needs(words: list[str], not_needed: set[str]) -> None:
    assert loaded(*words) & not_needed == set()


@pytest.mark.parametrize("script", ["menu", "route"])
async def test_the_process_of_one_call_loads_what_answers_it(script: str, tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as store:
        await store.migrate()
    modules = loaded("answer-call", script, home=tmp_path)
    assert {"cordboard.house.answering", "cordboard.store.schema", "aiosqlite"} <= modules
    rooms = {"cordboard.desk", "cordboard.journal", "ami.client", "panoramisk", "argon2"}
    assert modules & ((SELDOM - {"asterisk"}) | DEPLOYING | rooms) == set()


# --- the table


def test_every_module_with_commands_is_in_the_table() -> None:
    sources = Path(cordboard.cli.__file__).parent.glob("*.py")
    assert {path.stem for path in sources if "def add_to(" in path.read_text(encoding="utf-8")} == set(COMMANDS)


@pytest.mark.parametrize("module", COMMANDS)
def test_a_module_has_the_commands_that_the_table_says(module: str) -> None:
    room = typer.Typer()
    room.callback()(lambda: None)
    import_module(f"cordboard.cli.{module}").add_to(room)
    group: Any = typer.main.get_command(room)
    assert list(group.commands) == list(COMMANDS[module])


@pytest.mark.parametrize("name", NAMES)
def test_the_help_page_says_what_the_command_says(name: str) -> None:
    context = typer.Context(GROUP)
    told, command = GROUP.get_command(context, name), GROUP.loaded(name)
    assert told is not None
    assert told.hidden == command.hidden
    for width in range(20, 121):
        assert told.get_short_help_str(width) == command.get_short_help_str(width)


def test_completion_lists_commands_with_their_help_and_no_hidden_one() -> None:
    found = {item.value: item.help for item in GROUP.shell_complete(typer.Context(GROUP), "a")}
    assert set(found) == {"asterisk", "adopt", "apply", "audit", "agent", "account"}
    assert found["account"] == "Accounts of the live page."
