"""What may be typed and said, as grammars (SRGS) of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cordboard.voicexml.spoken import xml_language
from cordboard.voicexml.tree import GRAMMAR
from cordboard.voicexml.xml_text import Tag, tag


def digits(name: str, shapes: Sequence[str]) -> Tag:
    """What may be typed, each shape an item. `name` is what the ids of rules begin with."""
    items = [tag("item", *_places(shape, f"{name}_digit")) for shape in shapes]
    digit = tag("rule", tag("one-of", *(tag("item", key) for key in "0123456789")), id=f"{name}_digit")
    rules = [tag("rule", tag("one-of", *items), id=f"{name}_typed", scope="public")]
    rules += [digit] if any("X" in shape for shape in shapes) else []
    return tag("grammar", *rules, xmlns=GRAMMAR, version="1.0", mode="dtmf", root=f"{name}_typed")


def _places(shape: str, digit: str) -> Iterator[Tag | str]:
    for place, sign in enumerate(shape):
        if sign == "X":
            yield tag("ruleref", uri=f"#{digit}")
        else:
            yield f"{' ' if place else ''}{sign} "


def words(name: str, spoken: Mapping[str, tuple[str, ...]]) -> Iterator[Tag]:
    """What may be said, in each language."""
    for language, phrases in spoken.items():
        rule = f"{name}_{language}"
        said = tag("rule", tag("one-of", *(tag("item", phrase) for phrase in phrases)), id=rule, scope="public")
        named = xml_language(language)
        yield tag("grammar", said, xmlns=GRAMMAR, version="1.0", mode="voice", root=rule, xml_lang=named)
