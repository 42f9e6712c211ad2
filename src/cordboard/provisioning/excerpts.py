"""Two long texts beside each other, shortened to where they differ."""

from __future__ import annotations

MOST = 100
"""Signs of a text that is shown whole, and of an excerpt, about."""
AROUND = 3
"""Words that are shown before and behind what differs."""
LEFT_OUT = "…"


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Both, short ones whole; of long ones what differs with some words around it, and of that the beginning."""
    if max(len(before), len(after)) <= MOST:
        return before, after
    had, has = before.split(), after.split()
    first = _alike(had, has)
    last = _alike(had[first:][::-1], has[first:][::-1])
    begin, end = max(0, first - AROUND), max(0, last - AROUND)
    return _between(had, begin, end), _between(has, begin, end)


def _alike(some: list[str], others: list[str]) -> int:
    """With how many of the same words both begin."""
    pairs = zip(some, others, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(some), len(others)))


def _between(words: list[str], begin: int, end: int) -> str:
    """Without so many words at the beginning and at the end."""
    shown = " ".join(words[begin : len(words) - end])
    behind = LEFT_OUT if end else ""
    if len(shown) > MOST:
        shown, behind = shown[:MOST].rstrip(), LEFT_OUT
    return f"{LEFT_OUT if begin else ''}{shown}{behind}"
