"""Queues that take over their strategy only when they are made anew. Pure.

app_queue keeps the members of a linear queue as a list and those of any other by a hash, and chooses which when it
makes the queue. A reload that makes an existing queue linear is answered by Success, and Asterisk calls it linear from
then on, but its members go on being rung in the order of the hash, also after they left and came back. So such a queue
is taken out by one reload and comes in by the next. Any other change of the strategy is in force by a reload, with
members and callers in the queue; so is one back to linear of a queue that was made linear.

(The hash is made of the first letters of an interface. Agents of a company with a long id share it, and are in order
by chance; nothing here counts on that.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dialplan_templates import Manifest
from dialplan_templates.views import Strategy


def linear_queues(manifest: Manifest) -> frozenset[str]:
    """The queues that this generation wants linear."""
    return frozenset(name for name, wanted in manifest.queues.items() if wanted["Strategy"] == Strategy.LINEAR)


def to_remake(
    wanted: Collection[str], before: Collection[str], running: Mapping[str, str], waiting: Collection[str]
) -> frozenset[str]:
    """Those of the linear queues `wanted` that Asterisk has made otherwise. `before`: the linear queues of the
    generation before; `running`: queue -> the strategy that Asterisk shows; `waiting`: queues with callers in them.

    One that Asterisk calls linear though the generation before did not may have been reloaded by a stranger meanwhile,
    or be made already: it is made anew, unless callers wait in it.
    """
    made_otherwise = {name for name in wanted if name in running and running[name] != Strategy.LINEAR}
    in_doubt = {name for name in wanted if running.get(name) == Strategy.LINEAR and name not in before}
    return frozenset(made_otherwise | (in_doubt - set(waiting)))


def without(text: str, queues: Collection[str]) -> str:
    """A generated queues.conf without the sections of these queues."""
    kept: list[str] = []
    is_out = False
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            is_out = line[1 : line.index("]")] in queues
        if not is_out:
            kept.append(line)
    return "".join(kept)
