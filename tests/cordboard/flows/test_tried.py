"""A call tried act by act is one call: what it was before an act is how it begins after it, as in the terminal."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.calls.paper import Paper, ready
from cordboard.documents import flow_of, read_company_file
from cordboard.flows.errors import NotUnderstood
from cordboard.flows.trial import try_call
from cordboard.flows.tried import Awaited, Tried, try_acts
from cordboard.flows.typist import Typist
from kit.switch import REPOSITORY

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
COMPANY = read_company_file(REPOSITORY / "demo/company.yaml", TODAY).accepted()
BOOKS = Paper(COMPANY, flow_of(COMPANY, TODAY), presence=ready(COMPANY))
ACTS = st.sampled_from(["1", "2", "9", "*", "7", "21", "w", "", "h", "say:sales"])


class _Lines:
    """As they are piped in, in the terminal."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = iter(lines)

    def keys(self) -> str | None:
        return next(self._lines, None)

    speech = keys

    def refuse(self, what: str) -> None:
        raise AssertionError(what)


async def _tried(acts: list[str]) -> Tried:
    return await try_acts(BOOKS, COMPANY.dids["main"], acts, number="", begins=NOON)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=8))
def test_a_call_grows(acts: list[str]) -> None:
    async def work() -> None:
        calls = [await _tried(acts[:count]) for count in range(len(acts) + 1)]
        last = calls[-1]
        for call in calls:
            assert last.steps[: len(call.steps)] == call.steps
            assert call.awaited in (Awaited.KEYS, None)
        piped = await try_call(BOOKS, COMPANY.dids["main"], Typist(_Lines(acts)), begins=NOON)
        assert piped.steps[: len(last.steps)] == last.steps
        if last.awaited is None:
            assert (piped.steps, piped.end) == (last.steps, last.passage.end)
        else:
            assert len(piped.steps) > len(last.steps), "he who does nothing more is waited for"

    asyncio.run(work())


async def test_what_no_caller_does_is_told() -> None:
    with pytest.raises(NotUnderstood, match="those are no keys"):
        await _tried(["seven"])
    assert (await _tried(["h", "seven"])).awaited is None, "what comes after the end is not looked at"
