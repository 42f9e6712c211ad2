"""The commands about what was applied: generations, diff, rollback, confirm, audit, watch."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from cordboard.cli.context import Context, Json, complain, loaded, print_json, print_table, printable, run, say
from cordboard.cli.deeds import (
    FAILED,
    Seen,
    Shrink,
    Verbose,
    Yes,
    ask,
    show_applied,
    show_plan,
    with_or_without_database,
)
from cordboard.desk.drift import DriftReport
from cordboard.desk.history import Entry, History
from cordboard.desk.ledger import Result
from cordboard.desk.rollback import Rollback
from cordboard.house.deployment import deployment_of
from cordboard.house.offline import asterisk_by_disk, deployer_of
from cordboard.house.workshop import actor, opened_store
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.desired import Desires
from cordboard.provisioning.moments import when
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.retreat import Retreat
from cordboard.provisioning.show import changes_json, changes_text, plan_json
from cordboard.settings import Settings
from cordboard.store.audit import last_audit
from cordboard.store.errors import StoreError
from cordboard.store.records import AuditEntry

SOME = 2
COLUMNS = ("generation", "state", "created", "by", "plan", "from", "calls", "what it changed")
TABLE_WIDTH = 110
"""Columns of a terminal below which a table of generations has no room."""


def add_to(app: typer.Typer) -> None:
    app.command()(generations)
    app.command()(diff)
    app.command()(rollback)
    app.command()(confirm)
    app.command()(watch)
    app.command()(audit)


# --- what there is ---------------------------------------------------------------------------------------------------


def generations(context: Context, as_json: Json = False) -> None:
    """The generations that are kept: what each changed, where it came from, and whether calls are still in it."""
    entries = run(_entries(loaded(context).settings))
    if as_json:
        print_json([entry.to_json() for entry in entries])
    elif entries:
        if sys.stdout.isatty() and shutil.get_terminal_size().columns < TABLE_WIDTH:
            for line in _blocks(entries):
                say(line)
        else:
            print_table(COLUMNS, [_row(entry) for entry in entries], right=("generation", "calls"))
    else:
        say("Nothing was applied yet.")


def _blocks(entries: Sequence[Entry]) -> Iterator[str]:
    """A block of lines for each, a line for each thing there is to tell."""
    for entry in entries:
        number, state, *rest = _row(entry)
        yield printable(f"generation {number}: {state}")
        for name, told in zip(COLUMNS[2:], rest, strict=True):
            if told not in ("", None):
                yield printable(f"  {name}: {told}")


def _row(entry: Entry) -> tuple[object, ...]:
    force = f"in force, {entry.state}" if entry.is_in_force else str(entry.state)
    trial = f", on trial until {when(entry.trial.until)}" if entry.trial else ""
    made_from = ", ".join(f"{company} {revision}" for company, revision in entry.revisions.items())
    calls = "?" if entry.calls is None else entry.calls if entry.is_loaded or entry.calls else ""
    reason = f" ({entry.reason})" if entry.reason and not entry.is_in_force else ""
    if reason and entry.reason.startswith("taken back"):  # it did nothing wrong
        force, reason = entry.reason, ""
    return (
        entry.number,
        f"{force}{trial}{reason}",
        when(entry.created),
        entry.by,
        entry.plan,
        made_from,
        calls,
        entry.summary,
    )


async def _entries(settings: Settings) -> tuple[Entry, ...]:
    try:
        async with opened_store(settings) as store:
            return await (await deployment_of(store, settings)).history.entries()
    except StoreError as error:
        complain(f"The database is away ({error}): this is what the folder of generations tells.")
        return await _history_by_disk(settings).entries()


def _history_by_disk(settings: Settings) -> History:
    async def nothing(_: int) -> dict[int, Result]:
        return {}

    return History(deployer_of(settings).generations, lambda: asterisk_by_disk(settings), nothing)


def diff(
    context: Context,
    before: Annotated[int, typer.Argument(metavar="N", help="A generation.")],
    after: Annotated[int, typer.Argument(metavar="M", help="Another one.")],
    as_json: Json = False,
    is_verbose: Verbose = False,
    files: Annotated[bool, typer.Option("--files", help="The lines of their files that differ instead.")] = False,
) -> None:
    """What differs from generation N to generation M. Exit status: 0 nothing, 2 something."""
    settings = loaded(context).settings
    history = _history_by_disk(settings)
    if files:
        lines = history.lines(before, after)
        if as_json:
            print_json({"before": before, "after": after, "files": lines})
        else:
            say(lines.rstrip() or "No line of their files differs.")
        raise typer.Exit(SOME if lines else 0)
    changes = history.changes(before, after)
    if as_json:
        told = changes_json(changes, language=settings.language)
        print_json({"before": before, "after": after, "changes": told})
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        text = changes_text(changes, language=settings.language, width=width, is_verbose=is_verbose)
        say(text.rstrip() or "Nothing differs.")
    raise typer.Exit(SOME if changes else 0)


def audit(
    context: Context,
    as_json: Json = False,
    limit: Annotated[int, typer.Option(help="How many lines, the newest first.", min=1, max=10_000)] = 50,
) -> None:
    """Who did what: deployments, ways back, drift, saves of companies, and what people were asked to do."""

    async def work(settings: Settings) -> tuple[AuditEntry, ...]:
        async with opened_store(settings) as store, store.reading() as session:
            return await last_audit(session, limit=limit)

    entries = run(work(loaded(context).settings))
    if as_json:
        print_json(
            [
                {
                    "at": entry.at.isoformat(),
                    "by": entry.actor,
                    "action": entry.action,
                    "object": entry.object,
                    "company": entry.company,
                    "detail": entry.detail,
                }
                for entry in entries
            ]
        )
    elif entries:
        rows = [(when(each.at), each.actor, each.action, each.object, each.detail) for each in entries]
        print_table(("when", "by", "action", "object", "detail"), rows)
    else:
        say("Nothing was done yet.")


# --- back ------------------------------------------------------------------------------------------------------------


def rollback(
    context: Context,
    number: Annotated[
        int | None, typer.Argument(metavar="N", help="The generation; without it, the last verified one before.")
    ] = None,
    yes: Yes = False,
    seen: Seen = None,
    as_json: Json = False,
    allow_shrink: Shrink = False,
    is_verbose: Verbose = False,
    files: Annotated[
        bool, typer.Option("--files", help="Put its files back as they were, whatever the database wants.")
    ] = False,
) -> None:
    """Bring back what an earlier generation was made from, as a new generation: shows the plan, asks, applies."""
    settings = loaded(context).settings
    if files:
        _rollback_files(settings, number, yes=yes, as_json=as_json)
        return
    desires = Desires()
    found = run(_plan_rollback(settings, desires, number, allow_shrink=allow_shrink))
    if not as_json:
        if found.is_in_force:
            say(f"Generation {found.target} is in force already; what was imported since is taken back:")
        else:
            say(f"Back to generation {found.target}:")
        if found.staying:
            say(f"Companies that came after it stay as they are: {', '.join(found.staying)}.")
        show_plan(found.plan, settings, is_verbose=is_verbose)
    if found.plan.is_refused:
        if as_json:
            told = {"target": found.target, "is_in_force": found.is_in_force}
            print_json(plan_json(found.plan, language=settings.language) | told)
        raise typer.Exit(FAILED)
    if not (yes or seen):
        then = "" if found.plan.is_empty else ", and apply this plan"
        ask(f"Save the companies as they were in generation {found.target}{then}?")
    applied = run(_rollback(settings, desires, found, seen or found.plan.identity, allow_shrink=allow_shrink))
    show_applied(applied, as_json=as_json)
    if applied.failed is not None:
        raise typer.Exit(FAILED)


async def _plan_rollback(settings: Settings, desires: Desires, number: int | None, *, allow_shrink: bool) -> Rollback:
    async with opened_store(settings) as store:
        deployment = await deployment_of(store, settings, desires)
        by = actor()
        return await deployment.at_rest(by, lambda: deployment.plan_rollback(number, by, allow_shrink=allow_shrink))


async def _rollback(
    settings: Settings, desires: Desires, found: Rollback, identity: str, *, allow_shrink: bool
) -> Applied:
    async with opened_store(settings) as store:
        deployment = await deployment_of(store, settings, desires)
        return await deployment.rollback(actor(), found, identity, allow_shrink=allow_shrink)


def _rollback_files(settings: Settings, number: int | None, *, yes: bool, as_json: bool) -> None:
    target = Retreat(deployer_of(settings)).target(number)
    if not as_json:
        say(f"Generation {target} comes back as its files were written; generations after it are not used again.")
        say("Calls stay in the contexts that they are in. The database keeps what it wants: `cordboard plan` shows it.")
    if not yes:
        ask(f"Put the files of generation {target} back?")
    again = run(_put_files_back(settings, target))
    show_applied(again, as_json=as_json)
    if not again.is_verified:
        raise typer.Exit(FAILED)


async def _put_files_back(settings: Settings, target: int) -> Applied:
    by = actor()

    async def alone(retreat: Retreat) -> Applied:
        async with asterisk_by_disk(settings) as manager:
            return await retreat.put_in_force_again(target, manager, by=by)

    return await with_or_without_database(settings, lambda deployment: deployment.rollback_files(by, target), alone)


def confirm(context: Context) -> None:
    """Keep the generation that was applied with --confirm-within."""
    by = actor()

    async def alone(retreat: Retreat) -> Pending:
        return retreat.confirm(by)

    settings = loaded(context).settings
    confirmed = run(with_or_without_database(settings, lambda deployment: deployment.confirm(by), alone))
    say(f"Generation {confirmed.generation} is confirmed and stays in force.")


# --- watching --------------------------------------------------------------------------------------------------------


def watch(
    context: Context,
    once: Annotated[
        bool,
        typer.Option("--once", help="Look once. Exit status: 0 nothing differs, 2 something does or is away."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare database, files and Asterisk with the generation in force, and tell each change, until Ctrl-C."""
    settings = loaded(context).settings
    known: DriftReport | None = None
    while True:
        report = run(_drift(settings))
        if known is None or report.what != known.what:
            _tell(report, as_json=as_json)
        if once:
            raise typer.Exit(0 if report.is_none and report.is_whole else SOME)
        known = report
        time.sleep(settings.watch_interval or 300)


async def _drift(settings: Settings) -> DriftReport:
    async with opened_store(settings) as store:
        return await (await deployment_of(store, settings)).drift()


def _tell(report: DriftReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_json())
        return
    lines = list(report.lines())
    say(f"{when(report.at)}  generation {report.generation or 'none'}")
    for line in lines or ["everything is as it was left"]:
        say(f"  {printable(line)}")
