"""Asterisk asked without the database: reached, away, or there and not willing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ami.errors import LoginRefused
from cordboard.house.offline import asterisk_by_disk
from cordboard.provisioning.generations import Generation, Generations
from cordboard.settings import Settings
from cordboard.store.switches import DEPLOY_ACCOUNT
from kit.asterisk_peer import AmiPeer

SECRET = "as-the-generation-has-it"


def settings(home: Path, port: int) -> Settings:
    return Settings(home=home, asterisk_mode="included", ami_host="127.0.0.1", ami_port=port)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A generation is in force, and nothing else is known."""
    generations = Generations(tmp_path)
    files = {"cordboard_manager.conf": f"[{DEPLOY_ACCOUNT}]\nsecret = {SECRET}\n"}
    with generations.lock("amel", "apply"):
        generations.prepare(
            Generation(number=1, base=None, by="amel", created=datetime.now(UTC), wanted="", files=files)
        )
        generations.switch(1)
    return tmp_path


async def test_the_account_is_in_the_files(home: Path) -> None:
    async with AmiPeer(DEPLOY_ACCOUNT, SECRET) as peer, asterisk_by_disk(settings(home, peer.port)) as manager:
        assert manager is not None


async def test_one_that_is_away_is_none(home: Path) -> None:
    async with AmiPeer() as peer:
        port = peer.port
    async with asterisk_by_disk(settings(home, port)) as manager:
        assert manager is None


async def test_one_that_refuses_the_account_is_not_away(home: Path) -> None:
    async with AmiPeer(DEPLOY_ACCOUNT, "another") as peer:
        with pytest.raises(LoginRefused) as refused:
            async with asterisk_by_disk(settings(home, peer.port)):
                raise AssertionError
    assert "nothing was changed. Stop it first" in refused.value.__notes__[0]


async def test_before_the_first_generation_there_is_no_account(tmp_path: Path) -> None:
    async with AmiPeer() as peer, asterisk_by_disk(settings(tmp_path, peer.port)) as manager:
        assert (manager, peer.sessions) == (None, [])
