"""On which switch somebody is asked: where he is logged in, else where his phone is, else on the own one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami.models import LinkState
from cordboard.desk.whereabouts import Whereabouts
from cordboard.store.agents import keep_login
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.records import AgentLogin
from kit import acme
from kit.told import START, Told

NODES = ("pbx1", "pbx2")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.sqlite") as store:
        await store.migrate()
        async with store.transaction() as session:
            await save_company(session, acme.company(), "ada")
        yield store


class Two:
    """Two switches, and who looks for people on them."""

    def __init__(self, store: Store) -> None:
        self.told = {node: Told(node) for node in NODES}
        self.whereabouts = Whereabouts(store, {node: told.live for node, told in self.told.items()})

    def registers(self, phone: str, *nodes: str) -> None:
        for node in nodes:
            self.told[node].event("DeviceStateChange", Device=f"PJSIP/acme-{phone}", State="NOT_INUSE")


async def log_in(store: Store, person: str, node: str, phone: str) -> None:
    async with store.transaction() as session:
        await keep_login(session, AgentLogin(company="acme", person=person, node=node, endpoint=phone, since=START))


async def test_who_is_logged_in_is_asked_there_wherever_his_phone_is(store: Store) -> None:
    two = Two(store)
    await log_in(store, "amel", "pbx2", "amel")
    two.registers("amel", "pbx1")
    assert await two.whereabouts.of("acme", "amel") == "pbx2"


async def test_who_is_not_is_where_his_phone_is_registered(store: Store) -> None:
    two = Two(store)
    assert await two.whereabouts.of("acme", "bruno") == "pbx1"
    two.registers("bruno", "pbx2")
    assert await two.whereabouts.of("acme", "bruno") == "pbx2"
    two.registers("bruno", "pbx1")
    assert await two.whereabouts.of("acme", "bruno") == "pbx1", "two of them tell nothing"


async def test_nobody_is_looked_for_on_a_switch_of_which_nothing_is_known(store: Store) -> None:
    two = Two(store)
    two.registers("bruno", "pbx2")
    two.told["pbx2"].live.set_link(LinkState.DOWN, "gone")
    assert await two.whereabouts.of("acme", "bruno") == "pbx1"


async def test_one_takes_calls_where_the_phone_is_at_which_one_sits_down(store: Store) -> None:
    two = Two(store)
    await log_in(store, "amel", "pbx1", "lobby")
    two.registers("lobby", "pbx1")
    two.registers("amel", "pbx2")
    assert await two.whereabouts.to_log_in("acme", "amel", "amel") == "pbx2"
    assert await two.whereabouts.to_log_in("acme", "amel", None) == "pbx1", "where he sat"
    assert await two.whereabouts.to_log_in("acme", "bruno", None) == "pbx1"


async def test_a_log_in_on_a_switch_that_is_not_followed_is_the_own_ones_to_refuse(store: Store) -> None:
    await log_in(store, "amel", "pbx9", "amel")
    assert await Two(store).whereabouts.of("acme", "amel") == "pbx1"
