"""What callers say after a tone: kept, heard again, said again, or nothing; and how recordings are called."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.call import Call
from agi.errors import CallerHungUp, FlowBroken, FlowRefused, UnsafeValue
from agi.flow.checker import Entry, check
from agi.flow.document import Flow
from agi.flow.interpreter import follow
from agi.flow.nodes import Edge, Retry, Target, TargetKind
from agi.flow.plan import Plan
from agi.flow.recording import Record
from agi.flow.recording_names import RecordingName, What, bytes_of, seconds_of
from agi.ports import PinnedFlow
from agi.protocol import Command, Reply
from agi.simulated_caller import Planned
from agi.simulated_steps import Played, Prompted, Told
from agi.simulated_tape import Recorded
from agi.simulation import SimulatedLine

MOMENT = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
NAME = "simulated.1_1_said_note"
PROMPTS = {name: {"en": (f"{name}-sound",)} for name in ("speak", "review", "again")}


def to(kind: str, name: str = "") -> Edge:
    return Edge(Target(TargetKind(kind), name))


NOTE = Record(
    "note",
    prompt="speak",
    into="note",
    review="review",
    longest_seconds=30,
    silence_seconds=4,
    then=to("message", "kept"),
    no_input=Retry(2, to("message", "nothing"), "again"),
)


class Line(SimulatedLine):
    """`status`: what Record() says of how it ended, if not what it did."""

    status = ""

    async def run(self, command: Command) -> Reply:
        if self.status and command.arguments == ("RECORD_STATUS",):
            return Reply(200, "1", self.status)
        return await super().run(command)


def line(plan: str) -> Line:
    return Line(
        caller=Planned(Plan.parse(plan)),
        number="+33612345678",
        did="acme-main",
        language="en",
        arguments=("acme", "main", "0"),
        begins=MOMENT,
        length=lambda sound, language: 1.0,
    )


async def passed(plan: str, node: Record = NOTE, on: Line | None = None) -> tuple[Line, str]:
    """The line after a call, and where it ended."""
    flow = Flow({node.id: node}, {}, PROMPTS, "en")
    called = on or line(plan)
    end = "hung up"
    with suppress(CallerHungUp):
        ending = await follow(Call(called), PinnedFlow(flow, 1, node.id), called, called.witness(Call(called)))
        end = ending.target.id
        assert dict(ending.variables) == ({"note": NAME} if end == "kept" else {})
    return called, end


def recorded(line: SimulatedLine) -> list[tuple[float, str]]:
    return [(step.seconds, step.ended) for step in line.steps if isinstance(step, Recorded)]


def heard(line: SimulatedLine) -> list[str]:
    return [step.prompt for step in line.steps if isinstance(step, Prompted)]


@pytest.mark.parametrize(
    ("press", "expected", "prompts", "end"),
    [
        ("says-5s # 1", [(5.0, "DTMF")], ["speak", "review"], "kept"),
        ("says-5s wait 1", [(6.0, "SILENCE")], ["speak", "review"], "kept"),
        ("says-5s 7 # 1", [(5.0, "DTMF")], ["speak", "review"], "kept"),
        ("says-40s 1", [(30.0, "TIMEOUT")], ["speak", "review"], "kept"),
        ("says-5s # wait", [(5.0, "DTMF")], ["speak", "review"], "kept"),
        ("says-5s # 8", [(5.0, "DTMF")], ["speak", "review"], "kept"),
        ("says-5s # 3 says-9s # 1", [(5.0, "DTMF"), (9.0, "DTMF")], ["speak", "review"] * 2, "kept"),
        ("says-5s # 2 1", [(5.0, "DTMF")], ["speak", "review", "review"], "kept"),
        ("wait wait", [(1.0, "SILENCE")] * 2, ["speak", "again", "speak"], "nothing"),
        ("# #", [(0.0, "DTMF")] * 2, ["speak", "again", "speak"], "nothing"),
        ("wait says-1.5s # 1", [(1.0, "SILENCE"), (1.5, "DTMF")], ["speak", "again", "speak", "review"], "kept"),
        ("says-5s # 3 wait wait", [(5.0, "DTMF"), *[(1.0, "SILENCE")] * 2], [], "nothing"),
        ("says-5s hangup", [(5.0, "HANGUP")], ["speak"], "hung up"),
    ],
)
async def test_what_becomes_of_what_is_said(
    press: str, expected: list[tuple[float, str]], prompts: list[str], end: str
) -> None:
    called, ended = await passed(press)
    assert (recorded(called), ended) == (expected, end)
    assert heard(called) == prompts or not prompts
    assert [dict(step.values) for step in called.steps if isinstance(step, Told) and "Recording" in step.event] == [
        {"Recording": NAME, "What": "said", "Step": "note"}
    ]


async def test_a_key_stops_the_prompt_and_what_is_heard_again() -> None:
    called, end = await passed("0.5s 9 says-6s # 2 2s 1")
    played = [(step.sound.rpartition("/")[2], step.seconds) for step in called.steps if isinstance(step, Played)]
    assert played == [("speak-sound", 0.5), ("beep", 1.0), ("review-sound", 1.0), (NAME, 2.0)]
    assert end == "kept"


@pytest.mark.parametrize(
    ("end", "press", "ended"), [("*", "# *", "DTMF"), ("any", "7", "DTMF"), ("", "# * wait", "SILENCE")]
)
async def test_a_recording_ends_by_the_key_that_is_named(end: str, press: str, ended: str) -> None:
    called, _ = await passed(f"says-5s {press}", replace(NOTE, end=end, review=None))
    assert [how for _, how in recorded(called)] == [ended]


async def test_what_cannot_be_kept_takes_the_way_of_failure_or_the_compiled_one() -> None:
    broken = line("says-5s #")
    broken.status = "ERROR"
    assert (await passed("", replace(NOTE, failure=to("message", "failed")), broken))[1] == "failed"
    again = line("says-5s #")
    again.status = "ERROR"
    with pytest.raises(FlowBroken):
        await passed("", NOTE, again)


async def test_each_visit_has_a_recording_of_its_own() -> None:
    first = replace(NOTE, review=None, then=to("step", "more"))
    second = replace(NOTE, id="more", into="more", review=None)
    called = line("says-5s # says-6s #")
    ending = await follow(
        Call(called), PinnedFlow(Flow({"note": first, "more": second}, {}, PROMPTS, "en"), 1, "note"), called
    )
    assert dict(ending.variables) == {"note": NAME, "more": "simulated.1_2_said_more"}


def test_the_document_says_it_back_and_refuses_what_cannot_be() -> None:
    document: dict[str, Any] = Flow({"note": NOTE}, {}, PROMPTS, "en").to_json()
    assert Flow.from_json(document).nodes["note"] == NOTE
    for part, wrong in (("end", "7"), ("longest_seconds", 0), ("silence_seconds", 31), ("into", "No"), ("prompt", 3)):
        node = {**document["nodes"]["note"], part: wrong}
        with pytest.raises(FlowRefused) as refused:
            Flow.from_json({**document, "nodes": {"note": node}})
        assert [problem.where for problem in refused.value.problems] == [f"nodes.note.{part}"]
    endless = replace(NOTE, silence_seconds=30)
    known = {"message": ["kept", "nothing"]}
    told = check(Flow({"note": endless}, {}, PROMPTS, "en"), [Entry("note", "en")], known)
    assert [problem.where for problem in told] == ["nodes.note.silence_seconds"]


NODES = st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True), st.integers(1, 999_999), NODES)
def test_a_name_says_whose_it_is(call: str, number: int, node: str) -> None:
    for what in What:
        name = RecordingName(call, number, what, node)
        assert RecordingName.parse(str(name)) == name
        assert name.path("/var/spool/asterisk", "acme") == f"/var/spool/asterisk/recordings/acme/{name}"


@given(st.text(max_size=60))
def test_no_other_text_is_a_name(text: str) -> None:
    name = RecordingName.parse(text)
    assert name is None or str(name) == text


@pytest.mark.parametrize("call", ["", "../etc", "a/b", "a,b", "a b", "${X}", "a\nb", "%d", "_x"])
def test_a_call_of_another_sort_names_no_file(call: str) -> None:
    with pytest.raises(UnsafeValue):
        RecordingName(call, 1, What.SAID, "note")
    assert RecordingName.parse(f"{call}_1_said_note") is None


@pytest.mark.parametrize(("spool", "company"), [("spool", "acme"), ("/a,b", "acme"), ("/a b", "acme"), ("/a", "../x")])
def test_a_folder_of_another_sort_is_refused(spool: str, company: str) -> None:
    with pytest.raises(UnsafeValue):
        RecordingName("1.2", 1, What.SAID, "note").path(spool, company)


@given(st.integers(0, 8000 * 60))
def test_bytes_and_seconds_agree(samples: int) -> None:
    assert seconds_of(bytes_of(samples / 8000)) == pytest.approx(samples / 8000, abs=0.0002)
