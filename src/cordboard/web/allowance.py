"""How often somebody may do something: a bucket of tokens that fills again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class Allowance:
    """`burst` at once, then `rate` a second."""

    def __init__(self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._tokens = self._burst
        self._at = clock()

    def wait(self) -> float:
        """Take one: 0 if it was granted, else the seconds until one will be."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._rate
        self._tokens -= 1.0
        return 0.0


class Allowances:
    """An allowance for each key; the key that was silent longest is forgotten first."""

    def __init__(self, new: Callable[[], Allowance], *, keys: int = 10_000) -> None:
        self._new = new
        self._keys = keys
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()

    def wait(self, key: str) -> float:
        """As `Allowance.wait`, for this key."""
        allowance = self._allowances.pop(key, None) or self._new()
        self._allowances[key] = allowance
        while len(self._allowances) > self._keys:
            self._allowances.popitem(last=False)
        return allowance.wait()
