"""A real phone that keeps to the plan of a simulated caller: keys and the hang-up at their times, speech at tones.

await keep_to(plan, call, tone)     # `tone` waits for the so-many-th recording of this call
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from agi.flow.plan import Plan
from agi.simulated_tape import TONE
from kit.flow_trial import Length
from kit.phones import PhoneCall

VOICE = 700
"""Hz of what callers say after a tone."""


async def keep_to(plan: Plan, call: PhoneCall, length: Length, tone: Callable[[int], Awaitable[object]]) -> None:
    """Do from now on what the plan says, until the call ends. `tone` returns when the so-many-th tone of the call
    begins: what is said then begins at once, as nothing is recorded while the tone is heard, and all that is meant to
    be said comes behind it."""
    loop = asyncio.get_running_loop()
    moment, tones = loop.time(), 0
    for move in plan.moves:
        if move.says:
            tones += 1
            await tone(tones)
            moment = loop.time() + (length(TONE, "en") or 0.0) + move.says
            call.play(VOICE)
        else:
            moment += move.after or 0.0
        await asyncio.sleep(max(0.0, moment - loop.time()))
        if call.has_ended:
            return
        if move.says:
            call.play()
        elif move.is_end:
            await call.hang_up()
        else:
            await call.press(move.keys)
