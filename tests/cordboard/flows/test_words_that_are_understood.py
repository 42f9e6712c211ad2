"""The checker about what callers may say: words that no dictionary has, languages that nobody understands."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cordboard.settings import SettingsError
from kit.command import cordboard
from kit.switch import REPOSITORY

COMPANY = REPOSITORY / "tests/kit/heard.yaml"


def said_of(folder: Path, words: object, *settings: str, language: str = "en") -> str:
    """What the checker says of the company of the trips with other words."""
    yaml = YAML(typ="safe")
    document = yaml.load(COMPANY)
    document["menus"]["main"]["speech"] = {"words": words}
    document["dids"]["+33199000001"]["language"] = language
    path = folder / "company.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(document, file)
    return cordboard(*settings, "flow", "check", str(path)).output


def test_words_of_the_dictionary_are_fine(tmp_path: Path) -> None:
    said = said_of(tmp_path, {"1": {"en": ["sales", "sales department"]}}, "--set", "hearing=en")
    assert "speech" not in said


@pytest.mark.parametrize(
    ("words", "settings", "told"),
    [
        ({"1": {"en": ["sales qwortz"]}}, "hearing=en", '"qwortz" is not in the dictionary of en'),
        ({"1": {"en": ["sales"]}}, "hearing=", "warning: menus.main.speech.words: nobody knows here"),
        ({"1": {"fr": ["ventes"]}}, "hearing=en", "warning: menus.main.speech.words: fr is not understood"),
        ({"1": {"fr": ["ventes"]}}, "hearing=en", "warning: menus.main.speech.words: has no words in en"),
        ({"1": {"en": ["sales"]}, "2": {"en": ["sales"]}}, "hearing=en", "nobody knows which is meant"),
        ({"1": {"en": ["sales"]}, "5": {"en": ["other"]}}, "hearing=en", "words.5: is no key of this menu"),
        ({"1": {"en": ["Sales!"]}}, "hearing=en", "is nothing that a menu listens for"),
    ],
)
def test_what_callers_say_in_vain_is_told(tmp_path: Path, words: object, settings: str, told: str) -> None:
    assert told in said_of(tmp_path, words, "--set", settings)


def test_a_language_whose_model_is_not_there_is_told_by_the_setting(tmp_path: Path) -> None:
    refused = cordboard("--set", f"hearing=fr={tmp_path}", "flow", "check", str(COMPANY)).exception
    assert isinstance(refused, SettingsError)
    assert refused.problems[0].startswith("hearing: ")
    assert "one dictionary" in refused.problems[0]
