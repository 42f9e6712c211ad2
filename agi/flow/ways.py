"""What ways through a flow are made of: where they lead, and what leads there; and how names are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# A dot lets a node belong to another object (`did.main`) without ever meeting a menu's own name.
LONGEST_NODE_ID = 60
NODE_ID = re.compile(rf"[a-z][a-z0-9.-]{{0,{LONGEST_NODE_ID - 1}}}")
SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
NUMBER_CURE = "Write + and the digits of the whole number"
KEY = re.compile(r"[0-9*#]{1,12}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?")
SOUND = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9_-])){0,119}")

SPOKEN_SOUND = re.compile(r"spoken-[0-9a-f]{24}")
"""The name of a sound that is made of a text or a recording."""
PLACED_SOUND = re.compile(rf"(?:/[A-Za-z0-9_.+@=-]{{1,120}}){{1,40}}/{SPOKEN_SOUND.pattern}|{SOUND.pattern}")
"""A sound below Asterisk's own folder; one that is made, in any."""

Prompt = Mapping[str, tuple[str, ...]]
"""Sounds played one after the other, for each language."""


class TargetKind(StrEnum):
    MENU = "menu"
    HOURS = "hours"
    PLAY = "play"
    STEP = "step"
    """Any node that is no menu, by its id alone."""
    QUEUE = "queue"
    PERSON = "person"
    VOICEMAIL = "voicemail"
    MESSAGE = "message"
    CONFERENCE = "conference"
    CALLBACK = "callback"
    """The end of a call whose caller is to be called back, by an agent of the queue with this id."""
    EXTERNAL = "external"
    """An outside number."""
    DIAL = "dial"
    """The node with this id, which calls an outside number: it stands in the dialplan."""
    REPEAT = "repeat"
    BACK = "back"
    TOP = "top"
    HANGUP = "hangup"
    END = "end"
    """Out of a part that several places use, by this name; a whole flow has none."""

    @property
    def is_node(self) -> bool:
        """Does it lead to another node of the flow?"""
        return self in (TargetKind.MENU, TargetKind.HOURS, TargetKind.PLAY, TargetKind.STEP)

    @property
    def names_node(self) -> bool:
        """Is its id that of a node, be it one that the dialplan does?"""
        return self.is_node or self is TargetKind.DIAL

    @property
    def is_move(self) -> bool:
        """Does it move inside the menus by itself, without naming a place?"""
        return self in (TargetKind.REPEAT, TargetKind.BACK, TargetKind.TOP)

    @property
    def is_exit(self) -> bool:
        """Does it leave the flow for the dialplan?"""
        return not (self.is_node or self.is_move or self is TargetKind.END)

    @property
    def has_id(self) -> bool:
        return not (self.is_move or self is TargetKind.HANGUP)


@dataclass(frozen=True, slots=True)
class Target:
    """A place to go to: `id` is empty for repeat, back, top and hangup."""

    kind: TargetKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}" if self.id else str(self.kind)


@dataclass(frozen=True, slots=True)
class Edge:
    """A way to a target; following it changes the call's language when `language` is given."""

    target: Target
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """What a node bears that asks: at the `tries`-th failure of its kind the call goes on to `then`.

    `prompt` is played after each failure before that, ahead of the node's own prompt.
    """

    tries: int
    then: Edge
    prompt: str | None = None


def base_language(language: str) -> str:
    """The language without its country: `pt` of `pt_BR`."""
    return re.split("[_-]", language, maxsplit=1)[0]
