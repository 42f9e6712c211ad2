"""The little of ECMAScript that menus need: literals, names, and comparisons of one variable with some of them.

'gold'                                     the text gold
tier == 'gold' || tier == 'silver'         the variable tier, one of two values
customer.indexOf('12') == 0                begins with 12; so does customer.substring(0, 2) == '12'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CALLER = "session.connection.remote.uri"
SPOKEN = "language"
"""The variable of what is spoken to the caller, here and in what is written."""
_TEL = "tel:"
_LITERAL = r"""(?:'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<bare>-?[0-9]+(?:\.[0-9]+)?|true|false))"""
_NAME = r"[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*)*"
_LITERALS = re.compile(_LITERAL)
_NAMES = re.compile(_NAME)
_EQUALS = re.compile(rf"(?P<name>{_NAME})\s*(?P<sign>===?|!==?)\s*{_LITERAL}")
_BEGINS = re.compile(rf"(?P<name>{_NAME})\.(?:indexOf|lastIndexOf)\(\s*{_LITERAL}\s*(?:,\s*0\s*)?\)\s*===?\s*0")
_CUT = r"\.(?:substring|substr|slice)\(\s*0\s*,\s*(?P<length>[0-9]{1,2})\s*\)"
_PART = re.compile(rf"(?P<name>{_NAME}){_CUT}\s*===?\s*{_LITERAL}")
_FLAG = re.compile(rf"(?P<not>!?)\s*(?P<name>{_NAME})")
_SCOPES = ("session", "application", "document", "dialog")
_DURATION = re.compile(r"\+?(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?P<unit>s|ms)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name` has one of `values`, or begins with one of `beginnings`; or, if it `is_denied`, does not."""

    name: str
    values: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    is_denied: bool = False


def literal(text: str) -> str | None:
    """The text that a literal stands for; None: it is none. A number and a truth are what they say."""
    found = _LITERALS.fullmatch(text.strip())
    return _value(found) if found else None


def variable(text: str) -> str | None:
    """The name of a variable, without the scope before it; None: it is none."""
    return _local(text.strip()) if _NAMES.fullmatch(text.strip()) else None


def comparison(text: str) -> Comparison | None:
    """What a condition asks of one variable; None: it asks something else."""
    parts = [_bare(part) for part in _split(_bare(text), "||")]
    found = [_single(part) for part in parts]
    compared = [each for each in found if each is not None]
    if len(compared) < len(found) or len({each.name for each in compared}) != 1:
        return None
    if len(compared) > 1 and any(each.is_denied for each in compared):
        return None
    return Comparison(
        compared[0].name,
        tuple(dict.fromkeys(value for each in compared for value in each.values)),
        tuple(dict.fromkeys(value for each in compared for value in each.beginnings)),
        compared[0].is_denied,
    )


def seconds(text: str) -> float | None:
    """`6s`, `500ms`, `.5s`; None: it is no time."""
    found = _DURATION.fullmatch(text.strip())
    return float(found["number"]) / (1 if found["unit"] == "s" else 1000) if found else None


def truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


def written(value: str) -> str:
    """A text as a literal. Raises: ValueError for what could end it."""
    if not all(sign.isprintable() and sign not in "'\\" for sign in value):
        raise ValueError(value)
    return f"'{value}'"


def _single(text: str) -> Comparison | None:
    if found := _EQUALS.fullmatch(text):
        return _compared(found, is_denied=found["sign"].startswith("!"))
    if found := _BEGINS.fullmatch(text):
        return _compared(found, is_beginning=True)
    if found := _PART.fullmatch(text):
        return _compared(found, is_beginning=True) if len(_value(found)) == int(found["length"]) else None
    if (found := _FLAG.fullmatch(text)) and found["name"] not in ("true", "false"):
        return Comparison(_local(found["name"]), ("true",), is_denied=bool(found["not"]))
    return None


def _compared(found: re.Match[str], *, is_beginning: bool = False, is_denied: bool = False) -> Comparison:
    name, value = found["name"], _value(found)
    if name == CALLER:
        value = value.removeprefix(_TEL)
    if is_beginning:
        return Comparison(_local(name), beginnings=(value,), is_denied=is_denied)
    return Comparison(_local(name), (value,), is_denied=is_denied)


def _value(found: re.Match[str]) -> str:
    return next(each for each in (found["single"], found["double"], found["bare"]) if each is not None)


def _local(name: str) -> str:
    if name == CALLER:
        return "caller"
    scope, _, rest = name.partition(".")
    return rest if scope in _SCOPES and rest else name


def _bare(text: str) -> str:
    """Without parentheses around all of it."""
    text = text.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    depth = 0
    for place, sign in _outside_texts(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place
    return -1


def _split(text: str, sign: str) -> list[str]:
    parts, start, depth = [], 0, 0
    for place, each in _outside_texts(text):
        depth += (each == "(") - (each == ")")
        if depth == 0 and text.startswith(sign, place):
            parts.append(text[start:place])
            start = place + len(sign)
    return [*parts, text[start:]]


def _outside_texts(text: str) -> list[tuple[int, str]]:
    found, quote = [], ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        else:
            found.append((place, sign))
    return found
