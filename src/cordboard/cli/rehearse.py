"""The command that tries the configuration in a throw-away Asterisk: rehearse."""

from __future__ import annotations

import typer

from cordboard.cli.context import Context, Json, complain, loaded, print_json, printable, run, say
from cordboard.house.deployment import deployment_of
from cordboard.house.rehearsal import HouseRehearsal
from cordboard.house.workshop import opened_store, this_switch
from cordboard.provisioning.outcome import rehearsal_json, rehearsal_text
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.settings import Settings

FAILED = 1


def add_to(app: typer.Typer) -> None:
    app.command()(rehearse)


def rehearse(context: Context, as_json: Json = False) -> None:
    """Load what `apply` would write into a throw-away Asterisk and read it back. Exit status: 0 passed, 1 not."""
    held = run(_rehearse(loaded(context).settings))
    if as_json:
        print_json(rehearsal_json(held))
    else:
        tell = say if held.is_passed else complain
        for line in rehearsal_text(held).splitlines():
            tell(printable(line))
    if not held.is_passed:
        raise typer.Exit(FAILED)


async def _rehearse(settings: Settings) -> Rehearsal:
    async with opened_store(settings) as store:
        deployment = await deployment_of(store, settings)
        return await deployment.rehearse(HouseRehearsal(settings, await this_switch(store, settings)))
