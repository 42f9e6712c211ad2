"""Logs: secrets hidden, identities shortened, no forged lines."""

import io
import json
import logging

from cordboard import log


def test_secrets_and_identities_do_not_reach_the_log() -> None:
    out = io.StringIO()
    log.configure("info", "json", out)
    fields = {"caller_number": "+33612345678", "secret": "hunter2hunter2", "queue": "billing"}
    logging.getLogger("ami").info("call came", extra=fields)
    line = json.loads(out.getvalue())
    assert line["event"] == "call came"
    assert line["caller_number"] == "…78"
    assert line["secret"] == "***"
    assert line["queue"] == "billing"


def test_a_value_cannot_forge_a_line_or_colour_a_terminal() -> None:
    out = io.StringIO()
    log.configure("info", "text", out)
    logging.getLogger("ami").info("loaded", extra={"path": "a\n2026 [error] forged\x1b[31m"})
    assert out.getvalue().count("\n") == 1
    assert "\x1b[31m" not in out.getvalue()


def test_the_level_is_kept() -> None:
    out = io.StringIO()
    log.configure("warning", "json", out)
    logging.getLogger("ami").info("quiet")
    assert out.getvalue() == ""
