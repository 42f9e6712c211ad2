"""Generations on disk: whole or not at all, one at a time, and back to a whole one after any crash."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cordboard.provisioning.errors import DeployBusy, NoSuchGeneration, StorageFailed
from cordboard.provisioning.generations import Generation, Generations, State
from cordboard.provisioning.pending import Pending

HERE = Path(__file__).parent


def made(number: int, base: int | None = None, **files: str) -> Generation:
    texts = {"extensions.conf": f"[g{number}]\n", "queues.conf": "[q]\n", **files}
    return Generation(
        number=number, base=base, by="amel", created=datetime(2026, 11, 21, tzinfo=UTC), wanted="w", files=texts
    )


@pytest.fixture
def generations(tmp_path: Path) -> Iterator[Generations]:
    generations = Generations(tmp_path / "home", keep=3)
    with generations.lock("amel", "test"):
        yield generations


def in_force(generations: Generations, number: int, base: int | None = None) -> None:
    generations.prepare(made(number, base))
    generations.switch(number)
    generations.mark(number, State.VERIFIED)


def test_a_generation_comes_into_force_whole(generations: Generations) -> None:
    assert generations.current() is None
    generations.prepare(made(1))
    assert generations.current() is None
    generations.switch(1)
    assert generations.current() == 1
    assert (generations.current_link / "queues.conf").read_text() == "[q]\n"
    assert generations.load(1) == made(1)
    assert generations.edited(1) == ()


def test_files_are_closed_to_everybody_else(generations: Generations) -> None:
    generations.prepare(made(1))
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(generations.path(1))}
    assert modes["queues.conf"] & 0o007 == 0
    assert modes["generation.json"] & 0o077 == 0
    assert generations.path(1).stat().st_mode & 0o007 == 0


def test_a_number_is_never_used_twice(generations: Generations) -> None:
    in_force(generations, 1)
    generations.prepare(made(2, 1))
    generations.mark(2, State.FAILED, "read back wrong")
    assert generations.next_number() == 3
    with pytest.raises(StorageFailed, match="this generation exists"):
        generations.prepare(made(2, 1))
    assert generations.load(2) == made(2, 1)


@pytest.mark.parametrize("name", ["../evil.conf", "generation.json", ".hidden", "a/b", "", "state.json"])
def test_a_file_name_cannot_leave_its_folder(generations: Generations, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a generated file"):
        generations.prepare(made(1, None, **{name: "x"}))
    assert generations.numbers() == []
    assert list(generations.path(1).parent.glob(".*")) == []


def test_edits_behind_our_back_are_seen_and_mended(generations: Generations) -> None:
    in_force(generations, 1)
    folder = generations.path(1)
    (folder / "queues.conf").write_text("[q")
    (folder / "extensions.conf").unlink()
    (folder / "more.conf").write_text("hand-made\n")
    assert generations.edited(1) == ("extensions.conf", "more.conf", "queues.conf")
    assert generations.mend(1) == ("extensions.conf", "more.conf", "queues.conf")
    assert generations.edited(1) == ()
    assert (folder / "queues.conf").read_text() == "[q]\n"


def test_a_file_turned_into_a_link_or_folder_is_an_edit(generations: Generations, tmp_path: Path) -> None:
    in_force(generations, 1)
    folder = generations.path(1)
    (tmp_path / "same.conf").write_text("[q]\n")
    (folder / "queues.conf").unlink()
    (folder / "queues.conf").symlink_to(tmp_path / "same.conf")
    (folder / "extensions.conf").unlink()
    (folder / "extensions.conf").mkdir()
    assert generations.edited(1) == ("extensions.conf", "queues.conf")
    generations.mend(1)
    assert generations.edited(1) == ()
    assert (folder / "extensions.conf").is_file()


def test_a_damaged_record_is_told(generations: Generations) -> None:
    in_force(generations, 1)
    record = generations.path(1) / "generation.json"
    record.write_text(record.read_text().replace("[q]", "[r]"))
    with pytest.raises(StorageFailed, match="its seal does not fit"):
        generations.load(1)
    record.unlink()
    with pytest.raises(StorageFailed, match=r"generation.json: it is gone"):
        generations.load(1)
    with pytest.raises(NoSuchGeneration):
        generations.load(7)
    with pytest.raises(NoSuchGeneration):
        generations.switch(7)


def test_a_current_that_leads_nowhere_is_told(generations: Generations) -> None:
    in_force(generations, 1)
    generations.current_link.unlink()
    generations.current_link.symlink_to("/etc/asterisk")
    with pytest.raises(StorageFailed, match="no generation: remove it"):
        generations.current()
    generations.current_link.unlink()
    generations.current_link.mkdir()
    with pytest.raises(StorageFailed, match="no symbolic link"):
        generations.current()


def test_a_start_tidies_up_only_what_is_ours(generations: Generations) -> None:
    in_force(generations, 1)
    folder = generations.path(1)
    (folder / ".state.json").write_text("{")
    (folder / ".queues.conf").write_text("[q")
    (folder / ".queues.conf.swp").write_text("an editor's")
    (folder.parent / ".new-2").mkdir()
    for name in (".pending.json", ".restarts.json"):
        (folder.parent / name).write_text("{")
    (folder.parent / ".keep").write_text("somebody's")
    recovery = generations.recover()
    assert (recovery.current, recovery.needs_verification) == (1, False)
    assert {path.name for path in folder.glob(".*")} == {".queues.conf.swp"}
    assert {path.name for path in folder.parent.glob(".*")} == {".keep"}
    assert generations.edited(1) == ()


def test_old_generations_are_forgotten_but_not_what_is_needed(generations: Generations) -> None:
    in_force(generations, 1)
    for number in range(2, 7):
        generations.prepare(made(number, 1))
        generations.mark(number, State.FAILED)
    assert generations.prune() == (2, 3)
    assert generations.numbers() == [1, 4, 5, 6]
    in_force(generations, 7, base=1)
    assert generations.prune() == (4,)
    assert generations.numbers() == [1, 5, 6, 7]


def test_the_second_deployment_is_told_whose_turn_it_is(tmp_path: Path) -> None:
    first, second = Generations(tmp_path), Generations(tmp_path)
    with first.lock("amel", "apply"):
        with pytest.raises(DeployBusy, match=r"amel \(apply, process \d+\) since 20") as refused, second.lock("b", "c"):
            pytest.fail("two at once")
        assert refused.value.owner is not None
        assert refused.value.owner.pid == os.getpid()
    with second.lock("bruno", "apply"):
        pass


def test_a_dead_owner_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from cordboard.provisioning.generations import Generations\n"
        "with Generations(Path(sys.argv[1])).lock('amel', 'apply'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == -9
    with Generations(tmp_path).lock("bruno", "apply"):
        pass


# --- hurt ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crashes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    command = [sys.executable, str(HERE / "crash_driver.py"), str(tmp_path_factory.mktemp("crash"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_crash_at_any_system_call_leaves_a_whole_generation(crashes: list[dict[str, Any]]) -> None:
    assert len(crashes) > 60
    assert {found["exit"] for found in crashes} == {0, -9}
    for found in crashes:
        assert found["was_whole"], found
        assert found["current"] in (1, 2), found
        amended = ["amended.json", "contexts-g2.conf"] if "amended.json" in found["files"] else []
        assert found["files"] == sorted(
            [*amended, "extensions.conf", "generation.json", "queues.conf", "state.json"]
        ), found
        assert found["edited"] == [], found
        assert found["leftovers"] == [], found
        assert found["is_stable"], found
        assert found["next"] >= 2, found
        assert found["state"] in ("switched", "verified"), found
        if found["current"] != int(Path(found["seen"]).name):
            assert found["put_back_from"] == 2, found


def test_crashes_end_on_both_sides_of_the_switch(crashes: list[dict[str, Any]]) -> None:
    outcomes = {(found["mode"], found["current"], found["state"]) for found in crashes}
    assert {
        ("succeeds", 1, "verified"),
        ("succeeds", 2, "switched"),
        ("succeeds", 2, "verified"),
        ("fails", 1, "switched"),
        ("taken back", 2, "verified"),
        ("taken back", 1, "switched"),
        ("taken back", 1, "verified"),
    } <= outcomes
    assert any(found["discarded"] == [2] for found in crashes)
    assert any(found["put_back_from"] == 2 for found in crashes)


def test_a_trial_is_never_forgotten_and_never_outlived(crashes: list[dict[str, Any]]) -> None:
    """As long as the generation on trial is in force there is somebody who takes it back, and no longer."""
    for found in crashes:
        if found["mode"] in ("trial", "taken back"):
            assert found["pending"] == (2 if found["current"] == 2 else None), found
        if found["mode"] == "taken back" and found["current"] == 1:
            assert found["states"]["2"] == "failed", found
            assert "contexts-g2.conf" in found["files"], found


def test_everything_is_on_disk_before_it_is_in_force(crashes: list[dict[str, Any]]) -> None:
    trace = next(found["trace"] for found in crashes if found["trace"])
    switch = next(index for index, call in enumerate(trace) if call.startswith("replace") and ".current" in call)
    rename = next(index for index, call in enumerate(trace) if call.startswith("rename"))
    opened = [index for index, call in enumerate(trace[:rename]) if call.startswith("open") and "lock" not in call]
    for index, after in zip(opened, [*opened[1:], rename], strict=True):
        assert "fsync" in trace[index:after], trace
    assert "fsync" in trace[rename:switch], trace
    assert "fsync" in trace[switch : switch + 3], trace


FILL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_generations import made
from cordboard.provisioning.errors import StorageFailed
from cordboard.provisioning.generations import Generations
{limit}
generations = Generations(Path(sys.argv[1]))
with generations.lock("amel", "apply"):
    try:
        generations.prepare(made(2, 1, **{{"pjsip.conf": "x" * 100_000}}))
    except StorageFailed as error:
        print(error)
    else:
        print("it was written")
    assert generations.current() == 1
    assert generations.numbers() == [1], generations.numbers()
    assert [path.name for path in generations.path(1).parent.iterdir()] in (["1", "lock"], ["lock", "1"])
    assert generations.recover().status.state == "verified"
"""


def run_hurt(home: Path, limit: str, *prefix: str) -> str:
    with Generations(home).lock("amel", "apply"):
        in_force(Generations(home), 1)
    program = FILL.format(here=str(HERE), limit=limit)
    done = subprocess.run([*prefix, sys.executable, "-c", program, str(home)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_too_large_for_the_process_changes_nothing(tmp_path: Path) -> None:
    limit = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))"
    assert "raise the limit and apply again" in run_hurt(tmp_path, limit)


def may_mount() -> bool:
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(probe, capture_output=True).returncode == 0


needs_mount = pytest.mark.skipif(not may_mount(), reason="mounting a small file system needs root")
# The mount lives in a namespace of its own and ends with the program.
MOUNTED = 'mount -t tmpfs -o size={size} none "$0" && cp -a "$0.before/." "$0" && {then} && exec "$@"'


def run_mounted(tmp_path: Path, size: str, then: str) -> str:
    home = tmp_path / "home"
    with Generations(home).lock("amel", "apply"):
        in_force(Generations(home), 1)
    shutil.copytree(home, tmp_path / "home.before", symlinks=True)
    shell = ["unshare", "--mount", "sh", "-c", MOUNTED.format(size=size, then=then), str(home)]
    program = FILL.format(here=str(HERE), limit="")
    done = subprocess.run([*shell, sys.executable, "-c", program, str(home)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_mount
def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    assert "the disk is full: free some space" in run_mounted(tmp_path, "64k", "true")


@needs_mount
def test_an_unwritable_folder_changes_nothing(tmp_path: Path) -> None:
    with Generations(tmp_path).lock("amel", "apply"):
        in_force(Generations(tmp_path), 1)
    program = FILL.format(here=str(HERE), limit="").replace("generations.recover().status", "generations.status(1)")
    shell = 'mount --bind "$0/generations" "$0/generations" && mount -o remount,ro,bind "$0/generations" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", shell, str(tmp_path), sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "mount it for writing" in done.stderr, done
    assert Generations(tmp_path).numbers() == [1]
    assert Generations(tmp_path).edited(1) == ()


# --- amended, and on trial -------------------------------------------------------------------------------------------


def test_an_amended_generation_is_what_it_is_from_then_on(generations: Generations) -> None:
    in_force(generations, 1)
    written = generations.load(1)
    amended = replace(written, files={**written.files, "contexts-g9.conf": "[kept]\n"}, notes={"kept": 9})
    generations.amend(amended)
    assert generations.load(1) == amended
    assert generations.edited(1) == ()
    assert (generations.path(1) / "contexts-g9.conf").read_text() == "[kept]\n"
    (generations.path(1) / "contexts-g9.conf").write_text("edited")
    assert generations.edited(1) == ("contexts-g9.conf",)
    generations.amend(written)
    assert generations.load(1) == written
    assert not (generations.path(1) / "contexts-g9.conf").exists()
    assert generations.recover().status.state is State.VERIFIED


def test_a_trial_is_kept_until_it_ends(generations: Generations) -> None:
    assert generations.pending() is None
    in_force(generations, 1)
    in_force(generations, 2, 1)
    trial = Pending(generation=2, base=1, until=datetime(2026, 1, 1, tzinfo=UTC), by="amel")
    generations.expect_confirmation(trial)
    generations.recover()
    assert generations.pending() == trial
    generations.end_trial()
    assert generations.pending() is None
    generations.end_trial()


def test_a_trial_ends_with_its_generation(generations: Generations) -> None:
    in_force(generations, 1)
    trial = Pending(generation=2, base=1, until=datetime(2026, 1, 1, tzinfo=UTC), by="amel")
    generations.expect_confirmation(trial)  # and then it was never written
    generations.recover()
    assert generations.pending() is None
    in_force(generations, 2, 1)
    generations.expect_confirmation(trial)
    generations.mark(2, State.FAILED, "read back wrong")
    generations.recover()
    assert (generations.pending(), generations.current()) == (None, 1)


def test_a_damaged_trial_is_told(generations: Generations) -> None:
    in_force(generations, 1)
    (generations.path(1).parent / "pending.json").write_text("{")
    with pytest.raises(StorageFailed, match="damaged"):
        generations.recover()


def test_a_record_that_an_earlier_version_sealed_is_read(generations: Generations) -> None:
    written = made(1)
    generations.prepare(written)
    path = generations.path(1) / "generation.json"
    record = json.loads(path.read_text())
    del record["seal"]
    seal = hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    path.write_text(json.dumps({**record, "seal": seal}, ensure_ascii=False, indent=1))
    assert generations.load(1) == written
    path.write_text(path.read_text().replace("amel", "eve", 1))
    with pytest.raises(StorageFailed, match="its seal does not fit"):
        generations.load(1)


def test_who_deploys_is_known_without_waiting_for_him(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    assert generations.deploying() is None
    with generations.lock("amel", "apply"):
        owner = generations.deploying()
        assert owner is not None
        assert (owner.by, owner.doing, owner.pid) == ("amel", "apply", os.getpid())
        said = (tmp_path / "generations/lock").read_text()
    assert generations.deploying() is None
    (tmp_path / "generations/lock").write_text(said)  # as one leaves it who is killed
    assert generations.deploying() is None


def test_a_list_is_told_without_reading_whole_records(generations: Generations) -> None:
    notes = {"plan": "ab", "changes": ["one"], "revisions": {"acme": 1}, "flows": {"acme": 2}}
    generations.prepare(replace(made(1), notes={**notes, "manifest": {"large": "x"}}))
    generations.switch(1)
    generations.mark(1, State.VERIFIED)
    generations.mark(1, State.FAILED, "not confirmed")
    about = generations.about(1)
    assert about == replace(made(1), files={}, notes=notes)
    (generations.path(1) / "generation.json").unlink()
    assert generations.about(1) == about
    (generations.path(1) / "state.json").write_text("{}")
    with pytest.raises(StorageFailed, match="it is gone"):
        generations.about(1)
