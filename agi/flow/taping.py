"""What nodes do on a call that record: where a recording goes, and how somebody leaves what he says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agi.arguments import place
from agi.call import ALL_KEYS, LONGEST_TONE, Call
from agi.errors import CommandRefused, FlowBroken, UnsafeValue
from agi.flow.passage import Passage
from agi.flow.recording import AGAIN, HEAR, Record, RecordCall
from agi.flow.recording_names import ENDING, LEAST_SECONDS, RecordingName, What

COUNT = "CB_RECORDED"
"""The channel's variable for how many recordings the call has."""
PATH, MONITOR = "CB_RECORDING", "CB_MIXMONITOR"
"""The channel's variables for where the call is recorded to (without ending), and who records it: nobody for now if
there is a path alone."""
OPTIONS = {"#": "", "*": "t", "any": "y", "": "x"}
"""What ends a recording -> the option of Asterisk's Record() for it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of the call; `path` without ending."""

    name: str
    path: str


async def new_recording(passage: Passage, what: What, node: str) -> Recording:
    """A place for the next recording of this call. It is told before anything is in it: who hangs up while he speaks
    tells nothing any more."""
    call = passage.call
    number = int(await call.get_variable(COUNT) or 0) + 1
    name = RecordingName(call.uniqueid, number, what, node)
    recording = Recording(str(name), name.path(await call.spool(), place(call)[0]))
    await call.set_variable(COUNT, number)
    await call.tell("CordboardRecording", recording=recording.name, what=what, step=node)
    return recording


async def take_message(passage: Passage, node: Record) -> str:
    recording = await new_recording(passage, What.SAID, node.id)
    silent = 0
    while True:
        await passage.say(node.prompt, is_interruptible=_lets_stop(passage, node, node.prompt))
        seconds = await _taken(passage, node, recording)
        if seconds < LEAST_SECONDS:
            silent += 1
            if silent >= node.no_input.tries:
                return "no_input.then"
            passage.step()
            hint = node.no_input.prompt
            await passage.say(hint, is_interruptible=_lets_stop(passage, node, hint, node.prompt))
        elif await _is_kept(passage, node, recording, seconds):
            passage.give(node.into, recording.name)
            return "then"
        else:
            passage.step()


async def _taken(passage: Passage, node: Record, recording: Recording) -> float:
    """How many seconds somebody spoke."""
    passage.hold("")
    await passage.call.guard(node.longest_seconds + LONGEST_TONE)
    await passage.call.answer()
    seconds = await passage.call.record(
        recording.path, silence=node.silence_seconds, longest=node.longest_seconds, options=OPTIONS[node.end]
    )
    if seconds is None:
        raise FlowBroken("what a caller said cannot be kept")
    return seconds


async def _is_kept(passage: Passage, node: Record, recording: Recording, seconds: float) -> bool:
    """Does the caller keep what he said? Who says nothing about it does."""
    while node.review is not None:
        await passage.say(node.review, is_interruptible=_lets_stop(passage, node, node.review))
        answer = await passage.read_key(node.first_digit_seconds)
        if answer != HEAR:
            return answer != AGAIN
        passage.step()
        await passage.call.guard(seconds)
        passage.hold(await passage.call.replay(recording.path, seconds, ALL_KEYS) or "")
    return True


def _lets_stop(passage: Passage, node: Record, *prompts: str | None) -> bool:
    """May a key stop the first of these prompts, which the others follow?"""
    return node.barge_in and passage.flow.lets_stop(*prompts)


# --- the call ---------------------------------------------------------------------------------------------------------


async def record_call(passage: Passage, node: RecordCall) -> str:
    call = passage.call
    monitor = await call.get_variable(MONITOR)
    if node.starts and not monitor:
        await passage.say(node.announcement, is_interruptible=False)
        path = await call.get_variable(PATH) or (await new_recording(passage, What.CALL, node.id)).path
        await call.set_variable(PATH, path)
        await _monitor(call, path)
    elif not node.starts:
        if monitor:
            await _stop(call, monitor)
        await call.set_variable(PATH, "")
    return "then"


@asynccontextmanager
async def unrecorded(passage: Passage) -> AsyncIterator[None]:
    """Meanwhile nothing of the call is recorded, of either side. Who hangs up has nothing left to record."""
    call = passage.call
    monitor = await call.get_variable(MONITOR)
    path = await call.get_variable(PATH) if monitor else None
    if not monitor or not path:
        yield
        return
    await _stop(call, monitor)
    try:
        yield
    except (FlowBroken, CommandRefused, UnsafeValue):
        await _monitor(call, path)
        raise
    await _monitor(call, path)


async def _monitor(call: Call, path: str) -> None:
    """Record both sides, behind what is in the file already."""
    await call.execute("MixMonitor", f"{path}{ENDING},ai({MONITOR})")


async def _stop(call: Call, monitor: str) -> None:
    await call.execute("StopMixMonitor", monitor)
    await call.set_variable(MONITOR, "")
