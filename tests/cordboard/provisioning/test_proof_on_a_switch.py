"""What the read-back sees on a real Asterisk, reading by reading: each is made wrong behind its back and is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agi.flow.document import Flow
from kit import acme
from kit.lab import Lab
from kit.switch import Switch

pytestmark = pytest.mark.switch


async def test_a_company_that_nobody_can_call_yet_is_proven(new_switch: Callable[..., Switch]) -> None:
    """Its context for incoming calls is empty, and Asterisk has no way to show an empty one."""
    lab = Lab(new_switch("pbx1"))
    try:
        nobody = acme.tenant(replace(acme.company(), dids={}), Flow(nodes={}))
        await lab.apply(nobody, is_asterisk_running=False)
        await lab.switch.start(etc=lab.etc)
        assert (await lab.verify()).differences == ()
    finally:
        lab.close()


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


BEHIND_OUR_BACK = {
    "password": (
        ("pjsip.conf", "password=amel-sip-secret", "password=eve-sip-secret"),
        "res_pjsip",
        "password of auth acme-amel is another one, not as it was written",
    ),
    "name of who signs in": (
        ("pjsip.conf", "username=acme-amel", "username=acme-eve"),
        "res_pjsip",
        "username of auth acme-amel is acme-eve, not acme-amel",
    ),
    "PIN": (
        ("voicemail.conf", "amel => -490817", "amel => -490818"),
        "app_voicemail",
        "PIN of voicemail box amel@acme is another one, not as it was written",
    ),
    "PIN taken away": (
        ("voicemail.conf", "amel => -490817", "amel => -"),
        "app_voicemail",
        "PIN of voicemail box amel@acme is another one, not as it was written",
    ),
    "attachment": (
        ("voicemail.conf", "attach=no", "attach=yes"),
        "app_voicemail",
        "attachmessage of voicemail box amel@acme is yes, not no",
    ),
    "time of a rule": (
        ("queuerules.conf", "penaltychange => 15,199", "penaltychange => 16,199"),
        "app_queue",
        "queue rule acme-billing-fr is 16,199, not 15,199",
    ),
    "rule that opens nothing": (
        ("queuerules.conf", "penaltychange => 15,199\n", ""),
        "app_queue",
        "queue rule acme-billing-fr is no change, not 15,199",
    ),
    "rule that lowers": (
        ("queuerules.conf", "penaltychange => 15,199", "penaltychange => 15,199,5"),
        "app_queue",
        "queue rule acme-billing-fr is 15,199,5, not 15,199",
    ),
    "service level": (
        ("queues.conf", "servicelevel=10", "servicelevel=30"),
        "app_queue",
        "servicelevel of queue acme-billing-fr is 30, not 10",
    ),
    "music": (
        ("musiconhold.conf", "directory=moh", "directory=moh/."),
        "res_musiconhold",
        "directory of music class default is moh/., not moh",
    ),
    "another music": (
        ("musiconhold.conf", "sort=random", "sort=random\n[jingle]\nmode=files\ndirectory=moh"),
        "res_musiconhold",
        "music class jingle was not generated: there",
    ),
    "slots of a parking lot": (
        ("res_parking.conf", "parkpos=701-720", "parkpos=701-702"),
        "res_parking",
        "parkpos of parking lot cordboard-parking-acme is 701-702, not 701-720",
    ),
    "time in a parking lot": (
        ("res_parking.conf", "parkingtime=120", "parkingtime=5"),
        "res_parking",
        "parkingtime of parking lot cordboard-parking-acme is 5, not 120",
    ),
    "another parking lot": (
        ("res_parking.conf", "[default]", "[garage]\nparkpos=801-802\ncontext=garage\n[default]"),
        "res_parking",
        "parking lot garage was not generated: there",
    ),
}


async def test_each_reading_sees_what_somebody_else_loaded(lab: Lab) -> None:
    for what, ((file, old, new), module, told) in BEHIND_OUR_BACK.items():
        edited(lab.etc / file, old, new)
        await lab.switch.cli("queue reload all" if module == "app_queue" else f"module reload {module}")
        assert lab.generations.mend(lab.generations.current() or 0) == (file,), what
        found = (await lab.verify()).differences
        # The last object of a file tells of it too, where the file has one.
        assert f"Asterisk: {told}" in map(str, found), what
        assert {difference.module for difference in found} == {module}, what
        assert not any(secret in repr(found) for secret in ("sip-secret", "49081")), what
        assert (await lab.apply()).is_verified, what
        assert (await lab.verify()).differences == (), what


async def test_what_the_account_may_not_see_is_said_until_it_is_renewed(lab: Lab) -> None:
    """The account that an earlier Cordboard wrote may run no command."""
    path = lab.etc / "manager.conf"
    written = path.read_text()
    edited(path, "write=system,command,reporting", "write=system,reporting")
    await lab.switch.cli("manager reload")
    path.write_text(written)
    before = await lab.verify()
    assert before.is_verified
    assert any(each.startswith("music classes") for each in before.unreadable)
    await lab.switch.cli("manager reload")
    after = await lab.verify()
    assert after.is_verified
    assert not any("music" in each for each in after.unreadable)


async def test_parking_lots_are_said_to_be_unseen_until_their_module_is_there(lab: Lab) -> None:
    """It came with a later version of Cordboard than the Asterisk that runs was started by."""
    await lab.switch.cli("module unload res_parking")
    before = await lab.verify()
    assert before.is_verified
    assert "parking lots (until Asterisk is restarted)" in before.unreadable
    assert (await lab.apply()).is_verified
    await lab.switch.cli("module load res_parking")
    after = await lab.verify()
    assert after.is_verified
    assert not any("parking" in each for each in after.unreadable)


async def test_who_hears_callers_is_read_back(new_switch: Callable[..., Switch]) -> None:
    lab = Lab(new_switch("pbx1"))
    network = replace(lab.placement.network, hearing_port=4574)
    lab.placement = replace(lab.placement, network=network)
    lab.deployer = lab.second_deployer()
    async with lab:
        path = lab.etc / "aeap.conf"
        written = path.read_text()
        edited(path, ":4574/", ":4575/")
        edited(path, "codecs=!all,slin", "codecs=!all,slin,ulaw")
        await lab.switch.cli("module reload res_aeap")
        path.write_text(written)
        told = [(each.module, str(each)) for each in (await lab.verify()).differences]
        address = network.agi_address
        assert told == [
            ("res_aeap", "Asterisk: codecs of speech engine cordboard is !all,slin,ulaw, not !all,slin"),
            ("res_aeap", f"Asterisk: url of speech engine cordboard is ws://{address}:4575/, not ws://{address}:4574/"),
        ]
        assert (await lab.apply()).is_verified
        assert (await lab.verify()).differences == ()
        for module in ("app_speech_utils", "res_speech_aeap", "res_aeap"):
            assert "Unloaded" in await lab.switch.cli(f"module unload {module}")
        unseen = await lab.verify()
        assert unseen.is_verified
        assert "engines that hear callers (until Asterisk is restarted)" in unseen.unreadable
