"""Random flows and random callers: the simulator against a second reading of the rules, and against a real Asterisk.

`model`: thousands of flows and callers, of every shape and badness; what the simulator says must be what
`kit.flow_model` says. `switch`: real phones call a real Asterisk, with keys by RFC 4733, by INFO and in-band; the menu
script must do what the simulator said before the call. What went otherwise is told with its seed or its plan.
`compiled`: random callers of the generated dialplan, with nobody behind FastAGI, where the simulator says.
`faults`: callers of a whole Cordboard whose FastAGI process, or the system that it asks, is ill (`kit.flow_faults`).
`publishing`: other menus are published, taken back and tried by a share while 50 callers at a time are in them; each
must be told one version from beginning to end, the one that was in force when he came, or that his call's id says.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from bench.figure import Figure, Limit, Run
from cordboard.store.engine import Store, open_store
from cordboard.store.flows import newest_flow
from kit.compiled_calls import compiled_otherwise
from kit.flow_calls import open_line, true_lengths
from kit.flow_faults import Trial, open_faults
from kit.flow_trial import compared
from kit.phones import Phones
from kit.published_calls import COMPANY_ID, SERVED, TURNED_AWAY, Callers, menus, newest_version
from kit.settled_calls import settled_calls
from kit.sip_crowd import Crowd
from kit.site import Site
from kit.switch import Switch

MODEL_SHARE = 0.2
"""Of the time of the soak."""
LEAST_MODELLED = 5000
LEAST_CALLS = 200
LEAST_COMPILED = 96
RFC4733, INFO, INBAND = ["phone0", "phone1", "phone2"], ["phone3"], ["phone4", "phone5"]
BATCH = 24
TOLD = 5
CROWD = 50
SHARE = 30
ILL, STRANGERS, LEAVING, STORM, LIED_TO = 20, 200, 60, 10_000, 4
"""Callers of an ill process, strangers, callers who hang up, keys of a storm, callers of each lie."""
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
MINUTES = 60 * 24 * 50


async def measure(run: Run) -> AsyncIterator[Figure]:
    # Random sounds are often not there, and random flows lead nowhere: each is logged.
    logging.getLogger("agi").setLevel(logging.CRITICAL)
    yield _against_the_model(run)
    yield await _on_the_switch(run)
    yield await _compiled(run)
    yield await _publishing(run)
    yield await _faults(run)


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
    began = run.elapsed
    try:
        async with Phones() as phones, open_line(switch, rfc4733=RFC4733, info=INFO, inband=INBAND) as line:
            handsets = await line.handsets(phones, switch)
            while tried < LEAST_CALLS or not run.is_over:
                found, again = await line.otherwise(handsets, settled_calls(run.random, length, BATCH))
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


async def _compiled(run: Run) -> Figure:
    began, tried, wrong = run.elapsed, 0, list[str]()
    async with Phones() as phones:
        while tried < LEAST_COMPILED:
            wrong += await compiled_otherwise(phones, run.random, BATCH)
            tried += BATCH
            run.progress(f"{tried} calls the compiled way, {len(wrong)} otherwise than simulated")
    return Figure(
        tried / max(run.elapsed - began, 1e-9) * 60,
        "calls/min",
        limit=Limit("at least", 1),
        tried=tried,
        failed=len(wrong),
        part="compiled",
        notes="; ".join(wrong[:TOLD]),
    )


async def _publishing(run: Run) -> Figure:
    began = run.elapsed
    with tempfile.TemporaryDirectory() as folder:
        site, other = Site(menus(Path(folder))), menus(Path(folder), are_others=True)
        async with site, Crowd(site.switch) as crowd, open_store(f"sqlite:///{site.home}/cordboard.sqlite") as store:
            callers = Callers(site, crowd, store)
            tried, wrong = await _in_the_middle(site, store, callers, other, run)
            of_share, wrong_there = await _a_share(site, store, callers, other, run)
    return Figure(
        (tried + of_share) / max(run.elapsed - began, 1e-9) * 60,
        "calls/min",
        limit=Limit("at least", 1),
        tried=tried + of_share,
        failed=len(wrong) + len(wrong_there),
        part="publishing",
        notes="; ".join([f"{CROWD} callers at a time", *wrong[:TOLD], *wrong_there[:TOLD]]),
    )


async def _in_the_middle(site: Site, store: Store, callers: Callers, other: Path, run: Run) -> tuple[int, list[str]]:
    """Callers before, between and after a publishing and its taking back; the first are in menus through both."""
    first = await newest_version(store)
    crowds = [(first, SERVED, await callers.come(CROWD))]
    await site.cordboard("flow", "draft", str(other))
    await site.cordboard("flow", "publish")
    crowds.append((await newest_version(store), TURNED_AWAY, await callers.come(CROWD)))
    await callers.hear_it_again(crowds[0][2])
    await site.cordboard("flow", "unpublish")
    crowds.append((first, SERVED, await callers.come(CROWD)))
    run.progress(f"{CROWD * len(crowds)} callers in menus of two versions")
    wrong = []
    for version, outcome, numbers in crowds:
        met = await callers.end(numbers)
        wrong += [
            f"{number} met {each}, not version {version}"
            for number, each in met.items()
            if each.versions != {str(version)} or each.outcome != outcome
        ]
    return CROWD * len(crowds), wrong


async def _a_share(site: Site, store: Store, callers: Callers, other: Path, run: Run) -> tuple[int, list[str]]:
    """Callers while a version is on trial for a share of the calls."""
    first = await newest_version(store)
    await site.cordboard("flow", "draft", str(other))
    await site.cordboard("flow", "publish", "--canary", f"{SHARE}%")
    async with store.reading() as session:
        on_trial = await newest_flow(session, COMPANY_ID)
    assert on_trial is not None
    met = await callers.end(await callers.come(CROWD))
    taken = {number for number, each in met.items() if on_trial.takes(datetime.now(UTC), "main", each.uniqueid)}
    run.progress(f"{len(taken)} of {CROWD} callers in the version on trial")
    wrong = [
        f"{number} met {each} with {SHARE} % on trial"
        for number, each in met.items()
        if each.versions != {str(on_trial.version if number in taken else first)}
    ]
    if not 0 < len(taken) < CROWD:
        wrong.append(f"{len(taken)} of {CROWD} callers are {SHARE} %")
    return CROWD, wrong


async def _faults(run: Run) -> Figure:
    began, callers, wrong = run.elapsed, 0, list[str]()
    details = [f"{'fault':<12}{'callers':>8}{'times':>8}{'seconds':>9}"]
    with tempfile.TemporaryDirectory() as folder:
        async with open_faults(Path(folder)) as faults:
            trials: dict[str, Callable[[], Awaitable[Trial]]] = {
                "killed": partial(faults.killed, ILL),
                "stopped": partial(faults.stopped, ILL),
                "slow": partial(faults.slow, ILL),
                "half-open": partial(faults.half_open, ILL, STRANGERS),
                "hang-ups": partial(faults.hang_ups, LEAVING),
                "storm": partial(faults.storm, ILL, STORM // ILL),
                "lies": partial(faults.lies, LIED_TO),
                "rubbish": partial(faults.rubbish, ILL),
            }
            for name, go in trials.items():
                run.progress(f"faults: {name}")
                at = run.elapsed
                trial = await go()
                callers += trial.callers
                wrong += [f"{name}: {each}" for each in trial.wrong]
                if not trial.proof:
                    wrong.append(f"{name}: it never was so")
                details.append(f"{name:<12}{trial.callers:>8}{trial.proof:>8,}{run.elapsed - at:>9.1f}")
            await faults.site.stop_daemon()
            if "lets callers finish" in faults.site.daemon.said():
                wrong.append("a call was left in the FastAGI process when it was stopped")
    return Figure(
        callers / max(run.elapsed - began, 1e-9) * 60,
        "callers/min",
        tried=callers,
        failed=len(wrong),
        part="faults",
        notes="; ".join(wrong[:TOLD]),
        details="\n".join(details),
    )
