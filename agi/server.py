"""The FastAGI listener: one task a call, limits on everything that a stranger can make it hold, an orderly stop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from agi.call import Call
from agi.connection import Connection, Limits
from agi.errors import AgiError, CallerHungUp, DeadlinePassed
from agi.ports import Ports

__all__ = ["FastAgiServer", "Limits", "Script", "Stats"]

logger = logging.getLogger(__name__)

Script = Callable[[Call, Ports], Awaitable[None]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


_END_OF: Mapping[type[AgiError], str] = {CallerHungUp: "hung_up", DeadlinePassed: "overdue"}


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts since the start. Every connection ends in exactly one of the last nine."""

    connections: int = 0
    active: int = 0
    """Calls in a script now."""
    greetings: int = 0
    """Connections whose header has not come yet, now."""
    finished: int = 0
    hung_up: int = 0
    """Callers who left before their script was done."""
    failed: int = 0
    """Scripts that ended by an error of their own or of the wire."""
    overdue: int = 0
    """Calls ended by a deadline, of a command or of the whole call."""
    stopped: int = 0
    """Connections closed because the server stopped."""
    probed: int = 0
    """Connections that left without a word: health checks."""
    malformed: int = 0
    """Headers that are none, too long, too late, or from where nobody may call."""
    unknown: int = 0
    """Scripts asked for that are not here."""
    refused: int = 0
    """Calls over the limit."""


class FastAgiServer:
    """Listens on `host` and `port` (0: any free one) and runs `scripts` by the name in `agi://host:port/NAME`.

    A call is left to the dialplan by closing its connection: unknown script, one call too many, a script that fails.
    Only addresses in `allowed` are listened to.
    """

    def __init__(
        self,
        host: str,
        port: int,
        scripts: Mapping[str, Script],
        *,
        house: Ports,
        limits: Limits | None = None,
        allowed: tuple[Network, ...] = LOOPBACK,
    ) -> None:
        self._host, self._wanted_port = host, port
        self._scripts = dict(scripts)
        self._house = house
        self._limits = limits or Limits()
        self._allowed = allowed
        self._server: asyncio.Server | None = None
        self._port = port
        self._counts: Counter[str] = Counter()
        self._greetings: dict[Connection, asyncio.TimerHandle] = {}
        self._calls: dict[Connection, asyncio.Task[None]] = {}
        self._open: set[Connection] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self._is_full = False
        self._is_stopping = False

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    @property
    def stats(self) -> Stats:
        return Stats(active=len(self._calls), greetings=len(self._greetings), **self._counts)

    # --- its life -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be bound."""
        self._server = await asyncio.get_running_loop().create_server(
            self._connection, self._host, self._wanted_port, backlog=max(self._limits.max_calls, 128)
        )
        self._port = self._server.sockets[0].getsockname()[1]
        logger.info("FastAGI listens", extra={"host": self._host, "port": self._port})

    async def drain(self, seconds: float) -> bool:
        """Refuse new calls, let callers finish for `seconds`, then close the rest. Were all finished in time?"""
        self._refuse()
        running = set(self._calls.values())
        if running:
            logger.info("FastAGI lets callers finish", extra={"calls": len(running), "seconds": seconds})
            _, running = await asyncio.wait(running, timeout=seconds)
        await self.close()
        return not running

    async def close(self) -> None:
        """Stop at once: end every call's task and close every connection. May be called twice."""
        self._refuse()
        running = list(self._calls.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for connection in list(self._open):
            connection.close()
        await self._all_gone.wait()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def _refuse(self) -> None:
        self._is_stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._greetings):
            self._dismiss(connection, "stopped")

    # --- connections --------------------------------------------------------------------------------------------------

    def _connection(self) -> Connection:
        return Connection(
            self._limits,
            on_made=self._made,
            on_header=self._greeted,
            on_end=self._ended,
            on_lost=self._lost,
        )

    def _made(self, connection: Connection) -> None:
        self._open.add(connection)
        self._all_gone.clear()
        self._count("connections")
        if len(self._greetings) >= max(self._limits.max_greetings, self._limits.max_calls):
            # Asterisk sends its header at once: who has been silent longest is the least likely to be a caller.
            self._dismiss(next(iter(self._greetings)), "malformed")
        self._greetings[connection] = asyncio.get_running_loop().call_later(
            self._limits.header_seconds, self._dismiss, connection, "malformed"
        )
        if self._is_stopping:  # it was accepted just before the socket was closed
            self._dismiss(connection, "stopped")
        elif not self._is_allowed(connection.peer):
            logger.warning("a connection from where nobody may call was closed", extra={"peer": connection.peer})
            self._dismiss(connection, "malformed")

    def _greeted(self, connection: Connection) -> None:
        name = connection.environment.script
        script = self._scripts.get(name)
        if script is None:
            logger.warning("a script was asked for that is not here", extra={"script": name[:40]})
            self._dismiss(connection, "unknown")
        elif self._note_room(len(self._calls) < self._limits.max_calls):
            self._greetings.pop(connection).cancel()
            self._calls[connection] = asyncio.create_task(
                self._serve(connection, name, script), name=f"agi {name} {connection.environment.uniqueid[:40]}"
            )
        else:
            self._dismiss(connection, "refused")

    def _ended(self, connection: Connection) -> None:
        """No command can be carried any more: a script that does not notice by itself is ended soon."""
        task = self._calls.get(connection)
        if task is not None:
            asyncio.get_running_loop().call_later(self._limits.hangup_seconds, task.cancel)
        else:
            self._dismiss(connection, "malformed" if connection.has_spoken else "probed")

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._all_gone.set()

    def _dismiss(self, connection: Connection, count: str) -> None:
        """Close a connection that never became a call; nothing happens when that was done."""
        timer = self._greetings.pop(connection, None)
        if timer is not None:
            timer.cancel()
            self._count(count)
            connection.close()

    def _is_allowed(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._allowed)

    def _note_room(self, has_room: bool) -> bool:
        if self._is_full == has_room:
            self._is_full = not has_room
            if has_room:
                logger.info("FastAGI has room for calls again")
            else:
                logger.error("FastAGI is full, calls go to the dialplan's fallback", extra={"calls": len(self._calls)})
        return has_room

    # --- calls --------------------------------------------------------------------------------------------------------

    async def _serve(self, connection: Connection, name: str, script: Script) -> None:
        end = "stopped"
        try:
            async with asyncio.timeout(self._limits.call_seconds) as deadline:
                await script(Call(connection), self._house)
            end = "finished"
        except CallerHungUp:
            end = "hung_up"
        except DeadlinePassed as error:
            end = "overdue"
            _tell_failure(name, connection, error)
        except asyncio.CancelledError:
            # Ended by us: because the connection ended meanwhile, or because the server stops.
            if connection.end is None:
                raise
            end = _END_OF.get(type(connection.end), "failed")
        except Exception as error:  # noqa: BLE001 - whatever a script does wrong is its own call's end and no other's
            end = "overdue" if deadline.expired() else "failed"
            _tell_failure(name, connection, error)
        finally:
            self._count(end)
            del self._calls[connection]
            connection.close()

    def _count(self, name: str) -> None:
        self._counts[name] += 1


def _tell_failure(name: str, connection: Connection, error: Exception) -> None:
    """Log what failed and where; never the error's text, which may hold what the caller typed or who he is."""
    text = str(error) if isinstance(error, AgiError) else ""
    where = ""
    with contextlib.suppress(IndexError):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename}:{frame.lineno}"
    logger.error(
        "a script failed, its call goes to the dialplan's fallback",
        extra={
            "script": name,
            "uniqueid": connection.environment.uniqueid[:60],
            "error": type(error).__name__,
            "reason": text,
            "where": where,
        },
    )
