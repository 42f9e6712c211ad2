"""The commands that bring the configuration to Asterisk: plan, apply, verify, include-lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from cordboard.cli.context import Context, Json, loaded, print_json, run, say
from cordboard.cli.deeds import (
    FAILED,
    Seen,
    Shrink,
    Verbose,
    Yes,
    ask,
    duration,
    end_what_is_due,
    show_applied,
    show_plan,
    wait_for_confirmation,
)
from cordboard.house.deployment import deployment_of
from cordboard.house.placement import generations_of, write_scripts
from cordboard.house.workshop import actor, opened_store
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.desired import Desires
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.planned_files import planned_differences
from cordboard.provisioning.show import plan_json
from cordboard.settings import Settings, SettingsError


def add_to(app: typer.Typer) -> None:
    app.command()(plan)
    app.command()(apply)
    app.command()(verify)
    app.command("include-lines")(include_lines)


def plan(
    context: Context,
    as_json: Json = False,
    allow_shrink: Shrink = False,
    is_verbose: Verbose = False,
    files: Annotated[bool, typer.Option("--files", help="Then the lines of the generated files that differ.")] = False,
) -> None:
    """Show what `apply` would change, and what is not as it was left. Exit status: 0 nothing, 2 changes, 1 errors."""
    settings, desires = loaded(context).settings, Desires()
    seen = run(_plan(settings, desires, allow_shrink=allow_shrink))
    lines = run(_file_differences(settings, desires)) if files else None
    if as_json:
        print_json(plan_json(seen, language=settings.language) | ({} if lines is None else {"files": lines}))
    else:
        show_plan(seen, settings, is_verbose=is_verbose)
        if lines is not None:
            say(lines.rstrip() or "No line of the generated files differs.")
    raise typer.Exit(seen.exit_code)


async def _file_differences(settings: Settings, desires: Desires) -> str:
    async with opened_store(settings) as store:
        wanted = await (await deployment_of(store, settings, desires)).wanted()
    return planned_differences(wanted, generations_of(settings))


async def _plan(settings: Settings, desires: Desires, *, allow_shrink: bool) -> Plan:
    async with opened_store(settings) as store:
        deployment = await deployment_of(store, settings, desires)
        return await deployment.at_rest(actor(), lambda: deployment.plan(allow_shrink=allow_shrink))


def apply(
    context: Context,
    yes: Yes = False,
    seen: Seen = None,
    as_json: Json = False,
    allow_shrink: Shrink = False,
    is_verbose: Verbose = False,
    within: Annotated[
        str | None,
        typer.Option(
            "--confirm-within", metavar="TIME", help="Take it back unless `cordboard confirm` comes in 90s, 5m or 1h."
        ),
    ] = None,
) -> None:
    """Put the plan into force whole, read it back from Asterisk, or put the last generation back."""
    settings, desires = loaded(context).settings, Desires()
    confirm_within = None if within is None else duration(within)
    end_what_is_due(settings, as_json=as_json)
    found = run(_plan(settings, desires, allow_shrink=allow_shrink))
    if not as_json:
        show_plan(found, settings, is_verbose=is_verbose)
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
        ask("Apply this plan?")
    identity = seen or found.identity
    applied = run(_apply(settings, desires, identity, allow_shrink=allow_shrink, confirm_within=confirm_within))
    _keep_scripts(context)
    show_applied(applied, as_json=as_json)
    if applied.failed is not None:
        raise typer.Exit(FAILED)
    if applied.trial is not None and not wait_for_confirmation(settings, applied.trial):
        raise typer.Exit(FAILED)


def _keep_scripts(context: Context) -> None:
    """The agi-bin scripts carry the settings of the moment, which are in no plan."""
    if loaded(context).settings.agi_carrier == "process":
        write_scripts(loaded(context))


async def _apply(
    settings: Settings, desires: Desires, identity: str, *, allow_shrink: bool, confirm_within: timedelta | None
) -> Applied:
    async with opened_store(settings) as store:
        deployment = await deployment_of(store, settings, desires)
        return await deployment.apply(actor(), identity, allow_shrink=allow_shrink, confirm_within=confirm_within)


def verify(context: Context, as_json: Json = False) -> None:
    """Read back what Asterisk runs and compare it, object by object, with the generation in force."""

    async def work(settings: Settings) -> Applied:
        async with opened_store(settings) as store:
            return await (await deployment_of(store, settings)).verify(actor())

    found = run(work(loaded(context).settings))
    show_applied(found, as_json=as_json)
    if not found.is_verified:
        raise typer.Exit(FAILED)


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
