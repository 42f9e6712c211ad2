"""A phone in a process of its own: killed, it says no goodbye and takes no registration back.

phone = await MortalPhone.start("acme-chloe", switch.sip, "secret", tmp_path)    # registered, answers every call
phone.kill()
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from kit.phones import Answer, Phones, Ring
from kit.process import Process

REGISTERED = "registered"
TONE = 850
"""Hertz."""


class MortalPhone:
    """The process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, user: str, address: str, secret: str, folder: Path, *, answers: bool = True) -> MortalPhone:
        """Returns once it is registered. It answers every call, or lets it ring."""
        output = folder / f"{user}.txt"
        rule = "answers" if answers else "rings"
        process = Process.start(
            [sys.executable, "-m", "kit.mortal_phone", user, address, secret, rule],
            output,
            cwd=Path(__file__).parent.parent,
        )
        try:
            await process.says(REGISTERED)
        except BaseException:
            process.kill()
            raise
        return cls(process)

    def kill(self) -> None:
        """With SIGKILL; it is gone when this returns."""
        self._process.kill()


async def _live(user: str, address: str, secret: str, rule: str) -> None:
    async with Phones() as phones:
        phone = await phones.phone(user, address, secret, tone=TONE, rule=Answer() if rule == "answers" else Ring())
        await phone.register()
        sys.stdout.write(REGISTERED)
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_live(*sys.argv[1:]))
