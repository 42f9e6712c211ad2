"""The manifest is read from the text, and a text that is not whole gives none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dialplan_templates import Manifest, Step, manifest, render
from dialplan_templates.errors import ManifestRefused
from dialplan_templates.views import Mode
from kit.generated import EVERYTHING, SMALL, secret, view_of

FILES = render(view_of(SMALL, EVERYTHING))
WHOLE = manifest(FILES)


def test_it_holds_the_objects_by_the_names_that_asterisk_prints() -> None:
    assert WHOLE.generation == 7
    assert WHOLE.files.keys() == FILES.keys()
    assert WHOLE.contexts["cordboard-in"]["+33123456789"] == (
        Step(1, "Set", "CALLERID(num)=${FILTER(0-9*#+,${CALLERID(num)})}"),
        Step(2, "Goto", "cb-did-g7,acme-main,1"),
    )
    assert WHOLE.contexts["cordboard-generation-7"]["s"] == (Step(1, "NoOp", WHOLE.digest),)
    hours = WHOLE.contexts["cb-hours-g7"]["acme-did.main"]
    assert [step.priority for step in hours] == list(range(1, len(hours) + 1))
    assert [step.label for step in hours if step.label] == ["closed", "open"]
    assert WHOLE.endpoints["acme-amel"]["callerid"] == '"Amel Haddad" <201>'
    assert WHOLE.aors["acme-carrier"]["contact"] == "sip:127.1.0.10:5060"
    assert WHOLE.auths.keys() == {"atelier-lea", "acme-amel", "acme-bruno", "acme-lobby"}
    password = hashlib.sha256(secret("amel").encode()).hexdigest()
    assert WHOLE.auths["acme-amel"] == {"auth_type": "userpass", "username": "acme-amel", "password": password}
    assert WHOLE.identifies["acme-carrier"] == (("match", "127.1.0.10/32"), ("match", "127.1.1.0/28"))
    assert WHOLE.queues["acme-billing-fr"] == {
        "Strategy": "leastrecent",
        "Max": "1",
        "Weight": "0",
        "ServiceLevel": "10",
    }
    assert WHOLE.rules["acme-billing-fr"] == ("2,199", "30,299")
    pin = hashlib.sha256(b"-4321").hexdigest()
    shown = {"Fullname": "Amel Haddad", "Email": "amel@example.org", "AttachMessage": "yes", "PIN": pin}
    assert WHOLE.mailboxes["acme", "amel"] == shown
    assert WHOLE.musics.keys() == {"default", "acme-calm"}
    assert WHOLE.musics["acme-calm"] == {"mode": "files", "directory": "moh", "sort": "random"}
    assert WHOLE.parkings.keys() == {"default", "cordboard-parking-acme", "cordboard-parking-atelier"}
    assert WHOLE.parkings["cordboard-parking-acme"]["parkpos"] == "701-720"


def test_each_file_that_can_be_read_back_ends_in_an_object_of_its_own() -> None:
    ends = [
        [context for context in WHOLE.contexts if context.startswith("cordboard-end-")],
        [queue for queue in WHOLE.queues if queue.startswith("cordboard-end-")],
        [rule for rule in WHOLE.rules if rule.startswith("cordboard-end-")],
        [aor for aor in WHOLE.aors if aor.startswith("cordboard-end-")],
        [context for context, _ in WHOLE.mailboxes if context.startswith("cordboard-end-")],
    ]
    assert [len(end) for end in ends] == [1, 1, 1, 1, 1]


def test_what_the_file_escapes_is_told_as_asterisk_prints_it() -> None:
    trunk = replace(EVERYTHING.trunks[0], contact="sip:127.1.0.10;transport=tcp")
    files = render(view_of(replace(EVERYTHING, trunks=(trunk,), outgoing=None)))
    assert r"contact=sip:127.1.0.10\;transport=tcp" in files["pjsip.conf"]
    assert manifest(files).aors["acme-carrier"]["contact"] == "sip:127.1.0.10;transport=tcp"


def test_it_holds_no_secret() -> None:
    text = json.dumps(WHOLE.to_json())
    assert "0123456789abcdef" not in text


def test_it_survives_being_kept() -> None:
    assert Manifest.from_json(json.loads(json.dumps(WHOLE.to_json()))) == WHOLE


@pytest.mark.parametrize(
    "as_kept",
    [
        lambda steps: [list(step) for step in steps],
        lambda steps: [part for step in steps for part in step[1:]],
    ],
)
def test_one_that_an_earlier_version_kept_is_read(as_kept: Callable[[tuple[Step, ...]], list[Any]]) -> None:
    kept = json.loads(json.dumps(WHOLE.to_json()))
    kept["auths"], kept["musics"] = sorted(kept["auths"]), sorted(kept["musics"])
    kept["contexts"] = {
        context: {extension: as_kept(steps) for extension, steps in extensions.items()}
        for context, extensions in WHOLE.contexts.items()
    }
    del kept["parkings"]
    found = Manifest.from_json(kept)
    assert found.parkings == {}
    assert found.contexts == WHOLE.contexts
    assert (found.auths.keys(), found.musics.keys()) == (WHOLE.auths.keys(), WHOLE.musics.keys())
    assert not any([*found.auths.values(), *found.musics.values()])


def test_included_files_have_one_too() -> None:
    found = manifest(render(view_of(SMALL, EVERYTHING, mode=Mode.INCLUDED)))
    assert found.contexts.keys() == WHOLE.contexts.keys() - {
        name for name in WHOLE.contexts if name.startswith("cordboard-end-")
    } | {name for name in found.contexts if name.startswith("cordboard-end-")}
    assert found.endpoints == WHOLE.endpoints


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_was_cut_anywhere_has_none(name: str) -> None:
    lines = FILES[name].split("\n")
    step = max(1, len(lines) // 40)
    for kept in range(0, len(lines) - 1, step):
        with pytest.raises(ManifestRefused):
            manifest({**FILES, name: "\n".join(lines[:kept])})


def test_a_file_that_was_changed_left_out_or_added_has_none() -> None:
    changed = FILES["pjsip.conf"].replace("direct_media=no", "direct_media=yes", 1)
    for files in (
        {**FILES, "pjsip.conf": changed},
        {name: text for name, text in FILES.items() if name != "rtp.conf"},
        {**FILES, "more.conf": ""},
        {},
    ):
        with pytest.raises(ManifestRefused):
            manifest(files)
