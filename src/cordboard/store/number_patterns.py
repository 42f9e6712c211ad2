"""Number plans as they are published, regular expressions, written out as patterns of digits. Pure.

A pattern is digits, behind a plus or not, `X` for any digit, and `[159]` for one of these digits: Asterisk compares
numbers with it.
`(?:6[0-24]|7\\d)\\d{2}` is written `6[0124]XX` and `7XXX`.
"""

import re
from collections.abc import Iterable, Iterator

_TIMES = re.compile(r"\{(\d+)(?:,(\d+))?\}|(\?)|")
_ONE = re.compile(r"\\d|\d|\[[0-9-]+\]")
_SIGN = re.compile(r"\[(\d+)\]|(X)|([\d+])")
_ANY = frozenset("0123456789")


def patterns(regex: str) -> list[str]:
    """What the regular expression matches, in the order in which it says it. Raises ValueError for signs that number
    plans do not use."""
    found, end = _choices(regex, 0)
    if end != len(regex):
        raise ValueError(f"no number plan: {regex}")
    return list(dict.fromkeys(found))


def _choices(regex: str, at: int) -> tuple[list[str], int]:
    found, at = _row(regex, at)
    while regex[at : at + 1] == "|":
        more, at = _row(regex, at + 1)
        found += more
    return found, at


def _row(regex: str, at: int) -> tuple[list[str], int]:
    found = [""]
    while at < len(regex) and regex[at] not in "|)":
        each, at = _part(regex, at)
        times = _TIMES.match(regex, at)
        assert times is not None, "it matches nothing too"
        least, most = (0, 1) if times[3] else (int(times[1] or 1), int(times[2] or times[1] or 1))
        found = _joined(found, [row for count in range(least, most + 1) for row in _repeated(each, count)])
        at = times.end()
    return found, at


def _part(regex: str, at: int) -> tuple[list[str], int]:
    if regex.startswith("(?:", at):
        found, at = _choices(regex, at + 3)
        if regex[at : at + 1] != ")":
            raise ValueError(f"no number plan: {regex}")
        return found, at + 1
    one = _ONE.match(regex, at)
    if one is None:
        raise ValueError(f"no number plan: {regex}")
    return [_sign(one[0])], one.end()


def _sign(written: str) -> str:
    if written == r"\d":
        return "X"
    if not written.startswith("["):
        return written
    digits = re.sub(r"(\d)-(\d)", lambda ends: "".join(map(str, range(int(ends[1]), int(ends[2]) + 1))), written)
    each = sorted(set(digits) - set("[]"))
    return f"[{''.join(each)}]" if len(each) > 1 else each[0]


def _repeated(rows: list[str], count: int) -> list[str]:
    found = [""]
    for _ in range(count):
        found = _joined(found, rows)
    return found


def _joined(one: Iterable[str], other: list[str]) -> list[str]:
    return [f"{first}{second}" for first in one for second in other]


def width(pattern: str) -> int:
    """How many digits a pattern is about."""
    return sum(1 for _ in _signs(pattern))


def fits(pattern: str, digits: str) -> bool:
    """Is this whole number one of the pattern?"""
    signs = list(_signs(pattern))
    return len(signs) == len(digits) and all(digit in sign for sign, digit in zip(signs, digits, strict=True))


def meets(pattern: str, beginning: str) -> bool:
    """Is there a number of the pattern that begins so?"""
    signs = list(_signs(pattern))
    return len(signs) >= len(beginning) and all(digit in sign for sign, digit in zip(signs, beginning, strict=False))


def is_within(pattern: str, beginning: str) -> bool:
    """Do all numbers of the pattern begin so?"""
    signs = list(_signs(pattern))
    return len(signs) >= len(beginning) and all(
        set(sign) == {digit} for sign, digit in zip(signs, beginning, strict=False)
    )


def _signs(pattern: str) -> Iterator[Iterable[str]]:
    """The digits that may stand in each place."""
    for sign in _SIGN.finditer(pattern):
        yield sign[1] or (_ANY if sign[2] else sign[3])
