"""Sentences that source code can make, as templates with numbered holes: read from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_PROSE = re.compile(r"\w\W* \W*\w")
_OF_NO_FINDING = re.compile(r"(re|logger)\..*|[A-Za-z]*(Error|Broken|Unsafe[A-Za-z]*)")
"""Calls whose texts nobody reads as a finding: patterns, the log, errors."""


def made_in(path: Path) -> dict[str, str]:
    """Template -> `file:line` of each text of more than one word in a module that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(node) for node in _skipped(tree)}
    texts = (node for node in ast.walk(tree) if id(node) not in skipped)
    found = ((_template(node), node) for node in texts)
    return {text: f"{path.name}:{node.lineno}" for text, node in found if text and _PROSE.search(text)}  # type: ignore[attr-defined]


def _template(node: ast.AST) -> str:
    """Holes next to each other are one: nobody can tell where the first ends."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _literal(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts: list[str | None] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(_literal(str(value.value)))
        elif not parts or parts[-1] is not None:
            parts.append(None)
    numbers = iter(range(len(parts)))
    return "".join(f"{{{next(numbers)}}}" if part is None else part for part in parts)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _skipped(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                yield docstring
            case ast.JoinedStr(values=values):
                for value in values:
                    if isinstance(value, ast.Constant):
                        yield value
                    elif isinstance(value, ast.FormattedValue) and value.format_spec is not None:
                        yield from ast.walk(value.format_spec)
            case ast.Call(func=function) if _OF_NO_FINDING.fullmatch(ast.unparse(function)):
                yield from ast.walk(node)
