"""What is shipped is what is here: sdist -> wheel, the wheel's files against the tree, and the wheel used elsewhere."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"agi": "agi", "ami": "ami", "dialplan_templates": "dialplan_templates", "cordboard": "src/cordboard"}
USE = """
import cordboard.cli, importlib.resources, pathlib, sys
from dialplan_templates import render
from dialplan_templates.views import Directories, ManagerAccount, Mode, Network, SwitchView
view = SwitchView(generation=7, mode=Mode.OWNED, systemname="pbx1", companies=(), directories=Directories(etc="/e",
    modules="/m", data="/d", varlib="/v", db="/b", spool="/s", run="/r", log="/l", keys="/k", agi_bin="/a"),
    network=Network(), run_account=ManagerAccount(username="run", secret="a" * 20),
    deploy_account=ManagerAccount(username="deploy", secret="b" * 20))
files = render(view)
assert "cordboard-generation-7" in "".join(files.values())
assert importlib.resources.files("cordboard.store").joinpath("migrations/env.py").is_file()
print(pathlib.Path(cordboard.cli.__file__).parents[1])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution, as an installer does."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return next(folder.glob("*.whl"))


def _tree() -> set[str]:
    """The files of the four packages as they lie here, by their names in a wheel."""
    found = set()
    for package, place in PACKAGES.items():
        for path in (ROOT / place).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(f"{package}/{path.relative_to(ROOT / place)}")
    return found


def test_the_wheel_is_the_tree(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert shipped == _tree()


def test_the_built_page_its_templates_and_types_are_shipped(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert {"cordboard/web/static/index.html", "cordboard/web/static/LICENSES.txt"} <= names
    assert any(name.startswith("dialplan_templates/") and name.endswith(".j2") for name in names)


def test_the_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Unpacked in a folder of its own, away from the checkout: it renders, and all of it comes from there."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    program = f"import sys; sys.path[:] = [p for p in sys.path if not p.startswith({str(ROOT)!r}) or '.venv' in p]\n"
    program += f"sys.path.insert(0, {str(tmp_path / 'site')!r})\n{USE}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "site" / "cordboard")
