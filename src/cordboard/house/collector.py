"""The garbage collector, set for a process that handles large companies."""

from __future__ import annotations

import gc

YOUNG = 20_000
"""Objects made and not gone before the youngest are looked at: a company's dialplan is tens of thousands at once."""


def settle_collector() -> None:
    """To be called when a process begins, and once more where it stays, when all that it needs is imported: that is not
    looked at again and again. Looking at it would take half of the time that reading a large company back takes."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
