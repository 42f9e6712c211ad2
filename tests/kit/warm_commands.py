"""The command line for a site's many commands: each is a process of its own, forked from one that has imported it all.

    python tests/kit/warm_commands.py SOCKET        # says "listens"; a connection to it is one command

The question is one line, {"words": [...], "environment": {...}}; the answers are two: the command's pid and, once it
has ended, {"status": ..., "out": ..., "err": ...}.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import tempfile
import traceback
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer

import cordboard.cli

NEEDED = (
    "aiosqlite",
    "alembic.command",
    "phonenumbers",
    "ruamel.yaml",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "cordboard.documents",
    "cordboard.house.workshop",
    "cordboard.provisioning.apply",
    "cordboard.store.engine",
)
"""What commands import when they need it."""


class Handler(StreamRequestHandler):
    """In the forked process: a command with its own words, environment and output."""

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        self.wfile.write(f"{os.getpid()}\n".encode())
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            status = run(asked["words"], asked["environment"])
            said = [read(stream.fileno()) for stream in (out, err)]
        self.wfile.write(json.dumps({"status": status, "out": said[0], "err": said[1]}).encode() + b"\n")


def run(words: list[str], environment: dict[str, str]) -> int:
    """As `python -m cordboard` does; the exit status."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["cordboard", *words]
    try:
        cordboard.cli.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 # which Python itself prints before it ends
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def read(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), encoding="utf-8", errors="replace") as stream:
        return stream.read()


class Server(ForkingMixIn, UnixStreamServer):
    """A fork for each command."""


if __name__ == "__main__":
    for module in pkgutil.iter_modules(cordboard.cli.__path__, "cordboard.cli."):
        importlib.import_module(module.name)
    for name in NEEDED:
        importlib.import_module(name)
    with Server(sys.argv[1], Handler) as server:
        sys.stdout.write("listens\n")
        sys.stdout.flush()
        server.serve_forever()
