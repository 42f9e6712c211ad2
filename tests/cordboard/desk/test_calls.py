"""Commands on calls, on a real Asterisk with the generated dialplan and real phones: what each does, and refuses."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ami.actions import SetVariable
from ami.models import Call
from cordboard.desk.calls import Asker
from cordboard.desk.results import Done, Refused, Result
from cordboard.journal.outcome import Outcome, OutcomeKind, outcome_of
from kit.call_room import COMPANY, LINE, MENU, OUTSIDE, SUPERVISOR, Room, open_room
from kit.phones import Phone, Phones, Ring
from kit.switch import Switch

pytestmark = pytest.mark.switch


@pytest.fixture
async def room(new_switch: Callable[..., Switch], phones: Phones, tmp_path: Path) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        yield await open_room(stack, new_switch("pbx1"), phones, tmp_path)


def refusal(result: Result) -> str:
    assert isinstance(result, Refused), result
    assert result.words.endswith(".")
    return result.reason


async def test_a_talk_is_hung_up(room: Room) -> None:
    await room.agent("chloe")
    caller = await room.call()
    one = await room.up("talking")
    assert await room.calls.hang_up("acme", str(one.id), SUPERVISOR) == Done()
    await caller.ended()
    await room.until(lambda: not room.up_now, "the end to be seen")
    assert refusal(await room.calls.hang_up("acme", str(one.id), SUPERVISOR)) == "unknown_call"
    assert await room.audit() == [("sylvie", "call.hangup", str(one.id), "")]


async def test_a_talk_is_transferred_to_a_person_and_the_queue_is_done_with_it(room: Room) -> None:
    chloe = await room.agent("chloe")
    bruno = await room.phone("bruno", tone=1000)
    caller = await room.call()
    one = await room.up("talking")
    assert await room.calls.transfer("acme", str(one.id), "bruno", SUPERVISOR) == Done()
    await chloe.call.ended()
    await caller.hears(1000)
    await bruno.call.hears(425)
    await room.until(lambda: room.live.snapshot().calls[0].facts[-1].kind in ("connected", "answered"), "it to be told")
    log = [line[4] for line in room.lab.switch.queue_log() if line[1] == one.id.uniqueid]
    assert log == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER"]
    assert await room.audit() == [("sylvie", "call.transfer", str(one.id), "to person bruno")]


async def test_a_talk_is_transferred_to_a_queue_by_its_number(room: Room) -> None:
    await room.agent("chloe")
    caller = await room.call()
    one = await room.up("talking")
    amel = await room.agent("amel", tone=1000)
    assert await room.calls.transfer("acme", one.id.uniqueid, "601", SUPERVISOR) == Done()
    await caller.hears(1000)
    assert amel.call.is_answered


async def test_a_call_in_a_menu_is_transferred_and_its_guard_goes(room: Room) -> None:
    bruno = await room.phone("bruno", tone=1000)
    caller = await room.call(MENU)
    one = await room.up("menu")
    assert await room.calls.transfer("acme", one.id.uniqueid.rpartition(".")[2], "202", SUPERVISOR) == Done()
    await caller.hears(1000)
    await bruno.call.hears(425)


async def test_a_waiting_caller_is_transferred_out_of_the_queue_and_did_not_give_up(room: Room) -> None:
    await room.agent("chloe", Ring())
    caller = await room.call()
    bruno = await room.phone("bruno", tone=1000)
    one = await room.up("ringing")
    assert await room.calls.transfer("acme", str(one.id), "person:bruno", SUPERVISOR) == Done()
    await caller.hears(1000)
    (ended,) = [call for call in room.live.snapshot().calls if call.id == one.id]
    assert [fact.data["status"] for fact in ended.facts if fact.kind == "queue_left"] == ["WITHDRAW"]
    assert bruno.call.is_answered
    assert room.paused("chloe") == ""


async def test_only_outside_numbers_that_the_company_file_names_are_dialled(room: Room) -> None:
    await room.agent("chloe")
    await room.call()
    one = await room.up("talking")
    calls = room.calls
    assert refusal(await calls.transfer("acme", str(one.id), "+33899000000", SUPERVISOR)) == "not_dialable"
    assert refusal(await calls.transfer("acme", str(one.id), "+33140000001,1", SUPERVISOR)) == "unknown_target"
    assert (await room.up("talking")).id == one.id
    assert await room.audit() == []
    assert await calls.transfer("acme", str(one.id), OUTSIDE, SUPERVISOR) == Done()
    await room.until(
        lambda: not any(leg.endpoint == "acme-chloe" for leg in room.live.snapshot().channels), "chloe to be let go"
    )


async def test_what_cannot_be_is_refused_in_words(room: Room) -> None:
    await room.agent("chloe", Ring())
    await room.call()
    one = await room.up("ringing")
    calls, call = room.calls, str(one.id)
    assert refusal(await calls.transfer("acme", call, "nobody", SUPERVISOR)) == "unknown_target"
    assert refusal(await calls.consult("acme", call, "bruno", SUPERVISOR)) == "not_talking"
    assert refusal(await calls.park("acme", call, SUPERVISOR)) == "not_talking"
    assert refusal(await calls.fetch("acme", call, SUPERVISOR, person="bruno")) == "not_parked"
    assert refusal(await calls.fetch("acme", call, SUPERVISOR)) == "whose_phone"
    assert refusal(await calls.cancel("acme", call, SUPERVISOR)) == "not_consulting"
    assert refusal(await calls.complete("acme", call, SUPERVISOR)) == "not_consulting"
    assert refusal(await calls.move("acme", call, "english", SUPERVISOR)) == "already_there"
    assert refusal(await calls.move("acme", call, "moon", SUPERVISOR)) == "unknown_queue"
    assert refusal(await calls.prioritise("acme", call, 101, SUPERVISOR)) == "bad_priority"
    assert refusal(await calls.hang_up("acme", "pbx1/1.1", SUPERVISOR)) == "unknown_call"
    assert refusal(await calls.hang_up("acme", "", SUPERVISOR)) == "unknown_call"
    assert await room.audit() == []


async def test_an_agent_acts_on_the_calls_that_he_is_in(room: Room) -> None:
    await room.agent("chloe")
    caller = await room.call()
    one = await room.up("talking")
    bruno, chloe = Asker("bruno", "bruno"), Asker("chloe", "chloe")
    for refused in (
        await room.calls.hang_up("acme", str(one.id), bruno),
        await room.calls.transfer("acme", str(one.id), "bruno", bruno),
        await room.calls.park("acme", str(one.id), bruno),
        await room.calls.originate("acme", "chloe", "201", bruno),
        await room.calls.fetch("acme", str(one.id), bruno, person="chloe"),
    ):
        assert refusal(refused) == "not_his_call"
    assert await room.calls.hang_up("acme", str(one.id), chloe) == Done()
    await caller.ended()


async def test_a_caller_is_parked_and_fetched(room: Room) -> None:
    chloe = await room.agent("chloe")
    bruno = await room.phone("bruno", tone=1000)
    caller = await room.call()
    one = await room.up("talking")
    result = await room.calls.park("acme", str(one.id), Asker("chloe", "chloe"))
    assert result == Done(told={"slot": "701", "dial": "*701"})
    await chloe.call.ended()
    await caller.hears_other_than(850)
    assert (await room.up("parked")).id == one.id
    fetched = await room.calls.fetch("acme", str(one.id), SUPERVISOR, person="bruno")
    assert isinstance(fetched, Done), fetched
    await caller.hears(1000)
    await bruno.call.hears(425)
    together = await room.up("talking")
    assert {party.endpoint: party.number for party in together.conversation.parties}["acme-bruno"] == "202"
    assert [line[1:] for line in await room.audit()] == [
        ("call.park", str(one.id), ""),
        ("call.fetch", str(one.id), "for bruno"),
    ]
    log = [line[4] for line in room.lab.switch.queue_log() if line[1] == one.id.uniqueid]
    assert log == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER"]


async def test_a_parked_caller_is_fetched_by_dialling_his_slot(room: Room) -> None:
    await room.agent("chloe")
    bruno = await room.phone("bruno", tone=1000)
    caller = await room.call()
    one = await room.up("talking")
    result = await room.calls.park("acme", str(one.id), SUPERVISOR)
    assert isinstance(result, Done)
    call = await bruno.dial(result.told["dial"])
    await call.hears(425)
    await caller.hears(1000)


async def test_who_is_not_fetched_comes_back_to_the_phone_that_parked_him(room: Room) -> None:
    chloe = await room.agent("chloe")
    caller = await room.call()
    one = await room.up("talking")
    assert isinstance(await room.calls.park("acme", str(one.id), SUPERVISOR), Done)
    back = await chloe.incoming(number=2)
    await back.hears(425)
    await caller.hears(850)


async def test_a_waiting_caller_is_given_another_place(room: Room) -> None:
    await room.agent("chloe", Ring())
    await room.call()
    first = await room.up("ringing")
    await room.call()
    second = await room.up("waiting")
    assert await room.calls.prioritise("acme", str(second.id), 7, SUPERVISOR) == Done()
    line = [second.id.uniqueid, first.id.uniqueid]
    await room.until(lambda: room.line("english") == line, "the second to be first")
    assert await room.audit() == [("sylvie", "call.prioritise", str(second.id), "7 in english")]
    assert await room.link.compare() == []


@pytest.mark.parametrize("stage", ["ringing", "waiting"])
async def test_a_withdrawn_caller_goes_on_as_one_who_waited_too_long(room: Room, stage: str) -> None:
    ended: dict[str, Call] = {}
    room.live.watch(lambda change: ended.update({change.key: change.value}) if isinstance(change.value, Call) else None)
    await room.agent("chloe", Ring())
    callers = {"ringing": await room.call()}
    await room.up("ringing")
    callers["waiting"] = await room.call()
    await room.up("waiting")
    one = await room.up(stage)
    assert await room.calls.withdraw("acme", str(one.id), SUPERVISOR) == Done()
    await callers[stage].ended()
    await room.until(lambda: ended[one.id.uniqueid].ended, "the end to be told")
    assert refusal(await room.calls.withdraw("acme", str(one.id), SUPERVISOR)) == "unknown_call"
    assert room.paused("chloe") == ""
    assert outcome_of(ended[one.id.uniqueid]) == Outcome(OutcomeKind.DISSUADED, "withdrawn")
    log = [line[4] for line in room.lab.switch.queue_log() if line[1] == one.id.uniqueid]
    assert log == {"ringing": ["ENTERQUEUE", "RINGCANCELED", "ABANDON"], "waiting": ["ENTERQUEUE", "WITHDRAW"]}[stage]


async def test_a_caller_moves_to_the_place_in_another_queue_that_his_waiting_earns(room: Room) -> None:
    await room.agent("chloe", Ring())
    await room.agent("amel", Ring())
    await room.call()
    early = await room.up("ringing")
    await room.call(MENU)
    menu = await room.up("menu")
    assert await room.calls.transfer("acme", str(menu.id), "billing-fr", SUPERVISOR) == Done()
    await room.until(lambda: sum(one.waiting is not None for one in room.up_now) == 2, "both to wait")
    assert await room.calls.move("acme", str(early.id), "billing-fr", SUPERVISOR) == Done()

    line = [early.id.uniqueid, menu.id.uniqueid]
    await room.until(lambda: room.line("billing-fr") == line, "the early one before the later one")


@pytest.mark.parametrize("before", [0, 60, 500])
async def test_what_he_waited_counts_where_he_is_moved(room: Room, before: int) -> None:
    """Who has waited for all of the time there is has half a minute."""
    await room.agent("chloe", Ring())
    await room.agent("amel", Ring())
    await room.call()
    one = await room.up("ringing")

    async def patience() -> int:
        said = await room.lab.switch.cli(f"core show channel {one.caller.name}")
        (data,) = re.findall(r"Data: acme-(.*)", said)
        return int(data.split(",")[4])

    assert await patience() == COMPANY.queues["english"].max_wait, "who was not moved has all"
    await room.link.act(SetVariable(one.caller.name, "CB_BEFORE", str(before)))
    for queue in ("billing-fr", "english"):
        assert await room.calls.move("acme", str(one.id), queue, SUPERVISOR) == Done()
        await room.until(lambda queue=queue: room.line(queue) == [one.id.uniqueid], "him to wait there")  # type: ignore[misc]
        left = COMPANY.queues[queue].max_wait - before
        assert max(30, left - 60) <= await patience() <= max(30, left)


async def test_a_number_is_dialled_from_the_phone_as_if_by_hand(room: Room) -> None:
    chloe = await room.phone("chloe")
    bruno = await room.phone("bruno", tone=1000)
    result = await room.calls.originate("acme", "chloe", "2 02", Asker("chloe", "chloe"))
    assert isinstance(result, Done)
    assert chloe.call.caller_number == "202"
    await chloe.call.hears(1000)
    await bruno.call.hears(850)
    assert bruno.call.caller_number == "203"
    (one,) = room.up_now
    assert str(one.id) == result.told["call"]
    assert await room.audit() == [("chloe", "call.originate", "chloe", "202 from chloe")]
    assert await room.calls.hang_up("acme", str(one.id), Asker("chloe", "chloe")) == Done()
    await bruno.call.ended()


async def test_what_the_phone_cannot_dial_is_not_dialled_for_it(room: Room) -> None:
    chloe = await room.phone("chloe")
    for number in ("+33140000001", "0140000001", "999", "s", "202,1", "202&203", "", "to-person"):
        reason = refusal(await room.calls.originate("acme", "chloe", number, SUPERVISOR))
        assert reason in ("not_dialable", "bad_number"), number
    assert refusal(await room.calls.originate("acme", "bruno", "203", SUPERVISOR)) == "phone_unreachable"
    assert refusal(await room.calls.originate("acme", "dora", "203", SUPERVISOR)) == "no_phone"
    assert refusal(await room.calls.originate("acme", "zoe", "203", SUPERVISOR)) == "unknown_person"
    await chloe.dial("*43")
    await room.until(lambda: room.live.snapshot().devices["PJSIP/acme-chloe"] == 2, "chloe in use")
    assert refusal(await room.calls.originate("acme", "chloe", "202", SUPERVISOR)) == "phone_busy"
    assert await room.audit() == []


async def test_somebody_is_asked_first_and_gets_the_call(room: Room) -> None:
    chloe = await room.agent("chloe")
    bruno = await room.phone("bruno", tone=1000)
    caller = await room.call()
    one = await room.up("talking")
    assert await room.calls.consult("acme", str(one.id), "bruno", SUPERVISOR) == Done()
    await chloe.call.hears(1000)
    await bruno.call.hears(850)
    assert (await room.up("consulted_about")).id == one.id
    assert await room.calls.complete("acme", str(one.id), SUPERVISOR) == Done()
    await caller.hears(1000)
    await bruno.call.hears(425)
    log = [line[4] for line in room.lab.switch.queue_log() if line[1] == one.id.uniqueid]
    assert log == ["ENTERQUEUE", "CONNECT", "ATTENDEDTRANSFER"]


async def test_an_outside_number_is_asked_first_and_gets_the_call(room: Room) -> None:
    chloe = await room.agent("chloe")
    outside = await trunk_to(room, OUTSIDE, tone=1000)
    caller = await room.call()
    one = await room.up("talking")
    refused = await room.calls.consult("acme", str(one.id), "+33899000000", SUPERVISOR)
    assert refusal(refused) == "not_dialable"
    assert await room.calls.consult("acme", str(one.id), OUTSIDE, SUPERVISOR) == Done()
    asked = await outside.incoming(number=1)
    assert asked.caller_number == LINE, "a number of the company, not that of chloe"
    await chloe.call.hears(1000)
    await asked.hears(850)
    assert (await room.up("consulted_about")).id == one.id
    assert await room.calls.complete("acme", str(one.id), SUPERVISOR) == Done()
    await caller.hears(1000)
    await asked.hears(425)
    assert (await room.audit())[0][1:] == ("call.consult", str(one.id), f"to external {OUTSIDE}")
    ended: dict[str, Call] = {}
    room.live.watch(lambda change: ended.update({change.key: change.value}) if isinstance(change.value, Call) else None)
    await caller.hang_up()
    await room.until(lambda: one.id.uniqueid in ended and ended[one.id.uniqueid].ended, "the end to be told")
    assert outcome_of(ended[one.id.uniqueid]) == Outcome(OutcomeKind.HANDLED, "chloe")


async def trunk_to(room: Room, number: str, tone: int) -> Phone:
    """Somebody outside whom the trunk reaches, in the SIP stack of the phones."""
    contacts = await room.lab.switch.cli("pjsip show contacts")
    (port,) = re.findall(r"sip:acme-chloe[^@]*@127.0.0.1:([0-9]+)", contacts)
    path = room.lab.etc / "pjsip.conf"
    path.write_text(path.read_text().replace("contact=sip:127.0.0.9:5090", f"contact=sip:127.0.0.1:{port}"))
    await room.lab.switch.cli("module reload res_pjsip.so")
    return await room.phones.caller(number, room.lab.switch.sip, tone=tone)


async def test_a_consultation_is_called_off(room: Room) -> None:
    chloe = await room.agent("chloe")
    bruno = await room.phone("bruno", Ring())
    caller = await room.call()
    one = await room.up("talking")
    assert await room.calls.consult("acme", str(one.id), "202", Asker("chloe", "chloe")) == Done()
    await bruno.incoming(number=1)
    assert await room.calls.cancel("acme", str(one.id), Asker("chloe", "chloe")) == Done()
    await caller.hears(850)
    await chloe.call.hears(425)
    await bruno.call.ended()


async def test_two_commands_on_one_call_take_their_turns(room: Room) -> None:
    await room.agent("chloe")
    await room.call()
    one = await room.up("talking")
    results = await asyncio.gather(*(room.calls.park("acme", str(one.id), SUPERVISOR) for _ in range(2)))
    (refused,) = [result for result in results if not isinstance(result, Done)]
    assert refusal(refused) == "not_talking", "when its turn came the caller was parked already"
    assert [line[1] for line in await room.audit()] == ["call.park"]


async def test_a_parked_caller_and_one_on_hold_are_transferred(room: Room) -> None:
    chloe = await room.agent("chloe")
    bruno = await room.phone("bruno", tone=1000)
    caller = await room.call()
    one = await room.up("talking")
    await chloe.call.hold()
    await room.up("held")
    assert await room.calls.transfer("acme", str(one.id), "bruno", SUPERVISOR) == Done()
    await caller.hears(1000)
    assert isinstance(await room.calls.park("acme", str(one.id), Asker("bruno", "bruno")), Done)
    await bruno.call.ended()
    await room.up("parked")
    assert await room.calls.transfer("acme", str(one.id), "chloe", SUPERVISOR) == Done()
    await caller.hears(850)


async def test_an_agent_transfers_whom_he_called_himself(room: Room) -> None:
    chloe = await room.phone("chloe")
    bruno = await room.phone("bruno", tone=1000)
    amel = await room.phone("amel", tone=1300)
    result = await room.calls.originate("acme", "chloe", "202", Asker("chloe", "chloe"))
    assert isinstance(result, Done)
    await (await bruno.incoming(number=1)).hears(850)
    call = result.told["call"]
    assert refusal(await room.calls.consult("acme", call, "amel", Asker("chloe", "chloe"))) == "his_own_call"
    assert await room.calls.transfer("acme", call, "amel", Asker("chloe", "chloe")) == Done()
    await chloe.call.ended()
    await (await amel.incoming(number=1)).hears(1000)
    await bruno.call.hears(1300)


async def test_a_transfer_to_a_busy_or_unreachable_phone_is_done_with_a_warning(room: Room) -> None:
    await room.agent("chloe")
    caller = await room.call()
    one = await room.up("talking")
    assert await room.calls.transfer("acme", str(one.id), "bruno", SUPERVISOR) == Done(("phone_unreachable",))
    await caller.ended()
    bruno = await room.phone("bruno")
    await bruno.dial("*43")
    await room.call()
    two = await room.up("talking")
    await room.until(lambda: room.live.snapshot().devices["PJSIP/acme-bruno"] == 2, "bruno in use")
    assert refusal(await room.calls.consult("acme", two.id.uniqueid, "bruno", SUPERVISOR)) == "phone_busy"


@pytest.mark.parametrize("what", ["withdraw", "park", "originate"])
async def test_an_older_dialplan_without_the_ways_loses_nobody(room: Room, what: str) -> None:
    """What an Asterisk runs that Cordboard was just updated beside: no doors yet."""
    await room.agent("chloe", Ring() if what == "withdraw" else None)
    await room.call()
    one = await room.up("ringing" if what == "withdraw" else "talking")
    await room.lab.switch.cli("dialplan remove context cordboard-desk")
    if what == "withdraw":
        result = await room.calls.withdraw("acme", str(one.id), SUPERVISOR)
    elif what == "park":
        result = await room.calls.park("acme", str(one.id), SUPERVISOR)
    else:
        await room.phone("bruno")
        result = await room.calls.originate("acme", "bruno", "201", SUPERVISOR)
    assert refusal(result) == "not_applied"
    assert refusal(await room.calls.transfer("acme", str(one.id), "amel", SUPERVISOR)) == "not_applied"
    assert len(room.up_now) == 1


async def test_an_agent_dials_from_where_he_sits(room: Room) -> None:
    lobby = await room.phone("lobby")
    amel = await room.phone("amel", tone=1300)
    assert isinstance(await room.agents.log_in("acme", "bruno", "test", phone="lobby"), Done)
    result = await room.calls.originate("acme", "bruno", "201", Asker("bruno", "bruno"))
    assert isinstance(result, Done)
    await (await amel.incoming(number=1)).hears(850)
    assert amel.call.caller_number == "250"
    assert lobby.call.caller_number == "201"
    call = result.told["call"]
    assert lobby.call.headers["X-Cordboard-Call"] == amel.call.headers["X-Cordboard-Call"] == call
    assert refusal(await room.calls.hang_up("acme", call, Asker("chloe", "chloe"))) == "not_his_call"
    assert await room.calls.hang_up("acme", call, Asker("bruno", "bruno")) == Done()
    await lobby.call.ended()
