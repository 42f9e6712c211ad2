"""The commands around the daemon itself: init, run, the FastAGI process, Asterisk, settings."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from cordboard.cli.context import Context, Json, loaded, print_json, print_table, run, say
from cordboard.settings import Settings, SettingsError, without_password


def add_to(app: typer.Typer) -> None:
    app.command()(init)
    app.command("run")(run_daemon)
    app.command("answer-calls", hidden=True)(answer_calls)
    app.command("hear-calls", hidden=True)(hear_calls)
    app.command("answer-call", hidden=True)(answer_call)
    app.command()(asterisk)
    app.command()(settings)


def init(context: Context) -> None:
    """Make the home folder, the database and its keys; print a one-time password for the live page."""
    from cordboard.desk.access import FIRST_ACCOUNT, ONE_TIME_LIFE

    given = loaded(context).settings
    password = run(_initialised(given))
    say(f"Home folder  {given.home}")
    say(f"Database     {without_password(given.database_url)}")
    if password is None:
        say("There is an account already; `cordboard account reset NAME` gives it a new one-time password.")
    else:
        say(f"Live page    {given.web_url}/ once `cordboard run` is up")
        say(f"Account      {FIRST_ACCOUNT}")
        within = f"{ONE_TIME_LIFE.days} days"
        say(f"Password     {password}   (works once, within {within}: you choose your own at the first sign-in)")
    say("Next         cordboard import COMPANY.yaml")


async def _initialised(given: Settings) -> str | None:
    from cordboard.desk.access import Access
    from cordboard.house.placement import make_folders
    from cordboard.house.workshop import this_switch
    from cordboard.store.engine import open_store

    try:
        given.home.mkdir(mode=0o750, parents=True, exist_ok=True)
        if given.asterisk_mode == "owned":
            make_folders(given)
    except OSError as error:
        raise SettingsError(
            [f"{error.filename}: {error.strerror}; choose another folder with --home or CORDBOARD_HOME"]
        ) from error
    async with open_store(given.database_url) as store:
        await store.migrate()
        await this_switch(store, given)
        with Access(store) as access:
            return await access.open_first_account()


def run_daemon(context: Context) -> None:
    """Follow Asterisk, answer its calls, keep history and serve the live page, until SIGTERM or Ctrl-C."""
    from cordboard.house.collector import settle_collector
    from cordboard.house.daemon import run_daemon as work

    settle_collector()
    run(work(loaded(context)))


def answer_calls(
    context: Context,
    link: Annotated[int, typer.Option(help="Descriptor of the link to the parent process.")],
) -> None:
    """The FastAGI process; `cordboard run` starts it."""
    from cordboard.house.answering import answer
    from cordboard.house.collector import settle_collector

    settle_collector()
    run(answer(loaded(context).settings, socket.socket(fileno=link)))


def hear_calls(
    context: Context,
    link: Annotated[int, typer.Option(help="Descriptor of the link to the parent process.")],
) -> None:
    """The process that hears what callers say to menus; `cordboard run` starts it."""
    from cordboard.house.hearing import hear

    run(hear(loaded(context).settings, socket.socket(fileno=link)))


def answer_call(context: Context, script: Annotated[str, typer.Argument(help="menu or route.")]) -> None:
    """The AGI script of one call; Asterisk starts it (agi_carrier = process)."""
    from cordboard.house.answering import SCRIPTS, answer_one

    if script not in SCRIPTS:
        raise SettingsError([f"no script {script!r}; there is {', '.join(SCRIPTS)}"])
    raise typer.Exit(run(answer_one(loaded(context).settings, script)))


def asterisk(context: Context) -> None:
    """Become Asterisk, in the foreground, on the generation in force (asterisk_mode = owned)."""
    from cordboard.house.placement import asterisk_command, make_folders

    given = loaded(context).settings
    if given.asterisk_mode != "owned":
        raise SettingsError(["this Asterisk is not Cordboard's own (asterisk_mode = included): start it as you do"])
    command = asterisk_command(given)
    if not os.path.exists(command[-1]):
        raise SettingsError([f"{command[-1]} does not exist: run `cordboard apply` first"])
    make_folders(given)
    os.execv(command[0], command)  # noqa: S606 - becoming Asterisk is the whole command


def settings(context: Context, as_json: Json = False) -> None:
    """Each setting with its value, where the value came from, and what it is for."""
    origins = loaded(context).origins
    if as_json:
        print_json(
            [
                {
                    "name": o.name,
                    "value": o.value if isinstance(o.value, int | float) else o.shown,
                    "source": o.source,
                    "help": o.help,
                }
                for o in origins
            ]
        )
    else:
        rows = [(o.name, o.shown, o.source, o.help) for o in origins]
        print_table(("setting", "value", "from", "what it is"), rows)
