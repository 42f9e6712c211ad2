"""Very many SIP phones on one socket, cheap enough for a hundred calls beside everything else on two cores.

    async with Crowd(switch) as crowd:
        amel = await crowd.phone("acme-amel", secret)      # registered; answers every call at once
        call = await crowd.call("+33612345678", "+33199000001", {"X-Trunk": "carrier"})
        await call.press("1")
        ...
        assert call.is_up                                  # nobody but us may end it: `ended_by` tells who did
        await call.hang_up()

Signalling is whole (dialogs, digest, re-INVITE for holding, answers to everything Asterisk asks). Sound is as little
as keeps a call alive: keys, and a packet every few seconds; a call that is `stream()`ed sends and hears a tone like a
phone of `kit.phones`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import math
import re
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from kit.loopback import lease
from kit.patience import PATIENCE
from kit.raw_sip import header
from kit.sound import Sound
from kit.switch import Switch

ALIVE = 4.0  # seconds between two packets of a call that says nothing; the switch ends a call after 30 without any
TICK = 0.02
PCMA, EVENTS = 8, 101
QUIET = b"\xd5" * 160
KEYS = "0123456789*#"
_numbers = itertools.count(1)


class CallLostError(Exception):
    """A call is over that was to go on."""


class CrowdCall:
    """One dialog. `number` is the far end's: whom we called, or who calls a phone of ours."""

    def __init__(self, crowd: Crowd, user: str, number: str, call_id: str, *, is_incoming: bool) -> None:
        self.crowd, self.user, self.number, self.call_id, self.is_incoming = crowd, user, number, call_id, is_incoming
        self.is_up = False
        self.is_held = False
        self.ended_by = ""
        """"us" or "them", once it is over."""
        self.status = ""
        """The last final answer to our INVITE, also to one that was cancelled."""
        self.let_in: list[float] = []
        """Whenever Asterisk told anything of our INVITE, by the monotonic clock. It is repeated until it is accepted or
        refused: an Asterisk that was started again meanwhile takes it for another call."""
        self.ended_at = 0.0
        self.tag = f"t{next(_numbers)}"
        self.local = f"<sip:{user}@{crowd.ip}:{crowd.port}>"
        self.remote = ""
        self.target = ""
        self.cseq = 0
        self.is_streamed = False
        self._changed = asyncio.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((crowd.ip, 0))
        self._media: tuple[str, int] | None = None
        self._sequence, self._time, self._source = 1, 160, next(_numbers)
        self._tone = b""
        self._heard: deque[bytes] = deque(maxlen=50)
        self._heard_count = 0

    def __repr__(self) -> str:
        state = "up" if self.is_up else f"ended by {self.ended_by}" if self.ended_by else f"not up ({self.status})"
        return f"<CrowdCall of {self.user} {'from' if self.is_incoming else 'to'} {self.number}, {state}>"

    # --- its life

    async def answered(self, timeout: float = PATIENCE) -> None:
        """Wait until it is up. Raises CallLostError when it ended first."""
        await self._until(lambda: self.is_up or bool(self.ended_by), timeout, "was not answered")
        if not self.is_up:
            raise CallLostError(repr(self))

    async def ended(self, timeout: float = PATIENCE) -> None:
        await self._until(lambda: bool(self.ended_by), timeout, "did not end")

    async def hang_up(self) -> None:
        """BYE, or CANCEL while it rings; nothing happens when it is over."""
        if self.ended_by:
            return
        was_up = self.is_up
        self.over("us")
        await self.crowd.ask(self, "BYE" if was_up else "CANCEL")

    async def hold(self) -> None:
        """Put the far end on hold by a re-INVITE."""
        await self._offer("sendonly")
        self.is_held = True

    async def resume(self) -> None:
        await self._offer("sendrecv")
        self.is_held = False

    async def transfer(self, number: str) -> None:
        """Send the far end to `number` without asking there first (REFER). Raises CallLostError when it is refused."""
        await self._refer(f"<sip:{number}@{self.crowd.switch.sip}>")

    async def transfer_to(self, consultation: CrowdCall) -> None:
        """Join the far end to that of `consultation`, a call of ours (REFER with Replaces). Raises CallLostError."""
        theirs = re.search(r";tag=([^;>\s]+)", consultation.remote)
        replaced = f"{consultation.call_id};to-tag={theirs[1] if theirs else ''};from-tag={consultation.tag}"
        await self._refer(f"<sip:{consultation.number}@{self.crowd.switch.sip}?Replaces={quote(replaced, safe='')}>")

    async def _refer(self, target: str) -> None:
        answer = await self.crowd.ask(self, "REFER", headers={"Refer-To": target, "Referred-By": self.local})
        if not answer.startswith("SIP/2.0 2"):
            raise CallLostError(f"{self!r}: {answer.splitlines()[0]}")

    async def _offer(self, direction: str) -> None:
        for _ in range(20):  # the switch may be at a re-INVITE of its own
            answer = await self.crowd.ask(self, "INVITE", self.sdp(direction))
            if answer.startswith("SIP/2.0 200"):
                return
            await asyncio.sleep(0.25)
        raise CallLostError(f"{self!r}: {answer.splitlines()[0]}")

    def up(self) -> None:
        self.is_up = True
        self._changed.set()

    def over(self, by: str) -> None:
        """It is over, by "us" or "them"."""
        if not self.ended_by:
            self.is_up, self.ended_by, self.ended_at = False, by, time.monotonic()
            self.stop_stream()
            self._socket.close()
            self._changed.set()

    async def _until(self, condition: Callable[[], bool], timeout: float, complaint: str) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{self!r} {complaint} in {timeout} s") from None

    # --- sound

    def sdp(self, direction: str = "sendrecv") -> str:
        port = self._socket.getsockname()[1]
        return (
            f"v=0\r\no=- 1 {next(_numbers)} IN IP4 {self.crowd.ip}\r\ns=-\r\nc=IN IP4 {self.crowd.ip}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {PCMA} {EVENTS}\r\na=rtpmap:{PCMA} PCMA/8000\r\n"
            f"a=rtpmap:{EVENTS} telephone-event/8000\r\na=fmtp:{EVENTS} 0-16\r\na=ptime:20\r\na={direction}\r\n"
        )

    def take_sdp(self, message: str) -> None:
        address, port = re.search(r"(?m)^c=IN IP4 (\S+)", message), re.search(r"(?m)^m=audio (\d+)", message)
        if address and port:
            self._media = (address[1], int(port[1]))

    def send(self, payload: bytes, kind: int = PCMA, *, is_first: bool = False, span: int = 160) -> None:
        """One packet; `span`: how far (1/8000 s) the clock goes on with it."""
        if self._media is None or self.ended_by:
            return
        mark = 0x80 if is_first else 0
        head = struct.pack("!BBHII", 0x80, kind | mark, self._sequence & 0xFFFF, self._time, self._source)
        with contextlib.suppress(OSError):
            self._socket.sendto(head + payload, self._media)
        self._sequence += 1
        self._time = (self._time + span) & 0xFFFFFFFF

    async def press(self, keys: str) -> None:
        """Press keys (RFC 4733), each for 0.1 s."""
        for key in keys:
            code = KEYS.index(key)
            for step in range(1, 8):
                end = 0x80 if step > 5 else 0
                duration = min(step, 6) * 160
                self.send(struct.pack("!BBH", code, end | 10, duration), EVENTS, is_first=step == 1, span=0)
                await asyncio.sleep(TICK)
            self._time = (self._time + 1600) & 0xFFFFFFFF
            await asyncio.sleep(0.08)

    def stream(self, hertz: int) -> None:
        """Send this tone from now on, and listen."""
        self._tone = tone(hertz)
        if not self.is_streamed:
            self.is_streamed = True
            self.crowd.streamed.add(self)
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._listen)

    def stop_stream(self) -> None:
        if self.is_streamed:
            self.is_streamed = False
            self.crowd.streamed.discard(self)
            asyncio.get_running_loop().remove_reader(self._socket.fileno())

    def tick(self) -> None:
        """The next 20 ms of the tone."""
        at = self._time % len(self._tone)
        self.send((self._tone + self._tone[:160])[at : at + 160])

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while packet := self._socket.recv(2048):
                if len(packet) > 12 and packet[1] & 0x7F == PCMA:
                    self._heard.append(packet[12:])
                    self._heard_count += 1

    async def hears_something(self, timeout: float = PATIENCE) -> None:
        """Wait until something but silence has come since the call began; for a call that is not streamed. Raises
        CallLostError when it ended first."""
        try:
            async with asyncio.timeout(timeout):
                while not self.ended_by:
                    with contextlib.suppress(BlockingIOError):
                        while packet := self._socket.recv(2048):
                            if not Sound.of(linear(packet[12:]), 8000).is_silence:
                                return
                    await asyncio.sleep(TICK)
        except TimeoutError:
            raise TimeoutError(f"{self!r} heard nothing but silence in {timeout} s") from None
        raise CallLostError(repr(self))

    async def hears(self, hertz: int, timeout: float = PATIENCE) -> None:
        """Wait until this tone, and hardly anything else, is heard in half a second that arrives from now on."""
        begun, last = self._heard_count, Sound.of(b"", 8000)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    await asyncio.sleep(0.1)
                    if self.ended_by:
                        raise CallLostError(repr(self))
                    if self._heard_count - begun >= 25:
                        last = Sound.of(linear(b"".join(list(self._heard)[-25:])), 8000)
                        if last.has(hertz):
                            return
        except TimeoutError:
            raise TimeoutError(f"{self!r} never heard {hertz} Hz in {timeout} s, but {last!r}") from None


class Crowd:
    """All of them, on an address of their own."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.calls: dict[str, CrowdCall] = {}
        """Every call ever, by its SIP Call-ID."""
        self.streamed: set[CrowdCall] = set()
        self._answers: dict[tuple[str, int, str], asyncio.Future[str]] = {}
        self._passwords: dict[str, str] = {}
        self._latest_from: dict[str, CrowdCall] = {}  # by the caller's number, of those to phones of ours
        self._sent: dict[tuple[str, str], bytes] = {}
        self._arrived = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._lease = lease()
        self.ip = self._lease.address
        place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        place.setblocking(False)
        place.bind((self.ip, 0))
        self.port = int(place.getsockname()[1])
        crowd = self

        class Receiver(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                crowd.take(data.decode("latin-1"), addr)

        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(Receiver, sock=place)
        self._own(self._pace())
        self._own(self._keep_alive())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.hang_up(*self.calls.values())
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for call in self.calls.values():
                call.over("us")
            self._transport.close()
            self._lease.close()

    async def hang_up(self, *calls: CrowdCall) -> None:
        """End these calls at once."""
        await asyncio.gather(*(call.hang_up() for call in calls), return_exceptions=True)

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + TICK, loop.time() - 0.5)
            await asyncio.sleep(max(0.0, due - loop.time()))
            for call in tuple(self.streamed):
                call.tick()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(ALIVE)
            for call in list(self.calls.values()):
                if call.is_up and not call.is_streamed:
                    call.send(QUIET, span=int(ALIVE * 8000))

    # --- people

    async def phone(self, user: str, password: str) -> None:
        """Register a phone; from now on it answers every call at once. Raises PermissionError when it may not."""
        call = f"register-{user}-{next(_numbers)}"
        who = f"<sip:{user}@{self.switch.address}>"
        contact = {"Contact": f"<sip:{user}@{self.ip}:{self.port}>", "Expires": "3600"}
        uri = f"sip:{self.switch.sip}"
        asked = await self._request("REGISTER", uri, f"{who};tag=r", who, call, 1, contact)
        if asked.startswith("SIP/2.0 401"):
            digest = _digest(asked, user, password, "REGISTER", uri)
            asked = await self._request(
                "REGISTER", uri, f"{who};tag=r", who, call, 2, {**contact, "Authorization": digest}
            )
        if not asked.startswith("SIP/2.0 200"):
            raise PermissionError(f"{user}: {asked.splitlines()[0]}")
        self._passwords[user] = password

    async def dial(self, user: str, number: str) -> CrowdCall:
        """A phone of ours calls `number` and is answered. Raises CallLostError."""
        call = self._new_call(user, number)
        answer = await self.ask(call, "INVITE", call.sdp())
        if answer.startswith("SIP/2.0 401"):
            digest = _digest(answer, user, self._passwords[user], "INVITE", call.target)
            answer = await self.ask(call, "INVITE", call.sdp(), {"Authorization": digest})
        if not call.is_up:
            call.status = answer.partition("\r\n")[0]
            call.over("them")
            raise CallLostError(repr(call))
        return call

    async def start_call(self, caller: str, number: str, headers: Mapping[str, str]) -> CrowdCall:
        """Somebody outside calls `number`; returns when the INVITE is out."""
        call = self._new_call(caller, number)
        self._own(self._invite(call, headers))
        return call

    def _new_call(self, user: str, number: str) -> CrowdCall:
        call = CrowdCall(self, user, number, f"crowd-{self.port}-{next(_numbers)}", is_incoming=False)
        self.calls[call.call_id] = call
        call.remote = f"<sip:{number}@{self.switch.address}>"
        call.target = f"sip:{number}@{self.switch.sip}"
        return call

    async def call(self, caller: str, number: str, headers: Mapping[str, str]) -> CrowdCall:
        """The same, and wait for the answer."""
        call = await self.start_call(caller, number, headers)
        await call.answered()
        return call

    async def arrives(self, number: str, timeout: float = PATIENCE) -> CrowdCall:
        """Wait until a phone of ours talks to this caller, and return its side."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    call = self._latest_from.get(number)
                    if call is not None and call.is_up:
                        return call
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise TimeoutError(f"nobody of ours was called by {number} in {timeout} s") from None

    async def _leave(self, call: CrowdCall) -> None:
        with contextlib.suppress(TimeoutError):
            await self.ask(call, "BYE")

    async def _invite(self, call: CrowdCall, headers: Mapping[str, str]) -> None:
        try:
            await self.ask(call, "INVITE", call.sdp(), headers)
        except TimeoutError:
            call.status = "no answer"
            call.over("them")
            return
        if not call.ended_by and not call.is_up:
            call.over("them")

    # --- requests of ours

    async def ask(self, call: CrowdCall, method: str, body: str = "", headers: Mapping[str, str] | None = None) -> str:
        """Send a request inside (or at the beginning of) a call and return the final answer. Raises TimeoutError."""
        if method != "CANCEL":
            call.cseq += 1
        ours = f"{call.local};tag={call.tag}"
        more = {**(headers or {}), "Contact": call.local}
        if body:
            more["Content-Type"] = "application/sdp"
        return await self._request(method, call.target, ours, call.remote, call.call_id, call.cseq, more, body)

    async def _request(
        self, method: str, uri: str, who: str, whom: str, call: str, number: int, headers: Mapping[str, str],
        body: str = "",
    ) -> str:  # fmt: skip
        lines = [
            f"{method} {uri} SIP/2.0",
            self._via(call, number, "INVITE" if method == "CANCEL" else method),
            "Max-Forwards: 70",
            f"From: {who}",
            f"To: {whom}",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"Content-Length: {len(body)}",
        ]
        message = ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[call, number, method] = answer
        try:
            for wait in (0.5, 1, 2, 4, 4, 4, 16):
                self._transport.sendto(message, (self.switch.address, self.switch.ports.sip))
                done, _ = await asyncio.wait([answer], timeout=wait)
                if done:
                    return answer.result()
            raise TimeoutError(f"{method} of {who} was never answered")
        finally:
            self._answers.pop((call, number, method), None)

    def _via(self, call: str, number: int, transaction: str) -> str:
        return f"Via: SIP/2.0/UDP {self.ip}:{self.port};rport;branch=z9hG4bK{call}-{number}-{transaction}"

    # --- what arrives

    def take(self, message: str, source: tuple[str, int]) -> None:
        if message.startswith("SIP/2.0 "):
            self._take_answer(message)
        else:
            self._take_request(message, source)

    def _take_answer(self, message: str) -> None:
        call_id, cseq = header(message, "Call-ID"), header(message, "CSeq").split()
        status, call = int(message[8:11]), self.calls.get(call_id)
        if call is not None and cseq == ["1", "INVITE"]:
            call.let_in.append(time.monotonic())
        if status < 200:
            return
        if call is not None and cseq[1] == "INVITE":
            self._close_invite(call, message, int(cseq[0]), status)
        answer = self._answers.get((call_id, int(cseq[0]), cseq[1]))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _close_invite(self, call: CrowdCall, message: str, number: int, status: int) -> None:
        """Every final answer to an INVITE is acknowledged, each time it comes."""
        is_first = not call.status
        call.status = message.partition("\r\n")[0]
        if status == 200:
            call.remote = header(message, "To")
            contact = re.search(r"<(sip:[^>]+)>", header(message, "Contact"))
            call.target = contact[1] if contact else call.target
            call.take_sdp(message)
            if not call.ended_by:
                call.up()
            elif is_first:  # we were too late to cancel it
                self._own(self._leave(call))
        lines = [
            f"ACK {call.target} SIP/2.0",
            self._via(call.call_id, number, "ACK" if status == 200 else "INVITE"),
            "Max-Forwards: 70",
            f"From: {call.local};tag={call.tag}",
            f"To: {header(message, 'To')}",
            f"Call-ID: {call.call_id}",
            f"CSeq: {number} ACK",
            "Content-Length: 0",
        ]
        self._transport.sendto(
            ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), (self.switch.address, self.switch.ports.sip)
        )

    def _take_request(self, message: str, source: tuple[str, int]) -> None:
        method = message.partition(" ")[0]
        call_id, cseq = header(message, "Call-ID"), header(message, "CSeq")
        if method == "ACK":
            return
        if sent := self._sent.get((call_id, cseq)):
            self._transport.sendto(sent, source)  # asked again
            return
        call = self.calls.get(call_id)
        match method:
            case "INVITE" if call is None:
                self._ring(message, source)
            case "INVITE" if call is not None and not call.ended_by:
                call.take_sdp(message)
                self._answer(message, source, "200 OK", call, call.sdp())
            case "BYE":
                if call is not None:
                    call.over("them")
                self._answer(message, source, "200 OK" if call else "481 Unknown", call)
            case "CANCEL":
                if call is not None:
                    call.over("them")
                self._answer(message, source, "200 OK", call)
            case "NOTIFY" if call is not None and re.search(r"(?m)^SIP/2\.0 200", message):
                self._answer(message, source, "200 OK", call)
                self._own(call.hang_up())  # the far end was transferred: a phone leaves then
            case "INVITE" | "UPDATE" if call is None or call.ended_by:
                self._answer(message, source, "481 Unknown", call)
            case _:
                self._answer(message, source, "200 OK", call)

    def _ring(self, message: str, source: tuple[str, int]) -> None:
        user = re.match(r"INVITE sip:([^@;>]+)@", message)
        caller = re.search(r"sip:([^@;>]+)@", header(message, "From"))
        call = CrowdCall(
            self, user[1] if user else "", caller[1] if caller else "", header(message, "Call-ID"), is_incoming=True
        )
        self.calls[call.call_id] = self._latest_from[call.number] = call
        call.remote = header(message, "From")
        contact = re.search(r"<(sip:[^>]+)>", header(message, "Contact"))
        call.target = contact[1] if contact else f"sip:{self.switch.sip}"
        call.take_sdp(message)
        self._answer(message, source, "200 OK", call, call.sdp())
        call.up()
        self._arrived.set()

    def _answer(
        self, request: str, source: tuple[str, int], status: str, call: CrowdCall | None, body: str = ""
    ) -> None:
        whom = header(request, "To")
        if call is not None and "tag=" not in whom:
            whom += f";tag={call.tag}"
            call.local = header(request, "To")
        lines = [
            f"SIP/2.0 {status}",
            *re.findall(r"(?im)^(?:Via|Record-Route):.*?(?=\r$)", request),
            f"From: {header(request, 'From')}",
            f"To: {whom}",
            f"Call-ID: {header(request, 'Call-ID')}",
            f"CSeq: {header(request, 'CSeq')}",
            f"Contact: <sip:{call.user if call else 'crowd'}@{self.ip}:{self.port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        sent = ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")
        if call is not None:
            self._sent[header(request, "Call-ID"), header(request, "CSeq")] = sent
        self._transport.sendto(sent, source)


def _digest(asked: str, user: str, password: str, method: str, uri: str) -> str:
    told = dict(re.findall(r'(\w+)="([^"]*)"', header(asked, "WWW-Authenticate")))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    first, second = md5(f"{user}:{told['realm']}:{password}"), md5(f"{method}:{uri}")
    answer = md5(f"{first}:{told['nonce']}:00000001:c:auth:{second}")
    return (
        f'Digest username="{user}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="{uri}", algorithm=MD5, '
        f'response="{answer}", qop=auth, nc=00000001, cnonce="c", opaque="{told.get("opaque", "")}"'
    )


# --- A-law (G.711) ----------------------------------------------------------------------------------------------------


def _linear(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


_LINEAR = [_linear(code) for code in range(256)]


def linear(alaw: bytes) -> bytes:
    """16-bit samples of A-law ones."""
    return struct.pack(f"<{len(alaw)}h", *(_LINEAR[code] for code in alaw))


@lru_cache(maxsize=64)
def tone(hertz: int) -> bytes:
    """One second of a tone in A-law."""
    nearest: dict[int, int] = {}

    def coded(value: int) -> int:
        if value not in nearest:
            nearest[value] = min(range(256), key=lambda code: abs(_LINEAR[code] - value))
        return nearest[value]

    return bytes(coded(round(8000 * math.sin(2 * math.pi * hertz * n / 8000))) for n in range(8000))
