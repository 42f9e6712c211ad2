"""What is wrong with what callers may say to menus: words that nobody understands, languages without words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from agi.flow.checker import survey
from agi.flow.hearing import Hearing
from agi.flow.nodes import Menu
from cordboard.documents.flow import path_in_file
from cordboard.documents.problems import Path
from cordboard.flows.subject import Subject

Lexicon = Callable[[str, Iterable[str]], Sequence[str] | None]
"""Which words of phrases are not understood in a language; None: the language is not understood at all."""
Told = tuple[Path, str, str, bool]


def hearing_problems(subject: Subject, lexicon: Lexicon | None) -> Iterator[Told]:
    """Place in the file, what is wrong, its cure, and whether it is a warning. `lexicon` None: nobody knows here what
    is understood."""
    menus = [node for node in subject.flow.nodes.values() if isinstance(node, Menu) and node.speech is not None]
    if not menus:
        return
    _, reached = survey(subject.flow, subject.entries, {})
    for menu in menus:
        assert menu.speech is not None
        path = path_in_file(subject.company, f"nodes.{menu.id}.speech.words")
        if lexicon is None:
            what = "nobody knows here which words are understood: callers press keys"
            yield path, what, "Name the languages in the setting hearing", True
            continue
        yield from _of_words(path, menu.speech, lexicon)
        for language in sorted(reached.nodes.get(menu.id, ())):
            if not menu.speech.keys_by_phrase(language) and lexicon(language, ()) is not None:
                what = f"has no words in {language}: its callers press keys"
                yield path, what, f"Add words in {language}", True


def _of_words(path: Path, hearing: Hearing, lexicon: Lexicon) -> Iterator[Told]:
    deaf = [language for language in hearing.languages if lexicon(language, ()) is None]
    for language in deaf:
        what = f"{language} is not understood: the setting hearing does not name it, and its callers press keys"
        yield path, what, f"Name a model of {language} there", True
    for key, spoken in hearing.words.items():
        for language, phrases in spoken.items():
            for word in lexicon(language, phrases) or ():
                what = f'"{word}" is not in the dictionary of {language}: it is never understood'
                yield (*path, key, language), what, "Write another word, or add it to the dictionary", False
