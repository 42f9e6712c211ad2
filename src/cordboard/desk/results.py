"""How a request about an agent or a call ended: done, refused, or not confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Done:
    """It is as asked. `warnings`: `phone_unreachable`, or `queue_missing:<queue>` for one that was not applied yet.
    `told`: what came of it that the asker needs, a parked caller's `slot` for one."""

    warnings: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed. `reason` is an id, `words` an English sentence."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It is kept as desired, but the switch did not confirm it; it is put in place when the switch answers again.

    `reason`: `switch_away` or `not_confirmed`."""

    reason: str
    words: str


Result = Done | Refused | Unknown
SWITCH_AWAY = Unknown("switch_away", "It is noted; the switch cannot be reached and is told when it is back.")
NOT_CONFIRMED = Unknown("not_confirmed", "It is noted; the switch has not confirmed it yet.")
