"""How well the switches are followed, told to who looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ami.comparison import Difference
from ami.errors import LinkDown
from ami.models import LinkState, LinkStatus
from cordboard.store.records import Role

from .conftest import OpenHouse

SINCE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DRIFT = Difference("queue", "acme-billing-fr", "strategy", "leastrecent", "ringall")


@dataclass
class Link:
    node: str
    status: LinkStatus
    dropped: int = 0
    strange: int = 0
    drift: int = 0
    resyncs: int = 0
    differs: Sequence[Difference] | LinkDown = ()

    async def compare(self) -> Sequence[Difference]:
        if isinstance(self.differs, LinkDown):
            raise self.differs
        return self.differs


LOST = Link("pbx1", LinkStatus(LinkState.DOWN, SINCE, "no answer to a ping in 5 s"), 7, 3, 2, 1, LinkDown("gone"))
FINE = Link("pbx2", LinkStatus(LinkState.LIVE, SINCE), differs=[DRIFT])


async def test_each_switch_is_told_with_its_counts(open_house: OpenHouse) -> None:
    async with open_house(followed=[LOST, FINE]) as house:
        house.told.live.set_link(LinkState.LIVE)
        house.told.live.set_link(LinkState.DOWN, "no answer to a ping in 5 s")
        answer = await (await house.administrator()).get("/api/links")
        told = await answer.json()
        unknown_since = house.told.live.link.since.timestamp()
        assert told[0] == {
            "node": "pbx1",
            "state": "down",
            "reason": "no answer to a ping in 5 s",
            "since": SINCE.timestamp(),
            "unknown_since": round(unknown_since, 3),
            "lost": 7,
            "strange": 3,
            "drift": 2,
            "relists": 1,
        }
        assert (told[1]["node"], told[1]["state"], told[1]["unknown_since"]) == ("pbx2", "live", None)


async def test_differences_are_told_by_switch(open_house: OpenHouse) -> None:
    async with open_house(followed=[FINE, Link("pbx3", FINE.status)]) as house:
        answer = await (await house.administrator()).get("/api/differences")
        assert await answer.json() == [
            {
                "node": "pbx2",
                "kind": "queue",
                "key": "acme-billing-fr",
                "field": "strategy",
                "model": "leastrecent",
                "fresh": "ringall",
            }
        ]


async def test_a_switch_that_is_away_is_named_and_the_others_are_compared_by_name(open_house: OpenHouse) -> None:
    async with open_house(followed=[LOST, FINE]) as house:
        client = await house.administrator()
        answer = await client.get("/api/differences")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert (await answer.json())["detail"] == "The switch pbx1 did not answer."
        assert len(await (await client.get("/api/differences?node=pbx2")).json()) == 1
        assert (await client.get("/api/differences?node=pbx9")).status == 404


async def test_it_is_not_for_agents(open_house: OpenHouse) -> None:
    async with open_house() as house:
        client = await house.somebody(Role.AGENT, person="amel")
        assert (await client.get("/api/links")).status == 403
        assert (await client.get("/api/differences")).status == 403
