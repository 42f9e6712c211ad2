"""The command that records a running switch: record."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from ami.client import Address
from ami.mask import Mask
from ami.tape import Recorded, Tape
from cordboard.cli.adopt import manager_address
from cordboard.cli.context import Context, complain, loaded, run
from cordboard.house.addresses import run_address
from cordboard.house.workshop import opened_store, this_switch
from cordboard.settings import Settings, SettingsError

BARRIER = "cordboard-barrier"
SECRET_VARIABLE = "CORDBOARD_RECORD_SECRET"  # noqa: S105  the name of a variable


def add_to(app: typer.Typer) -> None:
    app.command()(record)


def record(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write; it must not be there yet.")],
    seconds: Annotated[float | None, typer.Option(min=0.1, help="End after so many; else Ctrl-C ends it.")] = None,
    megabytes: Annotated[float, typer.Option(min=0.01, help="End when the file is so large.")] = 100.0,
    mask: Annotated[bool, typer.Option("--mask", help="Replace numbers and names, to give the file away.")] = False,
    ami_host: Annotated[str | None, typer.Option(help="Another Asterisk's manager; else that of the settings.")] = None,
    ami_port: Annotated[int, typer.Option(help="Its port.")] = 5038,
    ami_user: Annotated[str | None, typer.Option(help="An account with read = call,agent,user.")] = None,
    ami_secret_file: Annotated[
        Path | None,
        typer.Option(help=f"File with its password; without it {SECRET_VARIABLE}, else it is asked for."),
    ] = None,
    ami_tls: Annotated[bool, typer.Option("--ami-tls", help="Speak TLS to it.")] = False,
) -> None:
    """Record a running switch for `cordboard replay`: its lists, its events, its lists again. Readable by you alone."""
    if file.exists():
        raise SettingsError([f"{file} is there already: choose another name"])
    foreign = manager_address(ami_host, ami_port, ami_user, ami_secret_file, is_tls=ami_tls, variable=SECRET_VARIABLE)
    tape = Tape(file, megabytes=megabytes, mask=Mask() if mask else None)
    done = run(_record(loaded(context).settings, foreign, tape, seconds))
    lost = f", {done.lost} messages lost" if done.lost else ""
    complain(f"{file}: {done.messages} messages, {done.size / 1e6:.1f} MB, ended {done.ended}{lost}")


async def _record(settings: Settings, foreign: Address | None, tape: Tape, seconds: float | None) -> Recorded:
    address = foreign or await _own(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return await tape.record(address, BARRIER, seconds=seconds, stop=stop)


async def _own(settings: Settings) -> Address:
    async with opened_store(settings) as store:
        return run_address(settings, await this_switch(store, settings))
