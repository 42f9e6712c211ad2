"""A call that is up as people and programs are shown it: who, what, and how long, up to now."""

from __future__ import annotations

from cordboard.desk.call_cards import OpenCallCard, open_call_card
from cordboard.desk.open_calls import open_calls
from kit.told import START, Told
from kit.told_calls import TRUNK, Dialled


def card(told: Told) -> OpenCallCard:
    [one] = open_calls(told.live.snapshot(with_conversations=True), "acme", {"acme"})
    return open_call_card(one, told.now)


def test_a_received_call_counts_all_that_it_waited_talked_and_was_held() -> None:
    told = Told()
    caller = told.call("1.1").enters()
    told.after(2)
    caller.joins().rings("acme-amel")
    told.after(4)
    assert (card(told).waited, card(told).talked) == (4.0, 0.0)
    caller.talks_to("acme-amel")
    told.after(10)
    agent = {name.removeprefix("Dest"): value for name, value in caller.dest("acme-amel").items()}
    told.event("Hold", **agent)
    told.after(3)
    assert (card(told).stage, card(told).talked, card(told).held) == ("held", 10.0, 3.0)
    told.event("Unhold", **agent)
    told.after(5)
    shown = card(told)
    assert (shown.stage, shown.lasts, shown.waited, shown.talked, shown.held) == ("talking", 24.0, 4.0, 15.0, 3.0)
    assert (shown.entered, shown.did, shown.dialled, shown.agent) == (START.timestamp(), "main", "", "amel")
    caller.joins("acme-support")
    assert (card(told).stage, card(told).queue, card(told).agent) == ("waiting", "support", "")


def test_who_began_it_is_the_caller_and_half_a_local_channel_is_nobody() -> None:
    told = Told()
    Dialled(told, "1.9", "acme-amel", "0612345678").rings(TRUNK).is_answered()
    half = {**told.call("1.10").leg, "Channel": "Local/203@cordboard-phones-00000001;1", "Linkedid": "1.9"}
    told.event("Newchannel", **half)
    shown = card(told)
    assert (shown.direction, shown.caller, shown.dialled) == ("outbound", "201", "0612345678")
    assert [leg.phone for leg in shown.legs] == ["amel", "carrier"]
