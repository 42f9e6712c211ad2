"""What was printed once and found right is known again by its very text, and by nothing less."""

from __future__ import annotations

import pytest

from cordboard.provisioning.actual import read
from cordboard.provisioning.known import Known, print_of
from cordboard.provisioning.modules import SIP
from cordboard.provisioning.takeover import manifest_of
from kit import acme
from kit.lab import Lab

WANTED = {"context": "in"}
RIGHT = print_of(["ObjectName: a\r\nContext: in", "ObjectName: b"], WANTED)


def test_the_same_text_of_the_same_object_wanted_the_same_is_known() -> None:
    known = Known()
    assert not known.was_right(SIP, "a", RIGHT)
    known.keep(SIP, {"a": RIGHT})
    again = print_of(["ObjectName: a\r\nContext: in", "ObjectName: b"], dict(WANTED))
    assert known.was_right(SIP, "a", again)
    assert not known.was_right(SIP, "b", again)
    assert not known.was_right("pbx_config", "a", again)


@pytest.mark.parametrize(
    "other",
    [
        print_of(["ObjectName: a\r\nContext: out", "ObjectName: b"], WANTED),
        print_of(["ObjectName: a\r\nContext: in"], WANTED),
        print_of(["ObjectName: a\r\nContext: inObjectName: b"], WANTED),
        print_of(["ObjectName: b", "ObjectName: a\r\nContext: in"], WANTED),
        print_of(["ObjectName: a\r\nContext: in", "ObjectName: b"], {"context": "out"}),
    ],
)
def test_another_text_or_another_wish_is_not(other: tuple[bytes, object]) -> None:
    known = Known()
    known.keep(SIP, {"a": RIGHT})
    assert not known.was_right(SIP, "a", other)


def test_what_is_not_kept_again_is_forgotten() -> None:
    known = Known()
    known.keep(SIP, {"a": RIGHT})
    known.keep(SIP, {})
    assert not known.was_right(SIP, "a", RIGHT)


@pytest.mark.switch
async def test_a_print_is_known_until_asterisk_shows_another_one(lab: Lab) -> None:
    wanted = manifest_of(lab.generations.load(1))
    known = Known()
    async with lab.manager() as manager:
        first = await read(manager, wanted, whole_dialplan=True, known=known)
        assert first.unread == frozenset()
        assert all(first.endpoints.values())
        known.keep(SIP, first.prints)

        second = await read(manager, wanted, whole_dialplan=True, known=known)
        assert second.unread == first.endpoints.keys()
        assert second.contexts == first.contexts

        file, text = lab.etc / "pjsip.conf", (lab.etc / "pjsip.conf").read_text()
        head, phone, rest = text.partition("[acme-amel]\ntype=endpoint\n")
        file.write_text(head + phone + rest.replace("context=cordboard-phones-acme", "context=nowhere", 1))
        await lab.switch.cli("module reload res_pjsip")
        await lab.switch.cli(f"dialplan remove extension {acme.DID}@cordboard-in")
        third = await read(manager, wanted, whole_dialplan=True, known=known)
        assert second.unread - third.unread == {"acme-amel"}
        assert third.endpoints["acme-amel"]["Context"] == "nowhere"
        assert {name for name in wanted.contexts if third.contexts.get(name) != second.contexts.get(name)} == {
            "cordboard-in"
        }
