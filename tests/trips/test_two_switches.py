"""Two switches in one process: each has its own truth, and one that is lost takes nothing from the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ami.client import Address, SwitchLink
from ami.live import Live
from ami.models import LinkState
from cordboard.desk.board import Boards
from cordboard.desk.cards import LinkCard
from cordboard.desk.names import names_of
from kit import acme
from kit.asterisk_peer import event
from kit.followed_peer import FollowedPeer
from kit.patience import PATIENCE

CALLER = {
    "Channel": "PJSIP/carrier-00000001",
    "ChannelState": "6",
    "AccountCode": "acme-main",
    "Uniqueid": "1795288342.1",
    "Linkedid": "1795288342.1",
}


@asynccontextmanager
async def followed(node: str, peer: FollowedPeer) -> AsyncIterator[tuple[Live, SwitchLink]]:
    live = Live(node)
    address = Address(peer.host, peer.port, peer.username, peer.secret)
    link = SwitchLink(node, address, live, sweep_interval=3600)
    running = asyncio.create_task(link.run())
    try:
        await link.wait_live(PATIENCE)
        yield live, link
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def entered(number: int) -> tuple[bytes, bytes]:
    leg = CALLER | {"Uniqueid": f"1795288342.{number}", "Linkedid": f"1795288342.{number}"}
    told = {"UserEvent": "CordboardEntered", "Did": "main", "Company": "acme", "Generation": "1"}
    return event("Newchannel", leg).encode(), event("UserEvent", leg | told).encode()


async def until_calls(live: Live, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(live.snapshot().calls) != number:
            await asyncio.sleep(0.005)


async def test_one_lost_does_not_freeze_the_other() -> None:
    async with (
        FollowedPeer() as first,
        FollowedPeer() as second,
        followed("pbx1", first) as (live1, link1),
        followed("pbx2", second) as (live2, link2),
    ):
        boards = Boards([live1, live2])
        boards.set_names(names_of(acme.company()))

        def card(node: str) -> LinkCard:
            board = boards.board("acme")
            assert board is not None
            found = board.cards[f"link/{node}"]
            assert isinstance(found, LinkCard)
            return found

        # The very same uniqueid on both: an id carries its node.
        await first.tell(*entered(1))
        await second.tell(*entered(1))
        await until_calls(live1, 1)
        await until_calls(live2, 1)
        assert {str(call.id) for live in (live1, live2) for call in live.snapshot().calls} == {
            "pbx1/1795288342.1",
            "pbx2/1795288342.1",
        }
        assert [card(node).stale_since for node in ("pbx1", "pbx2")] == [None, None]

        first.is_mute = True  # who comes back gets no answer
        first.drop()
        async with asyncio.timeout(PATIENCE):
            while link1.is_live:
                await asyncio.sleep(0.005)
        since = card("pbx1").stale_since
        assert since is not None
        assert (card("pbx2").state, card("pbx2").stale_since) == (LinkState.LIVE, None)
        assert len(live1.snapshot().calls) == 1, "what was known stays, as of then"

        await second.tell(*entered(2))
        await until_calls(live2, 2)
        assert await link2.compare(), "its lists do not show the two: it is asked and answers"
        assert card("pbx1").stale_since == since, "trying again makes it no younger"

        first.is_mute = False
        first.drop()
        link1.resync("it is back")
        await link1.wait_live(PATIENCE)
        assert card("pbx1").stale_since is None
        assert live1.snapshot().calls == (), "its lists show nobody"
        assert len(live2.snapshot().calls) == 2
        assert (link1.dropped, link2.dropped, link2.resyncs) == (0, 0, 0)
        boards.close()
