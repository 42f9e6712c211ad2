"""What is heard, put together for steps: prompts of sounds and texts, sentences with variables, single values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from agi.flow.saying import What
from agi.flow.speaking import fault_of_template
from agi.flow.spoken import LONGEST_TEXT, Spoken, fault_of_text
from cordboard.documents.problems import shown
from cordboard.voicexml.made import Heard

_MOST_PIECES = 50
_SENTENCE = re.compile(r"(?<=[.!?;:,]) ")
_HOLE = re.compile(r"{[^{}]*}")
_AFTER_HOLES = re.compile(r"(.*}.*?[.!?;:])\s+(.*)", re.DOTALL)
"""A text up to the end of the last sentence in which a variable stands, and what comes then."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One of Asterisk's own."""

    name: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A file, and the words in it, if they are known."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Text:
    words: str


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable holds; said in a text, or as what it is."""

    variable: str
    what: What | None = None


Atom = Sound | Recording | Text | Value


@dataclass(frozen=True, slots=True)
class Sentence:
    """Texts in which variables stand, by language."""

    texts: tuple[tuple[str, str], ...]


Tell = Callable[[str, str], None]
"""Is told what is wrong, and the cure."""
Segment = Heard | Value | Sentence
"""What one step plays or says."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Atoms that are heard in a language by callers of some languages; none are named: by everybody."""

    atoms: Sequence[Atom]
    language: str
    callers: frozenset[str]
    may_be_stopped: bool

    def is_for(self, language: str) -> bool:
        return not self.callers or self.language == language


def languages_of(prompts: Sequence[Utterance]) -> list[str]:
    conditional = [each for each in prompts if each.callers]
    return list(dict.fromkeys(each.language for each in conditional or prompts[:1]))


def joined(tell: Tell, language: str, prompts: Iterable[Utterance]) -> Iterator[Segment]:
    """What is heard in one language: prompts, sentences and values, as few as possible."""
    sounds: list[str] = []
    stoppable = True
    for prompt in prompts:
        for run in _runs(prompt.atoms):
            is_plain = not any(isinstance(atom, Value) for atom in run)
            if sounds and (not is_plain or prompt.may_be_stopped != stoppable):
                yield Heard(((language, kept(tell, sounds)),), stoppable)
                sounds = []
            stoppable = prompt.may_be_stopped
            if is_plain:
                sounds += _sounds(tell, language, run)
            elif len(run) == 1 and isinstance(run[0], Value) and run[0].what is not None:
                yield run[0]
            else:
                yield from _sentence(tell, language, run)
    if sounds:
        yield Heard(((language, kept(tell, sounds)),), stoppable)


def _runs(atoms: Sequence[Atom]) -> Iterator[list[Atom]]:
    """Words and the variables between them together; what is said as digits, and sounds, apart."""
    run: list[Atom] = []
    for atom in atoms:
        is_of_text = isinstance(atom, Text) or (isinstance(atom, Value) and atom.what is None)
        if run and not is_of_text:
            yield run
            run = []
        if is_of_text:
            run.append(atom)
        else:
            yield [atom]
    if run:
        yield run


def _sounds(tell: Tell, language: str, run: Sequence[Atom]) -> Iterator[str]:
    words = " ".join(atom.words for atom in run if isinstance(atom, Text))
    for atom in run:
        if isinstance(atom, Sound):
            yield atom.name
        elif isinstance(atom, Recording):
            text = atom.words
            if text and (fault := fault_of_text(text)):
                tell(f"has words of a recording that cannot be kept: they {fault}", "Write them in the prompt")
                text = ""
            yield Spoken(text, language, atom.file)
    for text in _portions(words):
        if fault := fault_of_text(text):
            if any(sign.isalnum() for sign in text):
                tell(f'has a text that {fault}: "{shown(text)}"', "Write it in the prompt in another way")
        else:
            yield Spoken(text, language)


def _portions(words: str) -> Iterator[str]:
    """A text in portions that are short enough, each of whole sentences if it can be."""
    while len(words) > LONGEST_TEXT:
        ends = [found.start() for found in _SENTENCE.finditer(words, 0, LONGEST_TEXT)]
        end = ends[-1] if ends else max(words.rfind(" ", 0, LONGEST_TEXT), 1)
        yield words[:end]
        words = words[end:].lstrip()
    if words:
        yield words


def kept(tell: Tell, sounds: Sequence[str]) -> tuple[str, ...]:
    if len(sounds) > _MOST_PIECES:
        tell(f"has more than {_MOST_PIECES} pieces", "Those behind are left out; make two prompts of it")
    return tuple(sounds[:_MOST_PIECES])


def _sentence(tell: Tell, language: str, run: Sequence[Atom]) -> Iterator[Segment]:
    said = (
        f"{{{atom.variable}}}" if isinstance(atom, Value) else atom.words
        for atom in run
        if isinstance(atom, Text | Value)
    )
    text = _closed(" ".join(said))
    if fault := fault_of_template(text):
        tell(f"has a text with variables that {fault}", "Write a step of kind speak")
        return
    yield Sentence(((language, text),))


def before_asking(segments: Sequence[Segment]) -> tuple[list[Segment], list[Heard]]:
    """What is said by steps before somebody is asked, variables and all that is heard before them, and by what he is
    asked then."""
    last = max((place for place, each in enumerate(segments) if not isinstance(each, Heard)), default=-1)
    before, asked = list(segments[: last + 1]), [each for each in segments[last + 1 :] if isinstance(each, Heard)]
    if before and isinstance(sentence := before[-1], Sentence):
        found = {language: _AFTER_HOLES.fullmatch(text) for language, text in sentence.texts}
        parts = {language: each.groups() for language, each in found.items() if each and not fault_of_text(each[2])}
        if parts.keys() == found.keys():
            before[-1] = Sentence(tuple((language, said) for language, (said, _) in parts.items()))
            rest = tuple((language, (Spoken(text, language),)) for language, (_, text) in parts.items())
            asked = [Heard(rest), *asked]
    return before, asked


def fixed(segments: Sequence[Segment]) -> list[Heard]:
    """What can be said of these without what variables hold."""
    found: list[Heard] = []
    for each in segments:
        if isinstance(each, Heard):
            found.append(each)
        elif isinstance(each, Sentence):
            words = {language: _closed(" ".join(_HOLE.sub(" ", text).split())) for language, text in each.texts}
            if not any(map(fault_of_text, words.values())):
                found.append(Heard(tuple((language, (Spoken(text, language),)) for language, text in words.items())))
    return found


def _closed(text: str) -> str:
    """Without blanks before what ends a part of a sentence."""
    return re.sub(r" (?=[.,;:!?])", "", text)


def shape_of(segment: Segment) -> object:
    return segment if isinstance(segment, Value) else type(segment)


def merged(languages: Sequence[str], segments: Sequence[Segment]) -> Segment:
    """What is heard at one place, in each language."""
    first = segments[0]
    if isinstance(first, Value):
        return first
    if isinstance(first, Sentence):
        return Sentence(tuple(text for each in segments if isinstance(each, Sentence) for text in each.texts))
    heard = [each for each in segments if isinstance(each, Heard)]
    return Heard(tuple(sounds for each in heard for sounds in each.sounds), all(each.may_be_stopped for each in heard))
