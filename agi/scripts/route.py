"""Where a caller waits, how urgently, and for agents of which skills; and why.

`AGI(agi://host:port/route,COMPANY,QUEUE,GENERATION)`. Sets CB_QUEUE (id), CB_PRIO and CB_MAXPEN, tells
CordboardRouted, and last of all sets CB_DONE: without it the dialplan takes the queue's compiled values.

`Why` of CordboardRouted is JSON: {"why": [sentence, ...], "candidates": [{"agent", "name", "tier", "penalty", "state",
"idle", "skipped"}, ...], "more": number of candidates left out}, at most `MOST_BYTES` once percent-encoded.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from urllib.parse import quote

from agi.arguments import place
from agi.call import Call
from agi.flow.routing import WANTS, Wish
from agi.ports import Candidate, Ports, RouteDecision, RouteRequest

logger = logging.getLogger(__name__)

MOST_BYTES = 3000
_SENTENCE = 160


async def run(call: Call, house: Ports) -> None:
    company, queue = place(call)
    answers = await call.get_variable("CB_ANSWERS") or ""
    request = RouteRequest(
        company=company,
        queue=queue,
        caller=call.caller,
        did=call.account,
        language=call.language,
        answers=tuple(answer for answer in answers.split(",") if answer),
        at=house.clock.now(),
        wish=Wish.parse(await call.get_variable(WANTS) or ""),
    )
    decision = await house.routes.decide(request)
    if decision is None:
        logger.warning("no route is known for a queue", extra={"company": company, "queue": queue})
        return
    if request.wish.skills:
        # The next queue that the caller overflows to is not chosen by them again: he would go round for ever.
        await call.set_variable(WANTS, str(replace(request.wish, skills={})))
    await call.set_variable("CB_QUEUE", decision.queue)
    await call.set_variable("CB_PRIO", decision.priority)
    await call.set_variable("CB_MAXPEN", decision.max_penalty)
    await call.tell(
        "CordboardRouted",
        queue=decision.queue,
        queue_priority=decision.priority,  # the channel's own Priority comes with every event
        max_penalty=decision.max_penalty,
        by="flow",
        why=explain(decision),
    )
    await call.set_variable("CB_DONE", decision.queue)


def explain(decision: RouteDecision) -> str:
    """The decision's reasons as JSON: every sentence that fits, then the candidates in their order, as many as fit."""
    room = MOST_BYTES - _weight('{"why":[],"candidates":[],"more":000000}')
    why, room = _fitting([_json(sentence[:_SENTENCE]) for sentence in decision.why], room)
    candidates, room = _fitting([_json(_candidate(candidate)) for candidate in decision.candidates], room)
    more = len(decision.candidates) - len(candidates)
    return f'{{"why":[{",".join(why)}],"candidates":[{",".join(candidates)}],"more":{more}}}'


def _fitting(items: list[str], room: int) -> tuple[list[str], int]:
    """The first items that fit in `room` bytes, and the room that is left."""
    taken: list[str] = []
    for item in items:
        weight = _weight(item + ",")
        if weight > room:
            break
        room -= weight
        taken.append(item)
    return taken, room


def _weight(text: str) -> int:
    return len(quote(text, safe="", errors="replace"))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _candidate(candidate: Candidate) -> dict[str, str | int | None]:
    return {
        "agent": candidate.agent,
        "name": candidate.name[:_SENTENCE],
        "tier": candidate.tier,
        "penalty": candidate.penalty,
        "state": candidate.state,
        "idle": None if candidate.idle_seconds is None else round(candidate.idle_seconds),
        "skipped": candidate.skipped_because,
    }
