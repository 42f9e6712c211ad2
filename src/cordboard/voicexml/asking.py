"""What asks for keys: the parts that menus and fields share, and menus themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agi.flow.ways import KEY
from cordboard.voicexml.executable import LEAVING, Executable
from cordboard.voicexml.hearing import Hearing
from cordboard.voicexml.here import Here
from cordboard.voicexml.made import MENUS, OUT, Heard, Label, Made, Way
from cordboard.voicexml.scopes import ASKING, Handler
from cordboard.voicexml.segments import Segment
from cordboard.voicexml.tree import Element

MOST_TRIES, USUAL_TRIES = 9, 3
MOST_KEYS = 50
SILENCE = "silence/1"
FIRST, NEXT = (0.5, 60.0), (0.5, 30.0)
"""Seconds that are waited for a key, at least and at most: for the first, and for another."""
_IMPLICIT = "123456789"


class Asking:
    def __init__(self, executable: Executable) -> None:
        self._executable = executable
        self._work = executable.work
        self._findings = executable.work.findings
        self._speaker = executable.speaker
        self._hearing = Hearing(executable.work)

    def menu(self, element: Element, dialog: Label) -> Way:
        """A dialog `menu`."""
        here = Here(dialog, element, "", Way(dialog), {}, lambda _: None)
        keys, words = self._keys(element, here)
        in_each = self._speaker.asked_in_each(element)
        before, heard = ([], in_each) if in_each else self.prompt(element)
        way = self.choice(here, keys, heard, name=dialog.name)
        if not isinstance(way.to, Made) or way.to.section != MENUS:
            return self._executable.said(before, way, here)
        if words:
            way.to.parts["speech"] = {"words": words, **self._hearing.least(element)}
        if in_each is not None:
            way.to.in_each = tuple(dict.fromkeys(map(self._work.language, element.children("prompt"))))
        return self._executable.said(before, way, here)

    def choice(self, here: Here, keys: Mapping[str, Way], heard: Heard, name: str) -> Way:
        """A menu of the company file."""
        common = self.common(here, heard)
        if not keys:
            self._findings.note(here.element, "has no key that is offered", "Callers go the way of silence; add keys")
            return self._executable.step(here, "play", prompt=heard, then=common["no_input"]["then"])
        parts = {"name": name, **common, "keys": dict(keys)}
        return Way(self._executable.made(MENUS, here, f"{here.hint}menu".removesuffix("-menu"), parts))

    def common(self, here: Here, heard: Heard) -> dict[str, Any]:
        """The parts of everything that asks."""
        element = here.element
        prompts = element.children("prompt")
        limits = [self._work.time(prompt, "timeout", *FIRST) for prompt in prompts]
        first = next((limit for limit in reversed(limits) if limit is not None), None)
        first = self._work.seconds(element, "timeout", *FIRST) if first is None else first
        following = self._work.seconds(element, "interdigittimeout", *NEXT)
        parts: dict[str, Any] = {"prompt": heard, **{ASKING[event]: self._retry(event, here) for event in ASKING}}
        if first is not None:
            parts["first_digit"] = first
        if following is not None:
            parts["inter_digit"] = following
        self._modes(element)
        return _as_a_whole(parts)

    def asked_by_voice(self, here: Here, heard: Heard) -> dict[str, Any]:
        """The parts of what asks somebody to speak."""
        return _as_a_whole({"prompt": heard, "no_input": self._retry("noinput", here)})

    def prompt(self, element: Element) -> tuple[list[Segment], Heard]:
        """What is heard before keys are waited for, behind what steps say before it; a second of silence where that is
        nothing."""
        before, heard = self._speaker.asked(element)
        if heard is None:
            self._findings.note(element, "asks without a prompt", "A second of silence is heard; write a prompt")
            heard = Heard(((self._work.language(element), (SILENCE,)),))
        return before, heard

    def _modes(self, element: Element) -> None:
        modes = self._work.property(element, "inputmodes")
        if modes is not None and "dtmf" not in modes.take("value").split():
            self._findings.note(modes, "wants nothing to be typed", "Keys are asked for all the same")

    def _keys(self, menu: Element, here: Here) -> tuple[dict[str, Way], dict[str, Any]]:
        """Keys with their ways, and the words that may be said for them."""
        found: dict[str, Way] = {}
        words: dict[str, Any] = {}
        implicit = iter(_IMPLICIT) if menu.take("dtmf", "false") == "true" else iter("")
        for choice in menu.children("choice"):
            choice.enter()
            key = "".join(choice.take("dtmf").split()) or next(implicit, "")
            way, spoken = self._chosen(choice, here), self._hearing.phrases(choice)
            if not KEY.fullmatch(key):
                self._findings.note(choice, "has no key", "Callers cannot choose it; give it a key")
            elif key in found:
                cure = "The first is kept; give it another key"
                self._findings.note(choice, "has a key that another choice has", cure)
            elif len(found) >= MOST_KEYS:
                self._findings.note(choice, f"is one of more than {MOST_KEYS}", "It is left out; make two menus of it")
            else:
                found[key] = way
                words |= {key: spoken} if spoken else {}
        return found, words

    def _chosen(self, choice: Element, here: Here) -> Way:
        if "event" in choice.attributes:
            return self._executable.thrown(choice, here)
        return self._executable.goto(choice, here)

    # --- silence and wrong input --------------------------------------------------------------------------------------

    def _retry(self, event: str, here: Here) -> dict[str, Any]:
        """What becomes of callers who type nothing, or what is not asked for."""
        counts = sorted({each.count for each in self._work.handlers(here.element, event)})
        handlers = [
            Handler(found, count) for count in counts if (found := self._work.handler(here.element, event, count))
        ]
        last = next((each for each in handlers if _leaves(each.element)), None)
        asking = [each.element for each in handlers if last is None or each.count < last.count]
        retry: dict[str, Any] = {"tries": self._tries(event, last, here), "then": OUT}
        heard = self._heard(event, asking)
        if heard is not None and retry["tries"] > 1:
            retry["prompt"] = heard
        if last is not None:
            there = replace(
                here, hint=f"{here.hint}{ASKING[event].replace('_', '-')}-", handling=(*here.handling, event)
            )
            retry["then"] = self._executable.led(self._work.take(last.element, event).parts, here.again, there)
            last.element.is_text_taken = True
        return retry

    def _tries(self, event: str, last: Handler | None, here: Here) -> int:
        if last is None:
            what = f"asks for ever where {'nothing' if event == 'noinput' else 'something else'} is typed"
            cure = f"Callers are hung up on when that was so {USUAL_TRIES} times; say where they go at last"
            self._findings.note(here.element, what, cure)
            return USUAL_TRIES
        if last.count > MOST_TRIES:
            what = f"leads on when that was so {MOST_TRIES} times already"
            self._findings.of_attribute(last.element, "count", what, "Nobody is asked more often here")
        return min(last.count, MOST_TRIES)

    def _heard(self, event: str, handlers: list[Element]) -> Heard | None:
        """What is heard before it is asked again: that of the first time."""
        first: Heard | None = None
        for handler in dict.fromkeys(handlers):
            self._work.take(handler, event)
            heard = self._speaker.asked_again(handler)
            for each in handler.children("reprompt"):
                each.enter()
            if not handler.children("reprompt"):
                self._findings.note(handler, "asks without its question being heard again", "It is heard again here")
            if handler is handlers[0]:
                first = heard
            elif heard != first:
                what = "is heard at a later time than the first"
                self._findings.note(handler, what, "What is heard the first time is heard each time here")
        return first


def _leaves(handler: Element) -> bool:
    """Does what is done at an event lead elsewhere?"""
    return any(each.name in LEAVING for each in handler.children())


def _as_a_whole(parts: dict[str, Any]) -> dict[str, Any]:
    """What asks by prompts none of which a key stops says so itself."""
    retries = {name: retry for name in ASKING.values() if "prompt" in (retry := parts.get(name, {}))}
    if any(each["prompt"].may_be_stopped for each in (parts, *retries.values())):
        return parts
    whole = {
        name: {**retry, "prompt": replace(retry["prompt"], may_be_stopped=True)} for name, retry in retries.items()
    }
    return {**parts, **whole, "prompt": replace(parts["prompt"], may_be_stopped=True), "barge_in": False}
