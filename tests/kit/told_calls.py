"""Calls that nobody received, told step by step to a live state: dialled out, within the house, in a conference.

call = Dialled(told, "1.1", "acme-amel", "0612345678").rings("carrier").is_answered()
call.holds("acme-amel")
spies(told, "1.9", "acme-dora", call, "acme-amel")
"""

from __future__ import annotations

from kit.told import Told

UP, RING, RINGING = "6", "4", "5"
TRUNK = "acme-carrier"


def leg_of(endpoint: str, uniqueid: str, linkedid: str, state: str, number: str, exten: str = "") -> dict[str, str]:
    """The headers of one leg; the trunk's are outside, all others at home."""
    context = "cordboard-in" if endpoint == TRUNK else "cordboard-phones-acme"
    return {
        "Channel": f"PJSIP/{endpoint}-{uniqueid}",
        "ChannelState": state,
        "CallerIDNum": number,
        "CallerIDName": "",
        "Context": context,
        "Exten": exten,
        "Uniqueid": uniqueid,
        "Linkedid": linkedid,
    }


def _as(word: str, leg: dict[str, str]) -> dict[str, str]:
    return {f"{word}{name}": value for name, value in leg.items()}


class Dialled:
    """A call from `caller` (a phone's endpoint, whose own number is `number`) to `exten`."""

    def __init__(self, told: Told, uniqueid: str, caller: str, exten: str, number: str = "201") -> None:
        self.told = told
        self.uniqueid = uniqueid
        self.exten = exten
        self.legs = {caller: leg_of(caller, uniqueid, uniqueid, RING, number, exten)}
        told.event("Newchannel", **self.legs[caller])

    @property
    def first(self) -> dict[str, str]:
        return next(iter(self.legs.values()))

    def rings(self, endpoint: str, number: str = "") -> Dialled:
        """A phone, or somebody behind the trunk, rings."""
        uniqueid = f"{self.uniqueid}.{len(self.legs)}"
        leg = leg_of(endpoint, uniqueid, self.uniqueid, RINGING, number or self.exten)
        self.legs[endpoint] = leg
        self.told.event("Newchannel", **leg)
        self.told.event("DialBegin", DialString=endpoint, **self.first, **_as("Dest", leg))
        return self

    def is_answered(self) -> Dialled:
        """Everybody in it is up and hears the others."""
        first, *others = self.legs.values()
        for leg in others:
            self.told.event("DialEnd", DialStatus="ANSWER", **first, **_as("Dest", leg))
        return self.meet(f"b{self.uniqueid}")

    def meet(self, bridge: str, technology: str = "simple_bridge", **more: str) -> Dialled:
        """All legs enter this bridge."""
        for leg in self.legs.values():
            leg["ChannelState"] = UP
            self.told.event("Newstate", **leg)
            room = {"BridgeUniqueid": bridge, "BridgeType": "basic", "BridgeTechnology": technology, **more}
            self.told.event("BridgeEnter", **room, **leg)
        return self

    def confers(self, room: str) -> Dialled:
        """All legs are in this room."""
        return self.meet(f"room-{room}", "softmix", BridgeCreator="ConfBridge", BridgeName=room)

    def holds(self, endpoint: str) -> Dialled:
        self.told.event("Hold", **self.legs[endpoint])
        return self

    def resumes(self, endpoint: str) -> Dialled:
        self.told.event("Unhold", **self.legs[endpoint])
        return self

    def is_parked(self, endpoint: str, space: str = "701") -> Dialled:
        """Who called is let go by `endpoint` and waits with music."""
        parker = self.legs.pop(endpoint)
        bridge = f"b{self.uniqueid}"
        kept = self.first
        for leg in (kept, parker):
            self.told.event("BridgeLeave", BridgeUniqueid=bridge, BridgeType="basic", **leg)
        lot = {"BridgeUniqueid": "lot", "BridgeType": "parking", "BridgeTechnology": "holding_bridge"}
        self.told.event("BridgeEnter", BridgeCreator="Parking", **lot, **kept)
        self.told.event(
            "ParkedCall", ParkingLot="lot", ParkingSpace=space, ParkerDialString=endpoint, **_as("Parkee", kept)
        )
        self.told.event("Hangup", Cause="16", **parker)
        return self

    def hangs_up(self) -> Dialled:
        for leg in self.legs.values():
            self.told.event("Hangup", Cause="16", **leg)
        return self


def spies(told: Told, uniqueid: str, spy: str, call: Dialled, on: str) -> Dialled:
    """Somebody listens to one phone of a call."""
    own = Dialled(told, uniqueid, spy, "*90", "204")
    own.first["ChannelState"] = UP
    told.event("Newstate", **own.first)
    told.event("ChanSpyStart", **_as("Spyer", own.first), **_as("Spyee", call.legs[on]))
    return own
