"""What documents have done: what stands in blocks, handlers and `filled`, as steps that lead on one to the other.

It is read from its end: each part knows what comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agi.flow.deciding import VALUE
from agi.flow.steps import GIVEN
from agi.flow.ways import LANGUAGE
from cordboard.documents.kinds import slug
from cordboard.voicexml import expressions
from cordboard.voicexml.expressions import SPOKEN, Comparison
from cordboard.voicexml.here import Here, TooMuch
from cordboard.voicexml.made import MESSAGES, OUT, STEPS, Heard, Made, Way
from cordboard.voicexml.places import place_in
from cordboard.voicexml.prompts import SPEECH, Speaker
from cordboard.voicexml.scopes import ASKING, Work
from cordboard.voicexml.segments import Segment, Sentence, Value
from cordboard.voicexml.tree import Element

RETURNED = "returned"
LEAVING = ("goto", "submit", "exit", "disconnect", "return", "throw")
EXIT = Way(OUT.to)
"""The document is over. What was said just before is a message."""
MOST_CASES = 50
MOST_MADE = 5000
MOST_THROWN = 5
"""Events that are thrown while others are handled."""
_HANGS_UP = "Callers are hung up on; say --place URI=KIND:ID for where they go"


class Executable:
    def __init__(self, work: Work, speaker: Speaker) -> None:
        self.work = work
        self.speaker = speaker
        self._findings = work.findings
        self._made = 0
        self._last: Made | None = None

    def made(self, section: str, here: Here, hint: str, parts: dict[str, Any]) -> Made:
        """Raises: TooMuch."""
        self._made += 1
        if self._made > MOST_MADE:
            raise TooMuch
        self._last = Made(section, here.dialog, hint, parts)
        return self._last

    def step(self, here: Here, kind: str, **parts: Any) -> Way:
        return Way(self.made(STEPS, here, f"{here.hint}{kind}", {"kind": kind, **parts}))

    # --- content ------------------------------------------------------------------------------------------------------

    def led(self, parts: Sequence[Element | str], after: Way, here: Here) -> Way:
        """Where a call goes for which all this is done, and that then goes on to `after`."""
        kept = self._until_left(parts, here)
        for each in kept:
            if isinstance(each, Element) and each.name == "clear":
                after = self._cleared(each, after, here)
        way = after
        spoken: list[Element | str] = []
        for part in reversed(kept):
            if isinstance(part, str) or part.name in SPEECH:
                spoken.insert(0, part)
                continue
            way = self._done(part, self._said(spoken, way, here), here)
            spoken = []
        return self._said(spoken, way, here)

    def _until_left(self, parts: Sequence[Element | str], here: Here) -> list[Element | str]:
        """Without blanks, and without what stands behind a way out."""
        said = [part for part in parts if isinstance(part, Element) or part.strip()]
        for place, part in enumerate(said):
            if isinstance(part, Element) and part.name in LEAVING:
                for each in said[place + 1 :]:
                    if isinstance(each, Element):
                        self._findings.of_element(each, "stands behind a way out: nobody comes there", "Take it out")
                    else:
                        self._findings.note(here.element, "has text behind a way out: nobody hears it", "Take it out")
                return said[: place + 1]
        return said

    def _said(self, spoken: Sequence[Element | str], after: Way, here: Here) -> Way:
        for each in spoken:
            if isinstance(each, Element) and each.attributes.get("bargein") == "true":
                self._findings.of_attribute(
                    each, "bargein", "is heard whole where nothing is asked", "Nothing is to be done"
                )
        segments = self.speaker.segments(here.element, spoken)
        if after is EXIT and segments and isinstance(last := segments[-1], Heard):
            heard = replace(last, may_be_stopped=True)
            del segments[-1]
            after = Way(self.made(MESSAGES, here, f"{here.hint}message", {"prompt": heard}))
        return self.said(segments, after, here)

    def said(self, segments: Sequence[Segment], after: Way, here: Here) -> Way:
        """What is heard by a step each, and then `after`."""
        for segment in reversed(segments):
            after = self._segment(segment, after, here)
        return after

    def _segment(self, segment: Segment, after: Way, here: Here) -> Way:
        if isinstance(segment, Value):
            return self.step(here, "say", what=str(segment.what), variable=segment.variable, then=after)
        if isinstance(segment, Sentence):
            return self.step(here, "speak", text=dict(segment.texts), then=after)
        # What is said on the way is heard whole, whatever else is said of a prompt.
        return self.step(here, "play", prompt=replace(segment, may_be_stopped=True), then=after)

    def _done(self, element: Element, after: Way, here: Here) -> Way:
        match element.name:
            case "goto":
                return self.goto(element.enter(), here)
            case "submit":
                return self._submit(element.enter(), here)
            case "exit":
                element.enter()
                return EXIT
            case "disconnect":
                element.enter()
                return OUT
            case "return":
                return self._returned(element.enter())
            case "throw":
                return self.thrown(element.enter(), here)
            case "assign" | "var":
                return self.assigned(element.enter(), after, here)
            case "if":
                return self._decided(element.enter(), after, here)
            case "data":
                return self._told(element, after, here)
            case "clear" | "reprompt":
                element.enter()
        return after

    # --- ways out -----------------------------------------------------------------------------------------------------

    def goto(self, element: Element, here: Here, attribute: str = "next") -> Way:
        """Where `goto`, or a choice of a menu, leads."""
        text = element.take(attribute)
        if not text and "expr" in element.attributes:
            given = expressions.literal(element.take("expr"))
            if given is None:
                self._findings.of_attribute(element, "expr", "is calculated", _HANGS_UP)
                return OUT
            text = given
        item = element.take("nextitem")
        if item:
            if item in here.items:
                if not self._is_next(item, here):
                    what = "leads to an item of the form; those behind it are asked as if for the first time"
                    self._findings.of_attribute(element, "nextitem", what, "See whether callers are asked twice")
                return Way(here.items[item])
            self._findings.of_attribute(element, "nextitem", "is no item of this form", "Callers are hung up on")
            return OUT
        if not text:
            self._findings.note(element, "leads nowhere that is known before a call", _HANGS_UP)
            return OUT
        return self.uri(element, attribute, text)

    def _is_next(self, item: str, here: Here) -> bool:
        names = list(here.items)
        before = [name for name in names if here.items[name].element is here.element]
        return bool(before) and names.index(item) == names.index(before[0]) + 1

    def uri(self, element: Element, attribute: str, uri: str) -> Way:
        """Where a URI leads: a dialog, or a place of the company."""
        found = self.place(uri)
        if found is not None:
            return Way(found)
        address, _, fragment = uri.partition("#")
        file = self.work.file_of(address, element.file)
        dialog = self.work.dialogs.get((file, fragment)) if file else None
        if dialog is None:
            what = "is no dialog of the documents that are read" if file else "is none of the documents that are read"
            self._findings.of_attribute(element, attribute, what, _HANGS_UP)
            return OUT
        return Way(dialog)

    def place(self, uri: str) -> Mapping[str, str] | None:
        """The place of the company that a URI means: by what the command was told, or by itself."""
        return self.work.places.get(uri) or place_in(uri)

    def _submit(self, element: Element, here: Here) -> Way:
        uri = element.take("next")
        if uri and self.place(uri) is not None:
            return self.uri(element, "next", uri)
        if uri in self.work.connections:
            what = "goes on with what is answered, which nobody knows before a call"
            self._findings.of_attribute(element, "next", what, "Callers are hung up on then; lead sent and failure on")
            return self._notified(element, uri, OUT, here)
        cure = f"Say --connection URI=NAME for who is told. {_HANGS_UP}"
        attribute = "next" if uri else "expr"
        self._findings.of_attribute(element, attribute, "asks a server how to go on", cure)
        return OUT

    def _told(self, element: Element, after: Way, here: Here) -> Way:
        """A `data` whose answer nobody looks at."""
        uri = element.attributes.get("src", "").strip()
        if "name" in element.attributes or uri not in self.work.connections:
            what = "asks another system" if "name" in element.attributes else "tells another system something"
            cure = "Write a step of kind lookup" if "name" in element.attributes else "Say --connection URI=NAME for it"
            self._findings.of_element(element, what, cure)
            return after
        element.enter().take("src")
        return self._notified(element, uri, after, here)

    def _notified(self, element: Element, uri: str, after: Way, here: Here) -> Way:
        if element.attributes.get("method", "").strip() == "post":
            element.take("method")  # as a notice is told
        names = [expressions.variable(name) for name in element.take("namelist").split()]
        sent = {each: each for each in (self.work.names.of(name) for name in names if name is not None)}
        return self.step(here, "notify", source=self.work.connections[uri], send=sent, sent=after, failure=after)

    def _returned(self, element: Element) -> Way:
        element.take("namelist")
        event = element.take("event")
        return Way({"end": slug(event) or RETURNED})

    def thrown(self, element: Element, here: Here) -> Way:
        """Where an event leads: to what its handler does, then to what asked."""
        event = element.take("event")
        is_new = event and event not in here.handling and len(here.handling) < MOST_THROWN
        handler = self.work.handler(here.element, event) if is_new else None
        if handler is None or event in ASKING:
            cure = "Callers are asked again; lead them where they are to go"
            self._findings.of_attribute(element, "event", "is handled by nothing that counts here", cure)
            return here.again
        there = replace(here, handling=(*here.handling, event), hint=f"{here.hint}{slug(event) or 'event'}-")
        return self.led(self.work.take(handler, event).parts, here.again, there)

    def _cleared(self, element: Element, after: Way, here: Here) -> Way:
        way = here.cleared(element.enter())
        if way is None:
            what = "forgets only some of what was asked since"
            self._findings.note(element, what, "Callers are asked nothing again; lead them to what is to be asked")
            return after
        return way

    # --- variables ----------------------------------------------------------------------------------------------------

    def assigned(self, element: Element, after: Way, here: Here) -> Way:
        """A variable that gets a value, or is only named."""
        name = expressions.variable(element.take("name"))
        text = element.take("expr")
        if name is None:
            self._findings.of_attribute(element, "name", "is not a variable's name", "Write a name of letters")
            return after
        variable = self.work.names.of(name)
        value = expressions.literal(text)
        if not text or (element.name == "var" and (value == "" or text in ("undefined", "null"))):
            return after
        if element.name == "var" and variable == "caller" and expressions.CALLER in text:
            return after
        if (source := expressions.variable(text)) is not None and self.work.names.of(source) == variable:
            return after
        if variable == SPOKEN and value and LANGUAGE.fullmatch(language := self.work.as_here(value)):
            return Way(after.to, after.language or language)
        if variable in GIVEN or value is None or not VALUE.fullmatch(value):
            what = "is not set: a variable takes letters, digits and _ + * # . - alone, as they stand"
            self._findings.of_attribute(element, "expr", what, "Set it by hand, or look it up")
            return after
        return self.set(variable, value, after, here)

    def set(self, variable: str, value: str, after: Way, here: Here) -> Way:
        """A variable that gets a value; with those that get theirs next."""
        further = after.to.parts if isinstance(after.to, Made) and after.to is self._last and not after.language else {}
        if further.get("kind") == "set" and variable not in further["values"]:
            return self.step(here, "set", values={variable: value, **further["values"]}, then=further["then"])
        return self.step(here, "set", values={variable: value}, then=after)

    # --- conditions ---------------------------------------------------------------------------------------------------

    def _decided(self, element: Element, after: Way, here: Here) -> Way:
        branches: list[tuple[Element, list[Element | str]]] = [(element, [])]
        for part in element.parts:
            if isinstance(part, Element) and part.name in ("elseif", "else"):
                branches.append((part.enter(), []))
            else:
                branches[-1][1].append(part)
        element.is_text_taken = True
        way = after
        if branches[-1][0].name == "else":
            way = self.led(branches.pop()[1], after, here)
        for head, content in reversed(branches):
            asked = self.asked(head)
            if asked is None:
                for each in content:
                    if isinstance(each, Element):
                        each.is_told = True
                cure = "Nobody takes this way, nor what stands on it; decide by a step of kind condition"
                self._findings.of_attribute(head, "cond", "compares what cannot be compared here", cure)
                continue
            way = self.condition(asked, self.led(content, after, here), way, here)
        return way

    def asked(self, element: Element) -> Comparison | None:
        """What an element's condition asks of a variable; None: what cannot be asked here."""
        asked = expressions.comparison(element.take("cond"))
        if asked is None or not all(VALUE.fullmatch(value) for value in (*asked.values, *asked.beginnings)):
            return None
        return replace(asked, name=self.work.names.of(asked.name))

    def condition(self, asked: Comparison, then: Way, otherwise: Way, here: Here) -> Way:
        """One way for calls whose variable is as it is asked, another for all others. What a condition leads on to that
        asks for the same variable becomes part of it."""
        if asked.is_denied:
            then, otherwise = otherwise, then
        case: dict[str, Any] = {"then": then}
        if asked.values:
            case["is"] = list(asked.values)
        if asked.beginnings:
            case["begins"] = list(asked.beginnings)
        behind = otherwise.to
        if isinstance(behind, Made) and not otherwise.language and behind.parts.get("variable") == asked.name:
            more = behind.parts.get("cases", [])
            if behind.parts["kind"] == "condition" and len(more) < MOST_CASES:
                return self.step(
                    here, "condition", variable=asked.name, cases=[case, *more], otherwise=behind.parts["otherwise"]
                )
        return self.step(here, "condition", variable=asked.name, cases=[case], otherwise=otherwise)
