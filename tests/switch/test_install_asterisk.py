"""The installer of Asterisk: whole or not at all, whatever interrupts it, and it says what stands in its way."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from kit.archive import Archive

INSTALL = Path(__file__).resolve().parents[2] / "docker/asterisk/install"
pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="the installer unpacks packages of apt")


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    """The installer as a module."""
    loader = SourceFileLoader("install_asterisk", str(INSTALL))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "asterisk"


def command(home: Path, *options: str, path: str = "") -> tuple[list[str], dict[str, str]]:
    env = {**os.environ, "CORDBOARD_ASTERISK_HOME": str(home)}
    if path:
        env["PATH"] = path + os.pathsep + env["PATH"]
    return [sys.executable, "-B", str(INSTALL), *options], env


def install(home: Path, *options: str, path: str = "") -> subprocess.CompletedProcess[str]:
    arguments, env = command(home, *options, path=path)
    return subprocess.run(arguments, env=env, capture_output=True, text=True, timeout=110, check=False)


def start(home: Path, *options: str, path: str = "") -> subprocess.Popen[str]:
    arguments, env = command(home, *options, path=path)
    return subprocess.Popen(
        arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def described(home: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((home / "asterisk.json").read_text(encoding="utf-8"))
    return found


def hesitating(tmp_path: Path) -> str:
    """A PATH entry whose dpkg-deb stops before the third package until the file `go` exists."""
    folder = tmp_path / "bin"
    folder.mkdir()
    real = shutil.which("dpkg-deb")
    script = folder / "dpkg-deb"
    script.write_text(
        f'#!/bin/sh\necho x >> {tmp_path}/count\n[ "$(wc -l < {tmp_path}/count)" -ne 3 ] || '
        f'{{ touch {tmp_path}/stopped; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; }}\nexec {real} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return str(folder)


def wait_for(path: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never appeared"
        time.sleep(0.02)


def test_it_unpacks_what_is_wanted_and_nothing_else_and_is_instant_the_second_time(tmp_path: Path, home: Path) -> None:
    archive = Archive(tmp_path / "archive")
    first = install(home, *archive.options)
    assert first.returncode == 0, first.stderr
    found = described(home)
    assert (found["version"], found["origin"], found["languages"]) == ("22.9.9", "unpacked", ["en", "fr"])
    (root,) = home.glob("root-*")
    assert (root / "usr/share/asterisk/sounds/fr/digits/1.gsm").is_file()
    assert not (root / "usr/bin/perl").exists()
    shutil.rmtree(archive.folder)
    second = install(home, *archive.options)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert described(home) == found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_interrupted_in_the_middle_of_unpacking_it_leaves_nothing_that_counts(
    archive: Archive, home: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with start(home, *archive.options, path=hesitating(tmp_path)) as running:
        wait_for(tmp_path / "stopped")
        assert list((home / "unfinished").iterdir()), "it was to be stopped in the middle"
        running.send_signal(number)
        (tmp_path / "go").touch()
        running.wait(60)
    assert running.returncode == (-number if number == signal.SIGKILL else 130)
    assert not (home / "asterisk.json").exists()
    assert not list(home.glob("root-*"))
    assert (home / "unfinished").exists() is (number == signal.SIGKILL)
    again = install(home, *archive.options)
    assert again.returncode == 0, again.stderr
    assert described(home)["version"] == "22.9.9"
    assert not (home / "unfinished").exists()


def test_two_at_once_install_once(archive: Archive, home: Path, tmp_path: Path) -> None:
    with start(home, *archive.options, path=hesitating(tmp_path)) as first:
        wait_for(tmp_path / "stopped")
        with start(home, *archive.options) as second:
            assert second.stdout is not None
            assert "another installation is under way" in second.stdout.readline()
            (tmp_path / "go").touch()
            assert "downloading" not in second.communicate(timeout=60)[0]
        first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.parametrize("is_signed_by_another", [False, True])
def test_a_signature_that_does_not_hold_is_refused(tmp_path: Path, home: Path, is_signed_by_another: bool) -> None:
    archive = Archive(tmp_path / "archive")
    if is_signed_by_another:
        shutil.copy(Archive(tmp_path / "other").keyring, archive.keyring)
    else:
        archive.tamper()
    refused = install(home, *archive.options)
    assert refused.returncode == 1
    assert "signature does not hold" in refused.stderr
    assert not (home / "asterisk.json").exists()


def test_a_package_that_is_not_the_signed_one_is_refused(tmp_path: Path, home: Path) -> None:
    archive = Archive(tmp_path / "archive")
    package = next((archive.folder / "pool").glob("asterisk_1_*.deb"))
    package.write_bytes(package.read_bytes()[:-1] + b"x")
    refused = install(home, *archive.options)
    assert refused.returncode == 1
    assert "signature does not hold" in refused.stderr


def test_without_network_it_says_what_to_do_and_ends(archive: Archive, home: Path) -> None:
    refused = install(home, "--mirror", "http://127.0.0.1:1/nothing", *archive.options[2:])
    assert refused.returncode == 1
    assert "cannot be reached" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_without_space_it_says_how_much_is_missing_before_it_starts(archive: Archive, home: Path) -> None:
    refused = install(home, *archive.options, "--space", str(1 << 62))
    assert refused.returncode == 1
    assert "not enough disk space" in refused.stderr
    assert not list(home.glob("root-*"))


def test_an_archive_with_an_old_asterisk_is_refused(tmp_path: Path, home: Path) -> None:
    refused = install(home, *Archive(tmp_path / "archive", version="18.10.0").options)
    assert refused.returncode == 1
    assert "holds Asterisk 18.10.0" in refused.stderr
    assert "docker compose" in refused.stderr
    assert not (home / "asterisk.json").exists()


def test_the_hosts_own_asterisk_is_used_when_it_is_new_enough(
    tmp_path: Path, recipe: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "usr/sbin/asterisk"
    for folder in ("usr/sbin", "usr/lib/asterisk/modules", "usr/share/asterisk/sounds/en/digits"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/share/asterisk/sounds/en/digits/1.gsm").touch()
    program.write_text("#!/bin/sh\necho Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    found = recipe.host_asterisk()
    assert (found["version"], found["origin"], found["command"]) == ("20.6.0", "host", [str(program)])
    assert found["languages"] == ["en"]
    program.write_text("#!/bin/sh\necho Asterisk 18.10.0\n", encoding="utf-8")
    assert recipe.host_asterisk() is None
    assert "20 or newer is needed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "bookworm"}, ("debian", "forky")),
        ({"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_CODENAME": "noble"}, ("ubuntu", "noble")),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian", "UBUNTU_CODENAME": "noble"}, ("ubuntu", "noble")),
    ],
)
def test_the_suite_follows_from_the_system(
    recipe: ModuleType, release: dict[str, str], expected: tuple[str, str]
) -> None:
    assert recipe.family_and_suite(release) == expected


def test_another_system_is_told_to_use_the_container(recipe: ModuleType) -> None:
    with pytest.raises(recipe.CannotInstallError, match="docker compose"):
        recipe.family_and_suite({"ID": "fedora", "PRETTY_NAME": "Fedora 42"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "debian.sources",
            "Types: deb\nURIs: http://mirror.example.invalid/debian\nSuites: bookworm bookworm-updates\n"
            "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
            "Types: deb\nURIs: http://security.example.invalid/debian-security\nSuites: bookworm-security\n"
            "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        ),
        (
            "old.list",
            "deb http://security.example.invalid/debian-security bookworm-security main\n"
            "# deb http://commented.example.invalid/debian bookworm main\n"
            "deb [arch=amd64 signed-by=/usr/share/keyrings/vendor.gpg] http://vendor.example.invalid/ bookworm main\n"
            "deb http://mirror.example.invalid/debian bookworm main contrib\n",
        ),
    ],
)
def test_the_mirror_is_the_one_of_the_hosts_own_sources_in_both_formats(
    recipe: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "lists").mkdir()
    (tmp_path / "parts" / name).write_text(text, encoding="utf-8")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{tmp_path}/parts";\n'
        f'Dir::State::lists "{tmp_path}/lists";\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    found = recipe.mirrors(tmp_path / "log")
    assert found[0] == "http://mirror.example.invalid/debian"
    assert not [uri for uri in found if "commented" in uri]


def test_one_list_serves_host_and_image(recipe: ModuleType) -> None:
    wanted, left_out = recipe.package_lists()
    assert "asterisk" in wanted
    assert {"asterisk-core-sounds-en-gsm", "asterisk-core-sounds-fr-gsm"} <= set(wanted)
    assert left_out
    assert not set(wanted) & set(left_out)
