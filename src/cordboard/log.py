"""Logs for people and for collectors; what could identify a caller or open a door stays in marked fields.

Rooms log through the standard library (``logging.getLogger(__name__)``, facts in ``extra``); this module alone says
how a line looks and what is masked in it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from functools import cached_property
from typing import Any, TextIO

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
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Lines(format_, has_colours=out.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("aiohttp.access").setLevel("WARNING")
    for noisy in ("aiosqlite", "sqlalchemy", "alembic", "asyncio", "panoramisk"):
        logging.getLogger(noisy).setLevel("WARNING")


class _Lines(logging.Formatter):
    """Lines by structlog, which is loaded with the first of them: most commands log none."""

    def __init__(self, format_: str, *, has_colours: bool) -> None:
        super().__init__()
        self._format = format_
        self._has_colours = has_colours

    def format(self, record: logging.LogRecord) -> str:
        return self._formatter.format(record)

    @cached_property
    def _formatter(self) -> logging.Formatter:
        import structlog

        renderer: structlog.typing.Processor
        if self._format == "json":
            renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
        else:
            renderer = structlog.dev.ConsoleRenderer(colors=self._has_colours, pad_event_to=34)
        return structlog.stdlib.ProcessorFormatter(
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
