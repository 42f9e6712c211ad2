"""Logs for people and for collectors; what could identify a caller or open a door stays in marked fields.

Rooms log through the standard library (``logging.getLogger(__name__)``, facts in ``extra``); this module alone says
how a line looks and what is masked in it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

# Secrets are not needed in a log at all. Callers' identities and digits may be needed to find a call again: their last
# two characters stay.
_SECRET = frozenset({"secret", "password", "token", "cookie", "authorization", "one_time_password", "hash"})
_IDENTITY = frozenset({"caller", "caller_number", "caller_name", "number", "digits", "key", "keys"})


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: hide secrets, shorten identities, and let no control character forge a line."""
    for name, value in event.items():
        if name in _SECRET:
            event[name] = "***"
        elif name in _IDENTITY and value:
            event[name] = "…" + str(value)[-2:]
        if name != "exception" and isinstance(event[name], str):
            event[name] = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in event[name])
    return event


def configure(level: str = "info", format_: str = "text", stream: TextIO | None = None) -> None:
    """Send everything that is logged at ``level`` or above to ``stream`` (standard error by default)."""
    out = stream or sys.stderr
    renderer: structlog.typing.Processor
    if format_ == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=34)
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                mask,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("aiohttp.access").setLevel("WARNING")
    for noisy in ("aiosqlite", "sqlalchemy", "alembic", "asyncio", "panoramisk"):
        logging.getLogger(noisy).setLevel("WARNING")
