"""When somebody stands in the queue for a caller who is called back, in which place, and what becomes of him."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ami.actions import Action, ForgetKept, Getvar, KeptValue, ListAction, Originate
from ami.errors import ActionRefused
from ami.events import parse
from ami.live import Live
from ami.models import LinkState
from ami.rows import KeptRow
from ami.stream import headers_of
from ami.wire import Reply
from cordboard.desk.callbacks import Callbacks
from cordboard.desk.calling_back import CallingBack
from cordboard.desk.results import Done, Refused
from cordboard.store.audit import last_audit
from cordboard.store.callbacks import Callback, add_callback, find_callback
from cordboard.store.company import save_company
from cordboard.store.engine import Store
from cordboard.store.values import (
    Company,
    Did,
    Hours,
    OpenTime,
    Outgoing,
    Person,
    QueueSpec,
    Skill,
    TargetKind,
    TargetRef,
)
from kit.small_switch import SmallSwitch

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
END = TargetRef(TargetKind.HANGUP)


def _queue(name: str, **skills: int) -> QueueSpec:
    return QueueSpec(id=name, name=name, skills=skills, when_full=END, when_late=END, when_empty=END)


ACME = Company(
    id="acme",
    name="Acme",
    language="fr",
    country="FR",
    time_zone="Europe/Paris",
    skills={name: Skill(id=name, name=name) for name in ("french", "sales")},
    people={"amel": Person(id="amel", name="Amel", extension="201", skills={"french": 5, "sales": 3})},
    queues={"billing": _queue("billing", french=3), "sales": _queue("sales", french=3, sales=2)},
    hours={
        "office": Hours(
            id="office",
            name="office",
            open=(OpenTime(days=(0, 1, 2, 3, 4), start=9 * 60, end=18 * 60),),
            time_zone="Europe/Paris",
        )
    },
    outgoing={"national": Outgoing(id="national", name="France", national=("mobile",))},
    dids={"main": Did(id="main", number="+33199000001", name="Main", language="fr", open=END)},
)
WANTED = Callback(
    company="acme", node="pbx1", call="pbx1-1.99", did="main", queue="billing", number="+33612345678", language="fr",
    outgoing="national", hours="office", tries=2, pause=600, asked=MONDAY, due=MONDAY,
    expires=MONDAY + timedelta(days=2),
)  # fmt: skip


@dataclass
class Switch:
    """What is asked of a switch, and what it keeps; nobody is ever called."""

    kept: dict[str, str] = field(default_factory=dict)
    placed: list[Originate] = field(default_factory=list)
    rights: set[str] = field(default_factory=lambda: {"acme.national"})
    """The permissions by which it calls back."""

    async def act(self, action: Action, deadline: float = 5.0) -> Reply:
        match action:
            case Originate():
                self.placed.append(action)
            case ForgetKept():
                if self.kept.pop(action.key, None) is None:
                    raise ActionRefused("no such key")
            case Getvar():
                doors = [f"DIALPLAN_EXISTS(cordboard-desk,by-{right},1)" for right in self.rights]
                return Reply("", str(int(action.variable in doors)))
        return Reply("")

    async def list(self, action: ListAction[Any], deadline: float = 5.0) -> list[Any]:
        assert isinstance(action, KeptValue)
        if action.key not in self.kept:
            raise ActionRefused("Database entry not found")
        return [KeptRow(self.kept[action.key])]


class Scene:
    """A switch with callers and agents, a company, and a clock that stands."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = MONDAY
        self.switch = Switch()
        self.small = SmallSwitch()
        self.live = Live("pbx1", clock=lambda: self.now)
        self.live.set_link(LinkState.LIVE)
        self.calling_back = self.another()

    def another(self) -> CallingBack:
        return CallingBack(self.store, self.switch, self.live, node="pbx1", clock=lambda: self.now)

    async def asks(self, **otherwise: Any) -> int:
        async with self.store.transaction() as session:
            return await add_callback(session, replace(WANTED, **otherwise))

    async def look(self) -> list[Originate]:
        """Who has come to stand in for somebody."""
        before = len(self.switch.placed)
        self.live.take([event for said in self.small.said() if (event := parse(headers_of(said.decode())))])
        await self.calling_back.look()
        return self.switch.placed[before:]

    async def request(self, number: int) -> Callback:
        async with self.store.reading() as session:
            found = await find_callback(session, "acme", number)
        assert found is not None
        return found

    async def audited(self) -> list[tuple[str, str, str]]:
        async with self.store.reading() as session:
            lines = await last_audit(session, "acme")
        return [(line.actor, line.action, line.detail) for line in lines if line.action.startswith("callback.")]


@pytest.fixture
async def scene(store: Store) -> Scene:
    async with store.transaction() as session:
        await save_company(session, ACME, "test")
    scene = Scene(store)
    for queue in ("acme-billing", "acme-sales"):
        scene.small.adds(queue, "amel")
    return scene


async def test_somebody_stands_in_for_him_in_his_place(scene: Scene) -> None:
    before = scene.small.arrives()
    scene.small.joins(before, "acme-billing")
    await scene.look()
    scene.now += timedelta(minutes=10)
    first = await scene.asks(asked=scene.now)
    scene.now += timedelta(minutes=10)
    after = scene.small.arrives()
    scene.small.joins(after, "acme-billing")
    second = await scene.asks(number="+33612345679", asked=scene.now - timedelta(minutes=5), wants="5 ")
    (one,) = await scene.look()
    assert (one.variables["CB_CALLBACK"], one.variables["CB_POSITION"]) == (str(first), "2"), (
        "behind who came before him"
    )
    assert (one.channel, one.context, one.exten) == ("Local/stand-in@cordboard-desk/n", "cordboard-desk", "call-back")
    told = {name: one.variables[name] for name in ("CB_CUSTOMER", "CB_FROM", "CB_RIGHT", "CB_TO", "CB_LANGUAGE")}
    assert list(told.values()) == ["+33612345678", "+33199000001", "acme.national", "acme-billing", "fr"]
    assert (await scene.request(first)).placed_as == one.channel_id
    assert await scene.look() == [], "he once, and nobody else before he stands there"
    scene.now += timedelta(seconds=16)
    (urgent,) = await scene.look()
    assert (urgent.variables["CB_CALLBACK"], urgent.variables["CB_POSITION"]) == (str(second), "1"), "before all others"


async def test_skills_that_were_wanted_choose_the_line_in_which_his_place_is(scene: Scene) -> None:
    caller = scene.small.arrives()
    scene.small.joins(caller, "acme-sales")
    await scene.look()
    scene.now += timedelta(minutes=1)
    await scene.asks(asked=scene.now, wants=" sales=2")
    (placed,) = await scene.look()
    assert (placed.variables["CB_TO"], placed.variables["CB_POSITION"]) == ("acme-billing", "2")
    assert placed.variables["CB_WANTS"] == "%20sales%3D2"


async def test_of_two_who_look_at_once_one_places_him(scene: Scene) -> None:
    await scene.look()
    await scene.asks()
    await asyncio.gather(*(each.look() for each in (scene.calling_back, scene.another(), scene.another())))
    assert len(scene.switch.placed) == 1
    await asyncio.gather(scene.another().look(), scene.another().look())
    assert len(scene.switch.placed) == 1


async def test_nobody_stands_in_where_nobody_could_ever_answer(scene: Scene) -> None:
    scene.small.removes("acme-billing", "amel")
    number = await scene.asks()
    assert await scene.look() == []
    scene.small.adds("acme-billing", "amel")
    scene.small.pauses("acme-billing", "amel", "lunch")
    scene.switch.rights = {"acme.world"}
    assert await scene.look() == [], "the permission was not applied yet"
    scene.switch.rights |= {"acme.national"}
    assert len(await scene.look()) == 1, "who is paused comes back"
    assert (await scene.request(number)).attempts == 0


async def test_the_hours_of_the_company_are_kept(scene: Scene) -> None:
    await scene.asks(due=MONDAY)
    for moment in (MONDAY.replace(hour=7, minute=59), MONDAY.replace(hour=17), MONDAY - timedelta(days=1)):
        scene.now = moment
        assert await scene.look() == []
    scene.now = MONDAY.replace(hour=8)
    scene.now += timedelta(days=1)
    assert len(await scene.look()) == 1


@pytest.mark.parametrize(
    ("kept", "state", "attempts", "result", "pause"),
    [
        ("", "waiting", 0, "", 5),
        ("ANSWER", "done", 1, "answered", None),
        ("BUSY", "waiting", 1, "busy", 600),
        ("NOANSWER", "waiting", 1, "no_answer", 600),
        ("CANCEL", "waiting", 1, "agent_hung_up", 600),
        ("CHANUNAVAIL", "waiting", 1, "failed", 600),
        ("DENIED-trunks", "waiting", 1, "no_line", 600),
        ("DENIED-permission", "given_up", 1, "denied", None),
        ("DIALLING", "waiting", 1, "unknown", 600),
    ],
)
async def test_what_the_switch_keeps_says_what_becomes_of_him(
    scene: Scene, kept: str, state: str, attempts: int, result: str, pause: int | None
) -> None:
    number = await scene.asks()
    await scene.look()
    if kept:
        scene.switch.kept[str(number)] = kept
    await scene.look()
    assert (await scene.request(number)).state == "placed", "a call that was asked for may not be seen yet"
    scene.now += timedelta(seconds=16)
    await scene.look()
    found = await scene.request(number)
    assert (found.state, found.attempts, found.result) == (state, attempts, result)
    assert scene.switch.kept == {}
    if pause is not None:
        assert found.due - scene.now == timedelta(seconds=pause)
        scene.now = found.due
        assert len(await scene.look()) == 1


async def test_he_is_given_up_after_so_many_attempts_and_that_is_told(scene: Scene) -> None:
    number = await scene.asks()
    for _ in range(2):
        assert len(await scene.look()) == 1
        scene.switch.kept[str(number)] = "BUSY"
        scene.now += timedelta(seconds=16)
        await scene.look()
        scene.now += timedelta(minutes=11)
    assert await scene.look() == []
    found = await scene.request(number)
    assert (found.state, found.attempts, found.result) == ("given_up", 2, "busy")
    assert await scene.audited() == [("cordboard run", "callback.given_up", "busy, 2 of 2 attempts")]


async def test_nobody_is_called_back_when_it_is_too_late_or_what_he_asked_for_is_gone(scene: Scene) -> None:
    late, gone = await scene.asks(expires=MONDAY), await scene.asks(number="+33612345679", queue="night")
    assert await scene.look() == []
    assert [(await scene.request(number)).result for number in (late, gone)] == ["too_late", "not_there"]


async def test_a_request_is_cancelled_once_and_by_its_company(scene: Scene) -> None:
    desk = Callbacks(scene.store, lambda: scene.now)
    number = await scene.asks()
    assert isinstance(await desk.cancel("other", number, "sylvie"), Refused)
    assert await desk.cancel("acme", number, "sylvie") == Done()
    again = await desk.cancel("acme", number, "sylvie")
    assert isinstance(again, Refused)
    assert again.reason == "not_open"
    assert await scene.look() == []
    (card,) = await desk.all("acme")
    assert (card.state, card.call, card.called) == ("cancelled", "pbx1/pbx1-1.99", "")
    assert await scene.audited() == [("sylvie", "callback.cancel", "asked in pbx1/pbx1-1.99")]


async def test_a_talk_that_came_about_though_it_was_cancelled_is_told(scene: Scene) -> None:
    number = await scene.asks()
    await scene.look()
    await Callbacks(scene.store).cancel("acme", number, "sylvie")
    scene.switch.kept[str(number)] = "ANSWER"
    scene.now += timedelta(seconds=16)
    await scene.look()
    found = await scene.request(number)
    assert (found.state, found.result) == ("done", "answered")
