"""How long a test waits for what must come: far above what it takes, since other work may share the machine."""

PATIENCE = 60.0
"""Seconds."""
