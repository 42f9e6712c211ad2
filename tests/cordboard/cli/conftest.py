"""A home for commands that are tried without a switch."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def bare_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is in it yet, and there is no Asterisk whose sounds would be known."""
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CORDBOARD_ASTERISK_MODE", "included")
    monkeypatch.setenv("CORDBOARD_ASTERISK_HOME", str(tmp_path / "none"))
    return tmp_path / "home"
