"""What the commands for agents and calls say."""

from __future__ import annotations

import pytest

from cordboard.cli.answers import warning_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("phone_unreachable", "the phone is not registered: no call reaches it"),
        ("queue_missing:support", "queue support is not in Asterisk yet: apply first"),
        ("something_else", "something_else"),
    ],
)
def test_warnings_are_said_in_words(code: str, words: str) -> None:
    assert warning_words(code) == words
