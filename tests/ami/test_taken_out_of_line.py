"""A manager puts a waiting caller together with a phone: he is in no line any more, though app_queue tells nothing."""

from __future__ import annotations

from ami.conversation import Conversation
from ami.models import FactKind
from kit.told import Told

DAN = {
    "Channel": "PJSIP/acme-dan-00000009",
    "ChannelState": "6",
    "CallerIDNum": "204",
    "Context": "cordboard-phones",
    "Uniqueid": "1.9",
    "Linkedid": "1.9",
}
BRIDGE = {
    "BridgeUniqueid": "b",
    "BridgeType": "basic",
    "BridgeTechnology": "simple_bridge",
    "BridgeCreator": "",
    "BridgeName": "",
}


def test_he_talks_and_waits_no_more() -> None:
    told = Told()
    waits, stays = told.call("1.1").enters().joins(), told.call("1.2").enters()
    told.event("QueueCallerJoin", Queue="acme-billing", Position="2", Count="2", **stays.leg)
    told.after(1)
    told.event("Newchannel", **DAN)
    told.after(3)
    told.event("BridgeEnter", **BRIDGE, **waits.leg)
    [queue] = told.live.snapshot().queues
    assert [place.call for place in queue.waiting] == ["1.1", "1.2"], "alone in a bridge he still waits"
    told.event("BridgeEnter", **BRIDGE, **DAN)
    snapshot = told.live.snapshot()
    [queue] = snapshot.queues
    assert [(place.call, place.position) for place in queue.waiting] == [("1.2", 1)]
    call = next(call for call in snapshot.calls if call.id.uniqueid == "1.1")
    assert (call.waited, call.joined, call.talking_since, call.agent) == (4.0, None, told.now, "acme-dan")
    assert [fact.kind for fact in call.facts][-2:] == [FactKind.STOPPED_WAITING, FactKind.CONNECTED]
    over: list[Conversation] = []
    told.live.watch_conversations(over.append, only_ended=True)
    told.after(0.5)
    waits.hangs_up()
    told.event("Hangup", Cause="16", **DAN)
    [whole] = [each for each in over if each.id.uniqueid == "1.1"]
    [visit] = whole.visits
    assert (visit.end, visit.waited) == ("redirected", 4.0), "not given up, though he hung up soon"
    assert (whole.waited, whole.talked) == (4.0, 0.5)
