"""Calls over HTTP, on a real Asterisk: who may do what, requests that come twice, and what cannot be understood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cordboard.desk.once import Once
from cordboard.store.company import save_company
from cordboard.store.records import Role
from cordboard.store.values import Company
from cordboard.web.console import Console
from cordboard.web.keys import ONCE
from kit.phones import Phones, Ring
from kit.switch import Switch

from .call_desk import Desk, open_desk

pytestmark = pytest.mark.switch


@pytest.fixture
async def desk(
    new_switch: Callable[..., Switch], phones: Phones, tmp_path: Path, console: Console
) -> AsyncIterator[Desk]:
    async with open_desk(new_switch("pbx1"), phones, tmp_path, console) as opened:
        yield opened


async def post(client: aiohttp.ClientSession, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key} if key is not None else {}
    async with client.post(path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_call_is_shown_and_steered(desk: Desk) -> None:
    room = desk.room
    await room.agent("chloe", Ring())
    caller = await room.call()
    one = await room.up("ringing")
    client = await desk.client(Role.SUPERVISOR)
    async with client.get("/api/calls") as answer:
        (card,) = (await answer.json())["calls"]
    assert (card["id"], card["stage"], card["queue"], card["position"]) == (str(one.id), "ringing", "english", 1)
    assert (card["caller"], card["did"], card["offered_to"]) == ("+33612340001", "line", ["chloe"])
    path = f"/api/calls/{one.id}"
    assert await post(client, f"{path}/prioritise", {"priority": 3}) == (200, {"outcome": "done", "warnings": []})
    async with client.get(path) as answer:
        shown = await answer.json()
        assert (answer.status, shown["id"], len(shown["legs"])) == (200, str(one.id), 2)
    status, problem = await post(client, f"{path}/park", {})
    assert (status, problem["reason"]) == (409, "not_talking")
    status, problem = await post(client, f"{path}/transfer", {"to": "zoe"})
    assert (status, problem["reason"]) == (409, "unknown_target")
    assert await post(client, f"{path}/withdraw", {}) == (200, {"outcome": "done", "warnings": []})
    await caller.ended()
    status, problem = await post(client, f"{path}/hangup", {})
    assert (status, problem["reason"]) == (404, "unknown_call")
    async with client.get(path) as answer:
        assert answer.status == 404


COMMANDS = {
    "hangup": {},
    "transfer": {"to": "bruno"},
    "cancel": {},
    "complete": {},
    "park": {},
    "fetch": {"person": "amel"},
    "withdraw": {},
    "prioritise": {"priority": 1},
    "move": {"queue": "billing-fr"},
}


async def test_who_may_steer(desk: Desk) -> None:
    """Nobody without an account, nobody who only watches, no agent in a call that is not his, nobody of elsewhere."""
    room = desk.room
    await room.agent("chloe")
    await room.call()
    one = await room.up("talking")
    path = f"/api/calls/{one.id}"
    dial = {"person": "chloe", "number": "202"}
    other = Company(id="other", name="Other", language="fr", country="FR", time_zone="Europe/Paris")
    async with room.store.transaction() as session:
        await save_company(session, other, "test")
    refused = {
        "watcher": (await desk.client(Role.WATCHER), 403),
        "agent of no person": (await desk.client(Role.AGENT), 403),
        "another agent": (await desk.client(Role.AGENT, "amel"), 403),
        "another company": (await desk.client(Role.SUPERVISOR, "other", company="other"), 404),
    }
    async with aiohttp.ClientSession(desk.url, headers={"Origin": desk.url.rstrip("/")}) as stranger:
        for name, (client, expected) in {**refused, "stranger": (stranger, 401)}.items():
            for command, body in COMMANDS.items():
                if (name, command) == ("another agent", "fetch"):
                    continue  # who is parked may be fetched by any phone
                assert (await post(client, f"{path}/{command}", body))[0] == expected, (name, command)
            assert (await post(client, "/api/calls", dial))[0] == expected, name
            is_seen = name in ("watcher", "agent of no person", "another agent")
            async with client.get("/api/calls") as answer:
                assert answer.status == (200 if is_seen else expected), name
    assert (await room.up("talking")).id == one.id
    assert await room.audit() == []
    status, told = await post(await desk.client(Role.AGENT, "chloe"), f"{path}/park", {})
    assert (status, told) == (200, {"outcome": "done", "warnings": [], "slot": "701", "dial": "*701"})


async def test_a_request_that_comes_again_does_not_act_twice(desk: Desk) -> None:
    room = desk.room
    chloe, _ = await room.phone("chloe"), await room.phone("bruno")
    client = await desk.client(Role.SUPERVISOR)
    dial = {"person": "chloe", "number": "202"}
    first, second = await asyncio.gather(*(post(client, "/api/calls", dial, "try-1") for _ in range(2)))
    assert first == second
    assert first[1]["outcome"] == "done"
    await chloe.incoming(number=1)
    assert await post(client, "/api/calls", dial, "try-1") == first
    status, problem = await post(client, "/api/calls", {**dial, "number": "201"}, "try-1")
    assert (status, problem["type"]) == (422, "urn:cordboard:problem:key-reused")
    status, problem = await post(client, "/api/calls", dial, "a b")
    assert (status, problem["type"]) == (400, "urn:cordboard:problem:bad-key")
    # Cordboard was started anew: the audit knows what was sent.
    desk.app._state[ONCE] = Once(room.store)
    status, unknown = await post(client, "/api/calls", dial, "try-1")
    assert (status, unknown["reason"]) == (202, "sent_before")
    # Another account's key of the same name is another key: the phone is found busy, so it was asked anew.
    other = await desk.client(Role.AGENT, "chloe")
    assert (await post(other, "/api/calls", dial, "try-1"))[1]["reason"] == "phone_busy"
    assert len([call for call in chloe.calls if call.is_incoming]) == 1
    assert [line[1] for line in await room.audit()] == ["call.originate"]


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("hangup", {"x": 1}),
        ("transfer", {}),
        ("transfer", {"to": "bruno\r\nAction: x"}),
        ("transfer", {"to": "s,1"}),
        ("transfer", {"to": "+33123456789&PJSIP/x"}),
        ("transfer", {"to": "bruno", "attended": "yes"}),
        ("fetch", {"person": "../x"}),
        ("prioritise", {"priority": -1}),
        ("prioritise", {"priority": 101}),
        ("prioritise", {"priority": "1"}),
        ("move", {"queue": "queue:english"}),
        ("move", {"queue": "english\n"}),
    ],
)
async def test_what_is_not_understood_is_refused_before_anybody_is_asked(
    desk: Desk, command: str, body: dict[str, object]
) -> None:
    client = await desk.client(Role.SUPERVISOR)
    status, problem = await post(client, f"/api/calls/pbx1/pbx1-1.1/{command}", body)
    assert (status, problem["type"]) == (422, "urn:cordboard:problem:invalid")
