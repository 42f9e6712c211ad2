"""Listens to callers in menus: one WebSocket a caller, on which Asterisk sends his sound and takes what he said.

What costs time is done beside the loop, one caller's after the other's: the loop beats for its watchdog.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from aiohttp import WSMsgType, web

from agi.flow.ways import base_language
from cordboard.hearing import aeap
from cordboard.hearing.engine import Listener, Recogniser, Said
from cordboard.hearing.models import Model

logger = logging.getLogger(__name__)


class Ears:
    """Recognisers by language, and the callers that they hear."""

    def __init__(self, recognisers: Mapping[str, Recogniser], most: int) -> None:
        """`most` callers are listened to at once; others have their keys."""
        self._recognisers = recognisers
        self._most = most
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._lines: dict[web.WebSocketResponse, bool] = {}
        """Is the caller listened to? Those who are not count for nothing."""

    async def line(self, request: web.Request) -> web.StreamResponse:
        """One caller's WebSocket, to its end."""
        if "Origin" in request.headers:  # a page in a browser, not Asterisk
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(protocols=(aeap.PROTOCOL,), max_msg_size=aeap.LONGEST)
        await socket.prepare(request)
        is_welcome = sum(self._lines.values()) < self._most
        if not is_welcome:
            logger.warning("too many callers are listened to: another one has his keys", extra={"most": self._most})
        self._lines[socket] = is_welcome
        try:
            await _Line(self, socket, is_welcome=is_welcome).serve()
        except aeap.Unintelligible as error:
            logger.warning("a line is given up", extra={"reason": str(error)})
        finally:
            del self._lines[socket]
        return socket

    def recogniser(self, language: str) -> Recogniser | None:
        """Who understands a language: `pt_BR`, or else `pt`."""
        return self._recognisers.get(language) or self._recognisers.get(base_language(language))

    async def heard(self, recogniser: Recogniser, speech: bytes, phrases: tuple[str, ...]) -> Said:
        """What was said."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, recogniser.heard, speech, phrases)

    async def close(self) -> None:
        """Let everybody go."""
        await asyncio.gather(*(socket.close() for socket in self._lines))
        self._worker.shutdown(cancel_futures=True)


class _Line:
    """One caller: what is listened for, and what he is saying."""

    def __init__(self, ears: Ears, socket: web.WebSocketResponse, *, is_welcome: bool) -> None:
        self._ears = ears
        self._socket = socket
        self._is_welcome = is_welcome
        self._recogniser: Recogniser | None = None
        self._phrases: tuple[str, ...] = ()
        self._listener: Listener | None = None
        """None: nothing is listened for, or what was said is understood already."""
        self._thinking: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Raises aeap.Unintelligible."""
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._answer(message.data)
                elif message.type is WSMsgType.BINARY and self._listener is not None:
                    speech = self._listener.feed(message.data)
                    if speech is not None:
                        self._listener = None
                        self._thinking = asyncio.create_task(self._understand(speech))
        finally:
            await self._forget()

    async def _answer(self, text: str) -> None:
        request = aeap.request_of(text)
        if request is None:
            return
        if request.gets:
            await self._socket.send_str(aeap.told(request, is_ready=self._recogniser is not None))
            return
        why = await self._done(request)
        await self._socket.send_str(aeap.refused(request, why) if why else aeap.accepted(request))

    async def _done(self, request: aeap.Request) -> str:
        """Do what is asked; why that is not done, or ""."""
        if not self._is_welcome:
            return "too many callers"
        if request.name == "setup":
            return "" if aeap.CODEC in request.codecs else f"{aeap.CODEC} is the only codec here"
        wanted = request.listens_for
        if wanted is None:
            return ""  # Asterisk tells keys that were pressed, for example
        await self._forget()
        language, self._phrases = wanted
        self._recogniser = self._ears.recogniser(language)
        if self._recogniser is None:
            return "no such language"
        self._listener = Listener()
        return ""

    async def _understand(self, speech: bytes) -> None:
        assert self._recogniser is not None
        said = await self._ears.heard(self._recogniser, speech, self._phrases)
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(aeap.understood(said.phrase, said.confidence))

    async def _forget(self) -> None:
        """What he was saying no longer counts."""
        self._listener = None
        if self._thinking is not None:
            self._thinking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._thinking
            self._thinking = None


@contextlib.asynccontextmanager
async def listening(models: Mapping[str, Model], host: str, port: int, most: int) -> AsyncIterator[int]:
    """Listen on a loopback address, inside the block; the port. Raises NoModel, OSError when the port is taken."""
    # All of them before anybody calls: a model that is broken ends the whole process.
    ears = Ears({language: Recogniser(model) for language, model in models.items()}, most)
    app = web.Application()
    app.router.add_get("/", ears.line)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await ears.close()
        await runner.cleanup()
