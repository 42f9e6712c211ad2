"""Every call of the demo's script on the real Asterisk: as scripted, heard both ways, one outcome, state true."""

from __future__ import annotations

import pytest

from demo.callers import Cast
from demo.script import SCRIPTS, Script
from kit.oracle import contradictions
from kit.site import Site

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.title)
async def test_a_call_ends_as_its_script_says(site: Site, cast: Cast, script: Script) -> None:
    result = cast.announce(script)
    await cast.play(result)
    assert result.faults == []
    if script.agents:
        assert result.is_heard_both_ways
    await site.switch.wait_idle()
    assert contradictions([result.record], site.switch.queue_log()) == []
    assert await site.differences() == []
