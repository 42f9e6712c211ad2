"""A manager port made of bytes that a whole link can follow: it answers the lists and runs the barrier's probe.

async with FollowedPeer() as peer:
    peer.shows(event("QueueParams", Queue="acme-sales"), ...)    # what its lists say from now on
    ...                                                           # a SwitchLink connects, and is live
    await peer.tell(event("Hangup", ...))
"""

from __future__ import annotations

from kit.asterisk_peer import AmiPeer, Answer, Block, event, listing, success

PROBE = {
    "Channel": "Local/s@cordboard-barrier-00000001;2",
    "ChannelState": "6",
    "Context": "cordboard-barrier",
    "Exten": "s",
    "Uniqueid": "pbx1-9.9",
    "Linkedid": "pbx1-9.9",
}
_LISTS = {
    "CoreShowChannel": "CoreShowChannels",
    "BridgeListItem": "BridgeList",
    "DeviceStateChange": "DeviceStateList",
    "ParkedCall": "ParkedCalls",
}


class FollowedPeer(AmiPeer):
    """`lists` may be changed at any time; `started` is when it says that it was started."""

    def __init__(self) -> None:
        super().__init__("cordboard", "secret")
        self.lists: dict[str, list[Block]] = {}
        self.started = "10:00:00"
        self.passes_barrier = True
        self.before_barrier: list[Block] = []
        self.answer("CoreStatus", lambda _: success(CoreStartupDate="2026-11-21", CoreStartupTime=self.started))
        for name in ("CoreShowChannels", "BridgeList", "QueueStatus", "DeviceStateList", "ParkedCalls"):
            self.answer(name, lambda action: listing(action["Action"], *self.lists.get(action["Action"], [])))
        self.answer("Originate", self._originate)

    def _originate(self, action: Block) -> Answer:
        queued = success("Originate successfully queued")
        tag = action["Variable"].removeprefix("CB_TAG=")
        if not self.passes_barrier:
            return [queued, event("OriginateResponse", Response="Failure", Reason="0", Uniqueid="<unknown>")]
        told = event("UserEvent", {**PROBE, "UserEvent": "CordboardBarrier", "Tag": tag})
        return [queued, *(block.encode() for block in self.before_barrier), told.encode()]

    def shows(self, *rows: Block) -> None:
        """What the lists say from now on, each row in its list."""
        self.lists = {}
        for row in rows:
            self.lists.setdefault(_LISTS.get(row["Event"], "QueueStatus"), []).append(row)

    def count(self, action: str) -> int:
        """How often it was asked this."""
        return len([block for block in self.actions if block["Action"] == action])
