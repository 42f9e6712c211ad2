"""The API of menus: who may, of which company, which days, and that nobody changes what he did not see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cordboard.store.company import save_company
from cordboard.store.flows import newest_flow
from cordboard.store.records import Role
from kit import acme

from .conftest import House
from .menus_scene import calls, draft, put_in

SHAPES = (Path(__file__).resolve().parents[3] / "src/console/source/menus/shapes.ts").read_text(encoding="utf-8")


async def _get(client: aiohttp.ClientSession, path: str = "", status: int = 200) -> Any:
    answer = await client.get(f"/api/menus{path}")
    assert answer.status == status, await answer.text()
    return await answer.json()


async def _post(client: aiohttp.ClientSession, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await client.post(f"/api/menus/{path}", json=body)
    assert answer.status == status, await answer.text()
    return await answer.json()


def _fields(name: str) -> set[str]:
    """Those that the console finds in an interface."""
    found = re.search(rf"export interface {name} {{(.*?)\n}}", SHAPES, re.DOTALL)
    assert found is not None
    return set(re.findall(r"^  (\w+):", found[1], re.MULTILINE))


async def test_the_console_finds_every_field_that_it_needs(house: House) -> None:
    await put_in(house)
    await draft(house)
    await calls(house, key_1=1, lost=1)
    client = await house.somebody(Role.ADMINISTRATOR)
    found = await _get(client)
    figures = await _get(client, "/figures")
    compared = await _get(client, "/comparison?before=1&after=2")
    told = await _post(client, "publish", {"draft": found["draft"]["made_at"]})
    for name, value in [
        ("Overview", found), ("Tree", found["tree"]), ("Box", found["tree"]["boxes"][0]), ("Draft", found["draft"]),
        ("Way", found["tree"]["ways"][0]), ("Version", found["versions"][0]), ("Figures", figures),
        ("NodeFigures", figures["nodes"]["accueil"]), ("Times", figures["to_exit"]), ("Comparison", compared),
        ("Row", compared["figures"][0]), ("Published", told),
    ]:  # fmt: skip
        assert _fields(name) <= value.keys(), name


async def test_ways_of_the_tree_are_called_as_figures_call_them(house: House) -> None:
    await put_in(house)
    await calls(house, key_1=2, key_2=1, lost=1)
    client = await house.somebody(Role.SUPERVISOR)
    tree, nodes = (await _get(client))["tree"], (await _get(client, "/figures"))["nodes"]
    called = {
        (tree["boxes"][way["from"]]["of"], name)
        for way in tree["ways"]
        for name in way["called"]
    }  # fmt: skip
    told = {(node, way) for node, figures in nodes.items() for way in figures["ways"] if way != "hung_up"}
    assert told == {("did.main", "open"), ("accueil", "key 1"), ("accueil", "key 2"), ("english", "key 1")}
    assert told <= called


async def test_what_is_not_meant_any_more_is_not_done(house: House) -> None:
    await put_in(house)
    await draft(house)
    client = await house.somebody(Role.ADMINISTRATOR)
    seen = (await _get(client))["draft"]["made_at"]
    await draft(house)
    assert (await _post(client, "publish", {"draft": seen}, 409))["type"].endswith(":stale")
    meant = (await _get(client))["draft"]["made_at"]
    assert (await _post(client, "publish", {"draft": meant, "share": 10}))["version"]["share"] == 10
    assert (await _post(client, "unpublish", {"version": 2}, 409))["type"].endswith(":stale")
    assert (await _post(client, "promote", {"version": 3}))["version"]["version"] == 3
    refused = await _post(client, "promote", {"version": 3}, 422)
    assert refused["problems"][0]["what"] == "no version waits or is on trial"
    async with house.store.reading() as session:
        newest = await newest_flow(session, "acme")
    assert newest is not None
    assert (newest.version, newest.share, newest.by) == (3, None, "administrator-acme-None")


@pytest.mark.parametrize(
    "query",
    [
        "?from=2026-11-22",
        "?to=soon&from=2026-11-22",
        "?from=2026-11-22&to=2026-11-21",
        "?from=2026-01-01&to=2026-06-01",
        "?from=0001-01-01&to=0001-01-02",
        "?from=9999-12-30&to=9999-12-31",
    ],
)
async def test_days_that_are_none_are_refused(house: House, query: str) -> None:
    client = await house.somebody(Role.SUPERVISOR)
    assert (await _get(client, f"/figures{query}", 400))["type"].endswith(":bad-query")
    await _get(client, "/figures?from=2026-11-01&to=2026-11-22")


async def test_an_account_of_another_company_sees_nothing_of_it(house: House) -> None:
    async with house.store.transaction() as session:
        await save_company(session, acme.company(id="other", dids={}), "test")
    other = await house.somebody(Role.ADMINISTRATOR, company="other")
    for path in ("", "/figures", "/comparison?before=1&after=1"):
        assert (await other.get(f"/api/menus{path}{'&' if '?' in path else '?'}company=acme")).status == 404
    answer = await other.post("/api/menus/unpublish?company=acme", json={"version": 1})
    assert answer.status == 404


async def test_versions_that_are_not_there(house: House) -> None:
    client = await house.somebody(Role.SUPERVISOR)
    await _get(client, "/comparison?before=1&after=77", 404)
    await _get(client, "/comparison?before=1&after=x", 400)
