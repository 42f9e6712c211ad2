"""What the terminal says of calls that are over."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ami.conversation import Conversation
from ami.plain import plain
from cordboard.journal.story import record_of
from cordboard.store.conversations import record_conversations
from cordboard.store.engine import open_store
from cordboard.store.journal import record_calls, record_facts
from cordboard.store.records import CallRecord, FactRecord
from kit.command import cordboard, done
from kit.recorded import recordings, replayed
from kit.switch import REPOSITORY

HOSTILE = "Zo\x1b[31mé"


def transferred() -> Conversation:
    """A recorded call that was passed on."""
    calls = [call for name in recordings() for call in replayed(name).conversations.values()]
    return next(
        call for call in calls if call.ended and call.direction == "inbound" and call.queue
        and any(step.kind == "transferred" for step in call.steps)
    )  # fmt: skip


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    monkeypatch.setenv("CORDBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    done("init")
    assert "No call has ended yet." in done("import", str(REPOSITORY / "demo/company.yaml")) + done("calls")
    call = transferred()
    first = replace(call.parties[0], name=HOSTILE)
    call = replace(call, parties=(first, *call.parties[1:]))
    node, uniqueid = call.id.node, call.id.uniqueid
    received = CallRecord(
        node=node, uniqueid=uniqueid, company="acme", did="main", caller_number="0612345678", caller_name=HOSTILE,
        entered=call.started, ended=call.ended, outcome="handled", detail="amel", agent="amel", conversation=uniqueid,
    )  # fmt: skip
    fact = FactRecord(node=node, uniqueid=uniqueid, sequence=0, at=call.started, kind="entered", data={"did": "main"})
    began = {"node": "", "way": "", "version": "5", "by": "flow", "to": "who-calls"}
    first_step = replace(fact, sequence=1, kind="step", data=began)
    inside = replace(
        record_of(call, "acme"), uniqueid="pbx1-1795288257.1", direction="internal", caller_number="201",
        dialled="202", queue=None, ended=call.started, story='{"parties":[]}',
    )  # fmt: skip

    async def keep() -> None:
        async with open_store(f"sqlite:///{tmp_path}/home/cordboard.sqlite") as store, store.transaction() as session:
            await record_conversations(session, [record_of(call, "acme"), inside])
            await record_calls(session, [received])
            await record_facts(session, [fact, first_step])

    asyncio.run(keep())
    return call


def test_the_list_has_every_call_and_can_be_narrowed(call: Conversation) -> None:
    told = done("calls")
    assert "inbound" in told
    assert "internal" in told
    assert [each["id"] for each in json.loads(done("calls", "--json"))] == [
        str(call.id), f"{call.id.node}/pbx1-1795288257.1",
    ]  # fmt: skip
    [inside] = json.loads(done("calls", "--json", "--direction", "internal"))
    assert (inside["caller_number"], inside["dialled"], inside["did"]) == ("201", "202", None)
    assert done("calls", "--direction", "outbound") == "No call has ended yet.\n"


def test_the_list_speaks_the_language_of_the_setting_and_json_none(call: Conversation) -> None:
    told = done("--set", "language=fr", "calls")
    for words in ("appelant", "entrant", "interne", "traité", "attente s"):
        assert words in told
    assert done("--set", "language=fr", "calls", "--json") == done("calls", "--json")


def test_facts_are_of_the_switch_that_the_id_names(call: Conversation) -> None:
    facts = done("--set", "node=pbx9", "facts", str(call.id))
    assert "entered" in facts
    assert "DID main, version 5, by flow, to who-calls" in facts
    assert "no call" in str(cordboard("--set", "node=pbx9", "facts", call.id.uniqueid).exception)


def test_one_call_has_its_parties_its_steps_and_its_facts(call: Conversation) -> None:
    for named in (str(call.id), *call.parties[-1].legs):
        told = json.loads(done("calls", f"{call.id.node}/{named.rpartition('/')[2]}", "--json"))
        assert told["call"]["id"] == str(call.id)
        assert told["story"] == json.loads(json.dumps(plain(call)))
        assert [fact["kind"] for fact in told["facts"]] == ["entered", "step"]
    said = done("calls", str(call.id))
    for word in (str(call.id), "inbound", "handled", "caller", "transferred", "entered"):
        assert word in said
    assert "\x1b" not in said
    assert "no call 'nobody'" in str(cordboard("calls", "nobody").exception)
