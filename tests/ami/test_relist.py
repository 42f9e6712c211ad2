"""Received calls after a gap: what the lists show of them, joined with what was known before."""

from dataclasses import replace
from datetime import timedelta

from ami import events as told
from ami.fields import Leg, MemberFacts
from ami.fold import Fold
from ami.live import snapshot_of
from ami.models import AgentState, Call, ChannelState, DeviceState, LinkState, LinkStatus, Snapshot, Stage
from ami.relist import Listing, Memory, load, settle
from ami.rows import BridgeRow, ChannelRow, DeviceRow, MemberRow, QueueRow, WaitingRow
from kit.recorded import START

LATER = START + timedelta(seconds=30)


def leg(number: int, endpoint: str = "carrier", state: ChannelState = ChannelState.UP, linked: int = 1) -> Leg:
    context = "cordboard-in" if endpoint == "carrier" else "cordboard-phones-acme"
    account = "acme-main" if endpoint == "carrier" else ""
    name = f"PJSIP/{endpoint}-0000000{number}"
    return Leg(f"pbx1-{number}", f"pbx1-{linked}", name, state, "+33612345678", "", "", account, context, "s")


def member(status: DeviceState = DeviceState.NOT_IN_USE) -> MemberRow:
    return MemberRow(
        MemberFacts("acme-sales", "PJSIP/acme-amel", "acme-amel", "PJSIP/acme-amel", "dynamic", 0, False, "", None,
                    status, False, None, START, 0.0, 0, False)
    )  # fmt: skip


CALLER = ChannelRow(leg(1), "Queue", None, 20.0)
PHONE = ChannelRow(leg(2, "acme-amel"), "AppQueue", "b1", 5.0)
WAITING = WaitingRow("acme-sales", "pbx1-1", 1, 5, 9.0, "+33612345678", "")
QUEUE = QueueRow("acme-sales", "leastrecent", 20, 0)
BRIDGE = BridgeRow("b1", "basic", "simple_bridge", "")


def listing(*rows: object) -> Listing:
    def of(*kinds: type) -> tuple[object, ...]:
        return tuple(row for row in rows if isinstance(row, kinds))

    return Listing(LATER, of(ChannelRow), of(BridgeRow), of(QueueRow, MemberRow, WaitingRow), of(DeviceRow))  # type: ignore[arg-type]


def relisted(before: Fold | None, *rows: object, gap: str = "link") -> Fold:
    fold = Fold("pbx1")
    load(fold, listing(*rows), Memory.of(before, gap) if before is not None else None)
    settle(fold, LATER)
    return fold


def seen(fold: Fold) -> Snapshot:
    return snapshot_of(fold, LATER, 0, LinkStatus(LinkState.LIVE, LATER))


def only_call(fold: Fold) -> Call:
    [call] = seen(fold).calls
    return call


def queue_call(*, is_connected: bool) -> Fold:
    """A fold that saw a call enter and wait, and perhaps be answered 10 s later."""
    fold = Fold("pbx1")
    caller, phone = leg(1), leg(2, "acme-amel")
    fold.apply(told.CallEntered(None, caller, "main", "acme", 7), START)
    fold.apply(told.MemberChanged(None, member().member), START)
    fold.apply(told.CallerJoined(None, caller, "acme-sales", 1, 1), START)
    if is_connected:
        answered = START + timedelta(seconds=10)
        fold.apply(
            told.AgentConnected(None, caller, phone, "acme-sales", "PJSIP/acme-amel", "acme-amel", 10, 2), answered
        )
        for each in (phone, caller):
            fold.apply(told.BridgeEntered(None, each, "b1", "basic", "simple_bridge", ""), answered)
    return fold


def test_a_waiting_caller_from_lists_alone() -> None:
    call = only_call(relisted(None, CALLER, QUEUE, member(), WAITING))
    assert (call.stage, call.queue, call.position, call.is_partial, call.company, call.did) == (
        Stage.WAITING, "acme-sales", 1, True, "acme", "main",
    )  # fmt: skip
    assert call.joined == LATER - timedelta(seconds=9)
    assert call.entered == LATER - timedelta(seconds=20)
    assert [(fact.kind, fact.at) for fact in call.facts] == [("joined", call.joined)]


def test_a_ringing_agent_from_lists_alone() -> None:
    rings = ChannelRow(leg(2, "acme-amel", ChannelState.RINGING), "AppQueue", None, 2.0)
    fold = relisted(None, CALLER, rings, QUEUE, member(DeviceState.RINGING), WAITING)
    call = only_call(fold)
    assert (call.stage, call.offered_to) == (Stage.RINGING, ("acme-amel",))
    [agent] = seen(fold).agents
    assert (agent.state, agent.call) == (AgentState.RINGING, call.id)


def test_a_leg_that_was_listed_before_it_was_dialled_is_dialled() -> None:
    """Asterisk makes a leg first, and says then that a queue called it."""
    made, caller = leg(2, "acme-amel", ChannelState.DOWN), leg(1)
    fold = Fold("pbx1")
    load(fold, listing(CALLER, ChannelRow(made, "", None, 0.0), QUEUE, member(), WAITING))
    fold.apply(told.ChannelSeen(None, made, True), LATER)
    fold.apply(told.AgentCalled(None, caller, made, "acme-sales", "PJSIP/acme-amel", "acme-amel"), LATER)
    fold.apply(told.DialBegan(None, caller, made), LATER)
    fold.apply(told.ChannelSeen(None, made._replace(state=ChannelState.RINGING), False), LATER)
    fold.apply(told.MemberChanged(None, member(DeviceState.RINGING).member), LATER)
    settle(fold, LATER)
    [agent] = seen(fold).agents
    assert agent.state is AgentState.RINGING


def test_a_talking_caller_from_lists_alone() -> None:
    talking = replace(CALLER, bridge="b1")
    fold = relisted(None, talking, PHONE, BRIDGE, QUEUE, member(DeviceState.IN_USE))
    call = only_call(fold)
    assert (call.stage, call.agent, call.talking_since) == (Stage.TALKING, "acme-amel", LATER)
    [agent] = seen(fold).agents
    assert (agent.state, agent.call) == (AgentState.INBOUND_CALL, call.id)


def test_an_account_on_another_leg_is_no_call() -> None:
    other = ChannelRow(leg(3, linked=1), "Dial", None, 5.0)
    strange = ChannelRow(leg(4, linked=4)._replace(account="NOT A DID"), "Dial", None, 5.0)
    assert seen(relisted(None, other, strange)).calls == ()


def test_a_call_that_entered_an_older_generation_has_no_company_in_its_account() -> None:
    older = replace(CALLER, leg=CALLER.leg._replace(account="main"))
    call = only_call(relisted(None, older))
    assert (call.company, call.did) == ("", "main")


def test_what_a_caller_does_when_first_seen() -> None:
    for application, stage in [("BackGround", Stage.MENU), ("VoiceMail", Stage.VOICEMAIL), ("Wait", Stage.ENTERING)]:
        assert only_call(relisted(None, replace(CALLER, application=application))).stage is stage


def test_waiting_through_a_gap_keeps_its_beginning() -> None:
    call = only_call(relisted(queue_call(is_connected=False), CALLER, QUEUE, member(), WAITING))
    assert (call.stage, call.joined, call.is_partial) == (Stage.WAITING, START, False)
    assert [fact.kind for fact in call.facts] == ["entered", "joined", "gap"]


def test_answered_in_a_gap() -> None:
    """How long he waited nobody saw; that he talks now is seen."""
    fold = relisted(queue_call(is_connected=False), replace(CALLER, bridge="b1"), PHONE, BRIDGE, QUEUE, member())
    call = only_call(fold)
    assert (call.stage, call.agent, call.waited, call.joined, call.position) == (
        Stage.TALKING, "acme-amel", 0.0, None, None,
    )  # fmt: skip
    assert [fact.kind for fact in call.facts] == ["entered", "joined", "gap", "connected"]
    assert call.facts[-1].data["queue"] == "acme-sales"


def test_talking_through_a_gap_goes_on() -> None:
    fold = relisted(queue_call(is_connected=True), replace(CALLER, bridge="b1"), PHONE, BRIDGE, QUEUE, member())
    call = only_call(fold)
    assert (call.stage, call.waited, call.talking_since) == (Stage.TALKING, 10.0, START + timedelta(seconds=10))


def test_the_agent_left_in_a_gap() -> None:
    call = only_call(relisted(queue_call(is_connected=True), CALLER, QUEUE, member()))
    assert (call.stage, call.talking_since) == (Stage.ROUTING, None)
    assert [fact.kind for fact in call.facts][-2:] == ["gap", "completed"]


def test_back_in_line_after_a_gap() -> None:
    call = only_call(relisted(queue_call(is_connected=True), CALLER, QUEUE, member(), WAITING))
    assert (call.stage, call.position, call.joined) == (Stage.WAITING, 1, LATER - timedelta(seconds=9))


def test_no_gap_leaves_calls_as_they_are() -> None:
    before = queue_call(is_connected=True)
    fold = relisted(before, replace(CALLER, bridge="b1"), PHONE, BRIDGE, QUEUE, member(), gap="")
    assert only_call(fold) == only_call(before)
    assert seen(fold).channels[0].created == seen(before).channels[0].created


def test_a_hold_is_remembered_though_no_list_tells_it() -> None:
    before = queue_call(is_connected=True)
    before.apply(told.Held(None, leg(2, "acme-amel")), START + timedelta(seconds=12))
    fold = relisted(before, replace(CALLER, bridge="b1"), PHONE, BRIDGE, QUEUE, member(), gap="")
    assert only_call(fold).stage is Stage.HELD
    assert [channel.held for channel in seen(fold).channels] == [False, True]


def test_who_hung_up_before_stays_away() -> None:
    before = queue_call(is_connected=False)
    before.apply(told.ChannelHungUp(None, leg(1), 16, ""), START)
    assert seen(relisted(before, CALLER, WAITING)).channels == ()


def test_devices_of_queues_are_left_out() -> None:
    rows = (DeviceRow("PJSIP/a", DeviceState.IN_USE), DeviceRow("Queue:acme-sales_avail", DeviceState.IN_USE))
    assert seen(relisted(None, *rows)).devices == {"PJSIP/a": DeviceState.IN_USE}
