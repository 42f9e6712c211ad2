"""The command that folds a recorded manager stream again: replay."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ami.conversation import Conversation
from ami.fold import TRUNK_CONTEXT
from ami.models import Agent, Call, Snapshot
from ami.moments import BEGINNING, Moments, Times
from ami.plain import Plain, moment, plain, seconds
from ami.replay import AgentDay, Drift, Replay
from ami.states import reason_in
from ami.transcript import Transcript
from cordboard.cli.context import complain, print_json, say
from cordboard.journal.durations import durations_of
from cordboard.journal.outcome import outcome_of

DRIFTED = 1
CHUNK = 1 << 16
STDIN = "-"
STREAM, LIST_OF_TIMES = ".ami.txt", ".summary.txt"


def add_to(app: typer.Typer) -> None:
    app.command()(replay)


def replay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Recorded streams; - is standard input.")],
    trunk: Annotated[
        str, typer.Option(metavar="CONTEXT", help="The context in which the trunks' calls come in.")
    ] = TRUNK_CONTEXT,
    times: Annotated[
        Path | None,
        typer.Option(help="For a stream without times: a list of them; else NAME.summary.txt beside NAME.ami.txt."),
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="One line of JSON for each change.")] = False,
) -> None:
    """Fold recorded manager streams again; print calls, agents and outcomes as JSON. Exit status: 0, 1 if a stream
    disagrees with its own lists, has lines that end in two ways, or is none."""
    told = [_replayed(name, trunk, times, as_lines=events) for name in files]
    if not events:
        print_json(told[0] if len(told) == 1 else told)
    if any(each["drift"] or each["mixed"] or not each["messages"] for each in told):
        raise typer.Exit(DRIFTED)


def _replayed(name: str, trunk: str, times: Path | None, *, as_lines: bool) -> Plain:
    lines = _Lines() if as_lines else None
    listed = times if times is not None else _beside(name)
    moments = Moments(Times(listed.read_text("utf-8", "replace").splitlines()) if listed is not None else None)
    folded = Replay(trunk_context=trunk, told=lines.tell if lines is not None else None)
    transcript = Transcript(_chunks(name))
    for message, at in moments.dated(transcript):
        folded.take(message, at)
        if lines is not None:
            lines.print()
    rest = folded.finish()
    report = _report(name, folded, transcript, rest, moments.source)
    for damage in transcript.damages:
        complain(f"{name}, line {damage.line}: {damage.what}")
    if not transcript.messages:
        complain(f"{name}: nothing of a manager stream in it")
    if lines is not None:
        lines.print()
        say(json.dumps({"change": "end", **{key: report[key] for key in ("file", "until", "at_end", "drift")}}))
    return report


def _beside(name: str) -> Path | None:
    """The list of times beside a recording, if there is one."""
    path = Path(name.removesuffix(STREAM) + LIST_OF_TIMES)
    return path if name.endswith(STREAM) and path.is_file() else None


def _chunks(name: str) -> Iterator[bytes]:
    if name == STDIN:
        yield from iter(lambda: os.read(sys.stdin.fileno(), CHUNK), b"")
        return
    with Path(name).open("rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")


class _Lines:
    """A line for each change that shows. Printed by the reader's loop: a state does not wait for a terminal."""

    def __init__(self) -> None:
        self._last: dict[str, Plain] = {}
        self._waiting: list[str] = []

    def print(self) -> None:
        for line in self._waiting:
            say(line)
        self._waiting.clear()

    def tell(self, at: datetime, kind: str, value: object) -> None:
        if isinstance(value, Conversation):
            self._add(at, kind, str(value.id), _now(value))
        elif isinstance(value, Agent):
            reason = reason_in(value.state, value.pause_reason)
            state = {"state": value.state.value, "since": moment(value.since), "pause_reason": reason}
            self._add(at, kind, value.name, {"interface": value.interface, **state})

    def _add(self, at: datetime, kind: str, key: str, now: Plain) -> None:
        if self._last.get(f"{kind} {key}") == now:
            return
        self._last[f"{kind} {key}"] = now
        self._waiting.append(json.dumps({"at": moment(at), "change": kind, "id": key, **now}))


def _now(conversation: Conversation) -> Plain:
    """Who is doing what in it."""
    ending = conversation.ending
    parties = [
        {
            "number": party.number,
            "name": party.name,
            "endpoint": party.endpoint or None,
            "role": party.role.value,
            "doing": sorted({span.doing.value for span in party.spans if span.until is None}),
        }
        for party in conversation.parties
    ]
    return {
        "direction": conversation.direction.value,
        "queue": conversation.queue or None,
        "agent": conversation.agent or None,
        "parties": parties,
        "steps": [step.kind for step in conversation.steps],
        "outcome": None if ending is None else ending.word,
        "detail": None if ending is None else ending.detail,
    }


def _report(name: str, folded: Replay, transcript: Transcript, rest: Snapshot, clock: str) -> Plain:
    calls = sorted(folded.conversations.values(), key=_started)
    return {
        "file": name,
        "node": folded.node,
        "from": moment(folded.began),
        "until": moment(folded.now) if folded.now > BEGINNING else None,
        "clock": clock,
        "messages": transcript.messages,
        "events": folded.events,
        "not_read": dict(sorted(folded.not_read.items())),
        "damage": [{"line": damage.line, "what": damage.what} for damage in transcript.damages],
        "damage_not_listed": transcript.uncounted,
        "mixed": transcript.mixed,
        "calls": [plain(call) for call in calls],
        "received": [_received(call) for call in folded.received.values()],
        "agents": [_agent(day) for day in sorted(folded.agents.values(), key=_named)],
        "at_end": {
            "channels": [channel.name for channel in rest.channels],
            "calls": [str(conversation.id) for conversation in rest.conversations],
            "waiting": {queue.name: len(queue.waiting) for queue in rest.queues if queue.waiting},
        },
        "lists": folded.lists,
        "drift": [_drift(drift) for drift in folded.drift],
    }


def _started(conversation: Conversation) -> tuple[datetime, str]:
    return conversation.started, str(conversation.id)


def _named(day: AgentDay) -> tuple[str, str]:
    return day.name, day.interface


def _received(call: Call) -> Plain:
    """A call that Cordboard's own dialplan announced, in the words of the journal."""
    outcome = outcome_of(call) if call.ended is not None else None
    durations = durations_of(call.facts)
    return {
        "id": str(call.id),
        "company": call.company,
        "did": call.did,
        "caller_number": call.caller_number,
        "entered": moment(call.entered),
        "ended": moment(call.ended),
        "queue": call.queue,
        "agent": call.agent,
        "outcome": None if outcome is None else outcome.kind.value,
        "detail": None if outcome is None else outcome.detail,
        "waited": seconds(durations.waited),
        "talked": seconds(durations.talked),
        "held": seconds(durations.held),
    }


def _agent(day: AgentDay) -> Plain:
    return {
        "name": day.name,
        "interface": day.interface,
        "queues": list(day.queues),
        "states": [
            {
                "state": spell.state.value,
                "since": moment(spell.since),
                "until": moment(spell.until),
                "pause_reason": spell.pause_reason or None,
            }
            for spell in day.spells
        ],
    }


def _drift(drift: Drift) -> Plain:
    found = drift.difference
    return {
        "at": moment(drift.at),
        "line": drift.line,
        "kind": found.kind,
        "key": found.key,
        "field": found.field or None,
        "state": found.model,
        "listed": found.fresh,
    }
