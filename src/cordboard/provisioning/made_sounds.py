"""Are the sounds there that a generation's dialplan names, of those that are made for it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from agi.flow.ways import SPOKEN_SOUND
from cordboard.provisioning.verify import Difference, Place

_NAMED = re.compile(rf"/[^\s&,?:()]*/{SPOKEN_SOUND.pattern}")


def missing_sounds(files: Mapping[str, str]) -> Iterator[Difference]:
    """A difference for each that is not. `files`: name -> text."""
    for path in sorted({path for text in files.values() for path in _NAMED.findall(text)}):
        if not Path(f"{path}.wav").is_file():
            yield Difference(Place.FILE, "sound", path, "made")
