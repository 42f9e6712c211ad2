"""Forms: their items, asked one after the other in the order of the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agi.flow.deciding import VALUE
from agi.flow.recording import MOST_SECONDS, MOST_SILENCE
from cordboard.voicexml import expressions
from cordboard.voicexml.asking import Asking
from cordboard.voicexml.executable import EXIT, RETURNED, Executable
from cordboard.voicexml.grammars import Keyed, NotUnderstood, Typed, builtin, grammar_of, is_of_keys
from cordboard.voicexml.here import Here
from cordboard.voicexml.leading import Leading
from cordboard.voicexml.made import Label, Way
from cordboard.voicexml.scopes import Work
from cordboard.voicexml.tree import Element

ITEMS = ("block", "field", "record", "transfer", "subdialog")
_INPUT = ITEMS[1:]
LONGEST = (2, MOST_SECONDS)
SILENCE = (1, MOST_SILENCE)
"""Seconds that are recorded at most, and seconds of silence that end it."""


class Forms:
    def __init__(self, executable: Executable, asking: Asking) -> None:
        self._executable = executable
        self._asking = asking
        self._work: Work = executable.work
        self._findings = executable.work.findings
        self._leading = Leading(executable)

    def form(self, form: Element, dialog: Label) -> Way:
        """A dialog `form`."""
        form.take("scope")
        order = [item for item in form.children() if item.name in ITEMS and self._is_asked(item)]
        labels = [
            Label(item.attributes.get("name", "").strip() or f"{item.name}-{place}", item)
            for place, item in enumerate(order)
        ]
        items = {label.name: label for label in labels}
        whole = form.children("filled")
        for place, label in enumerate(labels):
            after = Way(labels[place + 1]) if place + 1 < len(labels) else EXIT
            here = Here(
                dialog,
                label.element,
                "" if len(labels) == 1 else f"{label.name}-",
                Way(label),
                items,
                _forgetting(labels, place),
            )
            if label.element.name in _INPUT and not any(each.name in _INPUT for each in order[place + 1 :]):
                after = self._filled(whole, after, here, of_form=True)
            label.way = self._if_asked(label.element, self._item(here, after), after, here)
        way = Way(labels[0]) if labels else EXIT
        here = Here(dialog, form, "", Way(dialog), items, lambda _: None)
        for each in reversed(form.children("var")):
            way = self._executable.assigned(each.enter(), way, here)
        return way

    def _is_asked(self, item: Element) -> bool:
        """Is an item ever come to in turn?"""
        text = item.take("expr")
        if text in ("", "undefined"):
            return True
        self._findings.of_element(
            item, "has a value from the beginning, and is not come to in turn", "Take it out, or its expr"
        )
        return False

    def _if_asked(self, item: Element, way: Way, after: Way, here: Here) -> Way:
        text = item.take("cond")
        if text in ("", "true"):
            return way
        asked = self._executable.asked(item)
        if asked is None:
            self._findings.of_attribute(
                item, "cond", "compares what cannot be compared here", "It is asked of everybody"
            )
            return way
        return self._executable.condition(asked, way, after, here)

    def _item(self, here: Here, after: Way) -> Way:
        element = here.element.enter()
        element.take("name")
        made: Callable[[Here, Way], Way] = {
            "block": self._block,
            "field": self._field,
            "record": self._record,
            "transfer": self._leading.transfer,
            "subdialog": self._subdialog,
        }[element.name]
        return made(here, after)

    def _block(self, here: Here, after: Way) -> Way:
        here.element.is_text_taken = True
        return self._executable.led(here.element.parts, after, here)

    def _filled(self, every: Sequence[Element], after: Way, here: Here, *, of_form: bool = False) -> Way:
        for filled in reversed(every):
            if of_form and (filled.take("mode", "all") != "all" or filled.take("namelist")):
                what = "is done as soon as some fields are filled"
                self._findings.note(filled, what, "Here it is done when all of them are")
            filled.enter().is_text_taken = True
            after = self._executable.led(filled.parts, after, here)
        return after

    # --- fields -------------------------------------------------------------------------------------------------------

    def _field(self, here: Here, after: Way) -> Way:
        field = here.element
        variable = self._variable(field, here)
        before, heard = self._asking.prompt(field)
        asked = self._input(field)
        after = self._filled(field.children("filled"), after, here)
        if isinstance(asked, Keyed):
            keys = {key: self._set(variable, value, after, here) for key, value in asked.values.items()}
            way = self._asking.choice(here, keys, heard, name=here.dialog.name)
            return self._executable.said(before, way, here)
        common = self._asking.common(here, heard)
        parts: dict[str, Any] = {"into": variable, "least": asked.least, "most": asked.most}
        if asked.shapes:
            parts["shapes"] = list(asked.shapes)
        ends = self._work.property(field, "termchar")
        if ends is not None:
            parts["end"] = self._end(ends)
        way = self._executable.step(here, "collect", **parts, **common, then=after)
        return self._executable.said(before, way, here)

    def _variable(self, field: Element, here: Here) -> str:
        """What keeps the answer: a field's own variable is known to its form alone, so most hand it on to another."""
        name = expressions.variable(field.attributes.get("name", "")) or here.dialog.name
        for filled in field.children("filled"):
            for each in filled.children("assign"):
                kept = expressions.variable(each.attributes.get("name", ""))
                if kept is not None and expressions.variable(each.attributes.get("expr", "")) == name:
                    self._work.names.same(name, kept)
        return self._work.names.of(name)

    def _end(self, termchar: Element) -> str:
        key = termchar.take("value")
        if key in ("#", "*", ""):
            return key
        self._findings.of_attribute(termchar, "value", "ends no digits here", "# ends them; * can too")
        return "#"

    def _set(self, variable: str, value: str, after: Way, here: Here) -> Way:
        if not VALUE.fullmatch(value):
            what = f'stands for "{value}", which no variable can hold'
            self._findings.note(here.element, what, "It is left as it was; use letters, digits and _ + * # . -")
            return after
        return self._executable.set(variable, value, after, here)

    def _input(self, field: Element) -> Typed | Keyed:
        """What is asked for. What is only spoken is told; where nothing is left, any digits are asked for."""
        options = self._options(field)
        found: list[Typed | Keyed] = [Keyed(options)] if options else []
        try:
            if kind := field.take("type"):
                found.append(builtin(field, kind))
        except NotUnderstood as error:
            self._findings.of_attribute(field, "type", error.what, error.cure)
        for grammar in field.children("grammar"):
            if not is_of_keys(grammar):
                self._findings.of_element(grammar, "is for what is spoken, which is not listened for", "Ask for keys")
                continue
            try:
                found.append(grammar_of(grammar))
            except NotUnderstood as error:
                grammar.is_told = True
                self._findings.note(error.element, error.what, error.cure)
        if len(found) != 1:
            what = "asks for several things at once" if found else "asks for nothing that can be typed"
            cure = "The first is kept; ask for one of them" if found else "Any digits are asked for; say which"
            self._findings.note(field, what, cure)
        return found[0] if found else Typed()

    def _options(self, field: Element) -> dict[str, str]:
        found: dict[str, str] = {}
        for option in field.children("option"):
            key = "".join(option.enter().take("dtmf").split())
            words = option.texts()
            value = option.take("value", words)
            if not key or key in found:
                self._findings.note(option, "has no key of its own", "Callers cannot choose it; give it a key")
                continue
            if words:
                self._findings.note(option, "can be said too, which is not listened for", "Let the prompt name its key")
            found[key] = value
        return found

    # --- recordings ---------------------------------------------------------------------------------------------------

    def _record(self, here: Here, after: Way) -> Way:
        record = here.element
        variable = self._variable(record, here)
        if record.take("beep", "false") != "true":
            self._findings.note(record, "records without a tone", "A tone is heard before it here")
        parts: dict[str, Any] = {"into": variable, "end": "any" if record.take("dtmfterm", "true") == "true" else ""}
        for name, attribute, bounds in (("longest", "maxtime", LONGEST), ("silence", "finalsilence", SILENCE)):
            if (given := self._work.time(record, attribute, *bounds)) is not None:
                parts[name] = round(given)
        before, heard = self._asking.prompt(record)
        asked = self._asking.asked_by_voice(here, heard)
        after = self._filled(record.children("filled"), after, here)
        return self._executable.said(before, self._executable.step(here, "record", **parts, **asked, then=after), here)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _subdialog(self, here: Here, after: Way) -> Way:
        subdialog = here.element
        uri = subdialog.take("src")
        if not uri:
            uri = expressions.literal(subdialog.take("srcexpr")) or ""
        after = self._filled(subdialog.children("filled"), after, here)
        if not uri:
            self._findings.note(subdialog, "leads nowhere that is known before a call", "Callers go on without it")
            return after
        start = self._executable.uri(subdialog, "src", uri)
        way = start
        if isinstance(start.to, Label):
            way = self._executable.step(here, "use", start=start, ends={RETURNED: after})
        for each in reversed(subdialog.children("param")):
            way = self._executable.assigned(each.enter(), way, here)
        return way


def _forgetting(labels: Sequence[Label], place: int) -> Callable[[Element], Way | None]:
    """Where a form goes on whose items are cleared at the item in this place: at the first of them, if all between were
    cleared too."""

    def cleared(element: Element) -> Way | None:
        names = element.take("namelist").split()
        if not names:
            return Way(labels[0])
        wanted = {expressions.variable(name) for name in names}
        before = [label for label in labels[: place + 1] if label.name in wanted]
        if not before:
            return None
        between = labels[labels.index(before[0]) : place + 1]
        asked = [label for label in between if label.element.name in _INPUT]
        return Way(before[0]) if all(label.name in wanted for label in asked) else None

    return cleared
