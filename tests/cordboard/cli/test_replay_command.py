"""`cordboard replay` as its user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cordboard.cli import app
from kit.asterisk_peer import TRANSCRIPTS

HOLD = TRANSCRIPTS / "16_hold_unhold.ami.txt"
PARK = TRANSCRIPTS / "17_park_retrieve.ami.txt"


def cordboard(*words: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


def test_a_recording_is_told_as_json() -> None:
    answer = cordboard("replay", HOLD)
    told = json.loads(answer.stdout)
    assert answer.exit_code == 0
    [call] = told["calls"]
    assert (call["outcome"], call["detail"], call["ended_by"]) == ("handled", "Agent One", "caller")
    assert (call["waited"], call["talked"], call["held"]) == (0.205, 3.299, 2.0)
    assert [party["role"] for party in call["parties"]] == ["caller", "agent"]
    assert call["queues"][0] | {"joined": "", "left": "", "completed": "", "offers": []} == {
        "queue": "support", "joined": "", "left": "", "position": 1, "end": "connected", "agent": "Agent One",
        "waited": 0.205, "talked": 5.297, "hold_seconds": 1, "talk_seconds": 5, "completed": "",
        "completed_by": "caller", "offers": [],
    }  # fmt: skip
    [agent] = told["agents"]
    assert [state["state"] for state in agent["states"]] == ["ringing", "inbound_call", "ready"]
    assert all(state["until"] for state in agent["states"][:-1])
    assert told["at_end"] == {"channels": [], "calls": [], "waiting": {}}
    assert told["clock"] == "times"
    assert told["drift"] == []


def test_several_are_told_one_by_one() -> None:
    first, second = json.loads(cordboard("replay", HOLD, PARK).stdout)
    assert (len(first["calls"]), len(second["calls"])) == (1, 2)


def test_a_line_for_each_change() -> None:
    lines = [json.loads(line) for line in cordboard("replay", "--events", PARK).stdout.splitlines()]
    assert [line["at"] for line in lines[:-1]] == sorted(line["at"] for line in lines[:-1])
    calls = [line for line in lines if line["change"] == "call"]
    assert any("parked" in party["doing"] for line in calls for party in line["parties"])
    assert calls[-1]["outcome"] == "handled"
    assert lines[-1]["change"] == "end"


def test_standard_input_and_a_stream_that_was_cut(tmp_path: Path) -> None:
    cut = HOLD.read_bytes()[:5000]
    done = subprocess.run(
        [sys.executable, "-m", "cordboard", "replay", "-"], input=cut, capture_output=True, cwd=tmp_path, check=False
    )
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["damage"][0]["what"].endswith("inside a message: left out")
    assert f"-, line {told['damage'][0]['line']}: ".encode() in done.stderr
    assert len(told["at_end"]["channels"]) == 1


def test_a_foreign_file_is_told_and_is_a_failure(tmp_path: Path) -> None:
    foreign = tmp_path / "letter.txt"
    foreign.write_text("Dear customer,\n\nnothing of a manager here.\n", "utf-8")
    answer = cordboard("replay", foreign)
    assert answer.exit_code == 1
    assert "line 1: no header of the manager" in answer.output
    assert "nothing of a manager stream in it" in answer.output


def test_a_state_that_disagrees_with_its_lists_is_a_failure(tmp_path: Path) -> None:
    stream = tmp_path / "drift.ami.txt"
    row = (
        "Event: CoreShowChannel\r\nActionID: 1\r\nUniqueid: 9.9\r\nLinkedid: 9.9\r\nChannel: PJSIP/x-00000009\r\n"
        "ChannelState: 6\r\nDuration: 00:01:00\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: 1\r\n\r\n"
    )
    stream.write_bytes(HOLD.read_bytes() + b"# at 1795288300\r\n" + row.encode())
    answer = cordboard("replay", stream)
    assert answer.exit_code == 1
    assert {(each["kind"], each["state"]) for each in json.loads(answer.stdout)["drift"]} == {
        ("channel", "not there"),
        ("conversation", "not there"),
    }


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cordboard", "replay", "none.txt"], capture_output=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
