"""A live state that a test tells what happened, in Asterisk's own headers: calls folded without a switch.

told = Told()
told.member("acme-amel")
call = told.call("1.1").enters().joins()
told.after(4)
call.rings("acme-amel").talks_to("acme-amel").hangs_up()
told.live.snapshot()
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ami.events import parse
from ami.fields import leg
from ami.live import Live
from ami.models import LinkState
from ami.relist import Listing, Memory, load, settle
from ami.rows import ChannelRow, WaitingRow

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Told:
    """A switch as it tells of itself. Time stands still between events and is moved by `after`."""

    def __init__(self, node: str = "pbx1") -> None:
        self.now = START
        self.live = Live(node, lambda: self.now)
        self.live.set_link(LinkState.LIVE)

    def after(self, seconds: float) -> Told:
        self.now += timedelta(seconds=seconds)
        return self

    def event(self, name: str, **headers: str) -> None:
        told = parse({"Event": name, "Timestamp": f"{self.now.timestamp():.6f}", **headers})
        assert told is not None, f"nothing was understood of {name}"
        self.live.apply(told)

    def member(self, agent: str, queue: str = "acme-billing", **headers: str) -> None:
        standing = {"Penalty": "0", "Status": "1", "Paused": "0", "LastCall": "0", **headers}
        self.event("QueueMemberAdded", Queue=queue, Interface=f"PJSIP/{agent}", MemberName=agent, **standing)

    def call(self, uniqueid: str, number: str = "+33612345678") -> Caller:
        return Caller(self, uniqueid, number)

    def relist(
        self,
        *waiting: Caller,
        queue: str = "acme-billing",
        seconds: float = 0.0,
        reason: str = "gap",
        over: datetime | None = None,
    ) -> None:
        """Asterisk is asked for everything: these callers wait in `queue` for so many seconds; nobody else is there.
        `over`: when the link was lost to one that was restarted."""
        account = f"{queue.partition('-')[0]}-main"
        legs = [leg({**caller.leg, "AccountCode": account}) for caller in waiting]
        listing = Listing(
            self.now,
            tuple(ChannelRow(found, "Queue", None, seconds + 5) for found in legs if found),
            (),
            tuple(
                WaitingRow(queue, caller.uniqueid, position, 0, seconds, caller.number, "Ana")
                for position, caller in enumerate(waiting, 1)
            ),
            (),
        )
        fold = self.live.new_fold()
        load(fold, listing, Memory.of(self.live.fold, reason))
        settle(fold, self.now, over)
        self.live.set_link(LinkState.LIVE)
        self.live.replace(fold, reason, over)


class Caller:
    """One received call, told step by step."""

    def __init__(self, told: Told, uniqueid: str, number: str) -> None:
        self.told = told
        self.uniqueid = uniqueid
        self.number = number
        self.rung: dict[str, None] = {}

    @property
    def leg(self) -> dict[str, str]:
        return {
            "Channel": f"PJSIP/carrier-{self.uniqueid}",
            "ChannelState": "6",
            "CallerIDNum": self.number,
            "CallerIDName": "Ana",
            "Context": "cordboard-in",
            "Uniqueid": self.uniqueid,
            "Linkedid": self.uniqueid,
        }

    def dest(self, agent: str) -> dict[str, str]:
        return {
            "DestChannel": f"PJSIP/{agent}-{self.uniqueid}",
            "DestChannelState": "5",
            "DestContext": "cordboard-phones",
            "DestUniqueid": f"{self.uniqueid}-{agent}",
            "DestLinkedid": self.uniqueid,
        }

    def says(self, name: str, **headers: str) -> Caller:
        self.told.event("UserEvent", UserEvent=f"Cordboard{name}", **headers, **self.leg)
        return self

    def enters(self, did: str = "main", company: str = "acme") -> Caller:
        self.told.event("Newchannel", **self.leg)
        return self.says("Entered", Did=did, Company=company, Generation="7")

    def joins(self, queue: str = "acme-billing") -> Caller:
        self.told.event("QueueCallerJoin", Queue=queue, Position="1", Count="1", **self.leg)
        return self

    def rings(self, agent: str, queue: str = "acme-billing") -> Caller:
        self.rung[agent] = None
        self.told.event(
            "AgentCalled", Queue=queue, Interface=f"PJSIP/{agent}", MemberName=agent, **self.leg, **self.dest(agent)
        )
        return self

    def is_missed_by(self, agent: str, queue: str = "acme-billing") -> Caller:
        self.told.event(
            "AgentRingNoAnswer", Queue=queue, Interface=f"PJSIP/{agent}", MemberName=agent, RingTime="5000",
            **self.leg, **self.dest(agent),
        )  # fmt: skip
        return self

    def talks_to(self, agent: str, queue: str = "acme-billing") -> Caller:
        self.told.event("QueueCallerLeave", Queue=queue, Position="1", Count="0", **self.leg)
        self.told.event(
            "AgentConnect", Queue=queue, Interface=f"PJSIP/{agent}", MemberName=agent, HoldTime="99", RingTime="1",
            **self.leg, **self.dest(agent),
        )  # fmt: skip
        return self

    def hangs_up(self, cause: int = 16) -> Caller:
        """The call is over, and every phone that rang for it is free."""
        self.told.event("Hangup", Cause=str(cause), **self.leg)
        for agent in self.rung:
            leg = {name.removeprefix("Dest"): value for name, value in self.dest(agent).items()}
            self.told.event("Hangup", Cause=str(cause), **leg)
        self.rung.clear()
        return self
