"""Choices of agents in words."""

import pytest

from cordboard.journal.why import Reason
from cordboard.journal.words import ENGLISH, FRENCH, why_in_words

CHOICE = {
    "candidates": [
        {"agent": "amel", "reason": "chosen", "tier": 0, "penalty": 0, "idle": 42.4},
        {"agent": "bruno", "reason": "less_skilled", "tier": 0, "penalty": 2},
        {"agent": "chloe", "reason": "less_skilled", "tier": 0, "penalty": 2},
        {"agent": "dan", "reason": "not_yet", "tier": 1, "penalty": 105, "opens_after": 10.0},
        {"agent": "emma", "reason": "paused", "tier": 1, "penalty": 105, "pause": "lunch"},
    ]
}


def test_english() -> None:
    assert why_in_words(CHOICE) == (
        "best ready agent, 42 s idle; bruno, chloe less skilled; dan not before 10 s of waiting; emma paused (lunch)"
    )


def test_french() -> None:
    assert why_in_words(CHOICE, "fr").startswith("meilleur conseiller prêt, au repos depuis 42 s; bruno, chloe moins")


def test_no_choice_is_no_sentence() -> None:
    assert why_in_words({}) == ""


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.CHOSEN])
@pytest.mark.parametrize("words", [ENGLISH, FRENCH])
def test_every_reason_has_words(reason: Reason, words: dict[str, str]) -> None:
    assert words[reason]
