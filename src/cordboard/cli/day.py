"""The command that tells a day in figures: day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ami.models import AgentState
from cordboard.cli.context import Company, Context, Json, loaded, print_json, print_table, run, say
from cordboard.house.workshop import opened_store, the_company
from cordboard.journal.day import Day, figures_of_day
from cordboard.journal.tally import Handling
from cordboard.settings import Settings
from cordboard.store.company import load_company

STATES = tuple(state for state in AgentState if state is not AgentState.LOGGED_OUT)


def add_to(app: typer.Typer) -> None:
    app.command()(day)


def day(
    context: Context,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day, in the company's time zone; today.")
    ] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """A day in figures: calls by outcome, the mean handling time (talk, hold, wrap-up), what each agent did."""
    told = run(_figures(loaded(context).settings, company, date))
    if as_json:
        print_json(_plain(told))
    else:
        _show(told)


async def _figures(settings: Settings, named: str | None, date: datetime | None) -> Day:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with store.reading() as session:
            zone = ZoneInfo((await load_company(session, company)).time_zone)
            wanted = date.date() if date is not None else datetime.now(UTC).astimezone(zone).date()
            return await figures_of_day(session, company, wanted, zone)


def _plain(told: Day) -> dict[str, object]:
    tally = told.tally
    rates = {"service_rate": tally.service_rate, "abandon_rate": tally.abandon_rate}
    return {
        "day": told.day.isoformat(),
        "calls": {"received": tally.received, **asdict(tally), **rates},
        "handling": _handling(told.handling),
        "agents": {
            agent: {
                "handling": _handling(each.handling),
                "spent": {state: round(seconds, 1) for state, seconds in each.spent.items()},
            }
            for agent, each in told.agents.items()
        },
    }


def _handling(handling: Handling) -> dict[str, float | int | None]:
    """Sums and the mean, in seconds."""
    mean = None if handling.mean is None else round(handling.mean, 1)
    return {**{name: round(value, 1) for name, value in asdict(handling).items()}, "mean": mean}


def _show(told: Day) -> None:
    tally = told.tally
    counts = ", ".join(f"{name} {count}" for name, count in asdict(tally).items() if count and name != "blocked")
    blocked = f", {tally.blocked} blocked" if tally.blocked else ""  # and not received
    say(f"{told.day}: {tally.received} received" + (f" ({counts})" if counts else "") + blocked)
    if tally.service_rate is not None and tally.abandon_rate is not None:
        say(f"service rate {tally.service_rate:.1%}, abandoned {tally.abandon_rate:.1%}")
    if (parts := told.handling.parts) is not None:
        talk, hold, wrap_up = parts
        say(
            f"handling time {told.handling.mean:.1f} s a call: talk {talk:.1f}, hold {hold:.1f}, wrap-up {wrap_up:.1f} "
            f"({told.handling.calls} handled)"
        )
    if told.agents:
        say()
        columns = ["agent", "calls", "handling s", *(state.replace("_", " ") for state in STATES)]
        rows = [
            (
                agent or "somebody",
                each.handling.calls,
                "" if each.handling.mean is None else f"{each.handling.mean:.1f}",
                *(_clock(each.spent.get(state, 0.0)) for state in STATES),
            )
            for agent, each in told.agents.items()
        ]
        print_table(columns, rows, right=columns[1:])


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds; nothing for no time."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if seconds else ""
