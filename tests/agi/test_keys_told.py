"""What texts tell of keys, held against the keys that there are: told with language and cure; of good menus nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from agi.flow.checker import Entry
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.flow.nodes import Node
from agi.flow.spoken import Spoken
from agi.flow.steps import Language
from agi.flow.style import judge
from agi.flow.wording import keys_named, keys_offered

QUEUE = Edge(Target(TargetKind.QUEUE, "one"))
RETRY = Retry(2, QUEUE)


def menu(*keys: str) -> Menu:
    return Menu("top", prompt="hello", keys=dict.fromkeys(keys, QUEUE), no_input=RETRY, wrong_input=RETRY)


def told(node: Node, said: Mapping[str, tuple[str, ...]], **others: str) -> list[tuple[str, str]]:
    """Where and what is told of keys. `others`: prompts beside that of the node, with what each says."""
    prompts = {"hello": {**said}}
    prompts |= {name: {"en": (Spoken(text, "en"),)} for name, text in others.items()}
    flow = Flow({node.id: node}, {}, prompts, "en")
    found = judge(
        flow, [Entry(node.id, language) for language in said], lambda sound, language: None, date(2026, 11, 22)
    )
    of_keys = [each for each in found if each.what.startswith(("has no key", "is a key"))]
    assert all(each.is_warning and each.cure for each in of_keys)
    return [(each.where, each.what) for each in of_keys]


def spoken(language: str, text: str) -> dict[str, tuple[str, ...]]:
    return {language: (Spoken(text, language),)}


def test_a_key_that_is_promised_and_not_there() -> None:
    text = "Welcome. For sales, press 1. For the moon, press 7. To go back, press star."
    assert told(menu("1", "*"), spoken("en", text)) == [
        ("nodes.top.keys", 'has no key 7, which prompt hello promises in en: "For the moon, press 7"'),
    ]
    assert told(menu("1", "7"), spoken("en", text)) == [
        ("nodes.top.keys", 'has no key *, which prompt hello promises in en: "To go back, press star"'),
    ]
    assert told(menu("1", "7", "*"), spoken("en", text)) == []


def test_a_key_that_the_text_never_tells() -> None:
    assert told(menu("1", "5", "#"), spoken("fr", "Pour les ventes, tapez 1. Pour valider, appuyez sur dièse.")) == [
        ("nodes.top.keys.5", "is a key that prompt hello does not tell in fr: nobody knows of it"),
    ]
    assert told(menu("0", "1"), spoken("fr", "Pour les ventes, tapez 1. Pour l'accueil, tapez zéro.")) == []
    # The key is named, if not by a word for pressing it.
    assert told(menu("1", "2", "3"), spoken("en", "For sales, press 1; for support, 2; for bills, three.")) == []
    assert told(menu("1", "2", "3"), spoken("en", "Press 1 to 3 for the floor that you want.")) == []


def test_each_language_is_judged_by_itself() -> None:
    said = spoken("en", "For sales, press 1.") | spoken("fr", "Pour les ventes, tapez 1. Pour l'aide, tapez 3.")
    assert told(menu("1", "2"), said) == [
        ("nodes.top.keys.2", "is a key that prompt hello does not tell in en: nobody knows of it"),
        ("nodes.top.keys", 'has no key 3, which prompt hello promises in fr: "Pour l\'aide, tapez 3"'),
        ("nodes.top.keys.2", "is a key that prompt hello does not tell in fr: nobody knows of it"),
    ]


def test_what_a_text_says_that_is_heard_after_an_error_counts() -> None:
    top = replace(menu("1", "9"), wrong_input=Retry(3, QUEUE, "again"))
    assert told(top, spoken("en", "For sales, press 1."), again="To hear this again, press 9.") == []
    assert told(menu("1"), spoken("en", "For sales, press 1.")) == []
    lost = replace(menu("1"), wrong_input=Retry(3, QUEUE, "again"))
    assert told(lost, spoken("en", "For sales, press 1."), again="For help, press 9.") == [
        ("nodes.top.keys", 'has no key 9, which prompt again promises in en: "For help, press 9"'),
    ]


def test_a_choice_of_languages_tells_each_key_in_one_of_them() -> None:
    which = Language(
        "top", prompt="hello", languages={"1": "fr", "2": "en"}, then=QUEUE, no_input=RETRY, wrong_input=RETRY
    )
    said = spoken("fr", "Pour le français, tapez 1.") | spoken("en", "For English, press 2.")
    assert told(which, said) == []
    said |= spoken("en", "For English, press 3.")
    assert [where for where, _ in told(which, said)] == ["nodes.top.languages", "nodes.top.languages.2"]


def test_nothing_is_told_of_what_nobody_knows() -> None:
    unknown = (Spoken("", "en", "offers.wav"),)
    assert told(menu("1", "2"), {"en": unknown}) == []
    assert told(menu("1", "2"), {"en": ("offers",)}) == []
    assert told(menu("1", "2"), spoken("de", "Press 1 for sales.")) == []
    assert told(menu("1", "2"), spoken("en", "Sales or support?")) == []
    # The recording may tell the other key, but what the text promises is promised.
    mixed = {"en": (*unknown, Spoken("For sales, press 1. For bills, press 3.", "en"))}
    assert [what.partition(",")[0] for _, what in told(menu("1", "2"), mixed)] == ["has no key 3"]


def test_a_number_that_is_longer_than_any_key_is_something_else() -> None:
    assert told(menu("1"), spoken("en", "For sales, press 1. In an emergency, hang up and dial 112.")) == []
    extensions = menu("1", "201", "202")
    assert told(extensions, spoken("en", "For sales, press 1, or dial an extension.")) == []
    assert [where for where, _ in told(extensions, spoken("en", "For Amel, dial 201. For Zoe, dial 203."))] == [
        "nodes.top.keys",
        "nodes.top.keys.1",
    ]


@pytest.mark.parametrize(
    ("language", "text", "offered", "named"),
    [
        ("en", "Press 1, 2 or the star key.", "12*", "12*"),
        ("en", "Dial one now, or hit the pound key", "1#", "1#"),
        ("en", "Press one of these, type 5 digits, or push one or more keys.", "", "15"),
        ("en", "Enter your code, then #. No one is two.", "", "#2"),
        ("en_GB", "press key nine, or 1–3", "9", "1239"),
        ("fr", "Tapez sur la touche étoile, le 8 ou zéro", "*80", "*80"),
        ("fr", "Tapez un code de 4 chiffres ; tapez 4 chiffres", "", "4"),
        ("fr", "Pour un devis, faites le un.", "1", "1"),
        ("de", "Press 1", "", ""),
    ],
)
def test_keys_in_texts(language: str, text: str, offered: str, named: str) -> None:
    assert set(keys_offered(text, language)) == set(offered)
    assert keys_named(text, language) == set(named)
