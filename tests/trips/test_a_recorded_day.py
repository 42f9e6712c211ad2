"""The demo's calls, recorded as they come in and told again: what history says of each is what the recording says."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from demo.callers import Cast
from demo.script import SCRIPTS
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]
CALLS = 5


async def test_a_day_that_was_recorded_is_the_day_of_the_history(site: Site, cast: Cast, tmp_path: Path) -> None:
    files = {"plain": tmp_path / "day.ami.txt", "masked": tmp_path / "masked.ami.txt"}
    recorders = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cordboard", "record", *words, str(file)), env=site.environment, stderr=PIPE
        )
        for file, words in ((files["plain"], ()), (files["masked"], ("--mask",)))
    ]
    async with asyncio.timeout(30):
        while not all(file.is_file() and file.stat().st_size > 2000 for file in files.values()):
            await asyncio.sleep(0.1)
    results = [cast.announce(script) for script in SCRIPTS[:CALLS]]
    for result in results:
        await cast.play(result)
    await site.switch.wait_idle()
    for recorder in recorders:
        recorder.send_signal(signal.SIGINT)
    for recorder in recorders:
        _, said = await asyncio.wait_for(recorder.communicate(), 60)
        assert recorder.returncode == 0, said

    told: list[dict[str, Any]] = (await site.cordboard("replay", *map(str, files.values()))).json()
    for day in told:
        assert (day["drift"], day["damage"]) == ([], [])
        assert day["lists"] >= 2  # a switch that is slow to list is compared more than once
        assert day["at_end"] == {"channels": [], "calls": [], "waiting": {}}
    plain, masked = told
    records = [result.record for result in results]
    by_id = {call["id"]: call for call in plain["calls"]}
    for record in records:
        [received] = [call for call in plain["received"] if call["id"].endswith(f"/{record['uniqueid']}")]
        assert (received["outcome"], received["detail"]) == (record["outcome"], record["detail"])
        assert abs(received["waited"] - record["waited"]) < 0.05
        assert abs(received["talked"] - record["talked"]) < 0.05
        call = by_id[received["id"]]
        assert call["direction"] == "inbound"
        assert call["outcome"] == record["outcome"]
        if record["outcome"] == "handled":
            # Talk is counted from the answer there, here from the bridge, into which he comes soon after it.
            assert record["talked"] - 1 < call["talked"] < record["talked"] + 0.2
    assert [call["outcome"] for call in masked["calls"]] == [call["outcome"] for call in plain["calls"]]
    text = files["masked"].read_text(encoding="utf-8")
    for result in results:
        assert result.caller.removeprefix("+") not in text
    assert "acme-amel" not in text
    assert json.dumps(plain)
