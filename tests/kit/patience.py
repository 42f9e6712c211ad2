"""How long a test waits for what must come: far above what it takes, since other work may share the machine."""

PATIENCE = 40.0
"""Seconds."""
