"""Real calls through the generated dialplan of a real Asterisk, with nobody or somebody bad behind FastAGI."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import re
import zoneinfo
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from dialplan_templates import render
from dialplan_templates.views import CompanyView, IntervalView, KeptGeneration
from kit.generated import EVERYTHING, network_of, secret, to, view_for
from kit.manager import ManagerSession, Message
from kit.patience import PATIENCE
from kit.switch import Switch

pytestmark = pytest.mark.switch

MAIN, LINE, DIRECT, QUEUE = "+33123456789", "+33123456790", "+33123456791", "+33123456792"
CALLS = itertools.count(1)
EXPECTED = ("res_agi.c: Connecting to", "FastAGI failed", "Unable to join queue")
"""What Asterisk itself finds worth a warning in these tests: nobody answers FastAGI, nobody is in a queue."""

# Always open, so that no test depends on the day it runs on.
ALWAYS = (IntervalView(days=frozenset(range(7)), opens=0, closes=1440),)
OPEN = replace(EVERYTHING, hours=(replace(EVERYTHING.hours[0], weekly=ALWAYS, closed_dates=()),))
CLOSED = replace(EVERYTHING, hours=(replace(EVERYTHING.hours[0], weekly=()),))


class Caller:
    """One call into the dialplan: what Asterisk told of it, and the keys it presses."""

    def __init__(self, session: ManagerSession, channel: str, uniqueid: str) -> None:
        self._session, self._channel, self._uniqueid = session, channel, uniqueid

    @classmethod
    async def dial(
        cls,
        session: ManagerSession,
        number: str,
        *,
        context: str = "cordboard-in",
        caller: str = "+33612345678",
        caller_id: str = "",
        application: str = "Wait",
    ) -> Caller:
        """Call `number` from the side of a trunk; the caller then listens, or runs another application."""
        call = f"caller-{next(CALLS)}"
        await session.act(
            "Originate",
            Channel=f"Local/{number}@{context}/n",
            Application=application,
            Data="30" if application == "Wait" else "",
            Async="true",
            CallerID=caller_id or f'"Somebody" <{caller}>',
            ChannelId=call,
            OtherChannelId=f"{call}-in",
        )
        channel = await session.event("Newchannel", Uniqueid=call)
        return cls(session, channel["Channel"], f"{call}-in")

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._session.act("PlayDTMF", Channel=self._channel, Digit=key)
            await asyncio.sleep(0.2)  # without a gap, and without sound to time it, Asterisk holds the next one back

    async def has(self, variable: str, value: str) -> None:
        """Wait until the dialplan has set this variable of the call so."""
        async with asyncio.timeout(PATIENCE):
            while (await self._session.act("Getvar", Channel=self._half, Variable=variable)).get("Value") != value:
                await asyncio.sleep(0.02)

    async def is_awaited(self) -> None:
        """Wait until the dialplan waits for a key, with no prompt any more."""
        async with asyncio.timeout(PATIENCE):
            while (self._half, "WaitExten") not in [
                (row["Channel"], row["Application"]) for row in await self._session.rows("CoreShowChannels")
            ]:
                await asyncio.sleep(0.02)

    @property
    def _half(self) -> str:
        """The one that is in the dialplan."""
        return f"{self._channel.removesuffix('1')}2"

    async def hang_up(self) -> None:
        await self._session.act("Hangup", Channel=self._channel)

    async def hang_up_at(self, event: str) -> None:
        """Hang up as soon as the dialplan tells this event."""
        await self.told(event)
        await self.hang_up()

    async def told(self, event: str, count: int = 1, **values: str) -> list[dict[str, str]]:
        """What the dialplan told by this user event, as soon as it told it `count` times."""
        wanted = {"UserEvent": event, "Uniqueid": self._uniqueid, **values}
        events = await self._session.all_events("UserEvent", wanted, count)
        return [_own(event) for event in events]

    async def story(self) -> list[tuple[str, dict[str, str]]]:
        """All that the dialplan told of the call until it ended."""
        await self._session.event("Hangup", Uniqueid=self._uniqueid)
        return [
            (event["UserEvent"].removeprefix("Cordboard"), _own(event))
            for event in self._session.events
            if event["Event"] == "UserEvent" and event["Uniqueid"] == self._uniqueid
        ]

    async def cause(self) -> str:
        return (await self._session.event("Hangup", Uniqueid=self._uniqueid))["Cause"]


def _left(edge: str, key: str, *, silent: int, wrong: int) -> tuple[str, dict[str, str]]:
    """What is told of somebody who leaves the menu for a place outside, and how often he failed in it."""
    left = {"Menu": "accueil", "Edge": edge, "Key": key, "By": "fallback"}
    return "Choice", {**left, "Silent": str(silent), "Wrong": str(wrong), "To": ""}


def _own(event: Message) -> dict[str, str]:
    """The values of a user event, without what Asterisk adds of the channel."""
    names = list(event)
    return {name: event[name] for name in names[names.index("UserEvent") + 1 :] if not name.startswith("ChanVariable")}


@pytest.fixture
def company() -> CompanyView:
    return OPEN


@pytest.fixture
async def switch(new_switch: Callable[..., Switch], company: CompanyView) -> Switch:
    made = new_switch("node1")
    await made.start(render(view_for(made, company)))
    await made.cli("module load app_senddtmf.so")  # what presses the keys of these callers
    return made


@pytest.fixture
async def session(switch: Switch) -> AsyncIterator[ManagerSession]:
    async with ManagerSession.open(switch, "cordboard", secret("run")) as opened:
        yield opened
    await switch.cli("channel request hangup all")
    await switch.wait_idle()
    assert [line for line in switch.complaints() if not any(expected in line for expected in EXPECTED)] == []


# --- the menu script is not there: the compiled way -------------------------------------------------------------------


async def test_a_caller_comes_through_menu_and_empty_queues_to_a_message(session: ManagerSession) -> None:
    caller = await Caller.dial(session, MAIN)
    await caller.told("CordboardMenu")
    await caller.press("1")
    assert await caller.story() == [
        ("Entered", {"Did": "main", "Company": "acme", "Generation": "7", "Origin": ""}),
        ("Fallback", {"Script": "menu", "Reason": "refused"}),
        ("Step", {"Node": "did.main", "Way": "open", "To": "accueil", "Version": "0", "By": "fallback"}),
        ("Menu", {"Menu": "accueil", "Version": "3", "By": "fallback"}),
        _left("key", "1", silent=0, wrong=0),
        ("Fallback", {"Script": "route", "Reason": "refused"}),
        (
            "Routed",
            {"Queue": "billing-fr", "QueuePriority": "2", "MaxPenalty": "99", "By": "fallback", "Why": "%5B%5D"},
        ),
        ("QueueLeft", {"Queue": "billing-fr", "Status": "JOINEMPTY"}),
        ("Fallback", {"Script": "route", "Reason": "refused"}),
        ("Routed", {"Queue": "reception", "QueuePriority": "0", "MaxPenalty": "99", "By": "fallback", "Why": "%5B%5D"}),
        ("QueueLeft", {"Queue": "reception", "Status": "JOINEMPTY"}),
        ("Outcome", {"Outcome": "dissuaded", "Detail": "empty"}),
    ]


async def test_back_top_and_repeat_move_inside_nested_menus(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardMenu")
    menus = ["accueil"]
    for key, leads_to in [
        ("2", "english"),
        ("#", "accueil"),  # back
        ("9", "accueil"),  # repeat
        ("2", "english"),
        ("8", "accueil"),  # an announcement, then the first menu as a further step of the way
        ("2", "english"),
        ("5", "accueil"),  # one wrong key is enough there, and leads back
        ("*", "accueil"),  # top
    ]:
        if menus[-1] == "english":
            await caller.is_awaited()  # it lets nobody interrupt its prompt
        await caller.press(key)
        menus.append(leads_to)
        await caller.told("CordboardMenu", menus.count(leads_to), Menu=leads_to)
    await caller.press("0")
    story = await caller.story()
    assert [values["Menu"] for name, values in story if name == "Menu"] == menus
    assert [values["Key"] for name, values in story if name == "Choice"] == [
        "2",
        "%23",
        "9",
        "2",
        "8",
        "2",
        "",
        "%2A",
        "0",
    ]
    assert story[-1] == ("Outcome", {"Outcome": "dissuaded", "Detail": "message"})


async def test_silence_and_wrong_keys_are_counted_apart(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardMenu")
    for key, counter, count in (("8", "CB_WRONG", "1"), ("8", "CB_WRONG", "2"), ("", "CB_SILENT", "1")):
        await caller.press(*key)
        await caller.has(counter, count)
    await caller.press("8")
    assert (await caller.story())[-2:] == [
        _left("wrong_input", "", silent=1, wrong=3),
        ("Outcome", {"Outcome": "dissuaded", "Detail": "wrong_input"}),
    ]


async def test_who_stays_silent_goes_where_the_menu_says(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    story = await caller.story()
    assert _left("no_input", "", silent=2, wrong=0) in story
    assert ("QueueLeft", {"Queue": "reception", "Status": "JOINEMPTY"}) in story


async def test_a_row_of_keys_is_waited_for_and_leads_outside(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardMenu")
    await caller.press("7", "7")
    dialled = await session.event("DialBegin", DialString="+33140000000@acme-carrier")
    assert dialled["Channel"].endswith(";2")
    await caller.hang_up()
    assert (await caller.story())[-2:] == [
        _left("key", "77", silent=0, wrong=0),
        ("Outcome", {"Outcome": "overflowed", "Detail": "acme-33140000000"}),
    ]


def heard(company: CompanyView, *sounds: str, barge_in: bool) -> CompanyView:
    """The company with these sounds as the prompt of its first menu."""
    first, *others = company.menus
    return replace(company, menus=(replace(first, prompt={"fr": sounds}, barge_in=barge_in), *others))


@pytest.mark.parametrize("company", [heard(OPEN, *["silence/10"] * 6, barge_in=True)])
async def test_a_key_interrupts_a_long_prompt(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardMenu")
    await caller.press("4")  # this prompt lasts for a minute, longer than anybody waits here
    assert (await caller.story())[-1] == ("Outcome", {"Outcome": "self_service", "Detail": "message"})


@pytest.mark.parametrize("company", [heard(OPEN, "silence/2", barge_in=False)])
async def test_a_key_during_a_prompt_that_lasts_is_dropped(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardMenu")
    await caller.press("4")
    await caller.is_awaited()
    await caller.press("0")
    story = await caller.story()
    assert [values["Key"] for name, values in story if name == "Choice"] == ["0"]


def heard_out_after_wrong_keys(company: CompanyView, *sounds: str) -> CompanyView:
    """The company whose first menu plays these sounds after a wrong key, and lets nobody stop them."""
    first, *others = company.menus
    wrong = replace(first.wrong_input, prompt={"fr": sounds}, barge_in=False)
    return replace(company, menus=(replace(first, wrong_input=wrong), *others))


@pytest.mark.parametrize("company", [heard_out_after_wrong_keys(OPEN, "silence/2")])
async def test_a_key_during_what_is_heard_out_after_a_wrong_one_is_dropped(session: ManagerSession) -> None:
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardMenu")
    await caller.press("8")
    await caller.has("CB_WRONG", "1")
    await caller.press("4")
    await caller.is_awaited()
    await caller.press("0")
    assert _left("key", "0", silent=0, wrong=1) in await caller.story()


# --- hours ------------------------------------------------------------------------------------------------------------


def daytime_zone() -> tuple[str, datetime.datetime]:
    """A time zone where it is neither early nor late now, and the time there."""
    for zone in ("Europe/Paris", "Asia/Tokyo", "America/Los_Angeles"):
        there = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
        if 4 <= there.hour <= 20:
            return zone, there
    raise AssertionError("it is night everywhere")


def opened(opens: int, closes: int, zone: str, *closed: datetime.date) -> CompanyView:
    interval = IntervalView(days=frozenset(range(7)), opens=opens, closes=closes)
    hours = replace(OPEN.hours[0], time_zone=zone, weekly=(interval,), closed_dates=closed)
    # Its list of closed dates is that of the first hours with the same ones, and of no other.
    before = replace(hours, id="before", closed_dates=(datetime.date(2001, 1, 1),))
    return replace(OPEN, hours=(before, replace(hours, id="same"), hours))


@pytest.mark.parametrize(
    ("opens_in", "closes_in", "is_open"),
    [(0, 120, True), (-120, 0, False), (-60, 60, True), (60, 120, False)],
    ids=["opens this minute", "closed since this minute", "long open", "opens later"],
)
async def test_hours_are_those_of_their_own_zone(
    new_switch: Callable[..., Switch], opens_in: int, closes_in: int, is_open: bool
) -> None:
    zone, there = daytime_zone()
    now = there.hour * 60 + there.minute
    company = opened(now + opens_in, now + closes_in, zone)
    switch = new_switch("node1")
    await switch.start(render(view_for(switch, company)))
    async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
        caller = await Caller.dial(session, MAIN)
        if is_open:
            await caller.told("CordboardMenu")
        else:
            assert (await caller.story())[-1] == ("Outcome", {"Outcome": "dissuaded", "Detail": "closed"})


async def test_a_closed_date_is_closed_all_day(new_switch: Callable[..., Switch]) -> None:
    zone, there = daytime_zone()
    switch = new_switch("node1")
    await switch.start(render(view_for(switch, opened(0, 1440, zone, there.date()))))
    async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
        caller = await Caller.dial(session, MAIN)
        assert (await caller.story())[-1] == ("Outcome", {"Outcome": "dissuaded", "Detail": "closed"})


# --- callers and numbers ----------------------------------------------------------------------------------------------


async def test_a_blocked_caller_is_refused_unanswered(session: ManagerSession) -> None:
    caller = await Caller.dial(session, DIRECT, caller="+33899123456")
    assert (await caller.story())[-1] == ("Outcome", {"Outcome": "blocked", "Detail": "list"})
    assert await caller.cause() == "21"
    assert not [event for event in session.events if event["Event"] == "Newstate" and event["ChannelStateDesc"] == "Up"]


async def test_a_blocked_prefix_hears_its_message_and_has_one_outcome(session: ManagerSession) -> None:
    caller = await Caller.dial(session, DIRECT, caller="+33900000001")
    story = await caller.story()
    assert [values for name, values in story if name == "Outcome"] == [{"Outcome": "blocked", "Detail": "list"}]
    assert await caller.cause() == "16"


async def test_a_number_that_is_not_ours_does_not_exist(switch: Switch) -> None:
    for number in ("+33999999999", "0123456789", "*43", "201"):
        assert "There is no existence of" in await switch.cli(f"dialplan show {number}@cordboard-in")


HOSTILE_CALLERS = (
    'a\\"b <1>',
    "${SHELL(touch pwned)} <${SHELL(touch pwned)}>",
    '"x,y" <">$[1=1]>',
    "<$[>",
    '"a"b" <+33899>',
    "\u202e;-- <;-->",
)


async def test_what_a_caller_calls_himself_changes_nothing(session: ManagerSession, switch: Switch) -> None:
    callers = [await Caller.dial(session, DIRECT, caller_id=caller_id) for caller_id in ("", *HOSTILE_CALLERS)]
    for caller in callers:
        await caller.hang_up_at("CordboardOutcome")
    plain, *hostile = [await caller.story() for caller in callers]
    assert [name for name, _ in plain] == ["Entered", "Fallback", "Outcome", "Outcome"]
    assert all(story == plain for story in hostile)
    assert not list(switch.folder.rglob("pwned"))


# --- scripts that fail, and scripts that answer -----------------------------------------------------------------------


Decided = tuple[dict[str, str], dict[str, str]]
"""The variables that a menu script and a route script set for one caller."""
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]


@pytest.fixture
async def answering(new_switch: Callable[..., Switch]) -> AsyncIterator[Callable[..., Awaitable[ManagerSession]]]:
    """Starts a switch whose FastAGI is answered by the given script."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(script: Script, company: CompanyView = OPEN) -> ManagerSession:
            switch = new_switch("node1")

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    head = (await reader.readuntil(b"\n\n")).decode()
                    await script(reader, writer, head)
                writer.close()

            server = await asyncio.start_server(serve, switch.address, 0)
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
            network = network_of(
                switch,
                agi_port=server.sockets[0].getsockname()[1],
                menu_guard_seconds=1,
                route_guard_seconds=1,
            )
            await switch.start(render(view_for(switch, company, network=network)))
            await switch.cli("module load app_senddtmf.so")
            opened = ManagerSession.open(switch, "cordboard", secret("run"))
            return await stack.enter_async_context(opened)

        yield start


def sets(menu: dict[str, str], route: dict[str, str]) -> Script:
    """A script that sets variables, for the menu or for the route, and ends."""
    return sets_for([(menu, route)] * 100)


def sets_for(callers: Sequence[Decided]) -> Script:
    """The same with variables of its own for each caller of `dial_all`."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        found = re.search(r"agi_callerid: \+336000000(\d\d)", head)
        menu, route = callers[int(found[1]) if found else 0]
        for name, value in (menu if "agi_network_script: menu" in head else route).items():
            writer.write(f'SET VARIABLE {name} "{value}"\n'.encode())
            await reader.readline()

    return script


async def dial_all(session: ManagerSession, number: str, count: int) -> list[Caller]:
    """So many callers at once, each with a number of his own."""
    return [await Caller.dial(session, number, caller=f"+336000000{position:02}") for position in range(count)]


Answering = Callable[..., Awaitable[ManagerSession]]


async def test_a_script_that_hangs_loses_its_caller_to_the_dialplan(answering: Answering) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        await reader.read()

    session = await answering(hang)
    caller = await Caller.dial(session, LINE)
    await caller.told("CordboardFallback", Script="menu", Reason="timeout")
    await caller.told("CordboardMenu")
    await caller.press("1")
    await caller.told("CordboardFallback", Script="route", Reason="timeout")
    assert ("Outcome", {"Outcome": "dissuaded", "Detail": "empty"}) in await caller.story()


async def test_a_script_that_dies_leaves_no_marker(answering: Answering) -> None:
    session = await answering(sets({"CB_KIND": "message", "CB_TARGET": "closed"}, {}))
    caller = await Caller.dial(session, QUEUE)
    story = await caller.story()
    assert ("Fallback", {"Script": "menu", "Reason": "unfinished"}) in story
    assert ("Fallback", {"Script": "route", "Reason": "unfinished"}) in story


ENDINGS = (
    ("message", "closed", "closed", {"Outcome": "dissuaded", "Detail": "closed"}),
    ("message", "opening", "message", {"Outcome": "self_service", "Detail": "message"}),
    ("hangup", "", "no_input", {"Outcome": "dissuaded", "Detail": "no_input"}),
    ("person", "bruno", "message", {"Outcome": "dissuaded", "Detail": "empty"}),
    ("voicemail", "billing", "message", {"Outcome": "dissuaded", "Detail": "message"}),
    ("queue", "reception", "message", {"Outcome": "dissuaded", "Detail": "empty"}),
    ("callback", "reception", "message", {"Outcome": "callback", "Detail": "reception"}),
)


async def test_a_finished_script_sends_its_caller_on(answering: Answering) -> None:
    decided: list[Decided] = [
        ({"CB_KIND": kind, "CB_TARGET": target, "CB_WHY": why, "CB_DONE": kind}, {}) for kind, target, why, _ in ENDINGS
    ]
    # New menus may offer to call back before the switch has anything of calls outside.
    session = await answering(sets_for(decided), replace(OPEN, outgoing=None))
    callers = await dial_all(session, LINE, len(ENDINGS))
    for caller, (kind, *_, ending) in zip(callers, ENDINGS, strict=True):
        if kind == "voicemail":
            await caller.told("CordboardOutcome", Outcome="voicemail", Detail="billing")
            await caller.hang_up()
        story = await caller.story()
        assert story[-1] == ("Outcome", ending)
        assert not [values for name, values in story if name == "Fallback" and values["Script"] == "menu"]


async def test_who_has_his_answer_is_not_turned_away_unless_he_asks_for_somebody(answering: Answering) -> None:
    ends = [("hangup", ""), ("message", "closed"), ("person", "bruno"), ("queue", "reception")]
    given = {"CB_GIVEN": "balance", "CB_WHY": "closed"}
    decided: list[Decided] = [
        ({"CB_KIND": kind, "CB_TARGET": target, **given, "CB_DONE": kind}, {}) for kind, target in ends
    ]
    session = await answering(sets_for(decided))
    outcomes = []
    for caller in await dial_all(session, LINE, len(ends)):
        told = [values for name, values in await caller.story() if name == "Outcome"]
        outcomes.append([(values["Outcome"], values["Detail"]) for values in told])
    served, turned_away = ("self_service", "step:balance"), ("dissuaded", "empty")
    assert outcomes == [[served], [served], [("", ""), turned_away], [("", ""), turned_away]]


async def test_an_outside_number_that_does_not_answer_leads_on(answering: Answering) -> None:
    session = await answering(sets({"CB_KIND": "dial", "CB_TARGET": "abroad", "CB_DONE": "dial"}, {}))
    caller = await Caller.dial(session, LINE)
    await session.event("DialBegin", DialString="+41441234567@acme-carrier")
    # Nobody is there: Asterisk gives up when the seconds of the step are over.
    told = [values for name, values in await caller.story() if name == "Outcome"]
    assert [(values["Outcome"], values["Detail"]) for values in told] == [
        ("overflowed", "acme-41441234567"),
        ("", ""),
        ("dissuaded", "unanswered"),
    ]


async def test_a_blocked_caller_of_the_live_script_is_not_told_twice(answering: Answering) -> None:
    menu = {"CB_KIND": "message", "CB_TARGET": "goodbye", "CB_WHY": "blocked", "CB_DONE": "message"}
    session = await answering(sets(menu, {}))
    caller = await Caller.dial(session, LINE)
    assert [name for name, _ in await caller.story()] == ["Entered"]


NONSENSE = (
    ("did", "main"),
    ("go", "s"),
    ("tell", "s"),
    ("message", "nowhere"),
    ("", ""),
    ("menu", "x"),
    ("queue", "billing-fr,1)"),
    ("queue", "${SHELL(touch pwned)}"),
    ("message,closed,1)", "x"),
)


async def test_nonsense_of_a_script_takes_the_compiled_way(answering: Answering) -> None:
    decided: list[Decided] = [
        ({"CB_KIND": kind, "CB_TARGET": target, "CB_DONE": "yes"}, {}) for kind, target in NONSENSE
    ]
    session = await answering(sets_for(decided), CLOSED)
    for caller in await dial_all(session, MAIN, len(NONSENSE)):
        story = await caller.story()
        assert ("Fallback", {"Script": "menu", "Reason": "unfinished"}) in story
        assert story[-1] == ("Outcome", {"Outcome": "dissuaded", "Detail": "closed"})


# --- queues -----------------------------------------------------------------------------------------------------------


async def add_member(session: ManagerSession, queue: str, *, paused: bool = False, penalty: int = 0) -> None:
    """A member who answers at once (an echo), or who is there but in pause."""
    await session.act(
        "QueueAdd",
        Queue=queue,
        Interface="Local/*43@cordboard-phones-acme",
        MemberName="acme-echo",
        Paused="true" if paused else "false",
        Penalty=str(penalty),
    )


async def test_who_waits_too_long_and_who_finds_no_place(session: ManagerSession) -> None:
    await add_member(session, "acme-billing-fr", paused=True)
    first = await Caller.dial(session, "601", context="cordboard-phones-acme")
    await session.event("QueueCallerJoin", Queue="acme-billing-fr")
    second = await Caller.dial(session, "601", context="cordboard-phones-acme")
    assert (await second.story())[-2:] == [
        ("QueueLeft", {"Queue": "billing-fr", "Status": "FULL"}),
        ("Outcome", {"Outcome": "dissuaded", "Detail": "full"}),
    ]
    await first.hang_up_at("CordboardOutcome")
    assert (await first.story())[-3:] == [
        ("QueueLeft", {"Queue": "billing-fr", "Status": "TIMEOUT"}),
        ("Outcome", {"Outcome": "voicemail", "Detail": "billing"}),
        ("Outcome", {"Outcome": "dissuaded", "Detail": "late"}),
    ]


async def test_when_the_last_agent_leaves_the_queue_is_empty(session: ManagerSession) -> None:
    await add_member(session, "acme-reception", paused=True)
    caller = await Caller.dial(session, QUEUE)
    await session.event("QueueCallerJoin", Queue="acme-reception")
    await session.act("QueueRemove", Queue="acme-reception", Interface="Local/*43@cordboard-phones-acme")
    assert ("QueueLeft", {"Queue": "reception", "Status": "LEAVEEMPTY"}) in await caller.story()


async def test_what_nobody_foresaw_is_a_technical_end(session: ManagerSession) -> None:
    await add_member(session, "acme-reception", paused=True)
    caller = await Caller.dial(session, QUEUE)
    joined = await session.event("QueueCallerJoin", Queue="acme-reception")
    await session.act("QueueWithdrawCaller", Queue="acme-reception", Caller=joined["Channel"], WithdrawInfo="moon")
    assert (await caller.story())[-2:] == [
        ("QueueLeft", {"Queue": "reception", "Status": "WITHDRAW"}),
        ("Outcome", {"Outcome": "technical", "Detail": "dialplan"}),
    ]


@pytest.mark.parametrize("place", ["acme-moon", "acme-reception,late", "s,1)${SHELL(touch pwned)}", "", "acme-REC;--"])
async def test_a_door_leads_to_what_is_there_and_nowhere_else(session: ManagerSession, place: str) -> None:
    await add_member(session, "acme-reception", paused=True)
    caller = await Caller.dial(session, QUEUE)
    joined = await session.event("QueueCallerJoin", Queue="acme-reception")
    for name, value in (("CB_TO", place), ("CB_WANTED", "abc123${SHELL(x)}")):
        await session.act("Setvar", Channel=joined["Channel"], Variable=name, Value=value)
    await session.act("QueueWithdrawCaller", Queue="acme-reception", Caller=joined["Channel"], WithdrawInfo="queue")
    assert (await caller.story())[-1] == ("Outcome", {"Outcome": "technical", "Detail": "dialplan"})


WITHDRAWN = replace(OPEN, queues=tuple(replace(queue, when_late=to("message", "busy")) for queue in OPEN.queues))


@pytest.mark.parametrize("company", [WITHDRAWN])
async def test_who_is_withdrawn_goes_on_as_who_waited_too_long(session: ManagerSession) -> None:
    await add_member(session, "acme-reception", paused=True)
    caller = await Caller.dial(session, QUEUE)
    joined = await session.event("QueueCallerJoin", Queue="acme-reception")
    await session.act("QueueWithdrawCaller", Queue="acme-reception", Caller=joined["Channel"])
    assert (await caller.story())[-2:] == [
        ("QueueLeft", {"Queue": "reception", "Status": "WITHDRAW"}),
        ("Outcome", {"Outcome": "dissuaded", "Detail": "withdrawn"}),
    ]


PATIENT = replace(OPEN, queues=(replace(OPEN.queues[0], max_wait_seconds=20), OPEN.queues[1]))


@pytest.mark.parametrize("company", [PATIENT])
async def test_the_window_opens_while_the_caller_waits(session: ManagerSession) -> None:
    await add_member(session, "acme-billing-fr", penalty=150)
    await Caller.dial(session, "601", context="cordboard-phones-acme")
    joined = await session.event("QueueCallerJoin", Queue="acme-billing-fr")
    called = await session.event("AgentCalled", Queue="acme-billing-fr")
    await session.event("AgentConnect", Queue="acme-billing-fr", MemberName="acme-echo")
    # Tier 1 opens after 2 s; Asterisk looks once a second.
    assert float(called["Timestamp"]) - float(joined["Timestamp"]) >= 1.0


async def test_what_the_route_script_decides_is_what_the_queue_gets(answering: Answering) -> None:
    route = {
        "CB_QUEUE": "billing-fr",
        "CB_PRIO": "5",
        "CB_MAXPEN": "199",
        "CB_DONE": "yes",
    }
    session = await answering(sets({"CB_KIND": "queue", "CB_TARGET": "reception", "CB_DONE": "queue"}, route))
    await add_member(session, "acme-billing-fr", paused=True)
    await Caller.dial(session, LINE)
    joined = await session.event("QueueCallerJoin", Queue="acme-billing-fr")
    for name, value in {"QUEUE_PRIO": "5", "QUEUE_MAX_PENALTY": "199"}.items():
        assert (await session.act("Getvar", Channel=joined["Channel"], Variable=name))["Value"] == value


UNDOABLE = (
    {"CB_QUEUE": "nowhere", "CB_PRIO": "1", "CB_MAXPEN": "99"},
    {"CB_QUEUE": "reception", "CB_PRIO": "", "CB_MAXPEN": "99"},
    {"CB_QUEUE": "reception", "CB_PRIO": "1", "CB_MAXPEN": "x"},
    {"CB_QUEUE": "reception,1)", "CB_PRIO": "${SHELL(touch pwned)}", "CB_MAXPEN": '99"=1'},
)


async def test_a_decision_that_cannot_be_done_takes_the_compiled_values(answering: Answering) -> None:
    menu = {"CB_KIND": "queue", "CB_TARGET": "reception", "CB_DONE": "queue"}
    session = await answering(sets_for([(menu, {**route, "CB_DONE": "yes"}) for route in UNDOABLE]))
    for caller in await dial_all(session, LINE, len(UNDOABLE)):
        await caller.told("CordboardFallback", Script="route", Reason="unfinished")
        await caller.told("CordboardRouted", Queue="reception", MaxPenalty="99", By="fallback")


# --- people, voicemail, the phones' own numbers -----------------------------------------------------------------------


async def test_a_message_that_was_left_is_what_the_call_came_to(session: ManagerSession, switch: Switch) -> None:
    caller = await Caller.dial(session, DIRECT, application="Milliwatt")
    await session.event("UserEvent", UserEvent="CordboardOutcome", Outcome="voicemail", Detail="amel")
    inbox = switch.places.spool / "voicemail/acme/amel/INBOX"
    async with asyncio.timeout(PATIENCE):
        while not list((switch.places.spool / "voicemail/acme/amel").rglob("*.wav")):
            await asyncio.sleep(0.1)  # the greeting, then the beep
    await asyncio.sleep(3.5)
    await caller.hang_up()
    assert (await caller.story())[-1] == ("Outcome", {"Outcome": "voicemail", "Detail": "amel"})
    assert (inbox / "msg0000.wav").is_file()


async def test_nobody_who_could_take_the_call(session: ManagerSession) -> None:
    caller = await Caller.dial(session, "250", context="cordboard-phones-acme")
    assert await caller.story() == [("Outcome", {"Outcome": "dissuaded", "Detail": "empty"})]


@pytest.mark.parametrize("company", [replace(OPEN, outgoing=None)])
async def test_phones_do_not_reach_outside_numbers(switch: Switch) -> None:
    for number in ("+33140000000", "0033140000000", "999"):
        assert "There is no existence of" in await switch.cli(f"dialplan show {number}@cordboard-phones-acme")


async def test_the_barrier_tells_its_tag(session: ManagerSession) -> None:
    for tag, told in (("probe-42", "probe-42"), ("a: ${X}$[1]\\", "aX1")):
        await session.act(
            "Originate",
            Channel="Local/s@cordboard-barrier/n",
            Application="Wait",
            Data="1",
            Async="true",
            Variable=f"CB_TAG={tag}",
        )
        await session.event("UserEvent", UserEvent="CordboardBarrier", Tag=told)


# --- a new generation under calls that are under way ------------------------------------------------------------------


async def test_a_caller_stays_on_the_generation_that_he_entered(new_switch: Callable[..., Switch]) -> None:
    switch = new_switch("node1")
    old = render(view_for(switch, OPEN))
    await switch.start(old)
    await switch.cli("module load app_senddtmf.so")
    async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
        caller = await Caller.dial(session, LINE)
        await caller.told("CordboardMenu")
        silent = replace(OPEN, menus=(replace(OPEN.menus[0], keys=()), OPEN.menus[1]))
        kept = KeptGeneration(number=7, path=str(switch.places.etc / "contexts-g7.conf"))
        switch.write(render(view_for(switch, silent, generation=8, kept=(kept,))))
        await switch.cli("dialplan reload")
        await caller.press("4")  # a key that the new generation does not know
        assert (await caller.story())[-1] == ("Outcome", {"Outcome": "self_service", "Detail": "message"})
        newcomer = await Caller.dial(session, LINE)
        assert (await newcomer.told("CordboardEntered"))[0]["Generation"] == "8"
    assert [line for line in switch.complaints() if not any(expected in line for expected in EXPECTED)] == []
