"""What commands that deploy have in common: how a plan and its result are shown, how one is asked, how one waits."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer

from cordboard.cli.context import complain, print_json, run, say
from cordboard.desk.deploy import Deployment
from cordboard.desk.trials import LONGEST_TRIAL
from cordboard.house.alone import does_daemon_run
from cordboard.house.deployment import deployment_of
from cordboard.house.offline import asterisk_by_disk, deployer_of
from cordboard.house.placement import generations_of
from cordboard.house.workshop import actor, opened_store
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.errors import OnTrial
from cordboard.provisioning.outcome import applied_json, applied_text
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.retreat import Retreat
from cordboard.provisioning.show import plan_text
from cordboard.settings import Settings, SettingsError
from cordboard.store.errors import StoreError

FAILED = 1
LOOK_PAUSE = 0.2
T = TypeVar("T")
UNITS = {"s": 1, "m": 60, "h": 3600}

Shrink = Annotated[bool, typer.Option(help="Allow a change that removes more than half of what there is.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask after showing the plan.")]
Seen = Annotated[str | None, typer.Option("--plan", help="Apply only if the plan is still this one.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Every change and what follows from it.")]


def duration(words: str) -> timedelta:
    """How long a trial is to last: `90s`, `5m` or `1h`. Raises SettingsError."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", words)
    if found is None:
        raise SettingsError([f"--confirm-within {words}: say 90s, 5m or 1h"])
    length = timedelta(seconds=int(found[1]) * UNITS[found[2]])
    if length > LONGEST_TRIAL:
        raise SettingsError([f"--confirm-within {words}: a trial lasts a day at most, say 24h or less"])
    return length


def show_plan(seen: Plan, settings: Settings, *, is_verbose: bool = False) -> None:
    """On a terminal, within its width; into a file or a pipe, a thing a line."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    say(plan_text(seen, language=settings.language, width=width, is_verbose=is_verbose).rstrip())


def show_applied(applied: Applied, *, as_json: bool) -> None:
    """The result, for people or for programs."""
    if as_json:
        print_json(applied_json(applied))
    else:
        say(applied_text(applied).rstrip())


def ask(question: str) -> None:
    """Go on only if somebody says yes."""
    if not sys.stdin.isatty():
        complain("Nobody is there to say yes: call with --yes, or with --plan and the plan's identity.")
        raise typer.Exit(FAILED)
    if not typer.confirm(question):
        say("Nothing was changed.")
        raise typer.Exit(FAILED)


async def with_or_without_database(
    settings: Settings, desk: Callable[[Deployment], Awaitable[T]], alone: Callable[[Retreat], Awaitable[T]]
) -> T:
    """A deed at the desk; or, as no way back needs the database but to be told of, `alone` where that is away."""
    try:
        async with opened_store(settings) as store:
            return await desk(await deployment_of(store, settings))
    except StoreError as error:
        complain(f"The database is away ({error}): the audit trail will not tell of this.")
        return await alone(Retreat(deployer_of(settings)))


async def _revert_if_due(settings: Settings) -> Applied | None:
    by = actor()

    async def alone(retreat: Retreat) -> Applied | None:
        async with asterisk_by_disk(settings) as manager:
            return await retreat.revert_if_due(manager, by=by)

    return await with_or_without_database(settings, lambda deployment: deployment.revert_if_due(by), alone)


def end_what_is_due(settings: Settings, *, as_json: bool) -> None:
    """Take back the generation of a trial that ended while neither daemon nor who began it was there. Raises OnTrial
    while its time has not passed: before a plan is shown that could not be applied."""
    generations = generations_of(settings)
    pending = generations.pending()
    if pending is None or pending.generation != generations.current():
        return
    if datetime.now(UTC) < pending.until:
        raise OnTrial(pending)
    if (reverted := run(_revert_if_due(settings))) is not None:
        complain(f"Generation {pending.generation} was not confirmed in time: generation {pending.base} is back.")
        if not as_json:
            show_applied(reverted, as_json=False)


def wait_for_confirmation(settings: Settings, trial: Pending) -> bool:
    """Was it confirmed, or is it the daemon that waits? Where none runs, this command takes the generation back."""
    if does_daemon_run(settings.home):
        return True
    generations = generations_of(settings)
    complain(
        f"No `cordboard run` serves {settings.home}: this command waits for `cordboard confirm` in another terminal. "
        "If it is ended before, the next start of either takes the generation back."
    )
    while generations.pending() == trial:
        if datetime.now(UTC) >= trial.until and (reverted := run(_revert_if_due(settings))) is not None:
            complain(f"Generation {trial.generation} was not confirmed in time.")
            complain(applied_text(reverted).rstrip())
        time.sleep(LOOK_PAUSE)
    is_kept = generations.current() == trial.generation
    complain(f"Generation {trial.generation} is {'confirmed' if is_kept else 'taken back'}.")
    return is_kept
