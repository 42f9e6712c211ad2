"""Received calls that are over and not in the database's figures yet, which learn of an end a moment after the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from ami.models import Call, CallId
from cordboard.journal.outcome import OutcomeKind, outcome_of

MOST = 20_000
"""While the database is away; beyond it the oldest are not counted."""


class _Ended(NamedTuple):
    company: str
    entered: datetime
    outcome: OutcomeKind


class JustEnded:
    """Each with the outcome that follows from what was seen of it, until the database tells its own."""

    def __init__(self) -> None:
        self._ended: dict[CallId, _Ended] = {}

    def note(self, call: Call) -> None:
        """This call is over."""
        self._ended[call.id] = _Ended(call.company, call.entered, outcome_of(call).kind)
        if len(self._ended) > MOST:
            del self._ended[next(iter(self._ended))]

    def of(self, company: str) -> tuple[CallId, ...]:
        return tuple(call for call, ended in self._ended.items() if ended.company == company)

    def forget(self, calls: Iterable[CallId]) -> None:
        """The database tells of these now."""
        for call in calls:
            self._ended.pop(call, None)

    def outcomes(self, company: str, since: datetime) -> Mapping[OutcomeKind, int]:
        """How many of a company's that entered since then ended how."""
        return Counter(
            ended.outcome for ended in self._ended.values() if ended.company == company and ended.entered >= since
        )
