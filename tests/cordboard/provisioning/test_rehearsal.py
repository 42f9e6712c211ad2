"""A generation tried in a throw-away Asterisk: what is good passes in both modes, what is broken in any way does not,
and nothing is left of it, whatever happened."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ami.actions import CoreSettings
from cordboard.provisioning.desired import Desired, desired
from cordboard.provisioning.errors import PlanRefused
from cordboard.provisioning.rehearsal import (
    HARMLESS,
    Rehearsal,
    Rehearser,
    files_on,
    is_harmless,
    masked,
    quieted,
    rehearse,
)
from cordboard.provisioning.scratch import PREFIX, Binary, opened_scratch, remove_leftovers
from cordboard.provisioning.sources import Placement
from cordboard.store.values import Trunk
from dialplan_templates import manifest
from dialplan_templates.views import Mode
from kit import acme
from kit.lab import Lab
from kit.patience import PATIENCE
from kit.switch import Switch, installation

pytestmark = pytest.mark.switch


@pytest.fixture
def binary() -> Binary:
    found = installation()
    return Binary(found.command, found.modules, found.data, found.varlib)


@pytest.fixture
def placement() -> Iterator[Placement]:
    switch = Switch("pbx1")
    yield acme.placement_on(switch, str(switch.places.etc))
    switch.close()


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Rehearsals of this test alone, so that what is left of one is seen."""
    with tempfile.TemporaryDirectory(prefix="cb-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def left_in(folder: Path) -> list[str]:
    """Folders and processes of rehearsals in this folder."""
    found = [path.name for path in folder.glob(f"{PREFIX}*")]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"{folder}/{PREFIX}" in command:
            found.append(command.replace("\0", " "))
    return found


async def held(
    binary: Binary, placement: Placement, wanted: Desired, sabotage: Callable[[str], str], file: str
) -> Rehearsal:
    """Rehearse what is wanted, one file of it broken after it was rendered."""
    with opened_scratch(binary) as scratch:
        files, frame = files_on(scratch, wanted, placement)
        meant = manifest(files)
        broken = {**files, file: sabotage(files[file])}
        assert broken[file] != files[file]
        return await rehearse(broken, meant, scratch, placement, frame=frame)


@pytest.mark.parametrize("mode", list(Mode))
async def test_what_is_good_passes_and_leaves_nothing(
    binary: Binary, placement: Placement, own_folder: Path, mode: Mode
) -> None:
    placement = replace(placement, mode=mode)
    rehearsal = await Rehearser(binary, placement)(desired([acme.tenant()], placement))
    assert rehearsal.is_passed, rehearsal
    assert rehearsal.version
    assert rehearsal.version.startswith(installation().version)
    assert left_in(own_folder) == []


@dataclass(frozen=True)
class Sabotage:
    file: str
    by: Callable[[str], str]
    seen: str


SABOTAGES = {
    "unknown SIP option": Sabotage(
        "pjsip.conf", lambda text: text.replace("send_pai=yes", "send_pie=yes", 1), "send_pie"
    ),
    "bad value of a SIP option": Sabotage(
        "pjsip.conf",
        lambda text: text.replace("max_contacts=1\nremove", "max_contacts=lots\nremove", 1),
        "max_contacts",
    ),
    "unknown queue option": Sabotage(
        "queues.conf", lambda text: text.replace("ringinuse=no", "ringinusage=no", 1), "ringinusage"
    ),
    "unknown strategy": Sabotage(
        "queues.conf", lambda text: text.replace("strategy=leastrecent", "strategy=kindest", 1), "kindest"
    ),
    "truncated queues": Sabotage("queues.conf", lambda text: text[: len(text) // 2], "queue"),
    "truncated dialplan": Sabotage("contexts-g0.conf", lambda text: text[: len(text) // 2], "context"),
    "truncated boxes": Sabotage("voicemail.conf", lambda text: text[: text.rindex("[")], "voicemail box"),
    "empty SIP file": Sabotage("pjsip.conf", lambda _: "", "endpoint"),
    "section that does not end": Sabotage("extensions.conf", lambda text: text.replace("]", "", 1), "extensions.conf"),
    "comment that does not end": Sabotage("queues.conf", lambda text: text.replace("\n\n[", "\n;--\n[", 1), "queue"),
    "no priority": Sabotage("contexts-g0.conf", lambda text: text.replace(",1,", ",,", 1), "priority"),
    "one phone less": Sabotage(
        "pjsip.conf", lambda text: text.replace("type=endpoint", "type=aor\nmax_contacts=1", 1), "endpoint"
    ),
    "no module for queues": Sabotage("modules.conf", lambda text: text.replace("load=app_queue.so\n", ""), "queue"),
    "a member in a file": Sabotage(
        "queues.conf", lambda text: text.replace("ringinuse=no", "ringinuse=no\nmember => PJSIP/nobody,5", 1), "nobody"
    ),
    "a manager that listens everywhere": Sabotage(
        "manager.conf", lambda text: text.replace("bindaddr=", "bindaddr2="), "TCP Bindaddress"
    ),
    "an account less": Sabotage(
        "manager.conf", lambda text: text.replace("[cordboard-run]", "[cordboard-rum]"), "cordboard-run"
    ),
    "an account that may come from anywhere": Sabotage(
        "manager.conf", lambda text: text.replace("deny=", "denied=").replace("permit=", "permitted="), "ACL"
    ),
    "other ports of sound": Sabotage("rtp.conf", lambda text: text.replace("rtpend=", "rtpends="), "Port end"),
    "a transport less": Sabotage(
        "pjsip.conf", lambda text: text.replace("[cordboard-tcp]\ntype=transport", "[cordboard-tcp]\ntype=aor"), "tcp"
    ),
    "a web server": Sabotage("http.conf", lambda text: text.replace("enabled=no", "enabled=yes"), "HTTP"),
    "programs in files": Sabotage(
        "asterisk.conf", lambda text: text.replace("execincludes = no", "execincludes = yes"), "Executable includes"
    ),
    "a network that is none": Sabotage(
        "manager.conf", lambda text: text.replace("permit=", "permit=no.such.network/99 ;", 1), "no.such.network"
    ),
}


@pytest.mark.parametrize("name", SABOTAGES)
async def test_what_is_broken_does_not_pass(binary: Binary, placement: Placement, own_folder: Path, name: str) -> None:
    sabotage = SABOTAGES[name]
    rehearsal = await held(binary, placement, desired([acme.tenant()], placement), sabotage.by, sabotage.file)
    assert rehearsal.is_possible
    assert not rehearsal.is_passed
    told = " ".join([*rehearsal.problems, *map(str, rehearsal.differences)]).lower()
    assert sabotage.seen.lower() in told
    assert str(own_folder) not in told
    assert left_in(own_folder) == []


async def test_nothing_is_sent_to_a_trunk(binary: Binary, placement: Placement) -> None:
    """Until it is killed: the block below lasts longer than Asterisk takes to ask a contact for the first time."""
    heard: list[bytes] = []

    class Operator(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            heard.append(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Operator, local_addr=("127.0.0.9", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        trunk = Trunk(id="carrier", name="Operator", addresses=("127.0.0.9",), to=f"sip:127.0.0.9:{port}")
        wanted = desired([acme.tenant(acme.company(trunks={"carrier": trunk}))], placement)
        with opened_scratch(binary) as scratch:
            files, _ = files_on(scratch, wanted, placement)
            assert "qualify_frequency=60" in files["pjsip.conf"]
            assert "max_initial_qualify_time=3" in files["pjsip.conf"]
            held = await rehearse(files, manifest(files), scratch, placement)
            assert held.is_passed, held
            await asyncio.sleep(3.5)
    finally:
        transport.close()
    assert heard == []


async def test_a_trunk_known_by_its_name_is_not_looked_up(binary: Binary, placement: Placement) -> None:
    trunk = Trunk(id="carrier", name="Operator", addresses=("192.0.2.0/28", "198.51.100.7"), to="sip:operator.invalid")
    rehearsal = await Rehearser(binary, placement)(
        desired([acme.tenant(acme.company(trunks={"carrier": trunk}))], placement)
    )
    assert rehearsal.is_passed, rehearsal


@pytest.mark.parametrize("addresses", [("2001:db8::1",), ("192.0.2.0/28", "2001:db8::/61"), ("2001:db8::/128",)])
async def test_networks_of_both_kinds_are_read_back_as_they_were_written(
    binary: Binary, placement: Placement, addresses: tuple[str, ...]
) -> None:
    trunk = Trunk(id="carrier", name="Operator", addresses=addresses)
    wanted = desired([acme.tenant(acme.company(trunks={"carrier": trunk}))], placement)
    rehearsal = await Rehearser(binary, placement)(wanted)
    assert rehearsal.is_passed, rehearsal


async def test_the_live_scripts_are_not_reached(binary: Binary, placement: Placement) -> None:
    folder = replace(placement, network=replace(placement.network, agi_folder="/var/lib/cordboard/agi-bin"))
    with opened_scratch(binary) as scratch:
        for real in (placement, folder):
            there = scratch.placement(real).network
            assert there.agi_address == there.sip_address != real.network.agi_address
            assert bool(there.agi_folder) is bool(real.network.agi_folder)
            assert there.agi_folder in ("", str(scratch.folder / "agi-bin"))


async def test_several_at_once_do_not_meet(binary: Binary, placement: Placement, own_folder: Path) -> None:
    wanted = desired([acme.tenant()], placement)
    held = await asyncio.gather(*(Rehearser(binary, placement)(wanted) for _ in range(3)))
    assert all(rehearsal.is_passed for rehearsal in held), held
    assert left_in(own_folder) == []


def test_quieting_changes_nothing_but_who_is_asked_for_a_sign_of_life() -> None:
    text = "[a]\ntype=aor\nqualify_frequency=60\nmax_contacts=1\n"
    assert quieted(text) == "[a]\ntype=aor\nqualify_frequency=0\nmax_contacts=1\n"
    assert quieted(quieted(text)) == quieted(text)


async def test_passwords_that_a_complaint_quotes_are_masked(binary: Binary, placement: Placement) -> None:
    wanted = desired([acme.tenant()], placement)

    def sabotage(text: str) -> str:
        return text.replace("auth_type=userpass\n", "auth_type=userpass\nmd5_cred=amel-sip-secret-0123456789\n", 1)

    rehearsal = await held(binary, placement, wanted, sabotage, "pjsip.conf")
    assert not rehearsal.is_passed
    assert "sip-secret" not in str(rehearsal)


@pytest.mark.parametrize("secret", ["kept-from-before~", "~kept-from-before", ".kept.from.before-"])
def test_a_password_that_begins_or_ends_with_a_sign_is_masked_too(secret: str) -> None:
    files = {"pjsip.conf": f"[acme-amel]\ntype=auth\npassword={secret}\n"}
    for line in (f"ERROR no '{secret}' here", f"ERROR bad value {secret}", f"ERROR password={secret}, says the file"):
        assert "before" not in masked(line, files)


# --- it cannot be held -------------------------------------------------------------------------------------------


async def test_without_the_binary_it_says_so(binary: Binary, placement: Placement, own_folder: Path) -> None:
    missing = replace(binary, command=("/nonexistent/asterisk",))
    rehearsal = await Rehearser(missing, placement)(desired([acme.tenant()], placement))
    assert not rehearsal.is_passed
    assert "/nonexistent/asterisk" in " ".join(rehearsal.problems)
    assert left_in(own_folder) == []


async def test_without_a_folder_it_says_so(
    binary: Binary, placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/no-folder-can-be-made-here")
    rehearsal = await Rehearser(binary, placement)(desired([acme.tenant()], placement))
    assert not rehearsal.is_possible
    assert rehearsal.problems


@pytest.mark.parametrize("name", ["a" * 90, "a;b [c]"])
async def test_in_a_folder_that_asterisk_cannot_use_it_says_so(
    binary: Binary, placement: Placement, own_folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_folder / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own_folder / name))
    rehearsal = await Rehearser(binary, placement)(desired([acme.tenant()], placement))
    assert not rehearsal.is_possible
    assert rehearsal.problems
    assert left_in(own_folder / name) == []


async def test_it_is_held_to_its_deadline(binary: Binary, placement: Placement, own_folder: Path) -> None:
    sleeper = replace(binary, command=("/bin/sh", "-c", "exec sleep 60"))
    rehearsal = await Rehearser(sleeper, placement, deadline=0.2)(desired([acme.tenant()], placement))
    assert rehearsal.is_possible
    assert "0.2 s" in rehearsal.problems[0]
    assert left_in(own_folder) == []


async def test_another_version_in_service_is_told(binary: Binary, placement: Placement) -> None:
    async def older() -> str:
        return "20.6.0"

    rehearsal = await Rehearser(binary, placement, older)(desired([acme.tenant()], placement))
    assert rehearsal.is_passed
    assert "20.6.0" in rehearsal.notes[0]


# --- nothing is left ---------------------------------------------------------------------------------------------


async def test_cancelled_at_any_moment_it_leaves_nothing(
    binary: Binary, placement: Placement, own_folder: Path
) -> None:
    wanted = desired([acme.tenant()], placement)
    for after in (0.0, 0.02, 0.1, 0.25):
        rehearsal = asyncio.create_task(Rehearser(binary, placement)(wanted))
        await asyncio.sleep(after)
        rehearsal.cancel()
        await asyncio.gather(rehearsal, return_exceptions=True)
        assert left_in(own_folder) == []


KILLED = """
import asyncio, os, sys, tempfile
from pathlib import Path
from dataclasses import replace
sys.path.insert(0, {tests!r})
tempfile.tempdir = {folder!r}
from cordboard.provisioning import scratch
from cordboard.provisioning.desired import desired
from cordboard.provisioning.rehearsal import files_on
from kit import acme
from kit.switch import installation
found = installation()
scratch._with_its_parent = {wrapper}
async def main():
    with scratch.opened_scratch(scratch.Binary(found.command, found.modules, found.data, found.varlib)) as one:
        placement = acme.placement()
        files, _ = files_on(one, desired([acme.tenant()], placement), placement)
        one.write(files)
        await one.start()
        print("ready", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("dies_with_its_parent", [True, False])
async def test_killed_it_is_tidied_up_by_the_next_one(
    binary: Binary, placement: Placement, own_folder: Path, *, dies_with_its_parent: bool
) -> None:
    wrapper = "scratch._with_its_parent" if dies_with_its_parent else "lambda: ()"
    program = KILLED.format(tests=str(Path(__file__).parents[2]), folder=str(own_folder), wrapper=wrapper)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:  # noqa: ASYNC220 - killed below
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        # One that is being held is nobody's leftover.
        remove_leftovers()
        assert len(left_in(own_folder)) == 2
        parent.kill()
    assert [name for name in left_in(own_folder) if name.startswith(PREFIX)]
    rehearsal = await Rehearser(binary, placement)(desired([acme.tenant()], placement))
    assert rehearsal.is_passed
    async with asyncio.timeout(PATIENCE):
        while left_in(own_folder):
            await asyncio.sleep(0.02)


def test_a_folder_that_is_being_made_is_left_alone_and_an_old_one_without_a_lock_is_not(own_folder: Path) -> None:
    young, old = own_folder / f"{PREFIX}young", own_folder / f"{PREFIX}old"
    for folder in (young, old):
        folder.mkdir()
    long_ago = time.time() - 3600
    os.utime(old, (long_ago, long_ago))
    remove_leftovers()
    assert young.is_dir()
    assert not old.exists()


def test_few_complaints_are_harmless_and_each_says_why() -> None:
    assert all(HARMLESS.values())
    assert len(HARMLESS) <= 3
    busy = (
        "WARNING taskprocessor.c: Taskprocessor 'stasis/m:devicestate:all-00000009' queue reached 500 scheduled tasks"
    )
    by_chance = (
        'WARNING pjproject: sip_endpoint.c Warning: Module "PubSub Module" registered during operation. Enable '
        "PJSIP_SAFE_MODULE to prevent race condition."
    )
    assert is_harmless(busy)
    assert is_harmless(by_chance)
    for complaint in (
        'WARNING pjproject: sip_transport.c Warning: Module "PubSub Module" could not be loaded',
        "ERROR config_options.c: Could not find option suitable for category 'acme-amel' named 'send_pie'",
        "WARNING app_queue.c: Unknown keyword in queue 'acme-english': ringinusage at line 12 of queues.conf",
        "WARNING pbx_config.c: The use of '_.' for an extension is strongly discouraged",
        "ERROR taskprocessor.c: Unable to start taskprocessor listener for taskprocessor x",
    ):
        assert not is_harmless(complaint)


async def test_its_version_is_written_as_the_one_in_service_writes_it(lab: Lab, binary: Binary) -> None:
    async with lab.manager() as manager:
        serving = (await manager.act(CoreSettings())).version

    async def in_service() -> str:
        return serving

    rehearsal = await Rehearser(binary, lab.placement, in_service)(lab.desired())
    assert rehearsal.version == serving
    assert rehearsal.notes == ()


# --- as part of an apply -----------------------------------------------------------------------------------------


async def test_a_generation_that_does_not_pass_is_never_written(lab: Lab, binary: Binary) -> None:
    wanted = lab.desired(acme.tenant(acme.company(name="Acme, renamed")))
    sabotage = SABOTAGES["unknown SIP option"]

    async def broken(desired: Desired) -> Rehearsal:
        return await held(binary, lab.placement, desired, sabotage.by, sabotage.file)

    before = {path: path.read_bytes() for path in lab.home.rglob("*") if path.is_file() and path.name != "lock"}
    async with lab.manager() as manager:
        seen = await lab.deployer.look(wanted, manager)
        with pytest.raises(PlanRefused, match="send_pie"):
            await lab.deployer.apply(seen.identity, wanted, manager, by="amel", rehearse=broken)
    after = {path: path.read_bytes() for path in lab.home.rglob("*") if path.is_file() and path.name != "lock"}
    assert after == before
    assert (await lab.verify()).is_verified


async def test_a_generation_that_passes_is_applied_beside_the_asterisk_in_service(lab: Lab, binary: Binary) -> None:
    wanted = lab.desired(acme.tenant(acme.company(name="Acme, renamed")))
    async with lab.manager() as manager:
        seen = await lab.deployer.look(wanted, manager)
        rehearser = Rehearser(binary, lab.placement)
        applied = await lab.deployer.apply(seen.identity, wanted, manager, by="amel", rehearse=rehearser)
    assert applied.is_verified
    assert lab.switch.complaints() == []
