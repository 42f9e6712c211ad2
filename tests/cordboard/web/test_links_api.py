"""How well the switches are followed, told to who looks after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ami.models import LinkState, LinkStatus
from cordboard.store.records import Role

from .conftest import OpenHouse

SINCE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class Link:
    node: str
    status: LinkStatus
    dropped: int = 0
    strange: int = 0
    drift: int = 0
    resyncs: int = 0


async def test_each_switch_is_told_with_its_counts(open_house: OpenHouse) -> None:
    lost = Link("pbx1", LinkStatus(LinkState.DOWN, SINCE, "no answer to a ping in 5 s"), 7, 3, 2, 1)
    fine = Link("pbx2", LinkStatus(LinkState.LIVE, SINCE))
    async with open_house(followed=[lost, fine]) as house:
        answer = await (await house.administrator()).get("/api/links")
        told = await answer.json()
        assert told[0] == {
            "node": "pbx1",
            "state": "down",
            "reason": "no answer to a ping in 5 s",
            "since": SINCE.timestamp(),
            "lost": 7,
            "strange": 3,
            "drift": 2,
            "relists": 1,
        }
        assert (told[1]["node"], told[1]["state"], told[1]["drift"]) == ("pbx2", "live", 0)


async def test_it_is_not_for_agents(open_house: OpenHouse) -> None:
    async with open_house() as house:
        answer = await (await house.somebody(Role.AGENT, person="amel")).get("/api/links")
        assert answer.status == 403
