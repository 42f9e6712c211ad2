"""The console and the server speak of the same cards; what is built is whole, and carries its licences."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from ami.conversation import Direction, Doing
from ami.models import AgentState, LinkState, Stage
from cordboard.desk import cards
from cordboard.journal.outcome import OutcomeKind
from cordboard.journal.why import Reason
from cordboard.web.console import STATIC, ConsoleMissingError, read_console

CONSOLE = Path(__file__).resolve().parents[3] / "src" / "console"
MIRROR = (CONSOLE / "source" / "live" / "board.ts").read_text(encoding="utf-8")
CARDS = [
    cards.CompanyCard, cards.LinkCard, cards.WaitingCard, cards.QueueCard, cards.AgentCard, cards.PartyCard,
    cards.CallCard,
    cards.TodayCard, cards.OtherCard, cards.WhyCard, cards.OutcomeCard, cards.LastCard,
]  # fmt: skip


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.__name__)
def test_the_console_knows_every_field_of_a_card(card: type) -> None:
    found = re.search(rf"export interface {card.__name__} {{(.*?)\n}}", MIRROR, re.DOTALL)
    assert found is not None
    theirs = re.findall(r"^  (\w+):", found[1], re.MULTILINE)
    assert theirs == [field.name for field in dataclasses.fields(card)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("AgentState", set(AgentState)),
        ("LinkState", set(LinkState)),
        ("Stage", set(Stage) - {Stage.ENDED}),
        ("Doing", set(Doing)),
        ("Direction", set(Direction)),
        ("Outcome", set(OutcomeKind)),
        ("Reason", set(Reason) - {Reason.CHOSEN}),
    ],
)
def test_the_console_knows_every_word(name: str, values: set[str]) -> None:
    found = re.search(rf"export type {name} =([^;]*);", MIRROR)
    assert found is not None
    assert set(re.findall(r'"(\w+)"', found[1])) == {str(value) for value in values}


def test_the_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (CONSOLE / "package-lock.json").read_text(encoding="utf-8")


def test_a_console_that_is_not_built_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConsoleMissingError, match="make console"):
        read_console(tmp_path)
    (tmp_path / "manifest.json").write_text('{"index.html": {"file": "assets/gone.js"}}')
    with pytest.raises(ConsoleMissingError, match="make console"):
        read_console(tmp_path)


@pytest.mark.parametrize("name", ["../secret.js", "assets/x.exe", "assets/x"])
def test_a_manifest_cannot_make_the_server_give_away_other_files(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    for file in (folder / name, folder / "index.html", folder / "sign-in.html", folder / "LICENSES.txt"):
        file.write_text("x")
    manifest = {"index.html": {"file": name}, "sign-in.html": {"file": "sign-in.html"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConsoleMissingError):
        read_console(folder)


class TestTheBuild:
    """What `make console` left."""

    def test_it_is_whole(self) -> None:
        console = read_console()
        on_disk = {str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file()}
        assert on_disk == {*console.files, "manifest.json"}

    def test_the_door_needs_little_and_the_board_is_not_part_of_it(self) -> None:
        console = read_console()
        public = {name for name, file in console.files.items() if file.is_public}
        assert "index.html" not in public
        assert not any(name.startswith("assets/index-") for name in public)

    def test_pages_run_nothing_that_is_written_in_them_and_load_nothing_from_elsewhere(self) -> None:
        for name, file in read_console().files.items():
            if not name.endswith(".html"):
                continue
            page = file.content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)
            assert not re.search(r'(?:src|href)="(?!/assets/)', page)

    def test_every_bundled_package_ships_its_licence(self) -> None:
        lock = json.loads((CONSOLE / "package-lock.json").read_text(encoding="utf-8"))
        text = read_console().files["LICENSES.txt"].content.decode()
        shipped = {name.removeprefix("node_modules/") for name, entry in lock["packages"].items()
                   if name and not entry.get("dev")}  # fmt: skip
        assert shipped
        # Other packages ask for them, and nothing of them is left in the build.
        idle = {"@codemirror/autocomplete", "@codemirror/streamparser"}
        assert idle < shipped
        for name in shipped - idle:
            assert re.search(rf"^{re.escape(name)} \S+ \(", text, re.MULTILINE), name
