"""What a caller of a public number meets: refused if blocked, else through the flow to the place that he chooses.

`AGI(agi://host:port/menu,COMPANY,DID,GENERATION)`. Sets CB_KIND and CB_TARGET (where the call goes), CB_WHY (what led
there: message, blocked, closed, no_input, wrong_input), CB_ANSWERS, CBV_<name> for each variable of the flow that is no
secret, percent-encoded but for letters and digits of ASCII and `_ . - ~ + * #`, CB_GIVEN (the step that gave the caller
his answer), CB_WANTS (what is wanted of the queue), and last of all CB_DONE: without it the dialplan takes the compiled
way. CB_FLOW (`<company>=<version>`) is set as soon as the call is on a version of the flow: it stays on it, however
often this channel comes here.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from agi.arguments import place
from agi.call import Call
from agi.flow.interpreter import follow
from agi.flow.nodes import Target, TargetKind
from agi.flow.routing import NO_WISH, WANTS
from agi.ports import Block, Ports

logger = logging.getLogger(__name__)

# GET VARIABLE gives 1,023 bytes back; the last choices of a caller say most.
MOST_ANSWERS = 12
PINNED = "CB_FLOW"
_TOLD = ("closed", "no_input", "wrong_input")


async def run(call: Call, house: Ports) -> None:
    company, did = place(call)
    block = await house.blocks.find(company, call.caller)
    if block is not None:
        await call.tell("CordboardOutcome", outcome="blocked", detail=block.reason)
        await _leave(call, _refusal(block), "blocked")
        return
    version = _version(await call.get_variable(PINNED), company)
    pinned = await house.flows.entry(company, did, call.uniqueid, version)
    if pinned is None:
        logger.warning("no flow is known for a number", extra={"company": company, "did": did})
        return
    if pinned.version and pinned.version != version:
        await call.set_variable(PINNED, f"{company}={pinned.version}")
    ending = await follow(call, pinned, house.clock, house.witness(call), house.systems, house.voice, house.callbacks)
    for name, value in ending.variables:
        await call.set_variable(f"CBV_{name}", quote(value, safe="+*#"))
    await call.set_variable("CB_ANSWERS", ",".join(ending.answers[-MOST_ANSWERS:]))
    if ending.wish != NO_WISH:
        await call.set_variable(WANTS, str(ending.wish))
    await _leave(call, ending.target, ending.why if ending.why in _TOLD else "message")


def _version(pinned: str | None, company: str) -> int | None:
    """The version that a call is on; None: it is on none of this company."""
    of, _, version = (pinned or "").partition("=")
    return int(version) if of == company and version.isascii() and version.isdecimal() else None


def _refusal(block: Block) -> Target:
    if block.treatment == "message" and block.message:
        return Target(TargetKind.MESSAGE, block.message)
    return Target(TargetKind.HANGUP)


async def _leave(call: Call, target: Target, why: str) -> None:
    await call.set_variable("CB_KIND", target.kind)
    await call.set_variable("CB_TARGET", target.id)
    await call.set_variable("CB_WHY", why)
    await call.set_variable("CB_DONE", target.kind)
