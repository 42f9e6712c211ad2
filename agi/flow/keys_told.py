"""Do the texts of a menu and its keys agree? A key that is promised and not there is wrong input, one that no text
tells is pressed by nobody."""

from __future__ import annotations

from collections.abc import Iterator

from agi.errors import Problem
from agi.flow.checker import Reached
from agi.flow.document import Flow
from agi.flow.nodes import Choice
from agi.flow.spoken import Spoken
from agi.flow.wording import keys_named, keys_offered


def key_problems(flow: Flow, reached: Reached) -> Iterator[Problem]:
    """Warnings of nodes that offer keys, in each language that they are heard in, as far as their texts tell keys in a
    language that is understood. What only a recording or a sound of Asterisk says, nobody knows."""
    for name, node in flow.nodes.items():
        if isinstance(node, Choice):
            found = (each for language in sorted(reached.nodes.get(name, ())) for each in _of(flow, node, language))
            yield from dict.fromkeys(found)


def _of(flow: Flow, node: Choice, language: str) -> Iterator[Problem]:
    """Of what somebody hears there who comes in this language."""
    keys = node.offered
    if not keys:
        return
    heard = [
        (prompt, sound)
        for prompt, spoken in node.hears(language)
        for sound in dict.fromkeys(flow.sounds(prompt, spoken))
    ]
    texts = [(prompt, each) for prompt, each in heard if isinstance(each, Spoken) and each.text]
    longest = max(map(len, keys))
    section = next(iter(keys.values())).partition(".")[0]
    offered = [
        (prompt, text.language, key, sentence)
        for prompt, text in texts
        for key, sentence in keys_offered(text.text, text.language).items()
        # What is longer than any key is something else to dial: an extension, or for help.
        if len(key) <= longest
    ]
    for prompt, spoken, key, sentence in offered:
        if key not in keys:
            what = f'has no key {key}, which prompt {prompt} promises in {spoken}: "{sentence}"'
            yield Problem(
                f"nodes.{node.id}.{section}", what, "Add the key, or take it out of the text", is_warning=True
            )
    if len(texts) < len(heard) or not any(prompt == node.prompt for prompt, *_ in offered):
        return
    named = {key for _, text in texts for key in keys_named(text.text, text.language)}
    languages = ", ".join(dict.fromkeys(text.language for prompt, text in texts if prompt == node.prompt))
    for key, path in keys.items():
        # Longer ones are known to those who are to type them, as extensions are.
        if len(key) == 1 and key not in named:
            what = f"is a key that prompt {node.prompt} does not tell in {languages}: nobody knows of it"
            yield Problem(f"nodes.{node.id}.{path}", what, "Tell it there, or take it out", is_warning=True)
