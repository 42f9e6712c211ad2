"""Every call of the demo's script on the real Asterisk: as scripted, heard both ways, one outcome, state true."""

from __future__ import annotations

from dataclasses import replace

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
    assert [phone for phone in site.phones.all if phone.user == result.caller and phone.calls] == [], "kept for ever"
    await site.switch.wait_idle()
    assert contradictions([result.record], site.switch.queue_log()) == []
    assert await site.differences() == []


async def test_what_one_call_meets_is_a_fault_of_that_call(site: Site, cast: Cast) -> None:
    """An agent who cannot be paused, since nobody has that name: the call is not made, the others who were set aside
    are ready again, and nothing is raised."""
    script = replace(SCRIPTS[0], paused=("bruno", "nobody"))
    result = cast.announce(script)
    await cast.play(result)
    assert len(result.faults) == 1
    assert result.faults[0].startswith("POST /api/agents/nobody/pause: 409")
    assert result.is_over
    assert not result.is_good
    await site.agent_is("bruno", "ready")


async def test_an_agent_who_was_never_paused_hides_no_fault(site: Site, cast: Cast) -> None:
    """Amel would have let it ring, but nobody calls her: that she is ready already is told after what really failed."""
    script = replace(SCRIPTS[3], silent=("amel",), outcome="handled")
    result = cast.announce(script)
    await cast.play(result)
    assert result.faults[0].startswith("outcome self_service")
    assert all(fault.startswith("POST /api/agents/amel/ready: 409") for fault in result.faults[1:])
    await site.agent_is("amel", "ready")
