"""What Asterisk and an external recogniser say to each other: requests with their answers, as text. No I/O.

Asterisk's speech interface knows no grammars here: what is listened for comes as a parameter, each time before sound
does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from agi.flow.hearing import READY, WORDS, words_from

PROTOCOL = "speech_to_text"
"""The WebSocket protocol that Asterisk asks for."""
CODEC = "slin"
"""Signed samples of 16 bits, 8,000 a second: what every channel's sound is made."""
LONGEST = 16_384
"""Bytes of one message; Asterisk's own are a hundredth of it."""
_GRAMMAR = "said"


class Unintelligible(ValueError):
    """A message that is none of this protocol. Nothing of it stands in the message."""


@dataclass(frozen=True, slots=True)
class Request:
    """What Asterisk asks: `setup`, `set` or `get`, with its parameters."""

    name: str
    id: str
    codecs: tuple[str, ...] = ()
    sets: Mapping[str, str] | None = None
    gets: tuple[str, ...] = ()

    @property
    def listens_for(self) -> tuple[str, tuple[str, ...]] | None:
        """The language and the phrases that are listened for from here on, if this says so. Raises Unintelligible."""
        if not self.sets or WORDS not in self.sets:
            return None
        try:
            return words_from(self.sets[WORDS])
        except ValueError:
            raise Unintelligible("words that nobody can listen for") from None


def request_of(text: str) -> Request | None:
    """What a message asks; None: it answers, and nobody waits for that. Raises Unintelligible."""
    try:
        message = json.loads(text)
        if "response" in message:
            return None
        name, params = message["request"], message.get("params") or {}
        return Request(
            name=str(name),
            id=str(message["id"]),
            codecs=tuple(str(codec["name"]) for codec in message.get("codecs", ())) if name == "setup" else (),
            sets={str(key): str(value) for key, value in params.items()} if name == "set" else None,
            gets=tuple(map(str, params)) if name == "get" else (),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unintelligible("a message that is none of this protocol") from None


def accepted(request: Request) -> str:
    """That a request was done."""
    return _text(response=request.name, id=request.id, **({"codecs": [{"name": CODEC}]} if request.codecs else {}))


def refused(request: Request, why: str) -> str:
    return _text(response=request.name, id=request.id, error_msg=why)


def told(request: Request, *, is_ready: bool) -> str:
    """What was asked for: only whether somebody understands the language of the words is known."""
    return _text(response=request.name, id=request.id, params={READY: "yes" if is_ready else "no"})


def understood(phrase: str, confidence: int) -> str:
    """What was said; "" if it is nothing that is listened for. This asks Asterisk to go on."""
    found = {"text": phrase, "score": confidence, "grammar": _GRAMMAR}
    return _text(request="set", id=str(uuid4()), params={"results": [found]})


def _text(**parts: Any) -> str:
    return json.dumps(parts)
