"""How long a sound file lasts, by what its form says of its bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

HEADER = 4096
"""Bytes of a WAV file in which its data is looked for."""
BYTES_A_SECOND: Mapping[str, float] = {
    "gsm": 33 * 50,
    **dict.fromkeys(("pcm", "ulaw", "ul", "mu", "ulw", "alaw", "al", "alw", "g722"), 8000),
    **dict.fromkeys(("sln", "slin", "raw"), 16000),
    **{f"sln{rate}": 2000.0 * rate for rate in (12, 16, 24, 32, 48, 96, 192)},
    "sln44": 88200,
    "g729": 1000,
}
"""Ending -> how many bytes of such a file are a second."""


def seconds_of(path: Path) -> float | None:
    """None: the file cannot be read, or its form does not tell. No file lasts less than nothing."""
    ending = path.name.rpartition(".")[2]
    try:
        if ending in ("wav", "wav16", "WAV", "wav49"):
            return _of_wav(path)
        rate = BYTES_A_SECOND.get(ending)
        return path.stat().st_size / rate if rate else None
    except OSError:
        return None


def _of_wav(path: Path) -> float | None:
    """The size that the header claims is not believed beyond what the file holds."""
    with path.open("rb") as file:
        head = file.read(HEADER)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    position, rate = 12, 0
    while position + 8 <= len(head):
        name, size = head[position : position + 4], struct.unpack_from("<I", head, position + 4)[0]
        if name == b"fmt " and position + 24 <= len(head):
            rate = struct.unpack_from("<I", head, position + 16)[0]
        if name == b"data":
            there = path.stat().st_size - position - 8
            return min(size, there) / rate if rate else None
        position += 8 + size + size % 2
    return None
