"""What somebody asks who tries a call that nobody makes: through which menus, and what the caller does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MenusMeant:
    """One of them at most: a version, the draft, or a text of their sections; none: those that calls enter."""

    version: int | None = None
    is_draft: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class CallWanted:
    """A call to `to` (id of a DID) from `caller` ("": withheld). `at` None: now; without a zone it is on the company's
    clock. `ready`: ids of who is ready to take calls, None is everybody. `answers`: what other systems answer, by step.

    The caller does what `acts` say, one each time that the call waits for something, or keeps to the plan `press`,
    which leaves nothing to wait for.
    """

    to: str
    caller: str = ""
    at: datetime | None = None
    ready: tuple[str, ...] | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    acts: tuple[str, ...] = ()
    press: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceMeant:
    """A place that calls lead to, by its kind and id, and from which moment on they are looked for (None: now)."""

    kind: str
    id: str
    at: datetime | None = None
