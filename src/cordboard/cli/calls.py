"""The commands that look: what became of each call, and the live page in a terminal."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cordboard.cli.context import Company, Context, Json, loaded, print_json, print_table, printable, run, say
from cordboard.house.workshop import opened_store, the_company
from cordboard.journal.words import why_in_words
from cordboard.settings import Settings, SettingsError
from cordboard.store.journal import facts_of, find_call, last_outcomes
from cordboard.store.records import CallRecord, FactRecord


def add_to(app: typer.Typer) -> None:
    app.command()(calls)
    app.command()(facts)
    app.command()(top)


def calls(
    context: Context,
    last: Annotated[int, typer.Option(min=1, max=10000, help="How many, newest first.")] = 20,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """The calls that ended last: outcome, waiting and talking time, who answered and why that one."""
    records = run(_last(loaded(context).settings, company, last))
    if as_json:
        print_json([asdict(record) for record in records])
        return
    if not records:
        say("No call has ended yet.")
        return
    language = loaded(context).settings.language
    rows = [
        (
            f"{record.entered.astimezone():%Y-%m-%d %H:%M:%S}",
            record.caller_number or "unknown",
            record.did,
            record.outcome,
            record.detail if not record.agent else "",
            record.queue,
            record.agent,
            f"{record.waited:.1f}",
            f"{record.talked:.1f}",
            why_in_words(record.why, language) if record.agent else "",
        )
        for record in records
    ]
    columns = ("entered", "caller", "number", "outcome", "detail", "queue", "agent", "waited s", "talked s", "why")
    print_table(columns, rows, right=("waited s", "talked s"))


async def _last(settings: Settings, named: str | None, limit: int) -> tuple[CallRecord, ...]:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with store.reading() as session:
            return await last_outcomes(session, company, limit)


def facts(
    context: Context,
    call: Annotated[str, typer.Argument(help="The call's uniqueid, as `cordboard calls --json` shows it.")],
    as_json: Json = False,
) -> None:
    """Everything that happened to one call, in order."""
    record, happened = run(_facts(loaded(context).settings, call))
    if as_json:
        print_json({"call": asdict(record), "facts": [asdict(fact) for fact in happened]})
        return
    say(
        printable(
            f"{record.caller_number or 'unknown'} to {record.did}: {record.outcome or 'in progress'} {record.detail}"
        )
    )
    rows = [
        (
            f"{fact.at.astimezone():%H:%M:%S.%f}"[:-3],
            fact.kind,
            ", ".join(f"{name} {value}" for name, value in fact.data.items() if value and name != "why"),
        )
        for fact in happened
    ]
    print_table(("at", "fact", "what"), rows)


async def _facts(settings: Settings, uniqueid: str) -> tuple[CallRecord, tuple[FactRecord, ...]]:
    async with opened_store(settings) as store, store.reading() as session:
        record = await find_call(session, settings.node, uniqueid)
        if record is None:
            raise SettingsError([f"no call {uniqueid!r} of {settings.node} in history"])
        return record, await facts_of(session, settings.node, uniqueid)


def top(
    context: Context,
    company: Company = None,
    once: Annotated[bool, typer.Option("--once", help="Print what is there now and end.")] = False,
) -> None:
    """The live page in a terminal: queues, agents, calls in progress, last outcomes. Ctrl-C ends it."""
    from cordboard.cli.screen import show

    run(show(loaded(context).settings, company, once=once))
