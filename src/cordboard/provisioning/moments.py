"""How a moment is written where people read it: to the second, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def when(moment: datetime) -> str:
    """`2026-11-21 14:02:07 UTC`. `moment` has a zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
