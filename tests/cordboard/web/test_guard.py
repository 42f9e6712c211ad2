"""Nothing is served to who may not have it: every route tried by every kind of visitor."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import pytest

from cordboard.desk.agents import Done
from cordboard.desk.errors import DatabaseAway
from cordboard.store.records import Role
from cordboard.web.app import ROUTES, Route
from cordboard.web.keys import Needs, Origins

from .conftest import House, OpenHouse

JSON_ROUTES = [route for route in ROUTES if route.path.startswith("/api")]
PLACES = {"person": "amel", "before": "1", "after": "2", "generation": "1", "node": "pbx1", "uniqueid": "pbx1-1.1"}


def path_of(route: Route) -> str:
    return route.path.format(**PLACES)


async def ask(client: aiohttp.ClientSession, route: Route) -> aiohttp.ClientResponse:
    body = {"reason": "lunch"} if route.path.endswith("pause") else {}
    if route.method == "GET":
        return await client.get(path_of(route), allow_redirects=False)
    return await client.request(route.method, path_of(route), json=body, allow_redirects=False)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_a_stranger_gets_what_is_public_and_nothing_else(house: House, route: Route) -> None:
    answer = await ask(await house.stranger(), route)
    if route.needs is Needs.NOTHING:
        assert answer.status in (200, 422)
    else:
        assert answer.status == 401
        assert (await answer.json())["type"] == "urn:cordboard:problem:not-signed-in"
    assert house.wishes.asked == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_a_one_time_password_opens_only_the_way_to_ones_own(house: House, route: Route) -> None:
    answer = await ask(await house.newcomer(), route)
    if route.needs in (Needs.SIGNED_IN, Needs.OVERSEES, Needs.DEPLOYS):
        assert answer.status == 403
        assert (await answer.json())["type"] == "urn:cordboard:problem:must-set-password"
    else:
        assert answer.status in (200, 204, 303, 422)
    assert house.wishes.asked == []


@pytest.mark.parametrize(
    ("role", "person", "may_see", "may_command"),
    [
        (Role.WATCHER, None, True, False),
        (Role.AGENT, "amel", True, True),
        (Role.AGENT, "bruno", True, False),
        (Role.SUPERVISOR, None, True, True),
        (Role.ADMINISTRATOR, None, True, True),
    ],
)
async def test_every_role_on_every_route(
    house: House, role: Role, person: str | None, may_see: bool, may_command: bool
) -> None:
    client = await house.somebody(role, person=person)
    for route in JSON_ROUTES:
        if route.path.startswith(("/api/calls", "/api/history/")):
            continue  # who may steer a call, or see it, depends on the call: test_calls_api.py, test_history_api.py
        answer = await ask(client, route)
        if route.needs is Needs.DEPLOYS:
            assert answer.status == 403, "what the whole installation runs is no company's business"
            assert (await answer.json())["type"] == "urn:cordboard:problem:not-allowed"
        elif route.path.startswith("/api/menus"):
            if role not in (Role.SUPERVISOR, Role.ADMINISTRATOR):
                assert answer.status == 403, route
            elif route.path.endswith(("/call", "/ways")):
                assert answer.status == 422, "whoever sees menus may try them; nothing says what is called"
            elif route.method == "POST":
                assert answer.status == (422 if role is Role.ADMINISTRATOR else 403), "nothing says which is meant"
            elif route.path.endswith("/text"):
                assert answer.status == (200 if role is Role.ADMINISTRATOR else 403), "who publishes writes"
            else:
                assert answer.status == (400 if route.path.endswith("/comparison") else 200), route
        elif route.method == "POST":
            assert answer.status == (200 if may_command else 403), route
        elif route.path in ("/api/differences", "/api/links"):
            assert answer.status == 403, "a company's account sees no insides of a switch"
        elif route.path == "/api/live":
            assert answer.status == 426
        else:
            assert answer.status == (200 if may_see else 403), route
    commands = [route for route in JSON_ROUTES if route.method == "POST" and route.path.startswith("/api/agents/")]
    assert len(house.wishes.asked) == (len(commands) if may_command else 0)


async def test_what_does_not_exist_looks_to_a_stranger_like_what_is_refused(house: House) -> None:
    stranger, administrator = await house.stranger(), await house.administrator()
    for path in ("/nothing", "/api/nothing", "/assets/nothing.js", "/assets/../manifest.json", "/manifest.json"):
        assert (await stranger.get(path)).status == 401
        assert (await administrator.get(path)).status == 404
    answer = await administrator.put("/api/board")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


async def test_a_page_leads_a_stranger_to_the_door(house: House) -> None:
    stranger = await house.stranger(Accept="text/html,*/*")
    answer = await stranger.get("/", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    page = await stranger.get("/")
    assert await page.text() == "this is sign-in.html"


async def test_a_newcomer_is_led_to_the_new_password_and_a_visitor_past_the_door(house: House) -> None:
    newcomer = await house.newcomer()
    for path in ("/", "/sign-in"):
        answer = await newcomer.get(path, headers={"Accept": "text/html"})
        assert str(answer.url).removeprefix(house.url) == "sign-in?step=password"
    await newcomer.post("/password", json={"password": "correct horse battery"})
    answer = await newcomer.get("/sign-in", headers={"Accept": "text/html"})
    assert await answer.text() == "this is index.html"


async def test_a_stranger_gets_the_files_of_the_door_alone(house: House) -> None:
    stranger = await house.stranger()
    for name in ("shared-1.js", "shared-1.css", "sign-in-1.js"):
        answer = await stranger.get(f"/assets/{name}")
        assert (answer.status, await answer.text()) == (200, f"/* {name} */")
        assert "immutable" in answer.headers["Cache-Control"]
    for name in ("index-1.js", "index-1.css", "deploy-1.js"):
        assert (await stranger.get(f"/assets/{name}")).status == 401
    administrator = await house.administrator()
    assert (await administrator.get("/assets/index-1.js")).content_type == "text/javascript"
    assert await (await administrator.get("/LICENSES.txt")).text() == "this is LICENSES.txt"


async def test_the_sign_of_life_says_nothing_else(house: House) -> None:
    answer = await (await house.stranger()).get("/healthz")
    assert (answer.status, await answer.text()) == (200, "ok")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/board", "/healthz", "/nothing", "/assets/shared-1.js"])
async def test_every_answer_tells_the_browser_to_be_strict(house: House, path: str) -> None:
    for client in (await house.stranger(), await house.administrator()):
        headers = (await client.get(path, allow_redirects=False)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Python" not in headers.get("Server", "")
        assert "aiohttp" not in headers.get("Server", "")
        if not path.startswith("/assets"):
            assert headers["Cache-Control"] in ("no-store", "no-cache")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", ""])
async def test_no_other_sites_page_acts(house: House, origin: str) -> None:
    client = await house.administrator()
    headers = {"Origin": origin}
    actions = [path_of(route) for route in ROUTES if route.method == "POST"]
    assert "/api/deploy/apply" in actions
    for path in actions:
        answer = await client.post(path, json={}, headers=headers)
        assert answer.status == 403
        assert (await answer.json())["type"] == "urn:cordboard:problem:foreign-origin"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/api/live", headers=headers)
    assert refused.value.status == 403
    assert house.wishes.asked == []


async def test_a_proxys_origin_is_admitted_if_it_was_named(open_house: OpenHouse) -> None:
    async with open_house(origins=Origins(others=frozenset({"https://pbx.example"}))) as house:
        client = await house.administrator()
        answer = await client.post("/api/agents/amel/ready", json={}, headers={"Origin": "https://pbx.example"})
        assert answer.status == 200


async def test_behind_tls_the_cookie_is_for_tls_alone(open_house: OpenHouse) -> None:
    async with open_house(origins=Origins(is_secure=True)) as house:
        client = await house.stranger(Origin=house.url.rstrip("/").replace("http:", "https:"))
        answer = await client.post("/sign-in", json={"account": "admin", "password": house.one_time})
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-cordboard=")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"reason":"lunch","more":1}', "application/json", 422),
        (b'{"reason":3}', "application/json", 422),
        (b'{"reason":"lunch"}', "text/plain", 415),
        (b'{"reason":"lunch"}', "application/x-www-form-urlencoded", 415),
        (b'{"reason":"' + b"x" * 20_000 + b'"}', "application/json", 413),
        (b'{"reason":"a\\r\\nAction: Command"}', "application/json", 422),
    ],
)
async def test_a_body_that_is_not_as_expected(house: House, body: bytes, type_: str, status: int) -> None:
    client = await house.administrator()
    answer = await client.post("/api/agents/amel/pause", data=body, headers={"Content-Type": type_})
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    assert (await answer.json())["status"] == status
    assert house.wishes.asked == []


async def test_whatever_breaks_inside_stays_inside(house: House, caplog: pytest.LogCaptureFixture) -> None:
    client = await house.administrator()
    house.wishes.error = RuntimeError("the secret of the house")
    answer = await client.post("/api/agents/amel/ready", json={})
    text = await answer.text()
    assert answer.status == 500
    assert "secret" not in text
    assert "Traceback" not in text
    assert (await answer.json())["incident"] in {getattr(record, "incident", "") for record in caplog.records}


async def test_a_database_that_is_away_is_told_as_such(house: House) -> None:
    client = await house.administrator()
    house.wishes.error = DatabaseAway("disk gone")
    answer = await client.post("/api/agents/amel/ready", json={})
    assert (answer.status, "disk" in await answer.text()) == (503, False)
    assert answer.headers["Retry-After"] == "5"


async def test_a_storm_of_actions_is_slowed_down(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    client = await house.administrator()
    house.wishes.answer = Done()
    answers = await asyncio.gather(*(client.post("/api/agents/amel/ready", json={}) for _ in range(120)))
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {200, 429}
    assert len(house.wishes.asked) == statuses.count(200)
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status == 429)
