"""A flow -> a document of VoiceXML 2.1, and what of it VoiceXML cannot say.

Each node is a dialog under its own id. Places outside the menus, and ways on which another language is spoken, are
forms of their own, named with an underscore, which no node's id has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agi.flow.deciding import Assign, Case, Condition
from agi.flow.document import Edge, Flow, Menu, Node, Play, Retry, Target, TargetKind
from agi.flow.hearing import Hearing
from agi.flow.leaving import External
from agi.flow.nodes import FAILURE, Asking
from agi.flow.recording import Record
from agi.flow.routing import Route
from agi.flow.saying import Say, What
from agi.flow.serving import Answer
from agi.flow.speaking import Speak
from agi.flow.steps import GIVEN, Collect, Language
from cordboard.voicexml.expressions import CALLER, SPOKEN, written
from cordboard.voicexml.leading import NOT_ANSWERED
from cordboard.voicexml.places import uri_of
from cordboard.voicexml.scopes import ASKING
from cordboard.voicexml.spoken import Wording, languages_of, variable, xml_language
from cordboard.voicexml.surroundings import Surroundings
from cordboard.voicexml.tree import VXML
from cordboard.voicexml.ways_out import OUTCOME, Ways, block
from cordboard.voicexml.written_grammars import digits, words
from cordboard.voicexml.xml_text import Comment, Tag, lines, tag


@dataclass(frozen=True, slots=True)
class Loss:
    """What of a node is not in the document as it is in the flow."""

    node: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.node}: {self.what}. {self.cure}."


@dataclass(frozen=True, slots=True)
class Written:
    text: str
    losses: tuple[Loss, ...]


def write_voicexml(flow: Flow, around: Surroundings) -> Written:
    """One document with the whole flow."""
    return _Writer(flow, around).document()


class _Writer:
    def __init__(self, flow: Flow, around: Surroundings) -> None:
        self._flow = flow
        self._around = around
        self._languages = languages_of(flow, around.entries.values())
        self._wording = Wording(flow.language, self._languages)
        self._losses: list[Loss] = []
        self._ways = Ways(flow, around, self._wording, self._lose)
        self._dialogs: Mapping[type[Node], Callable[[Any], Tag]] = {
            Menu: self._menu,
            Language: self._language,
            Collect: self._collect,
            Record: self._record,
            Play: self._play,
            Assign: self._assign,
            Condition: self._condition,
            Say: self._say,
            Speak: self._speak,
            Answer: self._answer,
            Route: self._route,
            External: self._external,
        }

    def document(self) -> Written:
        first = [name for name in self._around.entries if name in self._flow.nodes]
        order = dict.fromkeys([*first, *self._flow.nodes])
        entered = [self._entry(name) for name in first]
        dialogs = [part for name in order for part in self._dialog(self._flow.nodes[name])]
        # A document begins with its first dialog.
        opening = [self._ways.forms.pop(entered[0])] if entered and entered[0] in self._ways.forms else []
        root = tag(
            "vxml",
            *self._variables(),
            *opening,
            *dialogs,
            *self._ways.forms.values(),
            version="2.1",
            xmlns=VXML,
            xml_lang=xml_language(self._flow.language),
        )
        text = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *lines(root), ""])
        return Written(text, tuple(dict.fromkeys(self._losses)))

    def _dialog(self, node: Node) -> Iterator[Tag | Comment]:
        before = len(self._losses)
        write = self._dialogs.get(type(node), self._passed_over)
        dialog = write(node)
        yield from (Comment(f"{loss.what}. {loss.cure}.") for loss in self._losses[before:])
        yield dialog

    def _lose(self, node: Node, what: str, cure: str) -> None:
        self._losses.append(Loss(node.id, what, cure))

    def _entry(self, name: str) -> str:
        """The dialog where callers begin who come in here."""
        language = self._around.entries[name]
        return name if language == self._flow.language else self._ways.speaking(language, name)

    def _variables(self) -> Iterator[Tag]:
        nodes = self._flow.nodes.values()
        named = {name for node in nodes for _, name in (*node.gives(), *node.reads())}
        if len(self._languages) > 1 or SPOKEN in named:
            yield tag("var", name=SPOKEN, expr=written(xml_language(self._flow.language)))
        if "caller" in named:
            yield tag("var", name="caller", expr=f"{CALLER}.replace(/^tel:/, '')")
        yield from (tag("var", name=variable(name), expr="''") for name in sorted(named - set(GIVEN)))

    def _goto(self, node: Node, edge: Edge) -> Tag:
        return tag("goto", next=self._ways.uri(node, edge))

    # --- what asks ----------------------------------------------------------------------------------------------------

    def _menu(self, menu: Menu) -> Tag:
        speech = menu.speech or Hearing()
        choices = [
            tag(
                "choice",
                *words(f"{menu.id}_{place}", speech.words.get(key, {})),
                dtmf=key,
                next=self._ways.uri(menu, edge),
            )
            for place, (key, edge) in enumerate(menu.keys.items())
        ]
        level = [tag("property", name="confidencelevel", value=f"{speech.least / 100:g}")] if speech.words else []
        self._has_failure(menu)
        return tag(
            "menu",
            *self._patience(menu),
            *level,
            *self._prompts(menu, menu.prompt),
            *choices,
            *self._retries(menu),
            id=menu.id,
        )

    def _language(self, node: Language) -> Tag:
        prompts = [
            each
            for language in node.heard_in
            for each in self._wording.prompts(
                self._flow.prompts.get(node.prompt or "", {}),
                may_be_stopped=self._may_be_stopped(node, node.prompt),
                only=language,
            )
        ]
        choices = [
            tag("choice", dtmf=key, next=self._ways.uri(node, Edge(node.then.target, language)))
            for key, language in node.languages.items()
        ]
        self._has_failure(node)
        return tag("menu", *self._patience(node), *prompts, *choices, *self._retries(node), id=node.id)

    def _collect(self, node: Collect) -> Tag:
        typed = f"{node.into}Typed"
        if node.secret:
            self._lose(node, "takes what is secret", "VoiceXML keeps nothing secret: see what the platform logs")
        if node.confirm is not None:
            self._lose(node, "has the caller confirm what he typed", "It is not said back; write a field that asks")
        lengths = [len(shape) for shape in node.shapes]
        if node.shapes and (min(lengths), max(lengths)) != (node.least, node.most):
            what = f"takes digits until there are {node.most}, or {node.end or 'no more'}"
            self._lose(node, what, "The platform takes as many as its grammar has")
        self._has_failure(node)
        kind = f"digits?minlength={node.least};maxlength={node.most}"
        asked = tag(
            "field",
            *self._patience(node),
            tag("property", name="termchar", value=node.end),
            *self._prompts(node, node.prompt),
            *([digits(node.id, node.shapes)] if node.shapes else []),
            *self._retries(node),
            tag("filled", tag("assign", name=variable(node.into), expr=typed), self._goto(node, node.then)),
            name=typed,
            type=None if node.shapes else kind,
        )
        return tag("form", asked, id=node.id)

    def _record(self, node: Record) -> Tag:
        said = f"{node.into}Said"
        if node.review is not None:
            self._lose(
                node, "lets the caller hear and change what he said", "It is kept as it is; write a field that asks"
            )
        if node.end in ("#", "*"):
            self._lose(node, f"is ended by {node.end} alone", "Any key ends it in VoiceXML")
        self._has_failure(node)
        recorded = tag(
            "record",
            *self._prompts(node, node.prompt),
            *self._retry(node, "noinput", node.no_input),
            tag("filled", tag("assign", name=variable(node.into), expr=said), self._goto(node, node.then)),
            name=said,
            beep="true",
            maxtime=f"{node.longest_seconds}s",
            finalsilence=f"{node.silence_seconds}s",
            dtmfterm="true" if node.end else "false",
        )
        return tag("form", recorded, id=node.id)

    def _patience(self, node: Asking) -> Iterator[Tag]:
        yield tag("property", name="timeout", value=f"{node.first_digit_seconds:g}s")
        yield tag("property", name="interdigittimeout", value=f"{node.inter_digit_seconds:g}s")

    def _prompts(self, node: Asking | Record, prompt: str | None) -> Iterator[Tag]:
        spoken = self._flow.prompts.get(prompt or "", {})
        return self._wording.prompts(spoken, may_be_stopped=self._may_be_stopped(node, prompt))

    def _may_be_stopped(self, node: Asking | Record, prompt: str | None) -> bool:
        return node.barge_in and prompt not in self._flow.heard_out

    def _retries(self, node: Asking) -> Iterator[Tag]:
        for event, part in ASKING.items():
            yield from self._retry(node, event, getattr(node, part))

    def _retry(self, node: Asking | Record, event: str, retry: Retry) -> Iterator[Tag]:
        if retry.tries > 1:
            yield tag(event, *self._prompts(node, retry.prompt), tag("reprompt"))
        yield tag(event, self._goto(node, retry.then), count=str(retry.tries) if retry.tries > 1 else None)

    # --- what does something ------------------------------------------------------------------------------------------

    def _play(self, node: Play) -> Tag:
        spoken = self._flow.prompts.get(node.prompt or "", {})
        is_stopped = node.barge_in and node.prompt not in self._flow.heard_out
        return self._done(node, *self._wording.prompts(spoken, may_be_stopped=is_stopped), then=node.then)

    def _answer(self, node: Answer) -> Tag:
        what = "counts callers as served from here on"
        self._lose(node, what, "A platform of VoiceXML counts in its own way")
        spoken = self._flow.prompts.get(node.prompt or "", {})
        return self._done(node, *self._wording.prompts(spoken, may_be_stopped=False), then=node.then)

    def _assign(self, node: Assign) -> Tag:
        values = [tag("assign", name=variable(name), expr=written(value)) for name, value in node.values.items()]
        return self._done(node, *values, then=node.then)

    def _say(self, node: Say) -> Tag:
        if node.what not in (What.DIGITS, What.NUMBER):
            self._lose(
                node, f"says {node.what}, each platform in its own way", "It is passed over; write how it is said"
            )
            return self._done(node, then=node.then)
        said = tag("say-as", tag("value", expr=variable(node.variable)), interpret_as=f"vxml:{node.what}")
        return self._done(node, tag("prompt", said, bargein="false"), then=node.then)

    def _speak(self, node: Speak) -> Tag:
        self._has_failure(node)
        return self._done(node, *self._wording.sentence(node.text), then=node.then)

    def _condition(self, node: Condition) -> Tag:
        cases = [case for case in node.cases if case.values or case.prefixes]
        if not cases:
            return self._done(node, then=node.otherwise)
        parts: list[Tag] = []
        for case in cases:
            if parts:
                parts.append(tag("elseif", cond=_condition(node.variable, case)))
            parts.append(self._goto(node, case.then))
        parts += [tag("else"), self._goto(node, node.otherwise)]
        self._has_failure(node)
        return block(node.id, tag("if", *parts, cond=_condition(node.variable, cases[0])))

    def _done(self, node: Node, *parts: Tag, then: Edge) -> Tag:
        return block(node.id, *parts, self._goto(node, then))

    def _has_failure(self, node: Node) -> None:
        if node.failure is not None:
            self._lose(node, "has a way for when it cannot be done", "It is left out; write a handler for error")

    # --- what leads out, and what cannot be said ----------------------------------------------------------------------

    def _external(self, node: External) -> Tag:
        outcome = " || ".join(f"{OUTCOME} == '{each}'" for each in NOT_ANSWERED)
        filled = tag("filled", tag("if", self._goto(node, node.failure), cond=outcome))
        call = tag(
            "transfer",
            filled,
            name=OUTCOME,
            dest=uri_of(TargetKind.EXTERNAL, node.number),
            bridge="true",
            connecttimeout=f"{node.ring_seconds}s",
        )
        return tag("form", call, id=node.id)

    def _route(self, node: Route) -> Tag:
        if node.cases or dict(node.to_json()).keys() & {"priority", "skills"}:
            what = "says who waits where, how urgently and for whom"
            self._lose(node, what, f"Everybody goes to the queue {node.queue}; let the queues decide")
        return self._done(node, then=Edge(Target(TargetKind.QUEUE, node.queue)))

    def _passed_over(self, node: Node) -> Tag:
        """A node that VoiceXML has nothing for: its callers go the way of failure, or the first that it has."""
        ways = dict(node.ways())
        name = FAILURE if FAILURE in ways else next(iter(ways), "")
        way = ways.get(name, Edge(Target(TargetKind.HANGUP)))
        what = f"is of kind {node.kind}, which VoiceXML does not have"
        self._lose(node, what, f"Its callers go the way {name or 'out'}; write what the platform has for it")
        return self._done(node, then=way)


def _condition(name: str, case: Case) -> str:
    tests = [f"{variable(name)} == {_value(name, value)}" for value in case.values]
    tests += [f"{variable(name)}.indexOf({_value(name, value)}) == 0" for value in case.prefixes]
    return " || ".join(tests)


def _value(name: str, value: str) -> str:
    return written(xml_language(value) if name == SPOKEN else value)
