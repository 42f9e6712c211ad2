"""The calls of a span of time, counted by their outcome, in figures that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cordboard.journal.outcome import OutcomeKind


@dataclass(frozen=True, slots=True)
class Tally:
    """How many calls ended how. R = T + O + D + A + V + E + those in progress; blocked calls stand apart. V are
    voicemails and callbacks taken."""

    handled: int = 0
    self_service: int = 0
    overflowed: int = 0
    dissuaded: int = 0
    abandoned: int = 0
    voicemail: int = 0
    callback: int = 0
    technical: int = 0
    in_progress: int = 0
    blocked: int = 0

    @property
    def received(self) -> int:
        """R: every call that entered, but for the blocked ones."""
        taken = self.voicemail + self.callback
        return self.served + self.dissuaded + self.abandoned + taken + self.technical + self.in_progress

    @property
    def served(self) -> int:
        """T + O: handled by somebody or by self-service, or overflowed to an outside number."""
        return self.handled + self.self_service + self.overflowed

    @property
    def service_rate(self) -> float | None:
        """(T + O) / R, 0 to 1: the "taux de service", no share of calls answered within some seconds. None: R is 0."""
        return self.served / self.received if self.received else None

    @property
    def abandon_rate(self) -> float | None:
        """A / R, 0 to 1. None: R is 0."""
        return self.abandoned / self.received if self.received else None


@dataclass(frozen=True, slots=True)
class Handling:
    """What handled calls took: their number, and the seconds of all of them together. The mean handling time (DMT) is
    talk, hold and wrap-up for each handled call."""

    calls: int = 0
    talked: float = 0.0
    held: float = 0.0
    wrapped_up: float = 0.0

    def __add__(self, other: Handling) -> Handling:
        return Handling(
            self.calls + other.calls,
            self.talked + other.talked,
            self.held + other.held,
            self.wrapped_up + other.wrapped_up,
        )

    @property
    def parts(self) -> tuple[float, float, float] | None:
        """Seconds of talk, hold and wrap-up for each handled call. None: there is none."""
        if not self.calls:
            return None
        return self.talked / self.calls, self.held / self.calls, self.wrapped_up / self.calls

    @property
    def mean(self) -> float | None:
        """The mean handling time in seconds. None: no call was handled."""
        return sum(self.parts) if self.parts else None


def tally_of(counts: Mapping[str | None, int]) -> Tally:
    """From counts by the word of the outcome; None is a call in progress. A word of another version is technical."""
    known = {kind.value for kind in OutcomeKind}
    figures = {kind: counts.get(kind, 0) for kind in known}
    figures["technical"] += sum(count for word, count in counts.items() if word is not None and word not in known)
    return Tally(in_progress=counts.get(None, 0), **figures)
