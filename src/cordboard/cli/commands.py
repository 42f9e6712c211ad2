"""All commands by name, each loaded only when it is the one that was asked for.

Loading all of them would cost every command, and every call of `answer-call`, what the slowest of them needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# module of this room -> its commands in the order of the help page, each with what that page says of it
COMMANDS = {
    "service": {
        "init": "Make the home folder, the database and its keys; print a one-time password for the live page.",
        "run": "Follow Asterisk, answer its calls, keep history and serve the live page, until SIGTERM or Ctrl-C.",
        "answer-calls": "The FastAGI process; `cordboard run` starts it.",
        "hear-calls": "The process that hears what callers say to menus; `cordboard run` starts it.",
        "answer-call": "The AGI script of one call; Asterisk starts it (agi_carrier = process).",
        "asterisk": "Become Asterisk, in the foreground, on the generation in force (asterisk_mode = owned).",
        "settings": "Each setting with its value, where the value came from, and what it is for.",
    },
    "company": {
        "import": "Check a company file and store it whole; with one error in it nothing is stored.",
        "export": "The company file as the database has it, without secrets unless asked; importing it changes"
        " nothing.",
        "schema": "The JSON Schema of the company file, for editors.",
        "conferences": "The conferences: number inside, and with --show-secrets the PINs that guests and hosts type.",
        "phones": "What to enter in each SIP phone: number, user name, server, and with --show-secrets the password.",
    },
    "lists": {
        "import-csv": "Add or change people and phones, numbers or closed days from a spreadsheet, as one new"
        " revision.",
        "csv-template": "The columns of a list and two examples, as CSV, in the language of the setting.",
    },
    "flow": {
        "flow": "Menus: check, try, test, draw and publish them.",
    },
    "connections": {
        "connections": "The other systems that menus may ask, without secrets; or everything that is wrong with the"
        " file of them.",
    },
    "notices": {
        "notices": "What other systems were not told: list it, let it be told again now, or drop it.",
    },
    "adopt": {
        "adopt": "Read an Asterisk that you have into a company file; list what was not understood.",
    },
    "deploy": {
        "plan": "Show what `apply` would change, and what is not as it was left.",
        "apply": "Put the plan into force whole, read it back from Asterisk, or put the last generation back.",
        "verify": "Read back what Asterisk runs and compare it, object by object, with the generation in force.",
        "include-lines": "For an Asterisk that you already have: the lines to add to its files, once"
        " (asterisk_mode = included).",
    },
    "generations": {
        "generations": "The generations that are kept: what each changed, where it came from, and whether calls are"
        " still in it.",
        "diff": "What differs from generation N to generation M.",
        "rollback": "Bring back what an earlier generation was made from, as a new generation: shows the plan, asks,"
        " applies.",
        "confirm": "Keep the generation that was applied with --confirm-within.",
        "watch": "Compare database, files and Asterisk with the generation in force, and tell each change, until"
        " Ctrl-C.",
        "audit": "Who did what: deployments, ways back, drift, saves of companies, and what people were asked to do.",
    },
    "rehearse": {
        "rehearse": "Load what `apply` would write into a throw-away Asterisk and read it back.",
    },
    "calls": {
        "calls": "The calls that ended last: outcome, waiting and talking time, who answered and why that one.",
        "facts": "Everything that happened to one call, in order.",
        "top": "The live page in a terminal: queues, agents, calls in progress, last outcomes.",
    },
    "recordings": {
        "recordings": "Recordings of calls: list, export and delete them.",
    },
    "day": {
        "day": "A day in figures: calls by outcome, the mean handling time (talk, hold, wrap-up), what each agent did.",
    },
    "replay": {
        "replay": "Fold recorded manager streams again; print calls, agents and outcomes as JSON.",
    },
    "record": {
        "record": "Record a running switch for `cordboard replay`: its lists, its events, its lists again. "
        "Readable by you alone.",
    },
    "call": {
        "call": "See and steer the calls that are up.",
    },
    "callbacks": {
        "callbacks": "Callers who asked to be called back: who waits, what came of it; cancel one.",
    },
    "agents": {
        "agent": "Log agents in and out, pause and withdraw them, make them ready.",
    },
    "accounts": {
        "account": "Accounts of the live page.",
    },
}
HIDDEN = {"answer-calls", "hear-calls", "answer-call"}


class Commands(TyperGroup):
    """A group whose commands are names and help lines until one of them is called or completed."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._modules = {name: module for module, lines in COMMANDS.items() for name in lines}
        for lines in COMMANDS.values():
            for name, line in lines.items():
                self.add_command(TyperCommand(name, help=line, hidden=name in HIDDEN))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, self.loaded(name) if name else None, rest

    def loaded(self, name: str) -> Any:
        """The command itself, with what it needs."""
        app = typer.Typer(rich_markup_mode=None)
        app.callback()(lambda: None)  # a group, however few commands the module has
        import_module(f"cordboard.cli.{self._modules[name]}").add_to(app)
        group = typer.main.get_command(app)
        assert isinstance(group, TyperGroup)
        return group.commands[name]
