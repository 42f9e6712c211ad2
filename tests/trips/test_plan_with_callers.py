"""A plan is shown while callers wait and talk: it says what they will notice, and what it says is what happens then."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from demo.callers import Cast
from kit.site import Site
from kit.trip import calls_in, edited_company, talks_to

pytestmark = [pytest.mark.switch, pytest.mark.asyncio(loop_scope="module")]

WAITING = ("+33611111401", "+33611111402", "+33611111403")


async def _line(site: Site) -> list[str]:
    """The callers of the support queue as Asterisk has them, the first in line first."""
    shown = await site.switch.cli("queue show acme-support")
    return [row.partition(" (wait:")[0].strip() for row in shown.splitlines() if "(wait:" in row]


def _edit(document: dict[str, Any]) -> None:
    """What an afternoon at the desk may bring."""
    document["queues"]["support"] |= {"max_wait": 90, "ring": 12}
    document["people"]["amel"]["skills"]["english"] = 4
    del document["people"]["bruno"]
    document["menus"]["accueil"]["keys"]["4"] = {"voicemail": "billing"}
    document["hours"]["office"]["open"] = [
        {"days": "mon-fri", "from": "09:00", "to": "13:00"},
        {"days": "mon-thu", "from": "13:30", "to": "18:00"},
        {"days": "fri", "from": "13:30", "to": "17:00"},
    ]


async def test_a_plan_tells_what_callers_will_notice(site: Site, cast: Cast, tmp_path: Path) -> None:
    for person in ("emma", "farid", "chloe"):
        await site.post(f"/api/agents/{person}/pause", {"reason": "lunch", "because": "a test"})
    first = await calls_in(site, "+33611111404", "1")
    await talks_to(cast, first, "amel")
    second = await calls_in(site, "+33611111405", "1")
    await talks_to(cast, second, "bruno")
    waiting = []
    for position, caller in enumerate(WAITING, start=1):
        waiting.append(await calls_in(site, caller, "3"))

        async def stands_in_line(expected: int = position) -> bool:
            return len(await _line(site)) == expected

        await site.until_async(stands_in_line, "the caller to stand in line")
    line = await _line(site)
    async with edited_company(site, tmp_path) as document:
        _edit(document)
    queues = site.home / "current" / "queues.conf"
    queues.write_text(queues.read_text().replace("maxlen=5", "maxlen=3"))

    await site.switch.cli("dialplan remove extension 203@cordboard-phones-acme")

    shown = (await site.cordboard("plan", expect=(2,))).out
    for sentence in (
        "HARM TO CALLS AND PEOPLE NOW:",
        "  !! phone 202 (Bruno Lefèvre): it is in a call now: the talk goes on, and it is the last one",
        "  5 calls in progress stay in the contexts of generation 1",
        "  3 callers waiting keep place and order",
        "  5 agents stay logged in, pauses included",
        "  ~ Amel Haddad: English 2 -> 4",
        "  - Bruno Lefèvre is removed",
        "      with phone 202",
        "  ~ queue support: ring 15 -> 12 s",
        "  ~ queue support: max wait 180 -> 90 s",
        "      3 callers waiting keep their place, and the max wait that they came in with",
        "  ~ menu accueil: key 4 now goes to voicemail billing (was message opening-hours)",
        "  ~ hours office: Monday to Friday 09:00-12:30 -> 09:00-13:00",
        "  ! file queues.conf was edited by hand: it is written anew",
        "  ! Asterisk: extension 203@cordboard-phones-acme is missing: pbx_config is loaded anew from the files",
    ):
        assert sentence in shown, shown
    assert re.search(r"^All by .+ UTC, revision 2$", shown, re.MULTILINE)
    assert "\x1b" not in shown

    moved = (await site.cordboard("--set", "sip_port=5999", "plan", expect=(2,))).out
    assert "taken over only by a restart of Asterisk, where 5 calls would drop now" in moved

    told = (await site.cordboard("plan", "--json", expect=(2,))).json()
    kinds = {(change["kind"], change["name"]): change for change in told["changes"]}
    assert kinds["queue", "acme-support"]["before"] == {"ring": "15 s", "max wait": "180 s"}
    assert kinds["menu", "acme-accueil"]["in_force"] == "import"
    lines = (await site.cordboard("plan", "--files", expect=(2,))).out
    assert "# edited by hand since generation 1 was written" in lines
    assert "-maxlen=5\n+maxlen=3\n" in lines
    secrets = (await site.cordboard("phones", "--show-secrets", "--json")).json()
    for entry in secrets:
        assert entry["secret"] not in lines + shown + json.dumps(told)

    await site.cordboard("apply", "--yes")
    assert await _line(site) == line
    await talks_to(cast, first, "amel")
    await talks_to(cast, second, "bruno")
    assert "maxlen=5" in (site.home / "current" / "queues.conf").read_text()
    assert "203" in await site.switch.cli("dialplan show 203@cordboard-phones-acme")
    await site.agent_is("emma", "pause")
    await site.cordboard("plan", expect=(0,))
    # Whose phone is no longer known can still put it down.
    await cast.agents["bruno"].call.hang_up()
    await second.ended()
    await first.hang_up()
    for call in waiting:
        await call.hang_up()
    await site.switch.wait_idle()
    assert await site.differences() == []
