"""What is made of dialogs: menus, steps, messages and the ways between them; and their form in a company file.

Ways lead to what is made, to places outside the menus, or to labels: dialogs and their items, which may turn out to be
nothing but a way to somewhere else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agi.flow.spoken import sound_json
from cordboard.documents.kinds import LONGEST_ID, slug
from cordboard.voicexml.findings import Findings
from cordboard.voicexml.tree import Element

HANGUP = "hangup"
USE, EXTERNAL = "use", "external"
START = "start"
"""Of a use: where the part begins. Where the use itself leads on stands in its ends."""
MENUS, STEPS, MESSAGES, PROMPTS = "menus", "steps", "messages", "prompts"
_SINGULAR = {MENUS: "menu", STEPS: "step", MESSAGES: "message"}


@dataclass(frozen=True, slots=True)
class Way:
    """Where a call goes, and the language that is spoken from there on. A text is a move, a mapping a place outside."""

    to: Made | Label | Mapping[str, str] | str
    language: str = ""


@dataclass(slots=True, eq=False)
class Label:
    """Where a dialog or an item of one begins; `way` is known once it was read."""

    name: str
    element: Element
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt: languages, each with the sounds that are played."""

    sounds: tuple[tuple[str, tuple[str, ...]], ...]
    may_be_stopped: bool = True

    def written(self) -> dict[str, Any]:
        found: dict[str, Any] = {} if self.may_be_stopped else {"barge_in": False}
        for language, sounds in self.sounds:
            said = [sound_json(sound) for sound in sounds]
            found[language] = said[0] if len(said) == 1 and isinstance(said[0], dict) else said
        return found


@dataclass(slots=True, eq=False)
class Made:
    """An item of the company file. In `parts` stand ways and prompts where the file has places and ids."""

    section: str
    dialog: Label
    hint: str
    """What its id has behind that of the dialog, where it is not the first of it."""
    parts: dict[str, Any] = field(default_factory=dict)
    in_each: tuple[str, ...] = ()
    """Languages of a menu whose prompt is heard in each of them, one after the other."""


OUT = Way(HANGUP)


class Fragment:
    """Puts what was made into sections of a company file, each under an id of its own."""

    def __init__(self, findings: Findings, prefix: str) -> None:
        self._findings = findings
        self._prefix = prefix
        self._ids: dict[Made, str] = {}
        self._used: dict[str, set[str]] = {}
        self._prompts: dict[Heard, str] = {}
        self._leaving: dict[tuple[Heard, str], Made] = {}
        self.sections: dict[str, dict[str, Any]] = {section: {} for section in (PROMPTS, MESSAGES, MENUS, STEPS)}

    def add(self, dialogs: list[Label]) -> dict[Label, Any]:
        """Everything that these dialogs lead through; where each of them begins, as the file says it."""
        self._end([made for made in self._reached(map(Way, dialogs)) if made.parts.get("kind") == USE])
        for dialog in dialogs:
            first = self._resolved(Way(dialog)).to
            if isinstance(first, Made) and first.dialog is dialog:
                self._name(first, dialog.name)
        every = self._reached(map(Way, dialogs))
        for made in every:
            if made not in self._ids:
                self._name(made, f"{made.dialog.name}-{made.hint}")
        for made in every:
            if made.parts.get("kind") == EXTERNAL:
                self._leave(made)
            if made.in_each:
                self._choose_language(made)
        for made in every:
            written = self._written(made.parts, made, "")
            if made.section == MESSAGES:
                written = written["prompt"]
            self.sections[made.section][self._ids[made]] = written
        return {dialog: self._place(Way(dialog)) for dialog in dialogs}

    def _reached(self, ways: Iterable[Way]) -> list[Made]:
        """Everything that is led to, parts that are used included."""
        found: dict[Made, None] = {}
        waiting = deque(ways)
        while waiting:
            to = self._resolved(waiting.popleft()).to
            if isinstance(to, Made) and to not in found:
                found[to] = None
                # What a dialog leads through stands together.
                waiting.extendleft(reversed(list(_ways_in(to.parts))))
        return list(found)

    def _ends(self, start: Way) -> list[str]:
        """The ends of the part that starts here. Those of a part that is used in it are not its own: it goes on from
        them."""
        ends: set[str] = set()
        seen: set[Made] = set()
        waiting = [start]
        while waiting:
            to = self._resolved(waiting.pop()).to
            if isinstance(to, Made) and to not in seen:
                seen.add(to)
                waiting += _ways_in({name: each for name, each in to.parts.items() if name != START})
            elif isinstance(to, Mapping) and "end" in to:
                ends.add(to["end"])
        return sorted(ends)

    def _name(self, made: Made, wanted: str) -> None:
        space = MESSAGES if made.section == MESSAGES else STEPS
        self._ids[made] = self._free(space, wanted.removeprefix("message_") if space == MESSAGES else wanted)

    def _free(self, space: str, wanted: str) -> str:
        used = self._used.setdefault(space, set())
        name = slug(f"{self._prefix}{wanted}") or slug(f"dialog-{wanted}")
        number = 1
        while name in used or len(name) > LONGEST_ID:
            number += 1
            name = slug(f"{self._prefix}{wanted}", str(number)) or slug(f"dialog-{wanted}", str(number))
        used.add(name)
        return name

    def _resolved(self, way: Way) -> Way:
        """The way behind labels, to the first of those that are alike."""
        way = self._followed(way)
        return Way(self._first_like(way.to), way.language) if isinstance(way.to, Made) else way

    def _followed(self, way: Way) -> Way:
        """The way behind labels. What is spoken last counts."""
        seen: set[Label | Made] = set()
        while (further := self._behind(way.to)) is not None:
            assert isinstance(way.to, Label | Made)
            if way.to in seen:
                what = "leads to itself and nowhere else"
                label = way.to if isinstance(way.to, Label) else way.to.dialog
                self._findings.note(label.element, what, "Callers are hung up on; lead somewhere")
                return OUT
            seen.add(way.to)
            way = Way(further.to, further.language or way.language)
        return way

    def _first_like(self, made: Made) -> Made:
        """The first of those that say the same and then leave the menus: handlers of a whole document make many."""
        if made.section == MESSAGES:
            return self._leaving.setdefault((made.parts["prompt"], ""), made)
        if made.parts.get("kind") != "play":
            return made
        then = self._followed(made.parts["then"])
        if isinstance(then.to, Made | Label):
            return made
        place = repr(then.to if isinstance(then.to, str) else sorted(then.to.items()))
        return self._leaving.setdefault((made.parts["prompt"], f"{place} {then.language}"), made)

    def _behind(self, to: object) -> Way | None:
        """Where a label leads, and a part that is left as soon as it is entered; None: it is a place itself."""
        if isinstance(to, Label):
            return to.way
        if not isinstance(to, Made) or to.parts.get("kind") != USE:
            return None
        start: Way = to.parts[START]
        if not to.parts["ends"]:
            return start  # nobody comes back from there
        seen: set[Label] = set()
        while isinstance(start.to, Label) and start.to.way is not None and start.to not in seen:
            seen.add(start.to)
            start = start.to.way
        if isinstance(start.to, Made) and start.to.section in (MENUS, STEPS):
            return None
        if isinstance(start.to, Mapping) and "end" in start.to:
            ends: Mapping[str, Way] = to.parts["ends"]
            return ends.get(start.to["end"], OUT)
        return start

    def _end(self, uses: Sequence[Made]) -> None:
        """Let each use go on by the ends that its part has, and no others."""
        given: dict[Made, Mapping[str, Way]] = {use: use.parts["ends"] for use in uses}
        is_settled = False
        while not is_settled:
            is_settled = True
            # Inner ones first: where they do not come back, what uses them does not go on.
            for use in reversed(uses):
                ends = self._ends(use.parts[START])
                if ends != list(use.parts["ends"]):
                    use.parts["ends"] = {name: given[use].get(name, OUT) for name in ends}
                    if not ends:
                        use.parts[START] = self._followed(use.parts[START])  # once: such parts may lead to each other
                    is_settled = False
        for use in uses:
            for name in sorted(use.parts["ends"].keys() - given[use].keys()):
                what = f"comes back by {name}, for which it has no way"
                self._findings.note(use.dialog.element, what, "Callers are hung up on then; lead them on")

    def _leave(self, external: Made) -> None:
        """Whoever is called outside has left the menus: he does not come back into them."""
        failure = self._resolved(external.parts["failure"]).to
        if isinstance(failure, Made) and failure.section != MESSAGES:
            what = "leads callers who are not answered back into the menus, which they have left"
            self._findings.note(
                external.dialog.element, what, "Callers are hung up on; lead to a queue, a person or a message"
            )
            external.parts["failure"] = OUT

    def _choose_language(self, menu: Made) -> None:
        """A menu whose keys lead to one place, each in another language, is a step that asks for the language."""
        ways = {key: self._resolved(way) for key, way in menu.parts["keys"].items()}
        spoken = list(menu.in_each)
        is_one = len({_known_by(way.to) for way in ways.values()}) == 1
        if not is_one or list(dict.fromkeys(way.language for _, way in sorted(ways.items()))) != spoken:
            what = f"is heard in {', '.join(spoken)}, one after the other"
            self._findings.note(menu.dialog.element, what, "Each caller hears his own language here")
            return
        menu.section = STEPS
        del menu.parts["keys"]
        languages = {key: way.language for key, way in ways.items()}
        then = Way(next(iter(ways.values())).to)
        menu.parts = {"kind": "language", **menu.parts, "languages": languages, "then": then}

    def _written(self, value: Any, made: Made, name: str) -> Any:
        match value:
            case Way():
                return self._place(value)
            case Heard() if made.section == MESSAGES:
                return value.written()
            case Heard():
                return self._prompt(value, f"{self._ids[made]}{name}")
            case Mapping():
                return {
                    each: self._written(part, made, name if each == "prompt" else f"{name}-{each}".replace("_", "-"))
                    for each, part in value.items()
                }
            case list():
                return [self._written(part, made, name) for part in value]
        return value

    def _place(self, way: Way) -> Any:
        found = self._resolved(way)
        if isinstance(found.to, str):
            return found.to
        assert not isinstance(found.to, Label)
        place = {_SINGULAR[found.to.section]: self._ids[found.to]} if isinstance(found.to, Made) else dict(found.to)
        return ({"language": found.language} if found.language else {}) | place

    def _prompt(self, heard: Heard, wanted: str) -> str:
        if heard not in self._prompts:
            self._prompts[heard] = self._free(PROMPTS, wanted.removeprefix(self._prefix))
            self.sections[PROMPTS][self._prompts[heard]] = heard.written()
        return self._prompts[heard]


def _ways_in(value: Any) -> Iterator[Way]:
    match value:
        case Way():
            yield value
        case Mapping():
            for each in value.values():
                yield from _ways_in(each)
        case list():
            for each in value:
                yield from _ways_in(each)


def _known_by(to: object) -> object:
    """What two ways have in common that lead to the same."""
    return to if isinstance(to, Made) else repr(to)
