"""Numbers that are dialled inside: each is had once, and none that means something else."""

from __future__ import annotations

from collections.abc import Iterable

from cordboard.adoption.conf import Section
from cordboard.adoption.findings import Kind
from cordboard.adoption.work import Work
from cordboard.documents.checks import SERVICE_NUMBERS
from cordboard.store.numbers import is_emergency


def take_number(work: Work, about: str, wishes: Iterable[str], section: Section) -> str | None:
    """The first of the numbers that may be had; it is `about`'s from then on. Those before it are told."""
    for wish in wishes:
        if why := _unusable(work, wish):
            work.ledger.tell(Kind.CHANGED, about, f"the number {wish} {why}, and was not taken", "Choose another",
                             section)  # fmt: skip
            continue
        work.numbers[wish] = about
        return wish
    return None


def _unusable(work: Work, number: str) -> str:
    """Why nobody may have this number inside; "" if somebody may."""
    if number in work.numbers:
        return f"is that of {work.numbers[number]}"
    if number in SERVICE_NUMBERS:
        return SERVICE_NUMBERS[number]
    if is_emergency(number, work.head.country):
        return f"is an emergency number in {work.head.country}"
    return ""
