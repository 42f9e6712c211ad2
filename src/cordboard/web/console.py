"""The built console's files, read once: which of them a stranger needs to sign in, and the pages.

A file is served because its name is in a table made at the start; no path is ever put together from a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
BOARD, DEPLOY, MENUS, SIGN_IN = "index.html", "deploy.html", "menus.html", "sign-in.html"
LICENCES = "LICENSES.txt"


class ConsoleMissingError(Exception):
    """The console was not built, or not wholly: `make console` builds it."""


@dataclass(frozen=True, slots=True)
class File:
    """`is_public`: a stranger may have it."""

    content: bytes
    type: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class Console:
    """The files by their path below the static folder (`assets/index-abc.js`, `index.html`)."""

    files: Mapping[str, File]

    @property
    def assets(self) -> Mapping[str, File]:
        """What the pages refer to; the names bear a hash of the content."""
        return {name: file for name, file in self.files.items() if name.startswith("assets/")}


def read_console(folder: Path = STATIC) -> Console:
    """Raises: ConsoleMissingError."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        public = {SIGN_IN, *_closure(manifest, SIGN_IN)}
        pages = (BOARD, DEPLOY, MENUS)
        inside = {*pages, *(name for page in pages for name in _closure(manifest, page))}
        wanted = {LICENCES, *inside, *public}
        files = {name: _file(folder, name, name in public) for name in sorted(wanted)}
    except (OSError, ValueError, KeyError) as error:
        raise ConsoleMissingError(f"the console is not built in {folder}: run `make console`") from error
    return Console(files)


def _file(folder: Path, name: str, is_public: bool) -> File:
    if Path(name).parent not in (Path(), Path("assets")):
        raise ValueError(f"{name} does not belong to the console")
    return File((folder / name).read_bytes(), TYPES[Path(name).suffix], is_public)


def _closure(manifest: Mapping[str, Any], entry: str) -> set[str]:
    """The files that an entry needs: its own, and those of what it imports."""
    names: set[str] = set()
    waiting, seen = [entry], set[str]()
    while waiting:
        chunk = waiting.pop()
        if chunk in seen:
            continue
        seen.add(chunk)
        found = manifest[chunk]
        names.update((found["file"], *found.get("css", ()), *found.get("assets", ())))
        waiting.extend((*found.get("imports", ()), *found.get("dynamicImports", ())))
    return names
