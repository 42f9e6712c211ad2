"""Prompts of documents: what is heard, piece by piece, in which language, and where variables are said between.

What stands in `prompt` and, in executable content, beside it (text, `audio`, `value`) is heard in the order of the
document. A prompt with a condition on the language is heard by those callers alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from agi.flow.saying import What
from agi.flow.speaking import said_in
from agi.flow.spoken import RECORDING
from agi.flow.ways import SOUND
from cordboard.documents.problems import listed, shown
from cordboard.voicexml import expressions
from cordboard.voicexml.expressions import SPOKEN
from cordboard.voicexml.findings import chain
from cordboard.voicexml.made import Heard
from cordboard.voicexml.scopes import Work
from cordboard.voicexml.segments import (
    Atom,
    Recording,
    Segment,
    Sound,
    Tell,
    Text,
    Utterance,
    Value,
    before_asking,
    fixed,
    joined,
    kept,
    languages_of,
    merged,
    shape_of,
)
from cordboard.voicexml.tree import Element

SOUNDS = "asterisk:"
"""What the URI of one of Asterisk's own sounds begins with."""
SPEECH = ("prompt", "audio", "value")
"""Elements that are heard where something is done."""
SAID_AS = {"digits": What.DIGITS, "number": What.NUMBER}
_OF_VOICES = ("emphasis", "prosody", "voice", "p", "s", "paragraph", "sentence", "phoneme")
_CURE = "Nothing was made of it; see whether callers miss it"


class Speaker:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._findings = work.findings

    def parts(self, element: Element) -> list[Element | str]:
        """What is heard of what stands in an element."""
        element.is_text_taken = True
        return [part for part in element.parts if isinstance(part, str) or part.name in SPEECH]

    def asked(self, element: Element) -> tuple[list[Segment], Heard | None]:
        """The prompt of something that asks, behind what steps say before it; None: it is silent."""
        before, asked = before_asking(self.segments(element, self.parts(element)))
        if before:
            what = "says what a variable holds, which a prompt that asks cannot"
            self._findings.note(element, what, "A step says it before; it is not heard when it is asked again")
        return before, self._whole(element, asked)

    def asked_again(self, handler: Element) -> Heard | None:
        """What is heard before something is asked again; None: nothing."""
        return self._fixed(handler, self.segments(handler, self.parts(handler)))

    def asked_in_each(self, menu: Element) -> Heard | None:
        """The prompt of a menu that asks for a language: it is heard in each of them. None: it asks in one."""
        prompts = menu.children("prompt")
        spoken = list(dict.fromkeys(self._work.language(prompt) for prompt in prompts))
        if len(spoken) < 2 or any({"cond", "count"} & prompt.attributes.keys() for prompt in prompts):
            return None
        said = [replace(each, callers=frozenset({each.language})) for each in map(self._read, prompts)]
        heard = self._fixed(menu, self._together(menu, said))
        own = self._work.language(menu)
        if heard is None or own in dict(heard.sounds):
            return heard
        # A prompt has the company's own language, though nobody hears it here.
        return replace(heard, sounds=(*heard.sounds, (own, heard.sounds[0][1])))

    def _fixed(self, around: Element, segments: Sequence[Segment]) -> Heard | None:
        """Of one where nothing can be said before it, the words that are always the same."""
        if not all(isinstance(each, Heard) for each in segments):
            what = "says what a variable holds, which a prompt that asks cannot"
            self._findings.note(around, what, "The words around it are kept; say it by a step before this one")
        return self._whole(around, fixed(segments))

    def _whole(self, around: Element, heard: Sequence[Heard]) -> Heard | None:
        if len(heard) < 2:
            return heard[0] if heard else None
        languages = list(dict.fromkeys(language for each in heard for language, _ in each.sounds))
        tell = self._teller(around)
        joined = tuple(
            (language, kept(tell, [sound for each in heard for sound in dict(each.sounds).get(language, ())]))
            for language in languages
        )
        if len({each.may_be_stopped for each in heard}) > 1:
            self._findings.note(around, "has prompts that a key stops, and others", "A key stops all of them here")
        return Heard(joined, may_be_stopped=True)

    def segments(self, around: Element, parts: Sequence[Element | str]) -> list[Segment]:
        """What is heard of these, one after the other."""
        prompts = list(self._prompts(around, parts))
        return self._together(around, prompts) if prompts else []

    def _together(self, around: Element, prompts: Sequence[Utterance]) -> list[Segment]:
        by_language = {each: [prompt for prompt in prompts if prompt.is_for(each)] for each in languages_of(prompts)}
        self._hold_against_ours(around, prompts, by_language)
        tell = self._teller(around)
        found = {language: list(joined(tell, language, each)) for language, each in by_language.items()}
        shapes = {tuple(map(shape_of, each)) for each in found.values()}
        first = next(iter(found))
        if len(shapes) > 1:
            what = f"says variables in {first} otherwise than in {listed(each for each in found if each != first)}"
            tell(f"{what}: the first is kept", "Say the same in each language")
            found = {first: found[first]}
        return [merged(list(found), each) for each in zip(*found.values(), strict=True)]

    def _teller(self, around: Element) -> Tell:
        return lambda what, cure: self._findings.note(around, what, cure)

    def _hold_against_ours(self, around: Element, prompts: Iterable[Utterance], languages: Collection[str]) -> None:
        """Callers hear what is spoken in their language, its base language, or else that of the document."""
        document = self._work.language(list(chain(around))[-1])
        for prompt in prompts:
            for each in sorted(prompt.callers):
                if said_in(dict.fromkeys(languages, ""), each, document) != prompt.language:
                    what = f"is spoken in {prompt.language} to callers in {each}, who hear another language here"
                    self._findings.note(around, what, f"Write what they hear in {each}")

    def _prompts(self, around: Element, parts: Sequence[Element | str]) -> Iterator[Utterance]:
        """Prompts, and what stands between them as one."""
        for is_prompt, some in groupby(parts, lambda part: isinstance(part, Element) and part.name == "prompt"):
            if not is_prompt:
                yield Utterance(list(self._heard(some)), self._work.language(around), frozenset(), may_be_stopped=True)
                continue
            for part in some:
                if isinstance(part, Element) and (found := self._prompt(around, part)) is not None:
                    yield found

    def _prompt(self, around: Element, part: Element) -> Utterance | None:
        own, given = self._work.language(part), self._work.language(around)
        callers = self._callers(part.enter(), own)
        if callers is None:
            return None
        if not callers and own != given:
            what = "is spoken to all callers in this language; here they hear what is spoken to them otherwise"
            self._findings.of_attribute(part, "xml:lang", what, "Write what they hear in their language")
        if part.take("count", "1") != "1":
            self._findings.of_element(part, "is heard only when it is asked again", "Here the same is heard each time")
            return None
        return replace(self._read(part), language=own if callers else given, callers=callers)

    def _read(self, part: Element) -> Utterance:
        """A prompt as everybody hears it."""
        language, may_be_stopped = self._work.language(part.enter()), self._work.may_be_stopped(part)
        return Utterance(list(self._inside(part)), language, frozenset(), may_be_stopped)

    def _callers(self, prompt: Element, own: str) -> frozenset[str] | None:
        """Languages of those who hear it; none: everybody does. None: nobody knows."""
        condition = prompt.take("cond")
        if condition in ("", "true"):
            return frozenset()
        asked = expressions.comparison(condition)
        if asked is None or asked.name != SPOKEN or asked.is_denied or asked.beginnings:
            self._findings.of_element(
                prompt, "is heard by some callers only", "Write a step that decides, and a prompt for each"
            )
            return None
        return frozenset(map(self._work.as_here, asked.values)) | {own}

    def _inside(self, element: Element) -> Iterator[Atom]:
        element.is_text_taken = True
        yield from self._heard(element.parts)

    def _heard(self, parts: Iterable[Element | str]) -> Iterator[Atom]:
        for part in parts:
            if isinstance(part, str):
                if words := _one_line(part):
                    yield Text(words)
            else:
                yield from self._atoms(part)

    def _atoms(self, element: Element) -> Iterator[Atom]:
        match element.name:
            case "audio":
                yield from self._audio(element.enter())
            case "value":
                yield from self._value(element.enter(), None)
            case "say-as":
                yield from self._said_as(element.enter())
            case "sub":
                element.enter()
                element.texts()
                if alias := element.take("alias"):
                    yield Text(alias)
            case "break" | "mark":
                self._findings.of_element(element, "is nothing that a voice is told here", "Nothing is to be done")
            case name if name in _OF_VOICES:
                self._findings.note(
                    element, "tells a voice how to speak, which is not kept; the words are", "Nothing is to be done"
                )
                element.taken |= element.attributes.keys()
                yield from self._inside(element.enter())
            case "enumerate":
                self._findings.of_element(element, "makes a prompt of the choices", "Write what callers hear")
            case _:
                self._findings.of_element(element, "is not understood in a prompt", _CURE)

    def _audio(self, audio: Element) -> Iterator[Atom]:
        words = list(self._inside(audio))
        source = audio.take("src")
        texts = [each.words for each in words if isinstance(each, Text)]
        if source.startswith(SOUNDS) and SOUND.fullmatch(name := source.removeprefix(SOUNDS)):
            if words:
                self._findings.note(
                    audio, "has words for where there is no sound", "Asterisk's own sound alone is kept"
                )
            yield Sound(name)
            return
        recording = source.partition("?")[0]
        if "://" in recording:
            recording = recording.rpartition("/")[2]
            what = f'is fetched from elsewhere; here it is the recording "{shown(recording)}"'
            self._findings.of_attribute(audio, "src", what, "Put the file into the folder of recordings")
        recording = recording.removeprefix("./").lstrip("/")
        if not RECORDING.fullmatch(recording):
            cure = "Put the sound into the folder of recordings, and name it in the prompt"
            if source:
                self._findings.of_attribute(audio, "src", "is not the name of a recording", cure)
            elif "expr" not in audio.attributes:
                self._findings.note(audio, "names no sound", cure)
            yield from words
            return
        if len(texts) < len(words):
            self._findings.note(audio, "has more than words for where there is no sound", "The words alone are kept")
        yield Recording(recording, " ".join(texts))

    def _said_as(self, element: Element) -> Iterator[Atom]:
        kind = element.take("interpret-as").removeprefix("vxml:")
        values = element.children("value")
        if kind not in SAID_AS or element.has_text or len(values) != 1 or len(element.children()) != 1:
            self._findings.note(
                element, "is said as the words in it", "Digits and numbers of one variable are said as such"
            )
            yield from self._inside(element)
            return
        yield from self._value(values[0].enter(), SAID_AS[kind])

    def _value(self, value: Element, what: What | None) -> Iterator[Atom]:
        expression = value.take("expr")
        text = expressions.literal(expression)
        name = expressions.variable(expression)
        if text is not None:
            if words := _one_line(text):
                yield Text(words)
        elif name is not None:
            yield Value(self._work.names.of(name), what)
        else:
            self._findings.of_attribute(value, "expr", "is more than a variable", _CURE)


def _one_line(text: str) -> str:
    return " ".join(text.split())
