"""The demo where nothing says texts: the same company, its menus heard by a sound of Asterisk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cordboard.documents import flow_of, read_company
from demo import COMPANY, heard_company

TODAY = date(2026, 11, 22)


def test_without_what_says_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with heard_company() as company:
        assert company == COMPANY
    monkeypatch.setenv("PATH", str(tmp_path))
    with heard_company() as company:
        found = read_company(company.read_text(encoding="utf-8"), today=TODAY)
        assert found.problems == ()
        flow = flow_of(found.accepted(), TODAY)
        assert not list(flow.spoken())
        assert flow.sounds("welcome", "fr") == ("hello",)
    assert not company.exists()
