"""The live page in a terminal: what is on it, in both languages, and that no caller can steer the terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cordboard.cli.screen import COLOURS, Page
from cordboard.cli.words import FRENCH
from cordboard.desk.board import Board
from cordboard.desk.cards import AgentCard, CallCard, LastCard, LinkCard, OutcomeCard, PartyCard, QueueCard, WaitingCard

NOW = 1_800_000_000.0
HOSTILE = "\x1b[31mred\x07[bold]x"


def _call(**more: Any) -> CallCard:
    plain: dict[str, Any] = {
        "node": "pbx1", "caller_name": "", "did": "", "dialled": "", "entered": NOW - 70, "since": NOW - 65,
        "place": "", "position": None, "agent": "", "offered_to": (), "parties": (), "more": 0, "spied_by": (),
        "spies_on": "", "is_received": True, "is_recorded": False, "is_partial": False, "is_stray": False,
    }  # fmt: skip
    return CallCard(**(plain | more))


def _board() -> Board:
    waiting = WaitingCard("pbx1/1", "+33611111111", HOSTILE, NOW - 65, 1, 0)
    outcome = OutcomeCard(
        call="pbx1/0", entered=NOW - 90, ended=NOW - 30, caller="+33622222222", caller_name="", did="main",
        queue="Facturation", agent="Amel", outcome="abandoned", detail="queue", place="", waited=12.0, talked=0.0,
        why=None,
    )  # fmt: skip
    amel = PartyCard("amel", "Amel Haddad", "201", False, "caller", "holding", NOW - 65)
    outside = PartyCard("", "", "0612345678", True, "called", "held", NOW - 65)
    return Board(
        {
            "link/pbx1": LinkCard("pbx1", "live", NOW - 100),
            "queue/pbx1/acme-billing": QueueCard(
                "pbx1", "billing", "Facturation", "601", 0, 120.0, (waiting,), ready=1, busy=2, away=0
            ),
            "agent/pbx1/acme-amel": AgentCard(
                "pbx1", "amel", "Amel Haddad", "pause", NOW - 3700, None, "lunch", "", "", HOSTILE, "", ("Facturation",)
            ),
            "agent/pbx1/acme-zoe": AgentCard(
                "pbx1", "zoe", "Zoé", "wrap_up", NOW - 5, NOW + 25, "", "training", "", "", "", ("Facturation",)
            ),
            "call/pbx1/1": _call(
                direction="inbound",
                caller=HOSTILE,
                did="Standard",
                stage="waiting",
                place="Facturation",
                position=1,
                offered_to=("Amel",),
            ),
            "call/pbx1/2": _call(
                direction="outbound",
                caller="201",
                caller_name="Amel Haddad",
                dialled="0612345678",
                stage="held",
                parties=(amel, outside),
                spied_by=("Dora",),
            ),
            "last": LastCard((outcome,)),
        }
    )


def _drawn(language: str, board: Board | None) -> str:
    out = io.StringIO()
    Console(file=out, width=160, force_terminal=False, markup=True).print(Page(language).drawn(board, NOW))
    return out.getvalue()


def test_english() -> None:
    text = _drawn("en", _board())
    for words in (
        "Queues",
        "Facturation",
        "1:05",
        "Amel Haddad",
        "pause (lunch)",
        "wrap up (left 0:25), then training",
        "1:01:40",
        "abandoned (queue)",
        "pbx1 live",
        "Amel Haddad",
        "0612345678",
        "Dora",
    ):
        assert words in text


def test_french() -> None:
    text = _drawn("fr", _board())
    for words in (
        *("Files d'attente", "en attente", "en pause (lunch)", "post-appel (reste 0:25), puis training"),
        *("Dernières issues", "abandonné", "en direct"),
    ):
        assert words in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_caller_cannot_steer_the_terminal(language: str) -> None:
    text = _drawn(language, _board())
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text


def test_an_empty_board_is_drawn() -> None:
    assert "Queues" in _drawn("en", None)
    assert "Queues" in _drawn("en", Board({}))


def test_every_coloured_word_has_french() -> None:
    assert set(COLOURS) <= set(FRENCH)
