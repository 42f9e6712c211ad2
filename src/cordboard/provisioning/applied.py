"""What came of a deployment, as a value: which generation is in force, how that is known, and what it did to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cordboard.provisioning.generations import State
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.people import Kept
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.provisioning.verify import UNREADABLE, Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of an apply, of a verification, or of going back.

    `generation` is in force and got as far as `state`; `failed` was tried and is out of force again. `differences` are
    those of the failed one, if there is one, else those of the one in force.
    """

    generation: int | None
    state: State
    reason: str = ""
    failed: int | None = None
    differences: tuple[Difference, ...] = ()
    reloaded: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    """Files and settings that only a restart of Asterisk takes over; remembered until it was restarted."""
    kept: tuple[int, ...] = ()
    """Other generations whose contexts stay loaded for calls that are in them."""
    swept: tuple[int, ...] = ()
    """Other generations whose last call has ended: their contexts are not loaded any more."""
    unreadable: tuple[str, ...] = UNREADABLE
    """Of what the read-back could say nothing."""
    put_back_from: int | None = None
    """A failed generation whose going back was interrupted: it was finished on disk before anything else was done."""
    discarded: tuple[int, ...] = ()
    """Generations that were interrupted before they were in force, and never will be."""
    taken_back: tuple[int, ...] = ()
    """Generations that were in force until now and never will be again."""
    companies_back: tuple[str, ...] = ()
    """Companies that the database holds again as they were before a trial that nobody confirmed."""
    tried: Mapping[str, int] = field(default_factory=dict)
    """Company -> its revision that was on trial."""
    changes: tuple[str, ...] = ()
    """What was changed, a line each, in English."""
    people: Kept | None = None
    """What it did to waiting callers and agents; None if nothing was loaded, or Asterisk could not be asked."""
    rehearsal: Rehearsal | None = None
    trial: Pending | None = None
    """The generation in force is on trial until then."""
    seconds: float = 0.0

    @property
    def is_verified(self) -> bool:
        return self.state is State.VERIFIED and self.failed is None

    @property
    def interrupted(self) -> tuple[int, ...]:
        """The generations that an earlier deployment left unfinished and that were tidied up now."""
        return (*self.discarded, *(() if self.put_back_from is None else (self.put_back_from,)))
