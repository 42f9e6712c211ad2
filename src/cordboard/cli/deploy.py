"""The commands that bring the configuration to Asterisk: plan, apply, verify, generations, include-lines."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from cordboard.cli.context import Context, complain, loaded, print_json, print_table, run, say
from cordboard.house.deployment import deployment_of
from cordboard.house.placement import generations_of, write_scripts
from cordboard.house.workshop import actor, opened_store
from cordboard.provisioning.apply import Applied
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.planned_files import planned_differences
from cordboard.provisioning.show import applied_json, applied_text, plan_json, plan_text
from cordboard.settings import Settings, SettingsError

FAILED = 1
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Shrink = Annotated[bool, typer.Option(help="Allow a change that removes more than half of what there is.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Every change and what follows from it.")]


def add_to(app: typer.Typer) -> None:
    app.command()(plan)
    app.command()(apply)
    app.command()(verify)
    app.command()(generations)
    app.command("include-lines")(include_lines)


def plan(
    context: Context,
    as_json: Json = False,
    allow_shrink: Shrink = False,
    is_verbose: Verbose = False,
    files: Annotated[bool, typer.Option("--files", help="Then the lines of the generated files that differ.")] = False,
) -> None:
    """Show what `apply` would change, and what is not as it was left. Exit status: 0 nothing, 2 changes, 1 errors."""
    settings = loaded(context).settings
    seen = run(_plan(settings, allow_shrink=allow_shrink))
    lines = run(_file_differences(settings)) if files else None
    if as_json:
        print_json(plan_json(seen, language=settings.language) | ({} if lines is None else {"files": lines}))
    else:
        _show(seen, settings, is_verbose=is_verbose)
        if lines is not None:
            say(lines.rstrip() or "No line of the generated files differs.")
    raise typer.Exit(seen.exit_code)


def _show(seen: Plan, settings: Settings, *, is_verbose: bool = False) -> None:
    """On a terminal, within its width; into a file or a pipe, a thing a line."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    say(plan_text(seen, language=settings.language, width=width, is_verbose=is_verbose).rstrip())


async def _file_differences(settings: Settings) -> str:
    async with opened_store(settings) as store:
        wanted = await (await deployment_of(store, settings)).wanted()
    return planned_differences(wanted, generations_of(settings))


async def _plan(settings: Settings, *, allow_shrink: bool) -> Plan:
    async with opened_store(settings) as store:
        return await (await deployment_of(store, settings)).plan(allow_shrink=allow_shrink)


def apply(
    context: Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask after showing the plan.")] = False,
    seen: Annotated[str | None, typer.Option("--plan", help="Apply only if the plan is still this one.")] = None,
    as_json: Json = False,
    allow_shrink: Shrink = False,
    is_verbose: Verbose = False,
) -> None:
    """Put the plan into force whole, read it back from Asterisk, or put the last generation back."""
    settings = loaded(context).settings
    found = run(_plan(settings, allow_shrink=allow_shrink))
    if not as_json:
        _show(found, settings, is_verbose=is_verbose)
    if found.is_refused:
        if as_json:
            print_json(plan_json(found, language=settings.language))
        raise typer.Exit(FAILED)
    if found.is_empty and seen is None:
        _keep_scripts(context)
        if as_json:
            print_json(plan_json(found, language=settings.language))
        return
    if not (yes or seen):
        _ask()
    applied = run(_apply(settings, seen or found.identity, allow_shrink=allow_shrink))
    _keep_scripts(context)
    if as_json:
        print_json(applied_json(applied))
    else:
        say(applied_text(applied).rstrip())
    if applied.failed is not None:
        raise typer.Exit(FAILED)


def _keep_scripts(context: Context) -> None:
    """The agi-bin scripts carry the settings of the moment, which are in no plan."""
    if loaded(context).settings.agi_carrier == "process":
        write_scripts(loaded(context))


def _ask() -> None:
    if not sys.stdin.isatty():
        complain("Nobody is there to say yes: call with --yes, or with --plan and the plan's identity.")
        raise typer.Exit(FAILED)
    if not typer.confirm("Apply this plan?"):
        say("Nothing was changed.")
        raise typer.Exit(FAILED)


async def _apply(settings: Settings, identity: str, *, allow_shrink: bool) -> Applied:
    async with opened_store(settings) as store:
        deployment = await deployment_of(store, settings)
        return await deployment.apply(actor(), identity, allow_shrink=allow_shrink)


def verify(context: Context, as_json: Json = False) -> None:
    """Read back what Asterisk runs and compare it, object by object, with the generation in force."""

    async def work(settings: Settings) -> Applied:
        async with opened_store(settings) as store:
            return await (await deployment_of(store, settings)).verify(actor())

    found = run(work(loaded(context).settings))
    if as_json:
        print_json(applied_json(found))
    else:
        say(applied_text(found).rstrip())
    if not found.is_verified:
        raise typer.Exit(FAILED)


def generations(context: Context, as_json: Json = False) -> None:
    """The generations of configuration that are kept, and which is in force."""
    kept = generations_of(loaded(context).settings)
    current = kept.current()
    rows = []
    for number in reversed(kept.numbers()):
        generation, status = kept.load(number), kept.status(number)
        rows.append((number, "in force" if number == current else "", status.state, generation.by, generation.created))
    columns = ("generation", "", "state", "by", "created")
    if as_json:
        print_json(
            [
                {"generation": number, "is_in_force": bool(force), "state": state, "by": by, "created": created}
                for number, force, state, by, created in rows
            ]
        )
    elif rows:
        print_table(columns, [(*row[:4], f"{row[4]:%Y-%m-%d %H:%M:%S} UTC") for row in rows], right=("generation",))
    else:
        say("Nothing was applied yet.")


def include_lines(context: Context) -> None:
    """For an Asterisk that you already have: the lines to add to its files, once (asterisk_mode = included)."""
    settings = loaded(context).settings
    if settings.asterisk_mode != "included":
        raise SettingsError(["this Asterisk is Cordboard's own: it needs no lines (asterisk_mode = owned)"])

    async def work() -> dict[str, str]:
        async with opened_store(settings) as store:
            return await (await deployment_of(store, settings)).lines_to_add()

    for name, lines in run(work()).items():
        say(f"; --- at the end of {name} ---")
        say(lines.rstrip())
        say()
