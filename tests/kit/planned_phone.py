"""A real phone that keeps to the plan of a simulated caller: keys and the hang-up at their times, speech at tones.

await keep_to(plan, call, length, tones)    # `tones`: how many recordings of this call have begun
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agi.flow.plan import Plan
from agi.simulated_tape import TONE
from kit.flow_trial import Length
from kit.phones import PhoneCall

VOICE = 700
"""Hz of what callers say after a tone."""
GLANCE = 0.02
"""Seconds between two looks whether a tone has begun."""


async def keep_to(plan: Plan, call: PhoneCall, length: Length, tones: Callable[[], int]) -> None:
    """Do from now on what the plan says, until the call ends. What is said at a tone begins with it, as nothing is
    recorded while it is heard: so all that is meant to be said comes behind it."""
    loop = asyncio.get_running_loop()
    moment, known = loop.time(), 0
    for move in plan.moves:
        if move.says:
            while tones() == known and not call.has_ended:
                await asyncio.sleep(GLANCE)
            moment = loop.time() + (length(TONE, "en") or 0.0) + move.says
            call.play(VOICE)
        else:
            moment += move.after or 0.0
        await asyncio.sleep(max(0.0, moment - loop.time()))
        known = tones()
        if call.has_ended:
            return
        if move.says:
            call.play()
        elif move.is_end:
            await call.hang_up()
        else:
            await call.press(move.keys)
