"""What a caller says, as sound: made by the system's own voice, as a telephone line carries it."""

from __future__ import annotations

import subprocess

LINE = ("-r", "8000", "-c", "1", "-b", "16", "-e", "signed", "-t", "raw")
QUIET = b"\0" * 16_000
"""A second of silence on the line."""


def speech(text: str, voice: str = "en-us") -> bytes:
    """Samples of 16 bits, 8,000 a second, with silence behind them."""
    said = ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text]
    wav = subprocess.run(said, check=True, capture_output=True).stdout
    carry = ["sox", "-V1", "-t", "wav", "-", *LINE, "-", "gain", "-3"]
    return subprocess.run(carry, check=True, capture_output=True, input=wav).stdout + QUIET
