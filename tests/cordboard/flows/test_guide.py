"""The guide to menus holds what it shows: its examples make one company, block by block, and its tests pass."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kit.command import cordboard
from kit.guide import BLOCKS, grown


@pytest.mark.parametrize("blocks", range(1, len(BLOCKS) + 1))
def test_what_the_guide_shows_can_be_checked_and_tested(blocks: int, tmp_path: Path) -> None:
    company = reduce(grown, BLOCKS[:blocks])
    path = tmp_path / "company.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(company, file)
    tested = cordboard("flow", "test", str(path))
    assert tested.exit_code == 0, tested.output
    assert f"{len(company['tests'])} tests, 0 failed." in tested.output


def test_every_block_of_steps_has_a_test_of_them() -> None:
    assert all(block["tests"] for block in BLOCKS if "steps" in block)
