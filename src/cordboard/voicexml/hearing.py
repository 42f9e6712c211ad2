"""What callers may say for a choice of a menu: its own words, or those of a grammar."""

from __future__ import annotations

from collections.abc import Iterator

from agi.flow.hearing import PHRASE
from cordboard.voicexml.grammars import is_of_keys
from cordboard.voicexml.scopes import Work
from cordboard.voicexml.tree import Element

_TAKEN = ("mode", "version", "root", "type")
_CURE = "Say --speech for menus that listen, and let the prompt name the key"


class Hearing:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._findings = work.findings

    def phrases(self, choice: Element) -> dict[str, list[str]]:
        """Language -> what is said for a choice; nothing, unless menus are to listen."""
        grammars = [each for each in choice.children("grammar") if not is_of_keys(each)]
        text = choice.texts()
        if not self._work.listens:
            for each in grammars:
                each.is_told = True
            if text or grammars:
                self._findings.note(choice, "can be said too, which is not listened for", _CURE)
            return {}
        found: dict[str, dict[str, None]] = {}
        for language, said in self._said(choice, text, grammars):
            phrase = " ".join(said.lower().strip(".,;:!?").split())
            if PHRASE.fullmatch(phrase):
                found.setdefault(language, {})[phrase] = None
            else:
                self._findings.note(choice, "has words that cannot be listened for", "Write plain words, without signs")
        return {language: list(phrases) for language, phrases in found.items()}

    def least(self, menu: Element) -> dict[str, int]:
        """How surely it must be understood, of 100."""
        level = self._work.property(menu, "confidencelevel")
        if level is None:
            return {}
        text = level.take("value")
        if not text.replace(".", "", 1).isdecimal() or not 0 <= float(text) <= 1:
            self._findings.of_attribute(level, "value", "is not from 0.0 to 1.0", "The usual one is taken")
            return {}
        return {"least": round(float(text) * 100)}

    def _said(self, choice: Element, text: str, grammars: list[Element]) -> Iterator[tuple[str, str]]:
        if text:
            yield self._work.language(choice), text
        for grammar in grammars:
            rules = grammar.children("rule")
            items = [item for rule in rules for choices in rule.children("one-of") for item in choices.children("item")]
            if len(rules) != 1 or not items or any(item.children() for item in items):
                self._findings.of_element(grammar, "is more than a list of words", "Write a rule with items of words")
                continue
            for name in _TAKEN:
                grammar.enter().take(name)
            for rule in rules:
                rule.enter().take("id")
                rule.take("scope")
                for choices in rule.children("one-of"):
                    choices.enter()
            yield from ((self._work.language(grammar), item.enter().texts()) for item in items)
