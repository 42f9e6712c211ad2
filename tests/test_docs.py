"""What exists is documented where its user looks, and what is documented exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import cast

import pytest
import typer
from typer.core import TyperGroup

from cordboard.cli import app
from cordboard.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
ADMINISTRATION = (ROOT / "docs/administration.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _commands(group: TyperGroup, name: str = "cordboard") -> Iterator[str]:
    context = typer.Context(group)
    for word in group.list_commands(context):
        _, inner, _ = group.resolve_command(context, [word])
        assert inner is not None
        if isinstance(inner, TyperGroup):
            yield from _commands(inner, f"{name} {word}")
        elif not inner.hidden:
            yield f"{name} {word}"


COMMANDS = sorted(_commands(cast(TyperGroup, typer.main.get_command(app))))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_guide(command: str) -> None:
    assert re.search(rf"{command}\b", ADMINISTRATION), f"`{command}` is missing in docs/administration.md"


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_in_the_guide(setting: object) -> None:
    name, text = setting.name, setting.metadata["help"]  # type: ignore[attr-defined]
    assert re.search(rf"^\| `{name}` \|.*{re.escape(text)}", ADMINISTRATION, re.MULTILINE)


def test_the_guide_names_no_other_command() -> None:
    told = set(re.findall(r"`?cordboard ([a-z][a-z-]*)", "\n".join(page.read_text(encoding="utf-8") for page in PAGES)))
    known = {command.split()[1] for command in COMMANDS} | {"answer-calls", "hear-calls"}
    assert told - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), f"{page.name}: {link} leads nowhere"


def test_every_decision_has_context_choice_and_what_was_refused() -> None:
    for page in (ROOT / "docs/decisions").glob("*.md"):
        text = page.read_text(encoding="utf-8").lower()
        assert all(word in text for word in ("## context", "## choice", "## refused")), page.name
