"""The reader of Asterisk's files against the judge: the same files, read by Asterisk itself (action GetConfig)."""

from __future__ import annotations

import random

import pytest

from conftest import StartSwitch
from cordboard.adoption.conf import Conf, read_conf
from kit import basis
from kit.manager import ManagerRefusedError, ManagerSession, Message

pytestmark = pytest.mark.switch

FILES = 600
INCLUDED = {
    "inc.conf": "i=1\n[inc]\nj=2\n",
    "d/1.conf": "k=1",
    "d/2.conf": "[two](!)\nl=1\n",
}
SECTIONS = [
    *("[a]", "[A](+)", "[a](!)", "[b](a)", "[b]", "[a](+)", "[c](a,b)", "[c](!,a)", "[b](+)", "[d](d)", "[open"),
    *("[b](nope)", "[b](a", "[ b ](a)", "[b](+x=1)", "[a](+TEMPLATES=include)", "[b](+!)", "[b](!,+)", "[b](+,a)"),
]
LINES = [
    *SECTIONS,
    *("[b] (a)", "[b](a) x", "noequals", "=novalue", "x =", "\\x=7", "X=8", "x=y=z", "x=>>9", "y=>4", "y = >5"),
    *("x=1", "x+=2", "x += 3", "x=\\;q;c", "x=1;2\\;3", "w=1 ;---no", ";;c"),
    *(";--x", "--;", "x=a;--b--;c", "z=;--", "a--;x=2", "x=2;--k;--l--;m", "n=--;o"),
    *("#include inc.conf", '#include "inc.conf"', '#include "inc.conf" more', "#tryinclude none.conf", "#bogus"),
    *("#include d/*.conf", "#tryinclude d/*.conf", "#include none.conf", "#include none*.conf"),
]

Sections = list[tuple[str, list[str]]]


def theirs(answer: Message) -> Sections:
    """The sections of a GetConfig answer, which leaves templates out."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name, value in answer.items():
        kind, _, number = name.partition("-")
        if kind == "Category":
            found[number] = (value, [])
        elif kind == "Line":
            found[number.partition("-")[0]][1].append(value)
    return list(found.values())


def ours(read: Conf) -> Sections:
    return [
        (section.name, [f"{option.name}={option.value}" for option in section.options])
        for section in read.sections
        if not section.is_template
    ]


async def test_it_reads_what_asterisk_reads(start_switch: StartSwitch) -> None:
    switch = await start_switch()
    etc = switch.places.etc
    switch.write(INCLUDED)
    chance = random.Random(20)
    compared = refused = 0
    async with ManagerSession.open(switch, basis.AMI_USER, basis.AMI_SECRET) as session:
        for _ in range(FILES):
            lines = [*(["[a]"] if chance.random() < 0.8 else []), *chance.choices(LINES, k=chance.randint(1, 8))]
            (etc / "t.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
            read = read_conf(etc, "t.conf")
            if any(fault.is_fatal and fault.place.file != "t.conf" for fault in read.faults):
                continue  # Asterisk reads no further in such an included file; adopting does
            compared += 1
            try:
                answer = await session.act("GetConfig", Filename="t.conf")
            except ManagerRefusedError:
                refused += 1
                assert read.is_refused, lines
            else:
                assert not read.is_refused, lines
                assert ours(read) == theirs(answer), lines
    assert compared > FILES * 0.8
    assert 0 < refused < compared
