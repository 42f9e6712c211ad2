"""What can keep a text from being spoken, each with what to do about it.

SpeechError
├── ProgramMissing      a program is not installed
├── NoSuchVoice         an engine does not have the voice
├── RecordingMissing    a file that is to be heard is not there
├── SpeakingFailed      a program ended with an error, or took too long
└── StudioFailed        the folder of sounds cannot be read or written
"""

from __future__ import annotations

from pathlib import Path


class SpeechError(Exception):
    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}: {cure}")
        self.what = what
        self.cure = cure


class ProgramMissing(SpeechError):
    def __init__(self, program: str, package: str, setting: str = "") -> None:
        cure = f"install it (Debian: {package})"
        if setting:
            cure = f"install it (Debian: {package}), or name it in the setting {setting}"
        super().__init__(f"the program {program} is not installed", cure)


class NoSuchVoice(SpeechError):
    def __init__(self, voice: str, language: str) -> None:
        super().__init__(
            f"there is no voice {voice} for {language}", "name one for this language in the setting voices"
        )


class RecordingMissing(SpeechError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the recording {path} cannot be read ({reason})", "put it there, or take its name out")


class SpeakingFailed(SpeechError):
    def __init__(self, program: str, reason: str) -> None:
        super().__init__(f"{program} failed: {reason}", "mend that, or choose another voice, and make it again")


class StudioFailed(SpeechError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be used ({reason})", "let the user that runs Cordboard write there")
