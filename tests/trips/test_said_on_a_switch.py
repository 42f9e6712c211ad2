"""What Asterisk says by itself: numbers, amounts, dates and times, in two languages, live and by the compiled way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agi.flow.deciding import Assign
from agi.flow.document import Edge, Flow, Node, Play, Target, TargetKind
from agi.flow.plan import Plan
from agi.flow.saying import NOW, Say, What
from cordboard.provisioning.compiled import compiled
from cordboard.store.values import Company, Did, Message, TargetRef, Trunk
from cordboard.store.values import TargetKind as Kind
from dialplan_templates import render
from kit import acme
from kit.flow_calls import open_line
from kit.generated import secret, view_for
from kit.manager import ManagerSession
from kit.phones import Phones
from kit.switch import Switch

pytestmark = pytest.mark.switch

LOG = "said.txt"
VALUES = {"amount": "1250.05", "count": "71", "day": "2026-12-24", "number": "042", "word": "gold"}
SAID: dict[str, tuple[What, str]] = {
    "number": (What.DIGITS, "number"),
    "count": (What.NUMBER, "count"),
    "amount": (What.AMOUNT, "amount"),
    "day": (What.DATE, "day"),
    "word": (What.NUMBER, "word"),
    "time": (What.TIME, NOW),
}
HEARD = {
    "fr": [
        *("0", "4", "2"),
        *("60", "et", "11"),
        *("thousand", "2", "hundred", "50", "dollars", "5", "minus"),
        *("day-4", "20", "4", "mon-11", "2", "thousand", "20", "6"),
    ],
    "en": [
        *("0", "4", "2"),
        *("70", "1"),
        *("1", "thousand", "2", "hundred", "50", "dollars", "5", "minus"),
        *("day-4", "mon-11", "20", "h-4", "2", "thousand", "20", "6"),
    ],
}
"""All but the time, for which two sounds at least are left."""


def to(kind: str, name: str) -> Edge:
    return Edge(Target(TargetKind(kind), name))


def flow(language: str) -> Flow:
    names = list(SAID)
    nodes: list[Node] = [
        Play("did.line", None, to("step", "start")),
        Assign("start", VALUES, Edge(Target(TargetKind.STEP, names[0]), language)),
    ]
    for name, following in zip(names, [*names[1:], ""], strict=True):
        what, variable = SAID[name]
        then = to("step", following) if following else to("message", "closed")
        unit, cents = ("unit", "cents") if what is What.AMOUNT else (None, None)
        nodes.append(
            Say(name, what=what, variable=variable, then=then, unit=unit, cents=cents, time_zone="Europe/Paris")
        )
    prompts = {"unit": {"fr": ("digits/dollars",)}, "cents": {"fr": ("digits/minus",)}}
    return Flow({node.id: node for node in nodes}, {}, prompts, "fr")


def heard(switch: Switch) -> list[str]:
    """What was said, of what Asterisk told in its log."""
    log = (switch.places.log / LOG).read_text(encoding="utf-8")
    return re.findall(r"Playing 'digits/([a-z0-9-]+)", log)


async def note_what_is_said(switch: Switch) -> None:
    await switch.cli(f"logger add channel {LOG} verbose")
    await switch.cli("core set verbose 3")


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch("said")
    yield switch
    switch.close()


@pytest.mark.parametrize("language", HEARD)
async def test_by_the_live_script(switch: Switch, phones: Phones, language: str) -> None:
    async with open_line(switch, rfc4733=["phone0"]) as line:
        await note_what_is_said(switch)
        phone = await phones.phone("phone0", switch.sip, "phone0-secret")
        await phone.register()
        journey = await line.call(phone, flow(language), "did.line", Plan())
    assert journey.end == ("message", "closed", "message")
    assert heard(switch) == [*HEARD[language], *{"fr": ("10", "oclock", "10"), "en": ("10", "10", "a-m")}[language]]


@pytest.mark.parametrize("language", HEARD)
async def test_by_the_compiled_way(switch: Switch, phones: Phones, language: str) -> None:
    did = Did(id="line", number="+33199000001", name="D", open=TargetRef(Kind.MESSAGE, "closed"), language="fr")
    company = Company(
        id="acme",
        name="Acme",
        language="fr",
        country="FR",
        time_zone="Europe/Paris",
        messages={"closed": Message(id="closed", name="C", sounds={"fr": ("beep",)})},
        dids={did.id: did},
        trunks={"carrier": Trunk(id="carrier", name="Operator", header=("X-Trunk", "carrier"))},
    )
    view = compiled([acme.tenant(company, flow(language))], acme.placement(), 7).companies[0]
    files = render(view_for(switch, view))
    files["asterisk.conf"] = files["asterisk.conf"].replace("[options]\n", "[options]\nverbose=3\n")
    await switch.start(files)
    async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
        await note_what_is_said(switch)
        call = await (await phones.caller("0612345601", switch.sip)).start_call(did.number)
        outcome = await session.event("UserEvent", UserEvent="CordboardOutcome")
        await call.hang_up()
    assert outcome["Outcome"] == "dissuaded"
    said = heard(switch)
    assert said[: len(HEARD[language])] == HEARD[language]
    assert len(said) >= len(HEARD[language]) + 2
