"""A node that tells another system something: what it says, and where calls go then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agi.call import Call
from agi.flow.checker import Entry, check
from agi.flow.deciding import Assign
from agi.flow.document import Edge, Flow, Node, Target, TargetKind
from agi.flow.interpreter import Ending, follow
from agi.flow.nodes import Retry
from agi.flow.notice import Notify
from agi.flow.steps import Collect
from agi.ports import NoSystems, Notice, PinnedFlow
from kit.scripted_caller import ScriptedCaller


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


SMS = Notify(
    "sms",
    source="sms",
    send={"to": "caller"},
    text={"fr": "Vous devez {debt}", "en": "You owe {debt}"},
    sent=to("queue", "sent"),
    failure=to("queue", "down"),
)
OWES = Assign("owes", {"debt": "12.50"}, to("step", "sms"))
RETRY = Retry(1, to("hangup"))
PIN = Collect("pin", prompt=None, into="debt", then=to("step", "sms"), no_input=RETRY, wrong_input=RETRY, secret=True)
TARGETS = {"queue": {"sent", "down"}}


class System(NoSystems):
    def __init__(self, is_taken: bool = True) -> None:
        self.is_taken = is_taken
        self.notices: list[Notice] = []

    async def told(self, notice: Notice) -> bool:
        self.notices.append(notice)
        return self.is_taken


def flow(*nodes: Node) -> Flow:
    return Flow({node.id: node for node in nodes}, {}, {}, "fr")


async def met(system: System, *nodes: Node, language: str = "fr", keys: str = "") -> Ending:
    caller = ScriptedCaller(keys=[(0.5, key) for key in keys], language=language)
    return await follow(Call(caller), PinnedFlow(flow(*nodes), 1, nodes[0].id), caller, None, system)


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "Vous devez 12.50"), ("en", "You owe 12.50"), ("de", "Vous devez 12.50")]
)
async def test_a_text_is_in_the_callers_language(language: str, text: str) -> None:
    system = System()
    assert (await met(system, OWES, SMS, language=language)).target.id == "sent"
    (notice,) = system.notices
    assert notice.values == {"to": "0612345678", "text": text}
    assert notice.key.endswith("-sms")


async def test_what_is_not_taken_fails_and_so_does_everything_unless_somebody_may_be_told() -> None:
    assert (await met(System(is_taken=False), OWES, SMS)).target.id == "down"
    ending = await follow(Call(caller := ScriptedCaller()), PinnedFlow(flow(OWES, SMS), 1, "owes"), caller)
    assert ending.target.id == "down"


async def test_a_text_that_lacks_a_value_or_would_tell_a_secret_is_not_sent() -> None:
    system = System()
    assert (await met(system, SMS)).target.id == "down"
    assert (await met(system, PIN, SMS, keys="4815#")).target.id == "down"
    assert system.notices == []


async def test_a_secret_that_is_sent_is_marked_as_one() -> None:
    system = System()
    await met(system, PIN, replace(SMS, send={"pin": "debt"}, text={}), keys="4815#")
    (notice,) = system.notices
    assert notice.values == {"pin": "4815"}
    assert notice.secrets == {"pin"}


async def test_the_same_node_of_the_same_call_has_the_same_key() -> None:
    system = System()
    await met(system, OWES, replace(SMS, sent=to("step", "again")), Assign("again", {"x": "1"}, to("step", "sms2")),
              replace(SMS, id="sms2"))  # fmt: skip
    assert len({notice.key for notice in system.notices}) == 2
    again = System()
    await met(again, OWES, SMS)
    assert again.notices[0].key == system.notices[0].key


@pytest.mark.parametrize(
    ("node", "where"),
    [
        (replace(SMS, send={"text": "caller"}), "nodes.sms.send.text"),
        (replace(SMS, text={"fr": "{gone}"}), "nodes.sms.text.fr"),
        (replace(SMS, text={"en": "{debt}"}), "nodes.sms.text"),
        (replace(SMS, failure=to("step", "owes")), "nodes.owes"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_place(node: Notify, where: str) -> None:
    found = check(flow(OWES, node), [Entry("owes", "fr")], TARGETS)
    assert where in {problem.where for problem in found if not problem.is_warning}


def test_it_reads_back_as_it_was_written() -> None:
    for node in (SMS, replace(SMS, text={}, deadline_seconds=2.5)):
        assert Flow.from_json(flow(OWES, node).to_json()) == flow(OWES, node)
