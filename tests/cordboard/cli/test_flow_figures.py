"""What calls did in the menus, on the command line."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.store.engine import open_store
from cordboard.store.journal import record_calls, record_facts
from cordboard.store.records import CallRecord, FactRecord
from kit.command import cordboard, done
from kit.switch import REPOSITORY

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPAN = ("--from", "2026-03-02", "--to", "2026-03-02")
After = tuple[str, dict[str, str]]
CALLS: tuple[tuple[str, str, str, dict[str, str], After | None], ...] = (
    ("1", "handled", "1", {"silent": "1"}, ("routed", {"queue": "commercial"})),
    ("1", "abandoned", "", {}, None),
    ("2", "handled", "0", {}, ("answered", {"person": "lobby"})),
)
"""Version, outcome, key ("": he hangs up in the menu), failures there, and what came after."""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls by version 1 of the menus and one by version 2, each four seconds in the main menu."""
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    done("init")
    done("import", str(REPOSITORY / "demo/company.yaml"))
    calls, facts = [], []
    for number, (version, outcome, key, failures, after) in enumerate(CALLS):
        happened = [("menu", {"menu": "accueil", "version": version, "by": "flow"})]
        if key:
            happened.append(("choice", {"menu": "accueil", "edge": "key", "key": key, "by": "flow", **failures}))
        happened += [after] if after else []
        happened.append(("hung_up", {"cause": "16"}))
        calls.append(
            CallRecord(
                node="pbx1", uniqueid=f"1.{number}", company="acme", did="main", caller_number="1", caller_name="",
                entered=NOON, ended=NOON + timedelta(minutes=5), outcome=outcome,
            )
        )  # fmt: skip
        facts += [
            FactRecord(
                node="pbx1", uniqueid=f"1.{number}", sequence=place, at=NOON + timedelta(seconds=1 + 4 * place),
                kind=kind, data=data,
            )
            for place, (kind, data) in enumerate(happened)
        ]  # fmt: skip

    async def keep() -> None:
        async with open_store(f"sqlite:///{tmp_path}/home/cordboard.sqlite") as store, store.transaction() as session:
            await record_calls(session, calls)
            await record_facts(session, facts)

    asyncio.run(keep())


@pytest.mark.usefixtures("kept")
class TestFigures:
    def test_in_words(self) -> None:
        told = done("flow", "figures", *SPAN)
        assert "acme, 2026-03-02 to 2026-03-02: 3 calls in the menus, 0 by the compiled way" in told
        assert "0 in progress, 0 that nobody followed, 0 that came to no menu." in told
        lines = [" ".join(line.split()) for line in told.splitlines()]
        assert "accueil Accueil 3 100 % 3 1 (33 %) 1 0 4.0 4.0 4.0" in lines
        assert "accueil key 1 queue commercial 1 33 %" in lines
        assert "phone lobby 1 33 % handled: 1" in lines
        assert "To somebody without choosing: 1, 33 % (key 0: 1)." in lines
        assert "From entering to leaving the menus: median 5.0 s, nine of ten within 5.0 s." in lines

    def test_in_french(self) -> None:
        told = done("--set", "language=fr", "flow", "figures", *SPAN)
        for word in (
            "3 appels dans les menus",
            "raccroché",
            "touche 1",
            "file commercial",
            "poste lobby",
            "traité: 1",
            "médiane",
        ):
            assert word in told

    def test_for_programs(self) -> None:
        told = json.loads(done("flow", "figures", *SPAN, "--version", "1", "--json"))
        assert told["calls"] == 2
        accueil = told["nodes"]["accueil"]
        assert accueil["ways"] == {"hung_up": {"": 1}, "key 1": {"queue:commercial": 1}}
        assert (accueil["silent"], accueil["hung_up"], accueil["seconds"]["median"]) == (1, 1, 4.0)
        assert told["exits"] == {"hung_up": {"abandoned": 1}, "queue:commercial": {"handled": 1}}

    def test_two_versions(self) -> None:
        told = json.loads(done("flow", "figures", *SPAN, "--compare", "1", "2", "--json"))
        figures = {(each["part"], each["of"], each["way"], each["name"]): each for each in told["figures"]}
        share = figures["way", "accueil", "hung_up", "share"]
        assert (share["before"], share["after"], share["difference"]) == (0.5, 0, -0.5)
        lines = [" ".join(line.split()) for line in done("flow", "figures", *SPAN, "--compare", "1", "2").splitlines()]
        assert "way accueil hung up share 50 % 0 % -50 %" in lines

    def test_as_rows(self) -> None:
        rows = list(csv.DictReader(done("flow", "figures", *SPAN, "--csv").splitlines()))
        found = {(row["part"], row["of"], row["way"], row["figure"]): row["value"] for row in rows}
        assert found["calls", "", "", "calls"] == "3"
        assert found["zero_out", "", "key 0", "calls"] == "1"
        rows = list(csv.DictReader(done("flow", "figures", *SPAN, "--compare", "1", "2", "--csv").splitlines()))
        assert (rows[0]["version 1"], rows[0]["version 2"], rows[0]["difference"]) == ("2", "1", "-1")

    def test_the_calls_behind_a_figure(self) -> None:
        places = {"accueil": {"1.0", "1.1", "1.2"}, "hung_up": {"1.1"}, "person:lobby": {"1.2"}, "nowhere": set()}
        for place, ids in places.items():
            told = json.loads(done("flow", "figures", *SPAN, "--calls", place, "--json"))
            assert {each["id"] for each in told} == {f"pbx1/{each}" for each in ids}
        assert "accueil key 0" in done("flow", "figures", *SPAN, "--calls", "phone:lobby")

    def test_another_day_has_none(self) -> None:
        assert ": 0 calls in the menus" in done("flow", "figures", "--from", "2026-03-03", "--to", "2026-03-04")
        assert ": 0 calls in the menus" in done("flow", "figures")

    @pytest.mark.parametrize(
        "words",
        [
            ("--version", "1", "--compare", "1", "2"),
            ("--calls", "accueil", "--compare", "1", "2"),
            ("--csv", "--json"),
            ("--from", "2026-03-04", "--to", "2026-03-03"),
            ("--from", "yesterday"),
        ],
    )
    def test_what_cannot_be_asked_together(self, words: tuple[str, ...]) -> None:
        assert cordboard("flow", "figures", *words).exit_code != 0
