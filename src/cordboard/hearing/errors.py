"""What hearing raises.

HearingError
├── NoEngine     the recogniser is not installed here
└── NoModel      a language has no model, or one that cannot be used
"""

from __future__ import annotations


class HearingError(Exception):
    """Callers are not understood; the message says why."""


class NoEngine(HearingError):
    """The recogniser is not installed here."""


class NoModel(HearingError):
    """A language has no model, or one that cannot be used."""
