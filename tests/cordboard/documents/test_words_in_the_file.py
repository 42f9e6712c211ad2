"""What callers may say, in the company file: read, stored in the menus' flow, and written as it was read."""

from __future__ import annotations

from datetime import date

from agi.flow.nodes import Menu
from cordboard.documents import export_company, flow_of, read_company
from kit.switch import REPOSITORY

TEXT = (REPOSITORY / "tests/kit/heard.yaml").read_text(encoding="utf-8")


def test_words_come_into_the_flow_and_back_into_the_file() -> None:
    reading = read_company(TEXT)
    company = reading.company
    assert company is not None
    menu = flow_of(company, date(2026, 11, 22)).nodes["main"]
    assert isinstance(menu, Menu)
    assert menu.speech is not None
    assert menu.speech.keys_by_phrase("en") == {"sales": "1", "commercial": "1", "opening hours": "2"}
    assert menu.speech.least == 50
    assert read_company(export_company(company)).company == company


def test_a_menu_without_words_says_nothing_of_them() -> None:
    company = read_company(TEXT.replace("    speech:\n", "    #\n").replace("      words:", "      #")).company
    assert company is not None
    assert company.menus["main"].speech is None
    assert "speech" not in export_company(company)
