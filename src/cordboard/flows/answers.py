"""What other systems answer in a call that nobody makes, as somebody writes it: by step, JSON or a word."""

from __future__ import annotations

import json
from collections.abc import Mapping

from agi.flow.document import Flow
from agi.flow.lookup import Untrue, document_of
from cordboard.flows.errors import NoSuchAnswer


def answers_of(flow: Flow, written: Mapping[str, str]) -> dict[str, object]:
    """Step -> what it is answered, as `agi.stand_in.told` takes it. Raises NoSuchAnswer."""
    found: dict[str, object] = {}
    for step, answer in written.items():
        replies = list(flow.nodes[step].replies()) if step in flow.nodes else []
        words = [reply for reply in replies if isinstance(reply, str)]
        if not words:
            raise NoSuchAnswer(step, f"{step[:40]!a} is no step that asks another system")
        try:
            found[step] = answer if answer in words else _document(answer, is_wanted=len(words) < len(replies))
        except Untrue:
            cure = f"write {' or '.join(words)}{', or JSON' if len(words) < len(replies) else ''}"
            raise NoSuchAnswer(step, f"that is no answer of {step}; {cure}") from None
    return found


def _document(text: str, *, is_wanted: bool) -> object:
    if not is_wanted:
        raise Untrue("is no word for what comes of it")
    return document_of(text)


def written(answer: object) -> str:
    """An answer as `answers_of` reads it."""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
