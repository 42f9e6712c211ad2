"""A program of its own: an Asterisk that tells at a steady pace, and a browser that sees it on the live page.

    python -m kit.paced_source STREAM RATE SECONDS

It prints the port of its manager, reads the page's address and a one-time password from its input, waits for the link,
and sends the messages of the file STREAM at RATE a second. Among them are calls of its own, each with a number that
nobody else has: the time from the first event of such a call to the frame in which the page has its card is what it
measures. It prints one line of JSON: sent, seconds, latencies (seconds) of the calls that were seen, calls.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path

import aiohttp

from ami.stream import Stream
from kit.asterisk_peer import event
from kit.followed_peer import FollowedPeer

TICK = 0.005
EACH = 0.05
"""Seconds between two calls that are measured."""
LASTS = 0.5
PASSWORD = "correct horse battery staple 7"
_SEEN = re.compile(r'"caller":"mark(\d+)"')


class Source:
    """Sends, and notes when."""

    def __init__(self, peer: FollowedPeer, messages: list[bytes], rate: float, seconds: float) -> None:
        self.peer = peer
        self.messages = messages
        self.rate, self.seconds = rate, seconds
        self.began: list[float] = []
        self.seen: dict[int, float] = {}
        self.sent = 0

    async def send(self) -> float:
        """Returns the seconds that it took."""
        writer = self.peer.session.writer
        start = time.monotonic()
        ends: list[float] = []
        ended = 0
        while (now := time.monotonic()) - start < self.seconds:
            due = int((now - start) * self.rate)
            batch = [self.messages[number % len(self.messages)] for number in range(self.sent, due)]
            self.sent = max(due, self.sent)
            while len(self.began) * EACH < now - start:
                batch.append(_begins(len(self.began)))
                self.began.append(time.monotonic())
                ends.append(now + LASTS)
            while ended < len(ends) and ends[ended] < now:
                batch.append(_ends(ended))
                ended += 1
            if batch:
                writer.write(b"".join(batch))
                await writer.drain()
            await asyncio.sleep(max(0.0, TICK - (time.monotonic() - now)))
        return time.monotonic() - start

    async def look(self, page: aiohttp.ClientWebSocketResponse) -> None:
        """Note when each measured call is first on the page."""
        async for frame in page:
            now = time.monotonic()
            for found in _SEEN.finditer(frame.data):
                self.seen.setdefault(int(found[1]), now)


def _headers(number: int) -> dict[str, str]:
    return {
        "Channel": f"PJSIP/carrier-{number:08x}",
        "ChannelState": "6",
        "CallerIDNum": f"mark{number}",
        "AccountCode": "full-main",
        "Context": "cordboard-in",
        "Exten": "s",
        "Uniqueid": f"pbx1-mark.{number}",
        "Linkedid": f"pbx1-mark.{number}",
    }


def _begins(number: int) -> bytes:
    told = {"UserEvent": "CordboardEntered", "Did": "main", "Company": "full", "Generation": "1"}
    return event("Newchannel", _headers(number)).encode() + event("UserEvent", _headers(number) | told).encode()


def _ends(number: int) -> bytes:
    return event("Hangup", _headers(number) | {"Cause": "16", "Cause-txt": "Normal Clearing"}).encode()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(stream: Path, rate: float, seconds: float) -> None:
    messages = [f"{message}\r\n\r\n".encode() for message in Stream().feed(stream.read_bytes())]
    async with FollowedPeer() as peer:
        say(str(peer.port))
        url, one_time = (await asyncio.to_thread(sys.stdin.readline)).split()
        await peer.received("Originate", timeout=60)
        await asyncio.sleep(0.5)
        source = Source(peer, messages, rate, seconds)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(url, cookie_jar=jar, headers={"Origin": url.rstrip("/")}) as browser:
            await browser.post("/sign-in", json={"account": "admin", "password": one_time})
            await browser.post("/password", json={"password": PASSWORD})
            async with browser.ws_connect("/api/live") as page:
                looking = asyncio.create_task(source.look(page))
                took = await source.send()
                await asyncio.sleep(1)
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
    latencies = [source.seen[number] - began for number, began in enumerate(source.began) if number in source.seen]
    say(json.dumps({"sent": source.sent, "seconds": took, "calls": len(source.began), "latencies": latencies}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
