"""What may be typed: a grammar of keys (SRGS in XML) or one of the builtin types, as keys or as digits of a shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from agi.flow.steps import MOST_DIGITS
from agi.flow.ways import KEY
from cordboard.voicexml.expressions import literal
from cordboard.voicexml.tree import DEEPEST, Element

MOST_SHAPES = 20
_MOST_TYPED = 20
"""Digits at most where a document names no number."""
_MOST_EXPANDED = 2000
_MOST_JOINED = 10 * _MOST_EXPANDED
"""Over all steps of reading a grammar: rules that lead to others twice, and these again, take no time without end."""
_ANY_DIGIT = frozenset("0123456789")
_BUILTIN = re.compile(r"(?:builtin:(?:dtmf/|grammar/)?)?(?P<type>[a-z]+)(?:\?(?P<parameters>.*))?")
_LENGTH = re.compile(r"[0-9]{1,4}")
_REPEAT = re.compile(r"(?P<least>[0-9]{1,2})(?:(?P<to>-)(?P<most>[0-9]{1,2})?)?")
_TAG = re.compile(r"(?:out\s*=\s*)?(?P<literal>.+?)\s*;?")


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed, of one of some lengths: of one of the shapes if there are any (X is any digit)."""

    least: int = 1
    most: int = _MOST_TYPED
    shapes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys, each with the value that it stands for."""

    values: Mapping[str, str]


class NotUnderstood(Exception):
    """Says why, and what to do."""

    def __init__(self, element: Element, what: str, cure: str) -> None:
        super().__init__(what)
        self.element = element
        self.what = what
        self.cure = cure


def builtin(element: Element, text: str) -> Typed | Keyed:
    """A builtin type: `digits?minlength=6;maxlength=8`, `boolean?y=7`. Raises: NotUnderstood."""
    found = _BUILTIN.fullmatch(text)
    given = dict(_parameter(each) for each in (found["parameters"] or "").split(";") if each) if found else {}
    match found["type"] if found else "":
        case "digits" if given.keys() <= {"length", "minlength", "maxlength"}:
            return _digits(element, given)
        case "number" if not given:
            return Typed()
        case "boolean" if given.keys() <= {"y", "n"}:
            yes, no = given.get("y", "1"), given.get("n", "2")
            if yes != no and all(KEY.fullmatch(each) for each in (yes, no)):
                return Keyed({yes: "true", no: "false"})
    raise NotUnderstood(element, "is a type that is not typed here", "Types are digits, number and boolean")


def _digits(element: Element, given: Mapping[str, str]) -> Typed:
    fallen = given.get("length")
    asked = fallen or given.get("minlength", "1"), fallen or given.get("maxlength", str(_MOST_TYPED))
    least, most = (int(each) if _LENGTH.fullmatch(each) else 0 for each in asked)
    if not 1 <= least <= most <= MOST_DIGITS:
        raise NotUnderstood(element, "asks for a number of digits that nobody types", f"Ask for 1 to {MOST_DIGITS}")
    return Typed(least, most)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def is_of_keys(grammar: Element) -> bool:
    """Is it for what is typed, not for what is spoken?"""
    source = grammar.attributes.get("src", "")
    return grammar.attributes.get("mode") == "dtmf" or source.startswith(("builtin:dtmf", "builtin:dtmf/"))


def grammar_of(grammar: Element) -> Typed | Keyed:
    """What an element `grammar` for keys takes. Raises: NotUnderstood."""
    grammar.enter()
    grammar.take("mode")
    if source := grammar.take("src"):
        return builtin(grammar, source)
    reader = _Rules(grammar)
    for name in ("version", "root", "type", "xml:lang", "tag-format"):
        grammar.take(name)
    if grammar.has_text or not reader.root:
        raise NotUnderstood(
            grammar, "is no grammar in XML with a root rule", "Write it as SRGS in XML, or write the field by hand"
        )
    return _judged(grammar, reader.expanded(reader.root, ()))


Word = tuple[frozenset[str], ...]
"""For each place the keys that may come there."""
Words = Mapping[Word, str | None]
"""What may be typed, each with the value that it stands for, if it has one."""
_DECIDE = "Ask for digits, and decide by a condition"


class _Rules:
    def __init__(self, grammar: Element) -> None:
        self._grammar = grammar
        self._joins = 0
        self._rules = {rule.attributes.get("id", ""): rule for rule in grammar.children("rule")}
        self.root = grammar.attributes.get("root", "").strip() or next(iter(self._rules), "")

    def expanded(self, name: str, above: tuple[str, ...]) -> Words:
        if name not in self._rules or name in above:
            what = "leads to a rule that is not in it, or to itself"
            raise NotUnderstood(self._grammar, what, "Write its items there")
        if len(above) == DEEPEST:
            raise NotUnderstood(self._grammar, f"has rules that lead on {DEEPEST} times", "Write their items there")
        rule = self._rules[name].enter()
        rule.take("id")
        rule.take("scope")
        return self._sequence(rule, (*above, name))

    def _sequence(self, element: Element, above: tuple[str, ...]) -> Words:
        found: Words = {(): None}
        value: str | None = None
        for part in element.parts:
            if isinstance(part, str):
                element.is_text_taken = True
                found = self._joined(found, self._keys(part))
            elif part.enter().name == "tag":
                value = self._value(part)
            else:
                found = self._joined(found, self._words(part, above))
        return {word: given if value is None else value for word, given in found.items()}

    def _words(self, part: Element, above: tuple[str, ...]) -> Words:
        match part.name:
            case "item":
                return self._item(part, above)
            case "one-of":
                return self._one_of(part, above)
            case "ruleref":
                return self.expanded(part.take("uri").removeprefix("#"), above)
            case "token":
                return self._keys(part.texts())
        raise NotUnderstood(part, "is not understood in a grammar", "Write rule, one-of, item and ruleref")

    def _keys(self, text: str) -> Words:
        keys = "".join(text.replace('"', " ").split())
        if not all(key in "0123456789*#" for key in keys):
            raise NotUnderstood(self._grammar, "holds what no phone types", "Write digits, * and #")
        return {tuple(map(frozenset, keys)): None}

    def _item(self, item: Element, above: tuple[str, ...]) -> Words:
        repeat = _REPEAT.fullmatch(item.take("repeat", "1"))
        if repeat is None:
            raise NotUnderstood(item, "is repeated in a way that is not understood", 'Write repeat="4" or repeat="4-8"')
        once = self._sequence(item, above)
        least = int(repeat["least"])
        most = int(repeat["most"] or (max(_MOST_TYPED, least) if repeat["to"] else least))
        found: dict[Word, str | None] = {}
        word: Words = {(): None}
        for times in range(min(most, MOST_DIGITS) + 1):
            if times >= least:
                found |= word
            word = self._joined(word, once) if times < most else word
        return found

    def _one_of(self, element: Element, above: tuple[str, ...]) -> Words:
        found: dict[Word, str | None] = {}
        for child in element.children():
            if child.name != "item":
                raise NotUnderstood(child, "is not understood in a choice", "Write items")
            found |= self._item(child.enter(), above)
        single = {word: value for word, value in found.items() if len(word) == 1 and value is None}
        if frozenset[str]().union(*(word[0] for word in single)) >= _ANY_DIGIT:
            rest = {word: value for word, value in found.items() if not (word in single and word[0] <= _ANY_DIGIT)}
            return {(_ANY_DIGIT,): None, **rest}
        return found

    def _joined(self, before: Words, after: Words) -> Words:
        size = len(before) * len(after)
        self._joins += size
        if size > _MOST_EXPANDED or self._joins > _MOST_JOINED:
            raise NotUnderstood(self._grammar, "takes too many different things", _DECIDE)
        return {
            (*first, *second): of_first if of_second is None else of_second
            for (first, of_first), (second, of_second) in product(before.items(), after.items())
        }

    def _value(self, tag: Element) -> str:
        text = tag.texts()
        found = _TAG.fullmatch(text)
        value = literal(found["literal"]) if found else None
        return text if value is None else value


def _judged(grammar: Element, words: Words) -> Typed | Keyed:
    """The words as keys where each stands for a value, or where they are more than digits; else digits of a shape."""
    found = {word: value for word, value in words.items() if word}
    if not found:
        raise NotUnderstood(grammar, "takes nothing", "Write items with keys")
    places = [keys for word in found for keys in word]
    has_values = any(value is not None for value in found.values())
    if has_values or any(keys != _ANY_DIGIT and (len(keys) > 1 or not keys <= _ANY_DIGIT) for keys in places):
        keyed = {"".join(map(min, word)): value for word, value in found.items()}
        if any(len(keys) > 1 for keys in places) or not all(KEY.fullmatch(key) for key in keyed):
            raise NotUnderstood(grammar, "takes digits and something else", _DECIDE)
        return Keyed({key: key if value is None else value for key, value in keyed.items()})
    shapes = tuple(dict.fromkeys("".join("X" if keys == _ANY_DIGIT else min(keys) for keys in word) for word in found))
    lengths = sorted({len(shape) for shape in shapes})
    if lengths[-1] > MOST_DIGITS:
        raise NotUnderstood(grammar, f"takes more than {MOST_DIGITS} digits", "Ask for fewer")
    is_any = all(set(shape) == {"X"} for shape in shapes) and lengths == list(range(lengths[0], lengths[-1] + 1))
    if not is_any and len(shapes) > MOST_SHAPES:
        raise NotUnderstood(grammar, f"takes more than {MOST_SHAPES} shapes", _DECIDE)
    return Typed(lengths[0], lengths[-1], () if is_any else shapes)
