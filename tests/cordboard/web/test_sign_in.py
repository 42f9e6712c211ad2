"""Signing in over a real socket: one-time password, own password, sign-out, guesses that wait."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from cordboard.desk.access import Attempts
from kit.patience import PATIENCE

from .conftest import PASSWORD, House


async def sign_in(client: aiohttp.ClientSession, account: str, password: str) -> aiohttp.ClientResponse:
    return await client.post("/sign-in", json={"account": account, "password": password})


async def test_the_whole_way_in_and_out(house: House) -> None:
    client = await house.stranger()
    first = await sign_in(client, "admin", house.one_time)
    assert await first.json() == {
        "account": "admin", "role": "administrator", "person": None, "must_set_password": True, "may_deploy": False,
        "companies": [],
    }  # fmt: skip
    second = await client.post("/password", json={"password": PASSWORD})
    assert (await second.json())["companies"] == [{"id": "acme", "name": "Acme Conseil"}]
    assert (await client.get("/api/session")).status == 200
    assert (await sign_in(await house.stranger(), "admin", house.one_time)).status == 403
    assert (await client.post("/sign-out", json={})).status == 204
    assert (await client.get("/api/session")).status == 401


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(house: House) -> None:
    answer = await sign_in(await house.stranger(), "admin", house.one_time)
    cookie = answer.headers["Set-Cookie"].split("; ")
    assert cookie[0].startswith("cordboard=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie)
    assert "Secure" not in cookie, "without TLS a browser would not send it back"


async def test_an_old_token_opens_nothing_after_sign_out(house: House) -> None:
    client = await house.administrator()
    token = next(cookie.value for cookie in client.cookie_jar)
    await client.post("/sign-out", json={})
    replay = await house.stranger(Cookie=f"cordboard={token}")
    assert (await replay.get("/api/board")).status == 401


async def test_a_session_cannot_be_planted_before_signing_in(house: House) -> None:
    client = await house.stranger(Cookie="cordboard=planted")
    answer = await sign_in(client, "admin", house.one_time)
    assert not answer.headers["Set-Cookie"].startswith("cordboard=planted")
    assert (await (await house.stranger(Cookie="cordboard=planted")).get("/api/session")).status == 401


async def test_wrong_account_and_wrong_password_answer_alike(house: House) -> None:
    await house.administrator()
    client = await house.stranger()
    wrong = await sign_in(client, "admin", "wrong")
    nobody = await sign_in(client, "nobody", "wrong")
    assert (wrong.status, await wrong.text()) == (nobody.status, await nobody.text())
    assert wrong.status == 403
    assert "Set-Cookie" not in wrong.headers


async def test_guesses_wait(house: House) -> None:
    client = await house.stranger()
    for _ in range(Attempts.FREE_PAIR):
        assert (await sign_in(client, "admin", "wrong")).status == 403
    answer = await sign_in(client, "admin", house.one_time)
    assert answer.status == 429
    assert (await answer.json())["seconds"] == int(answer.headers["Retry-After"]) == 1


@pytest.mark.parametrize("password", ["short", "admin admin admin", "aaaaaaaaaaaaaa"])
async def test_a_weak_password_is_refused_with_its_weakness(house: House, password: str) -> None:
    client = await house.newcomer()
    answer = await client.post("/password", json={"password": password})
    assert answer.status == 422
    assert (await answer.json())["weakness"] in ("too_short", "has_account", "too_simple")
    assert (await client.get("/api/session")).status == 200, "the session goes on"


async def test_a_new_password_needs_the_current_one(house: House) -> None:
    client = await house.administrator()
    assert (await client.post("/password", json={"password": "something else"})).status == 403
    answer = await client.post("/password", json={"password": "something else", "current": PASSWORD})
    assert answer.status == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"account": "admin"},
        {"account": "admin", "password": ""},
        {"account": 1, "password": "x"},
        {"x": "x" * 9000},
    ],
)
async def test_a_malformed_sign_in_is_no_attempt(house: House, body: dict[str, object]) -> None:
    client = await house.stranger()
    for _ in range(Attempts.FREE_PAIR + 3):
        assert (await client.post("/sign-in", json=body)).status == 422
    assert (await sign_in(client, "admin", house.one_time)).status == 200


async def test_signing_out_ends_the_open_pages_of_that_session(house: House) -> None:
    client, other = await house.administrator(), await house.stranger()
    await sign_in(other, "admin", PASSWORD)
    mine, theirs = await client.ws_connect("/api/live"), await other.ws_connect("/api/live")
    await client.post("/sign-out", json={})
    assert await end_of(mine) == 4401
    assert not theirs.closed
    await client.close()
    await theirs.close()


async def test_a_new_password_ends_the_open_pages_of_every_session(house: House) -> None:
    client = await house.administrator()
    page = await client.ws_connect("/api/live")
    await client.post("/password", json={"password": "something else", "current": PASSWORD})
    assert await end_of(page) == 4401


async def end_of(page: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(PATIENCE):
        async for _ in page:
            pass
    return page.close_code
