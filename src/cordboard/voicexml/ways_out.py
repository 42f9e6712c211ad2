"""Where ways of a flow lead in a document: to dialogs, or to forms of their own that change the language, or leave."""

from __future__ import annotations

from collections.abc import Callable

from agi.flow.document import Edge, Flow, Node, Target, TargetKind
from cordboard.voicexml.expressions import SPOKEN, written
from cordboard.voicexml.moves import Moves
from cordboard.voicexml.places import uri_of
from cordboard.voicexml.spoken import Wording, xml_language
from cordboard.voicexml.surroundings import Surroundings
from cordboard.voicexml.xml_text import Tag, tag

OUTCOME = "outcome"
"""The variable of what came of a transfer."""
Lose = Callable[[Node, str, str], None]
"""Is told of which node something is lost, what, and the cure."""


class Ways:
    def __init__(self, flow: Flow, around: Surroundings, wording: Wording, lose: Lose) -> None:
        self._around = around
        self._wording = wording
        self._lose = lose
        self._moves = Moves(flow, around.entries)
        self.forms: dict[str, Tag] = {}
        """Forms that stand for places and for changes of the language, by id."""

    def uri(self, node: Node, edge: Edge) -> str:
        """The URI that a way of a node leads to."""
        target = edge.target
        if target.kind.is_move:
            target = self._moved(node, target.kind)
        spoken = edge.language or ""
        name = target.id if target.kind.is_node else self._outside(target)
        return f"#{self.speaking(spoken, name) if spoken else name}"

    def _moved(self, node: Node, kind: TargetKind) -> Target:
        places = self._moves.places(node.id, kind)
        if len(places) != 1 and places:
            what = f"leads {kind} to one of {', '.join(places)}, whichever the caller came by"
            self._lose(node, what, f"It always leads to {places[0]}; VoiceXML remembers no menus")
        return Target(TargetKind.MENU, places[0]) if places else Target(TargetKind.HANGUP)

    def speaking(self, language: str, name: str) -> str:
        form = f"{language}_{name}"
        said = tag("assign", name=SPOKEN, expr=written(xml_language(language)))
        self.forms.setdefault(form, block(form, said, tag("goto", next=f"#{name}")))
        return form

    def _outside(self, target: Target) -> str:
        """The form that leads to a place outside the menus."""
        if target.kind is TargetKind.HANGUP:
            self.forms.setdefault("hangup_", block("hangup_", tag("disconnect")))
            return "hangup_"
        form = f"{target.kind}_{target.id.removeprefix('+')}"
        if form not in self.forms and target.kind is TargetKind.MESSAGE and target.id in self._around.messages:
            heard = self._wording.prompts(self._around.messages[target.id], may_be_stopped=False)
            self.forms[form] = block(form, *heard, tag("exit"))
        elif form not in self.forms:
            dest = self._around.places.get(f"{target.kind}:{target.id}") or uri_of(target.kind, target.id)
            self.forms[form] = tag("form", tag("transfer", name=OUTCOME, dest=dest, bridge="false"), id=form)
        return form


def block(form: str, *parts: Tag) -> Tag:
    """A form that asks nothing."""
    return tag("form", tag("block", *parts), id=form)
