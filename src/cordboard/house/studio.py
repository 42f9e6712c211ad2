"""The studio of these settings: where sounds are made and kept, and by which voices."""

from __future__ import annotations

from cordboard.settings import Settings
from cordboard.speech.studio import Studio
from cordboard.speech.voices import Voices


def studio_of(settings: Settings) -> Studio:
    return Studio(
        folder=settings.home / "speech",
        recordings=settings.recordings,
        voices=Voices(
            named=settings.voice_of,
            words_a_minute=settings.speech_pace,
            espeak=settings.espeak,
            piper=settings.piper,
        ),
    )
