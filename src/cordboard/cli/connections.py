"""The command about other systems that menus may ask: connections."""

from __future__ import annotations

import typer

from cordboard.asking.connections import Connection, Http
from cordboard.cli.context import Context, Json, loaded, print_json, printable, say
from cordboard.house.systems import connections_of


def add_to(app: typer.Typer) -> None:
    app.command()(connections)


def connections(context: Context, as_json: Json = False) -> None:
    """The other systems that menus may ask, without secrets; or everything that is wrong with the file of them."""
    found = connections_of(loaded(context).settings)
    if as_json:
        print_json(
            [
                {"name": each.name, "asks": _asks(each), "place": each.place, "needs": sorted(each.needed)}
                for each in found.values()
            ]
        )
        return
    for each in found.values():
        needs = f", needs {', '.join(sorted(each.needed))}" if each.needed else ""
        say(printable(f"{each.name}: {_asks(each)} {each.place}{needs}"))
    if not found:
        say("none: the setting `connections` names no file, or it is empty.")


def _asks(connection: Connection) -> str:
    return connection.method if isinstance(connection, Http) else "SQL"
