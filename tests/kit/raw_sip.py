"""A SIP user agent made of text, for signalling that no phone would send: forwards with odd targets, bytes in numbers.

async with RawAgent(switch.address) as agent:
    await agent.register("acme-amel", secret, switch)
    agent.invite("+33123456791", switch, caller="%0d%0aEvent: Hangup")
    invite = await agent.receives("INVITE")
    agent.answer(invite, "302 Moved Temporarily", Contact="<sip:Local/201%40cb-person-g7@x>")
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from types import TracebackType
from typing import Self

from kit.patience import PATIENCE
from kit.switch import Switch

SDP = (
    "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
_numbers = itertools.count(1)


class RawAgent(asyncio.DatagramProtocol):
    """One UDP socket. It answers OPTIONS by itself, so that it counts as reachable; all else waits to be read."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._received: asyncio.Queue[str] = asyncio.Queue()
        self._requests: set[str] = set()
        self._unread_calls = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self._address, 0))
        self.ip, self.port = self._transport.get_extra_info("sockname")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
        message = data.decode("latin-1")
        if message.startswith("OPTIONS "):
            self.answer(message, "200 OK")
        elif message not in self._requests:  # what is sent again is not told again
            if not message.startswith("SIP/2.0 "):
                self._requests.add(message)
            self._unread_calls += message.startswith("INVITE ")
            self._received.put_nowait(message)

    @property
    def is_silent(self) -> bool:
        """Was nobody called here, but for what was read already?"""
        return self._unread_calls == 0

    def forget(self) -> None:
        """Throw away what came and was not read."""
        while not self._received.empty():
            self._read(self._received.get_nowait())

    def close(self) -> None:
        self._transport.close()

    async def receives(self, beginning: str, seconds: float = PATIENCE) -> str:
        """The next message that begins so; others are thrown away. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (message := self._read(await self._received.get())).startswith(beginning):
                pass
            return message

    async def receives_until(self, beginning: str, seconds: float = PATIENCE) -> list[str]:
        """Every message up to the next one that begins so, and that one. Raises TimeoutError."""
        found: list[str] = []
        async with asyncio.timeout(seconds):
            while not found or not found[-1].startswith(beginning):
                found.append(self._read(await self._received.get()))
        return found

    def _read(self, message: str) -> str:
        self._unread_calls -= message.startswith("INVITE ")
        return message

    async def register(self, user: str, password: str, switch: Switch) -> None:
        """Register as a phone does, with digest."""
        uri, call = f"sip:{switch.sip}", self._call_id()
        who = f"<sip:{user}@{switch.address}>"
        self._request("REGISTER", uri, switch, who, who, call, 1)
        asked = header(await self.receives("SIP/2.0 401"), "WWW-Authenticate")
        told = dict(re.findall(r'(\w+)="([^"]*)"', asked))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        first, second = md5(f"{user}:{told['realm']}:{password}"), md5(f"REGISTER:{uri}")
        answer = md5(f"{first}:{told['nonce']}:00000001:c:auth:{second}")
        digest = (
            f'Digest username="{user}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="{uri}", algorithm=MD5, '
            f'response="{answer}", qop=auth, nc=00000001, cnonce="c", opaque="{told.get("opaque", "")}"'
        )
        self._request("REGISTER", uri, switch, who, who, call, 2, {"Authorization": digest})
        await self.receives("SIP/2.0 200")

    def invite(self, number: str, switch: Switch, *, caller: str = "+33612345678", **headers: str) -> None:
        """Call `number`; both it and `caller` go into the URIs as they are. Underscores in header names are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        uri = f"sip:{number}@{switch.sip}"
        sdp = SDP.format(ip=self.ip, port=self.port + 1)
        self._request("INVITE", uri, switch, f"<sip:{caller}@x>", f"<{uri}>", self._call_id(), 1, named, sdp)

    def take(self, invite: str) -> None:
        """Answer a call, with sound offered to a port where nobody listens."""
        contact = f"<sip:raw@{self.ip}:{self.port}>"
        sdp = SDP.format(ip=self.ip, port=self.port + 1)
        self.answer(invite, "200 OK", body=sdp, Contact=contact, Content_Type="application/sdp")

    def answer(self, request: str, status: str, *, body: str = "", **headers: str) -> None:
        """Answer a request that was received. Underscores in header names are hyphens."""
        via = re.findall(r"(?im)^Via:.*?(?=\r$)", request)
        kept = {name: header(request, name) for name in ("From", "To", "Call-ID", "CSeq")}
        if "tag=" not in kept["To"]:
            kept["To"] += ";tag=raw"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"SIP/2.0 {status}", *via, *(f"{name}: {value}" for name, value in {**kept, **named}.items())]
        place = re.search(r"(?im)^Via: SIP/2.0/UDP ([\d.]+):(\d+)", request)
        assert place is not None
        self._send([*lines, f"Content-Length: {len(body)}"], body, (place[1], int(place[2])))

    def _call_id(self) -> str:
        return f"raw-{self.port}-{next(_numbers)}"

    def _request(
        self,
        method: str,
        uri: str,
        switch: Switch,
        who: str,
        whom: str,
        call: str,
        number: int,
        headers: dict[str, str] | None = None,
        body: str = "",
    ) -> None:
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.ip}:{self.port};rport;branch=z9hG4bK{call}-{number}",
            "Max-Forwards: 70",
            f"From: {who};tag={call}",
            f"To: {whom}",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:raw@{self.ip}:{self.port}>",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._send(lines, body, (switch.address, switch.ports.sip))

    def _send(self, lines: list[str], body: str, place: tuple[str, int]) -> None:
        self._transport.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1"), place)


def header(message: str, name: str) -> str:
    """The value of a header, "" if it is not there."""
    found = re.search(rf"(?im)^{name}\s*:\s*(.*?)\r$", message)
    return found[1] if found else ""
