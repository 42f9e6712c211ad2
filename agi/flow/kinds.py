"""Every kind of node that a flow may have, by the word that documents have for it."""

from __future__ import annotations

from collections.abc import Mapping

from agi.flow.callback import Callback
from agi.flow.deciding import Assign, Condition
from agi.flow.leaving import External
from agi.flow.lookup import Lookup
from agi.flow.nodes import Hours, Menu, Node, Play
from agi.flow.notice import Notify
from agi.flow.recording import Record, RecordCall
from agi.flow.routing import Route
from agi.flow.saying import Say
from agi.flow.serving import Answer
from agi.flow.speaking import Speak
from agi.flow.steps import Collect, Language

KINDS: Mapping[str, type[Node]] = {
    str(kind.kind): kind
    for kind in (
        Menu,
        Hours,
        Play,
        Language,
        Collect,
        Assign,
        Condition,
        Say,
        Speak,
        Answer,
        Lookup,
        Notify,
        Route,
        External,
        Callback,
        Record,
        RecordCall,
    )
}
