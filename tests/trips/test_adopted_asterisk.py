"""From an Asterisk that somebody wrote by hand to one of Cordboard's: read, imported, planned, applied, called."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ami.client import Address
from cordboard.adoption import sip
from cordboard.adoption.asterisk import Running, ask
from cordboard.adoption.files import read_files
from cordboard.adoption.findings import Ledger
from kit import older_asterisk
from kit.phones import talking
from kit.site import Site
from kit.switch import Switch

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

HEAD = ("--company-id", "acme", "--language", "fr", "--country", "FR", "--time-zone", "Europe/Paris")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def older() -> AsyncIterator[Switch]:
    """The Asterisk that is there, with a member who logged in to a queue of his own will."""
    switch = Switch("older")
    try:
        await switch.start(older_asterisk.files(switch))
        await switch.cli("queue add member PJSIP/dora to 600 penalty 3 as Dora")
        yield switch
    finally:
        switch.close()


def manager(switch: Switch) -> tuple[str, ...]:
    return ("--ami-host", switch.address, "--ami-port", str(switch.ports.ami), "--ami-user", older_asterisk.ADOPT_USER)


async def adopt(*words: str, secret: str | None = older_asterisk.ADOPT_SECRET) -> tuple[int, str]:
    """Run the command as its user does; exit status and all that it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
    environment["CORDBOARD_FILE"] = os.devnull
    if secret is not None:
        environment["CORDBOARD_ADOPT_SECRET"] = secret
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cordboard", "adopt", *HEAD, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def listened(switch: Switch) -> Running:
    address = Address(switch.address, switch.ports.ami, older_asterisk.ADOPT_USER, older_asterisk.ADOPT_SECRET)
    return await ask(address)


async def test_what_the_files_are_read_to_say_is_what_asterisk_has_loaded(older: Switch) -> None:
    files = read_files(older.places.etc)
    objects = sip.sip_objects(files.pjsip.sections, files.wizards.sections, Ledger())
    running = await listened(older)
    for kind in ("endpoint", "aor", "identify"):
        assert objects.of(kind).keys() >= running.names(kind), kind
    assert objects.endpoints.keys() == running.names("endpoint")
    for name, section in objects.endpoints.items():
        for option, setting in (("context", "Context"), ("mailboxes", "Mailboxes"), ("language", "Language")):
            written = section.last(option)
            assert running.setting("endpoint", name, setting) == (written.value if written else ""), (name, option)
    for queue in running.queues:
        section = next(one for one in files.queues.sections if one.name == queue.queue)
        strategy, most = section.last("strategy"), section.last("maxlen")
        assert strategy is not None
        assert (queue.strategy, queue.max_waiting) == (strategy.value, int(most.value) if most else 0)
        members = {one.interface for one in running.members if one.queue == queue.queue and one.membership == "static"}
        assert members == {option.value.partition(",")[0] for option in section.every("member")}
    boxes = {(section.name, option.name) for section in files.voicemail.sections for option in section.options}
    assert {(box.context, box.mailbox) for box in running.boxes} <= boxes


@pytest.mark.asyncio(loop_scope="function")  # its phones leave the loop a thread, which ends with it
async def test_phones_of_the_old_asterisk_call_each_other_on_the_new_one_with_their_old_passwords(
    older: Switch, tmp_path: Path
) -> None:
    company, secrets = tmp_path / "company.yaml", tmp_path / "company-secrets.yaml"
    before = {path: path.read_bytes() for path in older.places.etc.rglob("*") if path.is_file()}
    status, said = await adopt("--config-dir", str(older.places.etc), *manager(older), "-o", str(company))
    assert status == 0, said
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert older_asterisk.AMEL_SECRET not in said + company.read_text(encoding="utf-8")
    assert older_asterisk.AMEL_SECRET in secrets.read_text(encoding="utf-8")
    assert "dora-klein is logged in now" in said
    assert before == {path: path.read_bytes() for path in older.places.etc.rglob("*") if path.is_file()}

    site = Site(company)
    try:
        await site.cordboard("init")
        dry = await site.cordboard("import", "--dry-run", str(company), str(secrets), expect=(2,))
        assert "error" not in dry.err
        await site.cordboard("import", str(company), str(secrets))
        await site.cordboard("plan", expect=(2,))
        await site.cordboard("apply", "--yes")
        await site.start_switch()
        await site.cordboard("verify")
        async with site.phones as phones:
            amel = await phones.phone("acme-amel-haddad", site.switch.sip, older_asterisk.AMEL_SECRET, tone=440)
            bruno = await phones.phone("acme-bruno-lefevre", site.switch.sip, older_asterisk.BRUNO_SECRET, tone=850)
            await amel.register()
            await bruno.register()
            async with talking(amel, "301", bruno) as (calling, called):
                await calling.hears(850)
                await called.hears(440)
                assert called.caller_number == "201"
    finally:
        await site.close()


async def test_without_files_what_runs_is_adopted_and_without_a_running_one_the_files_are(
    older: Switch, tmp_path: Path
) -> None:
    status, said = await adopt("--no-config", *manager(older), "-o", str(tmp_path / "running.yaml"))
    assert status == 0, said
    assert "files: none was read" in said
    assert not (tmp_path / "running-secrets.yaml").exists()
    status, said = await adopt("--config-dir", str(older.places.etc), "-o", str(tmp_path / "files.yaml"))
    assert status == 0, said
    assert "running Asterisk: was not asked" in said
    ran = (tmp_path / "running.yaml").read_text(encoding="utf-8")
    read = (tmp_path / "files.yaml").read_text(encoding="utf-8")
    people = [text[text.index("people:") : text.index("messages:")] for text in (ran, read)]
    assert people[0].replace("queue-600: 2, ", "").replace("skills: {queue-600: 2}, ", "") == people[1]


async def test_what_an_account_may_not_ask_is_told_and_a_wrong_password_ends_it(older: Switch, tmp_path: Path) -> None:
    words = ("--config-dir", str(older.places.etc), *manager(older), "-o", str(tmp_path / "company.yaml"))
    poor = [older_asterisk.POOR_USER if word == older_asterisk.ADOPT_USER else word for word in words]
    status, said = await adopt(*poor[:-1], str(tmp_path / "poor.yaml"))
    assert status == 0, said
    assert "would not tell of phones and trunks (right: system): Permission denied" in said
    status, said = await adopt(*words, secret="wrong")
    assert status == 1
    assert "Authentication failed" in said
    status, said = await adopt(*words, secret=None)
    assert status == 1
    assert "CORDBOARD_ADOPT_SECRET" in said
    assert not (tmp_path / "company.yaml").exists()


async def test_an_edit_that_was_never_loaded_is_a_difference(older: Switch, tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    for path in older.places.etc.rglob("*.conf"):
        copy = etc / path.relative_to(older.places.etc)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    queues = (etc / "queues.conf").read_text(encoding="utf-8")
    queues = queues.replace("maxlen=12", "maxlen=99").replace("PJSIP/gerard,2", "PJSIP/gerard,3")
    (etc / "queues.conf").write_text(f"{queues}\n[new]\nmember => PJSIP/201\n", encoding="utf-8")
    (etc / "voicemail.conf").write_text("[default]\n201 => 4711,Amel H.,amel@acme.example\n", encoding="utf-8")
    (etc / "pjsip.auth.conf").unlink()
    status, said = await adopt("--config-dir", str(etc), *manager(older), "-o", str(tmp_path / "company.yaml"))
    assert status == 0, said
    for told in (
        "maxlen: the files say 99, Asterisk runs 12",
        "PJSIP/gerard: the files say penalty 3, Asterisk runs 2",
        "queue new: is in the files and not in the running Asterisk",
        "box 201@default: its name or address in the files is not that of the running Asterisk",
        "box 204@sales",
        'there is no "pjsip.auth.conf": Asterisk refuses the file',
    ):
        assert told in said, told
