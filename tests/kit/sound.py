"""What a phone says and what it hears, as numbers: tones made, tones found."""

from __future__ import annotations

import math
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

SILENCE_DB = -50.0
# Hz of (row, column) of each key of a telephone
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = {key: (_ROWS[n // 4], _COLUMNS[n % 4]) for n, key in enumerate("123A456B789C*0#D")}


@lru_cache(maxsize=256)
def tone(frequencies: tuple[int, ...], rate: int, level: float = 0.4) -> bytes:
    """One second of the sum of some whole frequencies (Hz), 16-bit mono: it may be repeated without a click."""
    time = np.arange(rate) / rate
    wave = np.sin(2 * math.pi * np.outer(frequencies, time)).mean(axis=0)
    return bytes((level * 32767 * wave).astype("<i2").tobytes())


def keys(digits: str, rate: int = 8000, pressed: float = 0.1, gap: float = 0.1) -> bytes:
    """The in-band tones of some keys, 16-bit mono: for lines that carry no other DTMF."""
    quiet = b"\0\0" * int(rate * gap)
    parts = [tone(KEYS[digit], rate, 0.5)[: 2 * int(rate * pressed)] + quiet for digit in digits.upper()]
    return quiet + b"".join(parts)


@dataclass(frozen=True)
class Sound:
    """A stretch of what was heard: 16-bit mono samples at `rate` per second."""

    samples: npt.NDArray[np.float64]
    rate: int

    @classmethod
    def of(cls, pcm: bytes, rate: int, channels: int = 1) -> Sound:
        whole = len(pcm) - len(pcm) % (2 * channels)
        samples = np.frombuffer(pcm[:whole], "<i2").astype(np.float64) / 32768
        return cls(samples[::channels], rate)

    @classmethod
    def of_file(cls, path: Path) -> Sound:
        """What a WAV file of one channel holds."""
        with wave.open(str(path), "rb") as file:
            return cls.of(file.readframes(file.getnframes()), file.getframerate())

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def level_db(self) -> float:
        """Loudness against full scale; SILENCE_DB or less is silence."""
        if not len(self.samples):
            return -99.0
        return 20 * math.log10(math.sqrt(float((self.samples**2).mean())) + 1e-5)

    @property
    def is_silence(self) -> bool:
        return self.level_db <= SILENCE_DB

    def _power(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        spectrum = np.fft.rfft(self.samples * np.hanning(len(self.samples)))
        hertz = np.arange(len(spectrum), dtype=np.float64) * (self.rate / len(self.samples))
        power = np.asarray(np.abs(spectrum) ** 2, dtype=np.float64)
        power[hertz < 60] = 0
        return hertz, power

    @property
    def dominant(self) -> float:
        """The loudest frequency in Hz; 0 in silence."""
        if self.is_silence or len(self.samples) < 64:
            return 0.0
        hertz, power = self._power()
        return float(hertz[int(power.argmax())])

    def share(self, hertz: float, width: float = 15.0) -> float:
        """How much of the energy lies within `width` Hz of a frequency: 1 for a pure tone, about 0 for speech."""
        if self.is_silence or len(self.samples) < 64:
            return 0.0
        frequencies, power = self._power()
        total = float(power.sum())
        return float(power[np.abs(frequencies - hertz) <= width].sum()) / total if total else 0.0

    def has(self, *frequencies: float) -> bool:
        """Whether these tones, and hardly anything else, are what is heard; unequal levels are allowed."""
        shares = [self.share(hertz) for hertz in frequencies]
        return sum(shares) > 0.7 and min(shares) > 0.05

    def likeness(self, other: Sound) -> float:
        """How much of another sound is heard in this one, wherever: 1 for all of it as it is, less for anything else.
        Each quarter of a second of it is looked for by itself, so that a line may slip between them."""
        if other.rate != self.rate:
            raise ValueError(f"{other!r} has not the rate of {self!r}")
        step = self.rate // 4
        parts = [other.samples[start : start + step] for start in range(0, len(other.samples) - step, step)]
        loud = [part for part in parts if float((part**2).mean()) > float((other.samples**2).mean()) / 4]
        if len(self.samples) < step or not loud:
            return 0.0
        energy = np.convolve(self.samples**2, np.ones(step), "valid") + 1e-9
        size = 1 << (len(self.samples) + step).bit_length()
        spectrum = np.fft.rfft(self.samples, size)
        found = []
        for part in loud:
            product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(part, size)), size)[: len(energy)]
            found.append(float((product / np.sqrt(energy * float((part**2).sum()))).max()))
        return float(np.mean(found))

    def __repr__(self) -> str:
        return f"<Sound {self.seconds:.2f} s, {self.level_db:.0f} dB, {self.dominant:.0f} Hz>"
