"""Prompts as VoiceXML: for each language what its callers hear, under a condition where there are several."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from agi.flow.document import Flow, Prompt
from agi.flow.speaking import said_in
from agi.flow.spoken import Spoken
from agi.flow.steps import Language
from cordboard.voicexml.expressions import SPOKEN, written
from cordboard.voicexml.prompts import SOUNDS
from cordboard.voicexml.xml_text import Tag, tag

_RESERVED = re.compile(
    "abstract|boolean|break|byte|case|catch|char|class|const|continue|debugger|default|delete|do|double|else|enum|export"
    "|extends|false|final|finally|float|for|function|goto|if|implements|import|in|instanceof|int|interface|let|long|native"
    "|new|null|package|private|protected|public|return|short|static|super|switch|synchronized|this|throw|throws|transient"
    "|true|try|typeof|undefined|var|void|volatile|while|with|yield"
)
_HOLE = re.compile(r"{([^{}]*)}")


def languages_of(flow: Flow, entries: Collection[str]) -> tuple[str, ...]:
    """Everything that is spoken to callers of a flow, who come in one of some languages."""
    found = dict.fromkeys([flow.language, *entries])
    for node in flow.nodes.values():
        found |= dict.fromkeys(edge.language for _, edge in node.ways() if edge.language)
        if isinstance(node, Language):
            found |= dict.fromkeys(node.heard_in)
    return tuple(found)


class Wording:
    """Says prompts to callers of these languages."""

    def __init__(self, own: str, languages: Collection[str]) -> None:
        self._own = own
        self._languages = languages

    def prompts(self, prompt: Prompt, *, may_be_stopped: bool, only: str = "") -> Iterator[Tag]:
        """`only`: what is heard in this language, by everybody."""
        callers: dict[str, str | None] = {only: None} if only else self._callers(prompt)
        for language, condition in callers.items():
            if sounds := prompt.get(said_in(dict.fromkeys(prompt, ""), language, self._own)):
                yield self._prompt(map(_sound, sounds), language, condition, may_be_stopped=may_be_stopped)

    def sentence(self, texts: Mapping[str, str]) -> Iterator[Tag]:
        """A text in which variables stand, in each language."""
        for language, condition in self._callers(texts).items():
            parts = [
                tag("value", expr=variable(part)) if place % 2 else part
                for place, part in enumerate(_HOLE.split(texts[language]))
                if part
            ]
            yield self._prompt(parts, language, condition, may_be_stopped=False)

    def _callers(self, texts: Collection[str]) -> dict[str, str | None]:
        """What is spoken to some callers, with the condition that they are those; None: it is spoken to all."""
        heard: dict[str, list[str]] = {}
        for each in self._languages:
            if spoken := said_in(dict.fromkeys(texts, ""), each, self._own):
                heard.setdefault(spoken, []).append(each)
        return {
            spoken: None if len(callers) == len(self._languages) else " || ".join(map(_is_spoken, callers))
            for spoken, callers in heard.items()
        }

    def _prompt(self, parts: object, language: str, condition: str | None, *, may_be_stopped: bool) -> Tag:
        assert isinstance(parts, list | map)
        return tag(
            "prompt",
            *parts,
            bargein="true" if may_be_stopped else "false",
            cond=condition,
            xml_lang=xml_language(language) if condition or language != self._own else None,
        )


def xml_language(language: str) -> str:
    return language.replace("_", "-")


def variable(name: str) -> str:
    """A variable's name in ECMAScript, where some words mean something."""
    return f"{name}_" if _RESERVED.fullmatch(name) else name


def _is_spoken(language: str) -> str:
    return f"{SPOKEN} == {written(xml_language(language))}"


def _sound(sound: str) -> Tag | str:
    if not isinstance(sound, Spoken):
        return tag("audio", src=f"{SOUNDS}{sound}")
    if not sound.recording:
        return sound.text
    return tag("audio", *([sound.text] if sound.text else []), src=sound.recording)
