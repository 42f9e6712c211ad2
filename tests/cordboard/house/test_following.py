"""Which switches are followed, and with whose accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami.errors import LinkDown
from cordboard.house.addresses import run_address
from cordboard.house.following import followed
from cordboard.house.workshop import all_switches
from cordboard.settings import Settings, SettingsError
from cordboard.store.engine import Store, open_store
from cordboard.store.switches import ensure_switch
from kit.followed_peer import FollowedPeer


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.sqlite") as store:
        await store.migrate()
        yield store


def settings(home: Path, follow: str, port: int = 1) -> Settings:
    return Settings(home=home, ami_port=port, follow=follow, action_deadline=5.0)


async def test_others_are_followed_with_the_accounts_that_their_own_cordboard_made(
    store: Store, tmp_path: Path
) -> None:
    async with store.transaction() as session:
        theirs = await ensure_switch(session, "pbx2")
    given = settings(tmp_path, "pbx2=127.0.0.2:5039")
    own, other = await all_switches(store, given)
    assert (own.node, other) == ("pbx1", theirs)
    address = run_address(given, other)
    assert (address.host, address.port) == ("127.0.0.2", 5039)
    assert address.secret == theirs.run_secret.get_secret_value()
    assert run_address(given, own).port == 1


async def test_every_switch_that_the_database_does_not_know_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        await all_switches(store, settings(tmp_path, "pbx2=127.0.0.2:1, pbx3=127.0.0.3:1"))
    assert [problem.split(":")[1] for problem in refused.value.problems] == [
        " no Cordboard of pbx2 shares this database",
        " no Cordboard of pbx3 shares this database",
    ]


async def test_a_command_waits_for_no_switch_that_is_seen_to_be_away(store: Store, tmp_path: Path) -> None:
    """The deadline is far longer than this test may last."""
    async with FollowedPeer() as peer:
        async with store.transaction() as session:
            await ensure_switch(session, "pbx2")
        given = Settings(home=tmp_path, ami_port=peer.port, follow="pbx2=127.0.0.1:1", action_deadline=300.0)
        own_switch = (await all_switches(store, given))[0]
        peer.username, peer.secret = own_switch.run_username, own_switch.run_secret.get_secret_value()
        async with followed(store, given, must_be_live=True) as (own, other):
            assert own.link.is_live
            assert not other.link.is_live


async def test_without_any_switch_a_command_that_needs_one_says_so(store: Store, tmp_path: Path) -> None:
    given = Settings(home=tmp_path, ami_port=1, action_deadline=0.2)
    with pytest.raises(LinkDown, match="pbx1 is down"):
        async with followed(store, given, must_be_live=True):
            pass
    async with followed(store, given, must_be_live=False) as (own,):
        assert not own.link.is_live
