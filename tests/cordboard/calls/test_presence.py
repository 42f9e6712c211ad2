"""Presence: what the parent tells is what the child hears."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.models import AgentState
from cordboard.calls.presence import AgentPresence, Presence, from_line, to_line

moments = st.none() | st.integers(0, 4_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
agents = st.builds(AgentPresence, st.sampled_from(AgentState), st.text(), moments)


@given(st.builds(Presence, st.booleans(), st.dictionaries(st.text(max_size=20), agents, max_size=5)))
def test_a_line_carries_presence_whole(presence: Presence) -> None:
    line = to_line(presence)
    assert line.count(b"\n") == 1
    assert from_line(line) == presence


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"is_known": true, "agents": {"a": ["asleep", "", null]}}'])
def test_anything_else_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        from_line(line)
