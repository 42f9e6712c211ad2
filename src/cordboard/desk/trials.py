"""How long a generation may be on trial: one rule for the terminal and for the page."""

from __future__ import annotations

from datetime import timedelta

LONGEST_TRIAL = timedelta(days=1)
"""Nothing else may be applied meanwhile. The shortest is a second, too short for people and right for a script."""
