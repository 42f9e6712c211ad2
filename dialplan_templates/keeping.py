"""The same generation with the contexts of other generations beside it: its own texts stay, what includes them changes.

A generation that is put back takes the contexts along in which calls are; one in force drops those that are empty.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from dialplan_templates.manifest import digest_of, marker_of

_DOORS = re.compile(r"(?:cordboard_)?extensions\.conf")
_CONTEXTS = re.compile(r"contexts-g([1-9][0-9]*)\.conf")
_INCLUDES = re.compile(r'(?m)(?:^#include "[^"\n]*contexts-g[1-9][0-9]*\.conf"\n)+')
_END = re.compile(r"\[cordboard-end-[0-9a-f]{12}\]\nexten => s,1,NoOp\(\)\n\Z")


def with_kept(files: Mapping[str, str], kept: Mapping[int, str], folder: str) -> dict[str, str]:
    """The files of a generation as `render` would have given them with these kept ones: number -> text of its contexts,
    which lie in `folder`, an absolute path. The result holds those texts too. Raises ManifestRefused when the files
    are not one whole generation.
    """
    unmarked, generation, digest = marker_of(files)
    own = {name: text for name, text in unmarked.items() if name == _file(generation) or not _CONTEXTS.fullmatch(name)}
    doors = next(name for name in own if _DOORS.fullmatch(name))
    text = own[doors]
    included = _INCLUDES.search(text)
    ended = _END.search(text)
    assert included is not None, "the doors include their own generation"
    assert ended is not None, "the marker was there, so the file is whole"
    first, *_ = included[0].splitlines(keepends=True)
    lines = "".join(f'#include "{folder.rstrip("/")}/{_file(number)}"\n' for number in sorted(kept))
    text = text[: included.start()] + first + lines + text[included.end() : ended.start()]
    # The end of a file is named after all that stands before it, with a word of the same length in its place.
    unnamed = f"{text}[cordboard-end-000000000000]\nexten => s,1,NoOp()\n"
    seal = hashlib.sha256(unnamed.encode()).hexdigest()[:12]
    own[doors] = unnamed.replace("cordboard-end-000000000000", f"cordboard-end-{seal}")
    mark = files[_file(generation)][len(unmarked[_file(generation)]) :]
    own[_file(generation)] += mark.replace(digest, digest_of(own))
    return {**own, **{_file(number): text for number, text in kept.items()}}


def _file(generation: int) -> str:
    return f"contexts-g{generation}.conf"
