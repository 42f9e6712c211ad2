"""Over HTTP as on the page: whose calls somebody sees, and whether he is told who listens."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from cordboard.desk.names import names_of
from cordboard.store.company import save_company
from cordboard.store.records import Role
from cordboard.store.values import Company
from kit.told_calls import TRUNK, Dialled, spies

from .conftest import House

OTHER = Company(id="other", name="Other", language="fr", country="FR", time_zone="Europe/Paris")
SPIED, SPYING, FOREIGN, STRAY, SHARED = ("pbx1/1.1", "pbx1/1.9", "pbx1/2.1", "pbx1/3.1", "pbx1/4.1")


@pytest.fixture(autouse=True)
async def calls(house: House) -> None:
    """Two companies' calls out, one between them, one of nobody knows whom, and somebody of the first who listens."""
    async with house.store.transaction() as transaction:
        await save_company(transaction, OTHER, "test")
    house.boards.set_names(names_of(OTHER))
    call = Dialled(house.told, "1.1", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    spies(house.told, "1.9", "acme-dora", call, "acme-amel")
    Dialled(house.told, "2.1", "other-zoe", "0687654321").rings(TRUNK).is_answered()
    Dialled(house.told, "3.1", "front-desk", "0611111111").rings(TRUNK).is_answered()
    Dialled(house.told, "4.1", "acme-bruno", "900").rings("other-zoe").is_answered()


async def on_the_board(client: aiohttp.ClientSession, company: str) -> dict[str, Any]:
    async with client.get(f"/api/board?company={company}") as answer:
        cards = (await answer.json())["cards"] if answer.status == 200 else {}
    return {key.removeprefix("call/"): card for key, card in cards.items() if key.startswith("call/")}


async def listed(client: aiohttp.ClientSession, company: str) -> set[str]:
    async with client.get(f"/api/calls?company={company}") as answer:
        return {card["id"] for card in (await answer.json())["calls"]} if answer.status == 200 else set()


@pytest.mark.parametrize("role", [Role.WATCHER, Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR])
async def test_those_of_one_company(house: House, role: Role) -> None:
    client = await house.somebody(role)
    is_told = role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
    wanted = {SPIED, SPYING} if is_told else {SPIED}
    board = await on_the_board(client, "acme")
    assert set(board) == await listed(client, "acme") == wanted
    assert board[SPIED]["spied_by"] == (["Dora"] if is_told else [])
    async with client.get(f"/api/calls/{SPYING}") as answer:
        assert answer.status == (200 if is_told else 404)
    assert await on_the_board(client, "other") == {}
    assert await listed(client, "other") == set()


async def test_those_of_all_companies(house: House) -> None:
    supervisor = await house.somebody(Role.SUPERVISOR, company=None)
    administrator = await house.administrator()
    for client, strays in ((supervisor, set()), (administrator, {STRAY, SHARED})):
        assert set(await on_the_board(client, "acme")) == {SPIED, SPYING} | strays
        assert set(await on_the_board(client, "other")) == {FOREIGN} | strays
        assert await listed(client, "acme") == {SPIED, SPYING}
        assert await listed(client, "other") == {FOREIGN}


async def test_a_feed_tells_each_what_he_may_see(house: House) -> None:
    supervisor, watcher = await house.somebody(Role.SUPERVISOR), await house.somebody(Role.WATCHER)
    async with supervisor.ws_connect("/api/live") as seeing, watcher.ws_connect("/api/live") as plain:
        assert SPYING in (await seeing.receive()).data
        assert SPYING not in (await plain.receive()).data
