"""What is generated, to the letter. With GOLDEN=write in the environment, these tests write the files anew."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from cordboard.provisioning.compiled import compiled
from dialplan_templates import lines_to_add, render
from dialplan_templates.render import PARTS, WHOLE
from dialplan_templates.views import KeptGeneration, Mode, Network, SwitchView
from kit import acme
from kit.asterisk_conf import read
from kit.generated import EVERYTHING, GENERATION, SMALL, view_of
from kit.switch import REPOSITORY

GOLDEN = Path(__file__).parent / "golden"
VIEWS: dict[str, SwitchView] = {
    "small": view_of(SMALL, opus_module=None),
    "everything": view_of(
        SMALL, EVERYTHING, kept=(KeptGeneration(number=6, path="/etc/cordboard/asterisk/contexts-g6.conf"),)
    ),
    "included": view_of(SMALL, EVERYTHING, mode=Mode.INCLUDED),
}


def generated(name: str) -> dict[str, str]:
    files = render(VIEWS[name])
    if VIEWS[name].mode is Mode.INCLUDED:
        files |= {f"lines to add to {file}": lines for file, lines in lines_to_add(VIEWS[name]).items()}
    return files


@pytest.mark.parametrize("name", VIEWS)
def test_files_are_those_that_were_read_and_approved(name: str) -> None:
    folder = GOLDEN / name
    files = generated(name)
    if os.environ.get("GOLDEN") == "write":
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    approved = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert files.keys() == approved.keys()
    for file, text in files.items():
        assert text == approved[file], file


@pytest.mark.parametrize("name", VIEWS)
def test_each_file_reads_back_as_asterisk_reads_it(name: str) -> None:
    for file, text in render(VIEWS[name]).items():
        if file.endswith(".conf"):
            read(text)


def test_an_owned_asterisk_gets_every_file_and_a_foreign_one_only_what_is_included() -> None:
    contexts = f"contexts-g{GENERATION}.conf"
    assert generated("everything").keys() == {*PARTS, *WHOLE, contexts, "pins-acme-staff.txt"}
    assert render(VIEWS["included"]).keys() == {
        contexts,
        *(f"cordboard_{part}" for part in (*PARTS, "pins-acme-staff.txt")),
    }


def test_included_files_touch_nothing_that_is_not_ours() -> None:
    for name, text in render(VIEWS["included"]).items():
        if not name.endswith(".conf"):
            continue  # only the dialplan names it
        sections = {line.section for line in read(text) if not line.name}
        own = {section for section in sections if section.startswith(("cordboard", "cb-", "acme", "atelier"))}
        assert sections == own, name
        assert not [line for line in read(text) if line.value == "transport"]


def test_a_new_generation_changes_the_dialplan_and_nothing_else() -> None:
    old, new = render(VIEWS["everything"]), render(replace(VIEWS["everything"], generation=GENERATION + 1))
    changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert changed == {"extensions.conf", f"contexts-g{GENERATION}.conf", f"contexts-g{GENERATION + 1}.conf"}


def test_the_same_view_gives_the_same_text() -> None:
    assert render(VIEWS["everything"]) == render(VIEWS["everything"])


def linted(folder: Path, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What asterisklint says of the dialplan among these files; included ones are included by an empty one."""
    whole = {"extensions.conf": '[general]\n[globals]\n#include "cordboard_extensions.conf"\n', **files}
    for file, text in whole.items():
        # It reads a path that begins with a slash from its own root.
        (folder / file).write_text(re.sub(r'#include "[^"]*/([^"/]+)"', r'#include "\1"', text), encoding="utf-8")
    return subprocess.run(
        [REPOSITORY / ".venv/bin/asterisklint", "dialplan-check", "--asterisk-version", "22", "extensions.conf"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def of_a_company(mode: Mode) -> dict[str, str]:
    """Compiled as a deployment does it, not written for the templates."""
    return render(compiled([acme.tenant()], replace(acme.placement(), mode=mode), GENERATION))


DIALPLANS: dict[str, Callable[[], Mapping[str, str]]] = {
    **{name: partial(render, replace(view, kept=())) for name, view in VIEWS.items()},
    "process per call": partial(
        render, view_of(SMALL, EVERYTHING, network=Network(agi_folder="/var/lib/cordboard/agi-bin"))
    ),
    "compiled, owned": partial(of_a_company, Mode.OWNED),
    "compiled, included": partial(of_a_company, Mode.INCLUDED),
}


@pytest.mark.parametrize("name", DIALPLANS)
def test_asterisklint_finds_nothing(name: str, tmp_path: Path) -> None:
    said = linted(tmp_path, DIALPLANS[name]())
    assert (said.stdout, said.stderr, said.returncode) == ("", "", 0)


@pytest.mark.parametrize("name", DIALPLANS)
def test_asterisklint_would_find_something(name: str, tmp_path: Path) -> None:
    files = {
        file: re.sub(r"Goto\((cb-person-g7,[^)]*)\)", r"Gotoo(\1", text) for file, text in DIALPLANS[name]().items()
    }
    said = linted(tmp_path, files)
    assert "Gotoo" in said.stdout + said.stderr
    assert said.returncode == 1
