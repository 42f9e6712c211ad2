"""The ids that the generated dialplan hands to a script."""

from __future__ import annotations

from agi.call import Call
from agi.errors import UnsafeValue
from agi.flow.nodes import SLUG


def place(call: Call) -> tuple[str, str]:
    """Company and object (DID, queue) that a script was called for. Raises UnsafeValue if they are no ids."""
    ids = call.arguments[:2]
    if len(ids) != 2 or not all(SLUG.fullmatch(name) for name in ids):
        raise UnsafeValue("the dialplan named no company and object")
    return ids[0], ids[1]
