"""What a flow leads out to, and where its callers come in: what its document needs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agi.flow.document import Prompt


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow leads out to, and where its callers come in."""

    entries: Mapping[str, str]
    """Node -> what is spoken to those who begin there. The first is where the document begins."""
    messages: Mapping[str, Prompt] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    """`queue:sales` -> the URI by which a platform reaches it."""
