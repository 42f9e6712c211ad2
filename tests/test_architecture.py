"""The picture of docs/architecture.md held against the code: who may import whom, and who opens which door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WINGS = ("agi", "ami", "dialplan_templates")

# room -> rooms of ours that it may import (a room may always import itself)
MAY_IMPORT: dict[str, set[str]] = {
    "agi": set(),
    "ami": set(),
    "dialplan_templates": set(),
    "cordboard.log": set(),
    "cordboard.settings": set(),
    "cordboard.store": set(),
    "cordboard.documents": {"cordboard.store", "agi"},
    "cordboard.adoption": {"ami", "cordboard.documents", "cordboard.store"},
    "cordboard.voicexml": {"agi", "cordboard.documents"},
    "cordboard.calls": {"agi", "ami", "cordboard.speech", "cordboard.store"},
    "cordboard.asking": {"agi", "cordboard.store"},
    "cordboard.flows": {
        "agi", "ami", "cordboard.calls", "cordboard.documents", "cordboard.provisioning", "cordboard.store",
    },
    "cordboard.journal": {"ami", "cordboard.store"},
    "cordboard.speech": {"agi"},
    "cordboard.hearing": {"agi"},
    "cordboard.provisioning": {"agi", "ami", "dialplan_templates", "cordboard.speech", "cordboard.store"},
    "cordboard.desk": {
        "agi", "ami", "cordboard.documents", "cordboard.journal", "cordboard.provisioning", "cordboard.speech",
        "cordboard.store",
    },
    "cordboard.web": {"ami", "cordboard.desk"},
    "cordboard.words": {"cordboard.provisioning"},
}  # fmt: skip
EVERYTHING = {*MAY_IMPORT, "cordboard"}
MAY_IMPORT["cordboard.house"] = EVERYTHING
MAY_IMPORT["cordboard.cli"] = EVERYTHING | {"cordboard.house"}
MAY_IMPORT["cordboard.__main__"] = {"cordboard.cli"}
MAY_IMPORT["cordboard"] = set()
# `provisioning` and `documents` see the flow document only, not the wing's scripts or server
ONLY_THE_FLOW_DOCUMENT = {
    "cordboard.documents",
    "cordboard.provisioning",
    "cordboard.desk",
    "cordboard.speech",
    "cordboard.voicexml",
    "cordboard.hearing",
}

# third party -> the files or folders that may import it
DOORS: dict[str, tuple[str, ...]] = {
    "panoramisk": ("ami/wire.py",),
    "asterisk": ("agi/process.py",),
    "sqlmodel": ("src/cordboard/store/",),
    "sqlalchemy": ("src/cordboard/store/",),
    "alembic": ("src/cordboard/store/",),
    "aiohttp": ("src/cordboard/web/", "src/cordboard/asking/http.py", "src/cordboard/hearing/server.py"),
    "pocketsphinx": ("src/cordboard/hearing/engine.py",),
    "jinja2": ("dialplan_templates/",),
    "ruamel": ("src/cordboard/documents/",),
    "phonenumbers": ("src/cordboard/store/numbers.py",),
    "holidays": ("src/cordboard/documents/",),
    "structlog": ("src/cordboard/log.py",),
    "argon2": ("src/cordboard/desk/access.py",),
    "typer": ("src/cordboard/cli/",),
    "rich": ("src/cordboard/cli/",),
}


def _sources() -> list[Path]:
    folders = [ROOT / wing for wing in WINGS] + [ROOT / "src" / "cordboard"]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def _module(path: Path) -> str:
    relative = path.relative_to(ROOT / "src") if path.is_relative_to(ROOT / "src") else path.relative_to(ROOT)
    parts = [*relative.parts[:-1], relative.stem]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    first, *rest = module.split(".")
    return f"cordboard.{rest[0]}" if first == "cordboard" and rest else first


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    package = _module(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) + "." if node.level else ""
            module = (base + (node.module or "")).strip(".")
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def _offences(path: Path) -> Iterator[str]:
    here, room = path.relative_to(ROOT), _room(_module(path))
    for line, imported in _imports(path):
        top = imported.split(".")[0]
        if top in (*WINGS, "cordboard"):
            other = _room(imported)
            if other == "cordboard" and room != "cordboard":
                continue  # `from cordboard import x` also yields cordboard.x, which is judged
            if other != room and other not in MAY_IMPORT[room]:
                yield f"{here}:{line}: {room} may not import {other}"
            if (
                room in ONLY_THE_FLOW_DOCUMENT
                and top == "agi"
                and not imported.startswith("agi.flow")
                and imported != "agi"
            ):
                yield f"{here}:{line}: {room} may import only agi.flow of the call wing"
        doors = DOORS.get(top)
        if doors and not any(
            str(here) == door or (door.endswith("/") and str(here).startswith(door)) for door in doors
        ):
            yield f"{here}:{line}: {top} comes in by {' and '.join(doors)} only"


def test_every_room_stands_in_the_table() -> None:
    unknown = {_room(_module(path)) for path in _sources()} - set(MAY_IMPORT)
    assert not unknown, f"rooms without a line in the import table: {sorted(unknown)}"


def test_rooms_import_only_what_the_picture_allows() -> None:
    offences = [offence for path in _sources() for offence in _offences(path)]
    assert not offences, "\n".join(sorted(set(offences)))


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("ami/probe.py", "from cordboard.store import tables", "ami may not import cordboard.store"),
        ("agi/probe.py", "import ami.live", "agi may not import ami"),
        ("src/cordboard/web/probe.py", "from cordboard import store", "may not import cordboard.store"),
        ("src/cordboard/journal/probe.py", "import sqlmodel", "sqlmodel comes in by"),
        ("src/cordboard/documents/probe.py", "from agi.server import FastAgiServer", "only agi.flow"),
        ("src/cordboard/calls/probe.py", "from ..web import feed", "may not import cordboard.web"),
    ],
)
def test_the_law_catches_an_offender(file: str, line: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: line)
    assert any(words in offence for offence in _offences(ROOT / file))
