"""What commands find wrong with company files and menus, in French: as lines and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.command import done
from kit.switch import REPOSITORY

DEMO = str(REPOSITORY / "demo/company.yaml")
NOT_THERE = "inconnu : file « billling-fr »"
MEANT = "Vouliez-vous dire « billing-fr » ?"


@pytest.fixture(autouse=True)
def home(bare_home: Path) -> Path:
    return bare_home


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    """The demo company with a key that leads to no queue."""
    file = tmp_path / "wrong.yaml"
    text = Path(DEMO).read_text(encoding="utf-8")
    file.write_text(text.replace('"4": {message: opening-hours}', '"4": {queue: billling-fr}', 1), encoding="utf-8")
    return str(file)


def en_francais(*words: str, status: int = 0) -> str:
    return done("--set", "language=fr", *words, status=status)


def french_json(*words: str, status: int = 0) -> Any:
    return json.loads(en_francais(*words, "--json", status=status))


def test_a_check_of_menus(wrong: str) -> None:
    told = en_francais("flow", "check", wrong, status=1)
    assert f"menus.accueil.keys.4.queue: {NOT_THERE}. {MEANT}\n" in told
    assert "avertissement : hours.always: rien n'est jamais fermé" in told
    assert told.endswith("1 erreur, 2 avertissements.\n")
    english = json.loads(done("flow", "check", wrong, "--json", status=1))
    french = french_json("flow", "check", wrong, status=1)
    assert {**english[0], "what": "", "cure": ""} in [{**each, "what": "", "cure": ""} for each in french]
    assert (NOT_THERE, MEANT) in {(each["what"], each["cure"]) for each in french}


def test_an_import_of_a_company_file(wrong: str) -> None:
    done("init")
    told = en_francais("import", wrong, status=1)
    assert NOT_THERE in told
    assert "1 problème : rien n'a été enregistré." in told
    assert NOT_THERE in {each["what"] for each in french_json("import", wrong, status=1)["problems"]}


def test_drafts_and_versions(tmp_path: Path) -> None:
    done("init")
    done("import", DEMO)
    assert "erreur : brouillon: il n'y en a pas; `cordboard flow draft FICHIER` en fait un" in en_francais(
        "flow", "publish", status=1
    )
    (problem,) = french_json("flow", "unpublish", status=1)["problems"]
    assert (problem["where"], problem["what"]) == ("menus", "aucune version n'a été publiée avant")
    file = tmp_path / "failing.yaml"
    failing = '\ntests:\n  four: {to: "+33199000001", at: "2026-11-23 10:00", press: "4", ends: {queue: support}}\n'
    file.write_text(Path(DEMO).read_text(encoding="utf-8") + failing, encoding="utf-8")
    told = en_francais("flow", "test", str(file), status=1)
    assert "ÉCHEC   four" in told
    assert "          doit finir vers la file support, finit vers le message opening-hours\n" in told
    assert told.endswith("1 test, 1 échec.\n")
    assert french_json("flow", "test", str(file), status=1)[0]["faults"][0].startswith("doit finir vers ")
    assert "test four: échoue : doit finir vers la file support" in en_francais("flow", "draft", str(file), status=1)
