"""The live page in a terminal: queues, agents, calls in progress, last outcomes; drawn anew twice a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live as Screen
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cordboard.cli.context import printable
from cordboard.cli.words import word
from cordboard.desk.board import Board, Boards
from cordboard.desk.cards import AgentCard, CallCard, LastCard, LinkCard, PartyCard, QueueCard, TodayCard
from cordboard.desk.figures import Figures
from cordboard.desk.live_calls import Sight
from cordboard.house.following import followed, look_at_agents
from cordboard.house.workshop import opened_store, the_company
from cordboard.settings import Settings

EVERY = 0.5
FIGURES_EVERY = 2.0

COLOURS = {
    "ready": "green", "ringing": "yellow", "inbound_call": "cyan", "outbound_call": "cyan", "talking": "cyan",
    "pause": "magenta", "withdrawn": "magenta", "wrap_up": "blue", "unreachable": "red",
    "logged_out": "bright_black", "waiting": "yellow",
    "handled": "green", "abandoned": "red", "technical": "red", "live": "green", "down": "red",
}  # fmt: skip
FIGURES = (
    "received", "handled", "self_service", "overflowed", "dissuaded", "abandoned", "voicemail", "callback",
    "technical", "in_progress", "blocked",
)  # fmt: skip


async def show(settings: Settings, named: str | None, *, once: bool) -> None:
    """Draw until cancelled, or once. Raises LinkDown when `once` and no switch answers."""
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with followed(store, settings, must_be_live=once) as switches:
            lives = [each.live for each in switches]
            boards = Boards(lives)
            try:
                figures = Figures(store, boards, lives)
                await figures.refresh()
                page = Page(settings.language)
                if once:
                    Console().print(page.drawn(boards.board(company, Sight.STRAYS), time.time()))
                    return
                with Screen(auto_refresh=False, screen=True) as screen:
                    read = time.monotonic()
                    while True:
                        if time.monotonic() - read > FIGURES_EVERY:
                            await figures.refresh()
                            await look_at_agents(switches)
                            read = time.monotonic()
                        screen.update(page.drawn(boards.board(company, Sight.STRAYS), time.time()), refresh=True)
                        await asyncio.sleep(EVERY)
            finally:
                boards.close()


class Page:
    """Draws a board in one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._has_several_switches = False

    def drawn(self, board: Board | None, now: float) -> Group:
        cards = tuple(board.cards.values()) if board else ()
        links = [card for card in cards if isinstance(card, LinkCard)]
        self._has_several_switches = len(links) > 1
        return Group(
            self._links(links),
            Rule(self._say("Queues"), align="left"),
            self._queues(sorted((c for c in cards if isinstance(c, QueueCard)), key=lambda c: c.rank), now),
            Rule(self._say("Agents"), align="left"),
            self._agents(sorted((c for c in cards if isinstance(c, AgentCard)), key=lambda c: c.name), now),
            Rule(self._say("Calls in progress"), align="left"),
            self._calls(sorted((c for c in cards if isinstance(c, CallCard)), key=lambda c: c.entered), now),
            Rule(self._say("Last outcomes"), align="left"),
            *(self._last(card) for card in cards if isinstance(card, LastCard)),
            *(self._today(card) for card in cards if isinstance(card, TodayCard)),
        )

    def _say(self, name: str) -> str:
        return word(name, self._language)

    def _named(self, name: str, node: str) -> Text:
        """With its switch, where there are several."""
        return _cell(" ".join(filter(None, (name, f"@{node}" if self._has_several_switches else ""))))

    def _coloured(self, name: str) -> Text:
        return Text(self._say(name), style=COLOURS.get(name, ""))

    def _table(self, *columns: str, right: Iterable[str] = ()) -> Table:
        table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
        for column in columns:
            table.add_column(self._say(column), justify="right" if column in right else "left", no_wrap=True)
        return table

    def _links(self, cards: Iterable[LinkCard]) -> Text:
        text = Text("Cordboard ", style="bold")
        for card in cards:
            text.append(f" {card.node} ").append_text(self._coloured(card.state))
            if card.stale_since is not None:
                moment = datetime.fromtimestamp(card.stale_since, UTC).astimezone()
                text.append(f" ({self._say('unknown since')} {moment:%H:%M:%S})", style="red")
        return text

    def _queues(self, cards: Iterable[QueueCard], now: float) -> Table:
        table = self._table("queue", "waiting", "longest", "ready", "busy", "away", right=("waiting", "longest"))
        for card in cards:
            longest = _clock(now - min(w.since for w in card.waiting)) if card.waiting else ""
            counts = (str(card.ready), str(card.busy), str(card.away))
            table.add_row(self._named(card.name, card.node), str(len(card.waiting)), longest, *counts)
        return table

    def _agents(self, cards: Iterable[AgentCard], now: float) -> Table:
        table = self._table("agent", "state", "for", "with", right=("for",))
        for card in cards:
            state = self._coloured(card.state)
            if card.reason:
                state.append(f" ({printable(card.reason)})")
            if card.until is not None:
                state.append(f" ({self._say('left')} {_clock(card.until - now)})")
            if card.next:
                state.append(f", {self._say('then')} {printable(card.next)}")
            since = _clock(now - card.since) if card.since is not None else ""
            table.add_row(self._named(card.name, card.node), state, since, _cell(card.caller_name or card.caller))
        return table

    def _calls(self, cards: Iterable[CallCard], now: float) -> Table:
        table = self._table("caller", "number", "state", "where", "with", "for", right=("for",))
        for card in cards:
            caller = card.caller if card.is_received else card.caller_name or card.caller
            state = self._coloured(card.stage)
            if card.spied_by:
                state.append(f" ({self._say('heard by')} {printable(', '.join(card.spied_by))})")
            cells = (
                _cell(caller),
                _cell(card.did or card.dialled),
                state,
                self._named(card.place, card.node),
                _cell(_others(card)),
            )
            table.add_row(*cells, _clock(now - card.since))
        return table

    def _last(self, card: LastCard) -> Table:
        columns = ("caller", "outcome", "queue", "agent", "waited", "talked")
        table = self._table(*columns, right=("waited", "talked"))
        for call in card.calls:
            outcome = self._coloured(call.outcome)
            if call.detail:
                outcome.append(f" ({printable(call.detail)})")
            times = (_clock(call.waited), _clock(call.talked))
            table.add_row(_cell(call.caller), outcome, _cell(call.queue), _cell(call.agent), *times)
        return table

    def _today(self, card: TodayCard) -> Text:
        parts = [f"{self._say(name)} {getattr(card, name)}" for name in FIGURES if getattr(card, name)]
        return Text(f"{self._say('Today')}: {', '.join(parts) or 0}", style="bold")


def _others(card: CallCard) -> str:
    """Whom the caller talks to, or who is rung for him."""
    names = [_named(party) for party in card.parties[1:]]
    return card.agent or ", ".join(card.offered_to or names) + (f" +{card.more}" if card.more else "")


def _named(party: PartyCard) -> str:
    who = party.name or party.number
    return f"{who} ({party.trunk})" if party.trunk else who


def _cell(text: str) -> Text:
    """A cell of a table: never markup, whatever a caller calls himself."""
    return Text(printable(text))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
