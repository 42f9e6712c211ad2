"""Random flows and random callers: the simulator against a second reading of the rules, and against a real Asterisk.

`model`: thousands of flows and callers, of every shape and badness; what the simulator says must be what
`kit.flow_model` says. `switch`: real phones call a real Asterisk, one of them with keys by INFO, others by RFC 4733;
the menu script must do what the simulator said before the call. What went otherwise is told with its seed or its plan.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random

from bench.figure import Figure, Limit, Run
from kit.flow_calls import open_line, settled, true_lengths
from kit.flow_trial import compared
from kit.phones import Phones
from kit.switch import Switch

MODEL_SHARE = 0.2
"""Of the time of the soak."""
LEAST_MODELLED = 5000
LEAST_CALLS = 200
PHONES = 6
BATCH = 24
TOLD = 5
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
MINUTES = 60 * 24 * 50


async def measure(run: Run) -> AsyncIterator[Figure]:
    # Random sounds are often not there, and random flows lead nowhere: each is logged.
    logging.getLogger("agi").setLevel(logging.CRITICAL)
    yield _against_the_model(run)
    yield await _on_the_switch(run)


def _against_the_model(run: Run) -> Figure:
    tried, wrong = 0, []
    while tried < LEAST_MODELLED or run.elapsed < run.seconds * MODEL_SHARE:
        seed = run.random.randrange(1 << 40)
        random = Random(seed)
        ours, model = compared(random, BEGIN + timedelta(minutes=random.randrange(MINUTES)))
        tried += 1
        if ours != model:
            wrong.append(f"seed {seed}: {ours} and not {model}")
        if not tried % 500:
            run.progress(f"{tried} flows, {len(wrong)} otherwise than the model")
    notes = "; ".join(wrong[:TOLD])
    return Figure(tried / max(run.elapsed, 1e-9), "flows/s", tried=tried, failed=len(wrong), part="model", notes=notes)


async def _on_the_switch(run: Run) -> Figure:
    length, wrong, tried, repeated = true_lengths(), list[str](), 0, 0
    switch = Switch("flows")
    names = [f"phone{number}" for number in range(PHONES)]
    began = run.elapsed
    try:
        async with Phones() as phones, open_line(switch, rfc4733=names[1:], info=names[:1]) as line:
            handsets = [
                await phones.phone(name, switch.sip, f"{name}-secret", dtmf="info" if name == names[0] else "rtp")
                for name in names
            ]
            for phone in handsets:
                await phone.register()
            while tried < LEAST_CALLS or not run.is_over:
                found, again = await line.otherwise(handsets, [settled(run.random, length) for _ in range(BATCH)])
                wrong += found
                repeated += again
                tried += BATCH
                run.progress(f"{tried} calls, {len(wrong)} otherwise than simulated, {repeated} only when made again")
    finally:
        switch.close()
    return Figure(
        tried / max(run.elapsed - began, 1e-9) * 60,
        "calls/min",
        limit=Limit("at least", 1),
        tried=tried,
        failed=len(wrong),
        part="switch",
        notes="; ".join([f"{repeated} went as simulated when made again, alone", *wrong[:TOLD]]),
    )
