"""What a bad relay does to manager events: some come twice, some late, some never. Pure; what it does it counts.

faults = EventFaults(random.Random(1))
faults.drop = 0.02                          # shares of all events; .double, .late likewise
passed = faults.through(messages)           # messages as bytes, without their empty lines
passed = faults.release()                   # what was held back

Answers to actions, and with them the rows of lists, pass as they are. Whatever is held back passes before the barrier's
event does: a connection brings nothing from before it afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

BARRIER = b"UserEvent: CordboardBarrier"


class EventFaults:
    """`within`: how many messages a late one may be overtaken by."""

    def __init__(self, chance: random.Random, *, drop: float = 0.0, double: float = 0.0, late: float = 0.0) -> None:
        self.chance = chance
        self.drop, self.double, self.late = drop, double, late
        self.within = 8
        self.dropped = self.doubled = self.made_late = 0
        self._held: list[tuple[int, bytes]] = []

    def heal(self) -> None:
        """Hurt nothing from now on."""
        self.drop = self.double = self.late = 0.0

    def through(self, messages: Iterable[bytes]) -> list[bytes]:
        passed: list[bytes] = []
        for message in messages:
            if BARRIER in message:
                passed += [*self.release(), message]
            elif not message.lstrip().startswith(b"Event: ") or b"\r\nActionID: " in message:
                passed.append(message)
            else:
                self._event(message, passed)
        return passed

    def release(self) -> list[bytes]:
        held = [message for _, message in self._held]
        self._held.clear()
        return held

    def _event(self, message: bytes, passed: list[bytes]) -> None:
        dice = self.chance.random()
        if dice < self.drop:
            self.dropped += 1
        elif dice < self.drop + self.late:
            self.made_late += 1
            self._held.append((self.chance.randint(1, self.within), message))
            return
        else:
            passed.append(message)
            if dice < self.drop + self.late + self.double:
                self.doubled += 1
                passed.append(message)
        still = []
        for left, held in self._held:
            if left <= 1:
                passed.append(held)
            else:
                still.append((left - 1, held))
        self._held = still
