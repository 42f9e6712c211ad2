"""The live state against a switch of a page, step by step, while events are doubled, late or lost.

Doubled events change nothing, ever. After lost or late ones a relist makes the state exact again, whatever was lost;
every call is told as ended once at most; and whoever follows the changes sees what the snapshot shows.
"""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ami.live import Live
from ami.models import Call, Change
from ami.relist import Memory, load, settle
from kit.event_faults import EventFaults
from kit.recorded import Time, events_in
from kit.small_switch import AGENTS, QUEUES, SmallSwitch, shown

SHARE = 0.3
"""Of the events, for each fault that there is."""


class LiveAgainstSwitch(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.switch = SmallSwitch()
        self.time = Time()
        self.live = Live("pbx1", self.time)
        self.ended: Counter[str] = Counter()
        self.live.watch(self._note)
        self.is_exact = True
        self.relists = 0

    @initialize(seed=st.integers(0, 1 << 16))
    def begin(self, seed: int) -> None:
        self.faults = EventFaults(random.Random(seed), double=SHARE)

    def _note(self, change: Change) -> None:
        if isinstance(change.value, Call) and change.value.ended is not None:
            self.ended[change.key] += 1

    def _carry(self) -> None:
        """What the switch said, as the relay passes it on."""
        self.time.pass_by(1.0)
        said = self.switch.said()
        before = self.faults.dropped + self.faults.made_late
        self._apply(self.faults.through(said))
        if self.faults.dropped + self.faults.made_late > before:
            self.is_exact = False

    def _apply(self, messages: list[bytes]) -> None:
        for event in events_in(b"".join(message + b"\r\n\r\n" for message in messages)):
            self.live.apply(event)

    # The switch lives

    @rule()
    def somebody_calls(self) -> None:
        self.switch.arrives()
        self._carry()

    @precondition(lambda self: self.switch.menus)
    @rule(data=st.data(), queue=st.sampled_from(QUEUES))
    def he_joins(self, data: st.DataObject, queue: str) -> None:
        self.switch.joins(data.draw(st.sampled_from(self.switch.menus)), queue)
        self._carry()

    @rule(data=st.data(), queue=st.sampled_from(QUEUES))
    def an_agent_answers(self, data: st.DataObject, queue: str) -> None:
        free = [agent for name, agent in self.switch.members if name == queue and not self.switch.is_talking(agent)]
        if free and self.switch.lines[queue]:
            self.switch.is_answered(self.switch.lines[queue][0], queue, data.draw(st.sampled_from(free)))
            self._carry()

    @precondition(lambda self: self.switch.talks)
    @rule(data=st.data(), name=st.sampled_from(["Hold", "Unhold"]))
    def the_agent_holds(self, data: st.DataObject, name: str) -> None:
        self.switch.holds(data.draw(st.sampled_from(sorted(self.switch.talks))), name)
        self._carry()

    @rule(data=st.data())
    def somebody_hangs_up(self, data: st.DataObject) -> None:
        if there := sorted(self.switch.shown()["calls"]):
            self.switch.hangs_up(data.draw(st.sampled_from(there)))
            self._carry()

    @rule(queue=st.sampled_from(QUEUES), agent=st.sampled_from(AGENTS))
    def an_agent_comes_or_goes(self, queue: str, agent: str) -> None:
        if (queue, agent) in self.switch.members:
            self.switch.removes(queue, agent)
        else:
            self.switch.adds(queue, agent)
        self._carry()

    @precondition(lambda self: self.switch.members)
    @rule(data=st.data(), reason=st.sampled_from([None, "lunch", "training"]))
    def an_agent_pauses(self, data: st.DataObject, reason: str | None) -> None:
        self.switch.pauses(*data.draw(st.sampled_from(sorted(self.switch.members))), reason)
        self._carry()

    # The relay is bad, and is mended

    @rule(drop=st.booleans(), late=st.booleans(), double=st.booleans())
    def it_gets_worse(self, drop: bool, late: bool, double: bool) -> None:
        self.faults.drop, self.faults.late, self.faults.double = SHARE * drop, SHARE * late, SHARE * double

    @rule(reason=st.sampled_from(["link", "drift", "overflow"]))
    def everything_is_listed(self, reason: str) -> None:
        self._apply(self.faults.release())
        fold = self.live.new_fold()
        load(fold, self.switch.listing(self.time()), Memory.of(self.live.fold, reason))
        settle(fold, self.time())
        self.live.replace(fold, "gap")
        self.is_exact = True
        self.relists += 1

    # What must be so

    @invariant()
    def it_shows_what_is(self) -> None:
        if self.is_exact:
            assert shown(self.live.snapshot()) == self.switch.shown()

    @invariant()
    def no_call_ends_twice(self) -> None:
        assert all(count == 1 for count in self.ended.values())

    @invariant()
    def nothing_is_strange_while_nothing_is_lost(self) -> None:
        if self.is_exact and not self.relists:
            assert self.live.strange == 0

    def teardown(self) -> None:
        """Everybody hangs up, everything is listed once more: nothing is left."""
        for caller in sorted(self.switch.shown()["calls"]):
            self.switch.hangs_up(caller)
        self._carry()
        self.everything_is_listed("drift")
        snapshot = self.live.snapshot()
        assert (snapshot.channels, snapshot.bridges, snapshot.calls, snapshot.conversations) == ((), (), (), ())
        assert all(count == 1 for count in self.ended.values())
        assert set(self.ended) <= self.switch.ended


LiveAgainstSwitch.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLiveAgainstSwitch = LiveAgainstSwitch.TestCase
