"""Says texts for calls in progress: by the voices of the site, a few at a time, each within its deadline."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from agi.flow.spoken import Spoken
from cordboard.speech.errors import SpeechError
from cordboard.speech.studio import Studio

logger = logging.getLogger(__name__)

AT_ONCE = 2
"""Programs that say something at the same time; who comes meanwhile waits for as long as his deadline lets him."""
PATIENCE = 10.0
"""Seconds after which a program that says something is ended, whether or not somebody still waits for it."""
MOST = 200
"""Sounds that are kept: who hears the same again need not wait."""


class SiteVoice:
    """Answers `agi.ports.Voice`. What was said is kept below the studio's folder, the newest of it."""

    def __init__(self, studio: Studio, *, most: int = MOST, patience: float = PATIENCE) -> None:
        self._studio = replace(studio.of_calls, patience=patience)
        self._most = most
        self._makers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="voice")

    async def said(self, text: str, language: str, seconds: float) -> str | None:
        sound = Spoken(text, language)
        work = asyncio.get_running_loop().run_in_executor(self._makers, self._made, sound)
        try:
            return await asyncio.wait_for(work, seconds)
        except TimeoutError:
            logger.warning("a text was not said in time", extra={"language": language, "seconds": seconds})
        except SpeechError as error:
            # What it says may be the caller's own: it stands in no message.
            logger.warning("a text cannot be said", extra={"language": language, "reason": str(error)})
        return None

    def close(self) -> None:
        """Nothing more is said; what a program is at ends by its own deadline."""
        self._makers.shutdown(wait=False, cancel_futures=True)

    def _made(self, sound: Spoken) -> str:
        self._studio.make_one(sound)
        self._studio.keep_newest(self._most)
        return str(self._studio.path(sound))
