"""How much of a company's calls a visitor is shown."""

from __future__ import annotations

from cordboard.desk.access import Visitor
from cordboard.desk.live_calls import Sight


def sight_of(visitor: Visitor) -> Sight:
    """As his role and his companies say now."""
    if visitor.may_inspect():
        return Sight.STRAYS
    return Sight.SPYING if visitor.may_oversee() else Sight.CALLS
