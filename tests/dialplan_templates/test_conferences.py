"""Conferences in generated files: no file tells a PIN, and what could not be told apart is refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from dialplan_templates import render
from dialplan_templates.check import problems
from dialplan_templates.views import Mode, SwitchView
from kit.generated import EVERYTHING, SMALL, view_of

STAFF = EVERYTHING.conferences[0]


def view(guest: str, host: str, mode: Mode = Mode.OWNED) -> SwitchView:
    room = replace(STAFF, guest_pin=guest, host_pin=host)
    return view_of(replace(EVERYTHING, conferences=(room,)), mode=mode)


@pytest.mark.parametrize(
    ("mode", "name"), [(Mode.OWNED, "pins-acme-staff.txt"), (Mode.INCLUDED, "cordboard_pins-acme-staff.txt")]
)
def test_pins_stand_in_a_file_of_their_own_as_digests(mode: Mode, name: str) -> None:
    files = render(view("4815162342", "1081516234", mode))
    lines = [line for line in files[name].splitlines() if not line.startswith(";")]
    assert lines == [f"GUEST:{_md5('4815162342')}", f"HOST:{_md5('1081516234')}"]
    dialplan = next(text for file, text in files.items() if file.startswith("contexts-g"))
    assert f"/{name.replace('acme-staff', '${CB_ROOM}')},ma," in dialplan
    for text in files.values():
        assert "4815162342" not in text
        assert "1081516234" not in text


def _md5(pin: str) -> str:
    return hashlib.md5(pin.encode(), usedforsecurity=False).hexdigest()


def test_nobody_comes_in_by_an_empty_pin() -> None:
    [line, *more] = render(view("", ""))["pins-acme-staff.txt"].splitlines()
    assert line.startswith(";")
    assert not more


@pytest.mark.parametrize(
    ("guest", "host", "place"),
    [("123", "45678", "guest_pin"), ("1234", "4a5b6c", "host_pin"), ("123456", "123456", "")],
)
def test_what_is_no_pin_or_no_other_pin_is_refused(guest: str, host: str, place: str) -> None:
    [problem] = problems(view(guest, host))
    assert problem.where == f"companies.acme.conferences.staff{f'.{place}' if place else ''}"
    assert guest not in problem.what + problem.cure


def test_without_conferences_there_is_nothing_of_them() -> None:
    files = render(view_of(SMALL))
    assert not [name for name in files if "pins-" in name]
    assert "conference" not in "".join(text for name, text in files.items() if name.startswith("contexts-g"))
