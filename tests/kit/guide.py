"""What the guide to menus shows: its examples, block by block, and the company that they make together."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any

from ruamel.yaml import YAML

from kit.switch import REPOSITORY

TEXT = (REPOSITORY / "docs/flows.md").read_text(encoding="utf-8")
BLOCKS: list[dict[str, Any]] = [
    YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
]


def grown(company: dict[str, Any], block: dict[str, Any]) -> dict[str, Any]:
    """A company with what a block adds to its sections."""
    both = {**company}
    for name, value in block.items():
        inner = both.get(name)
        both[name] = grown(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both


WHOLE: dict[str, Any] = reduce(grown, BLOCKS)
"""The company that all blocks make."""
