"""All that is found wrong with menus and company files can be told in French: held against the code that tells it."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from agi.flow.document import TargetKind
from cordboard.documents.checks import _SECTIONS
from cordboard.documents.problems import did_you_mean
from cordboard.words.nouns import NOUNS, the, thing
from cordboard.words.templates import Template, parsed
from cordboard.words.told import FRENCH, SENTENCES, finding_in, in_language, pairs, plan_problem_in, severity
from kit.made_sentences import made_in

ROOT = Path(__file__).resolve().parents[3]
HELD = (
    "agi/flow/*.py",
    "dialplan_templates/check.py",
    "src/cordboard/desk/companies.py",
    "src/cordboard/desk/flow_objections.py",
    "src/cordboard/desk/flows.py",
    "src/cordboard/desk/spoken.py",
    "src/cordboard/documents/*.py",
    "src/cordboard/flows/checking.py",
    "src/cordboard/flows/gate.py",
    "src/cordboard/flows/heard.py",
    "src/cordboard/flows/publishing.py",
    "src/cordboard/flows/testing.py",
    "src/cordboard/house/menus.py",
    "src/cordboard/provisioning/checks.py",
    "src/cordboard/provisioning/jumps.py",
    "src/cordboard/provisioning/menus.py",
    "src/cordboard/provisioning/numbering.py",
    "src/cordboard/provisioning/plan.py",
    "src/cordboard/provisioning/reachability.py",
    "src/cordboard/provisioning/sounds.py",
    "src/cordboard/provisioning/staffing.py",
    "src/cordboard/provisioning/vocabulary.py",
    "src/cordboard/speech/errors.py",
    "src/cordboard/speech/programs.py",
    "src/cordboard/speech/studio.py",
)
"""What makes findings of `flow check`, `import`, `flow draft`, `flow publish` and the page of menus."""
TOLD_IN_ENGLISH = {
    "src/cordboard/desk/lists.py",
    "src/cordboard/desk/rollback.py",
    "src/cordboard/documents/csv_import.py",
    "src/cordboard/provisioning/apply.py",
    "src/cordboard/provisioning/desired.py",
    "src/cordboard/provisioning/loaded.py",
    "src/cordboard/provisioning/retreat.py",
}
"""What makes findings of plans, applies and spreadsheets alone."""
HAND_ON = {
    "src/cordboard/desk/foreseeing.py",
    "src/cordboard/desk/menu_problems.py",
    "src/cordboard/desk/unheard.py",
    "src/cordboard/house/menu_texts.py",
}
"""What makes no sentence, and hands on those of others."""
WITHOUT_FINDINGS = ("csv_import.py", "csv_kinds.py", "csv_table.py", "headings.py", "schema.py",
                    "yaml_text.py")  # fmt: skip
PLACES = {
    "DID {0}", "blocked {0}", "extension {0}", "folder {0}", "hours {0}", "language {0}", "person {0}", "phone {0}",
    "queue {0}", "switch {0}", "test {0}", "trunk {0}",
}  # fmt: skip
"""What a finding of a plan is about."""
PHRASES = {
    "no step", "prompt or message", "step that asks another system", "step that records", "the way on",
    "truth value", "did number", "voicemail box",
}  # fmt: skip
"""What stands in the holes of sentences."""
NO_FINDINGS = {
    # pieces, and lines made of findings
    "{0} {1}", "{0}: {1}", "{0}. {1}", "{0} ({1})", "{0}:{1}:{2}: {3}. {4}", " and {0} more", "{0} error{1}",
    # names that must not meet, which nobody is told but by what meets
    "blocked {0} of {1}", "key of {0} {1}", "number of {0}",
    # texts of pydantic's and of editors' about the shapes of values
    "# or *, or any; nothing: none", "# or *; nothing: none", "0: no longer asked for", "1 to 5, 5 is best",
    "2026-12-24 18:31, on the company's clock", "A PIN", "A file below the folder of recordings", "A language",
    "A password", "A sound, without language and ending", "A switch", "An id",
    "Country, or country and part: FR, FR-57", "Digits; X is any", "E-mail address", "IANA time zone, as Europe/Paris",
    "ISO 3166", "Its exact value", "Keys of a phone", "SIP URI", "SIP header", "Shown to people",
    "The beginning of numbers", "The id of something else in this file", "The id of the company",
    "What a call knows by a name", 'What a caller does: "2 wait 3 hangup"', "What a variable is, in quotes",
    "What a voice says", "What is dialled first", "What is dialled inside", "What somebody says",
    "Where a value stands in an answer", "mon-fri, sat, or mon, wed",
    # what other systems answer, and typed plans of callers, when a call is made
    "is no JSON", "has a plain value where others are looked for in it", "has a whole object for a value",
    "has a value that is too long", "word {0}, {1}, is neither keys nor wait nor hangup; {2}",
    # what is kept of a deed, and refusals that the page words by their code
    "menus of the draft published", "version {0} of its menus taken back", "nothing was changed",
    "the draft is another one meanwhile, or was published", "version {0} is not the newest any more",
    "the company as it is stored",
    # what a plan says of drift and of restarts
    "SIP transport {0}", "as it was written", "{0} by hand",
    # types, and how a text advises to word a choice in its own language
    "Node | None", "list[Node] | None", '"for sales, press 1"', "« pour les ventes, tapez 1 »",
}  # fmt: skip
_MAKES = re.compile(r"(?<![.\w])(?<!def )(?:PlanProblem|Problem|Fault|refuse)\(|\breading\.problem\(")
PAIRS = dict(pairs())
PARSED = {english: (parsed(english), parsed(french)) for english, french in PAIRS.items()}
SORTS = {"choice", "each", "kind", "known", "list", "noun", "number", "said", "the", "thing", "things"}
CHOOSY = {"kind", "known", "number"}
"""Sorts of holes in which not every value stands; how they read is told below, one by one."""
FREE = sorted(each for each, (own, french) in PARSED.items() if own.holes and not CHOOSY & {*french.sorts})
FILES = [file for file in sorted(chain.from_iterable(map(ROOT.glob, HELD))) if file.name not in WITHOUT_FINDINGS]
MADE = {template: place for file in FILES for template, place in made_in(file).items()}


def test_the_code_is_read() -> None:
    assert len(MADE) > 400
    assert MADE["leads to {0}, which does not exist"].startswith("checker.py:")


def test_every_sentence_that_is_made_is_there_in_french() -> None:
    known = {*PAIRS, *PLACES, *PHRASES, *NO_FINDINGS}
    missing = {place: template for template, place in MADE.items() if template not in known}
    assert not missing, "add them to src/cordboard/words/french, or say in this test that they are no findings"


def test_who_makes_findings_is_held_to_it_or_named_as_told_in_english() -> None:
    rooms = ("agi/flow", *(f"src/cordboard/{room}" for room in ("desk", "documents", "flows", "house", "provisioning")))
    makers = {
        str(file.relative_to(ROOT))
        for room in rooms
        for file in (ROOT / room).glob("*.py")
        if _MAKES.search(file.read_text(encoding="utf-8"))
    }
    held = {str(file.relative_to(ROOT)) for file in FILES}
    assert sorted(makers - held) == sorted(TOLD_IN_ENGLISH | HAND_ON)


def test_nothing_is_there_that_nobody_makes() -> None:
    assert {*PAIRS, *PLACES, *PHRASES, *NO_FINDINGS} - MADE.keys() == set()


def test_each_sentence_is_there_once() -> None:
    every = [english for english, _ in pairs()]
    assert sorted(every) == sorted(set(every))
    assert PAIRS.keys() & (PLACES | PHRASES | NO_FINDINGS) == set()


def test_a_pair_has_the_same_holes() -> None:
    for english, french in PARSED.values():
        assert sorted(english.holes) == sorted(french.holes) == sorted({*english.holes})
        assert {*english.sorts} <= {""}


def test_holes_are_of_sorts_that_there_are() -> None:
    assert {sort for _, french in PARSED.values() for sort in french.sorts} <= {"", *SORTS}


@pytest.mark.parametrize("phrase", sorted(PHRASES | {*_SECTIONS, *map(str, TargetKind), "nothing", "nobody"}))
def test_what_stands_in_holes_has_a_noun(phrase: str) -> None:
    assert phrase in NOUNS


@pytest.mark.parametrize("place", sorted(PLACES))
def test_what_a_finding_is_about_has_a_noun(place: str) -> None:
    assert thing(place.format("main")).endswith(" main")
    assert place.removesuffix(" {0}") in NOUNS


def first(own: Template, french: Template) -> tuple[bool, int]:
    """The less, the sooner it is asked for."""
    return {*french.sorts}.isdisjoint(SENTENCES), -own.letters


VALUES = st.one_of(
    st.text(alphabet=string.ascii_letters + string.digits + " -_.,:;'\"«»é{}", max_size=30),
    st.sampled_from(sorted(PAIRS)),
)


@settings(deadline=None, max_examples=100)
@given(english=st.sampled_from(FREE), data=st.data())
@example(english="leads to {0}, which does not exist", data=None)
def test_values_come_through(english: str, data: st.DataObject | None) -> None:
    """Whatever stands in the holes, it is the same in French, where no other template fits better."""
    own, french = PARSED[english]
    values = {hole: data.draw(VALUES) if data else "queue nowhere" for hole in own.holes}
    sentence = own.filled(values)
    assume(own.values(sentence) == values)
    others = (pair for each, pair in PARSED.items() if each != english and pair[0].values(sentence) is not None)
    assume(all(first(*pair) > first(own, french) for pair in others))
    written = in_language(sentence, FRENCH)
    assert all(piece in written for piece in french.pieces)
    assert all(values[hole] in written for hole, sort in zip(french.holes, french.sorts, strict=True) if not sort)
    assert {*french.sorts} != {""} or written == french.filled(values)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_a_sentence_that_nobody_made_stays_as_it_is_or_is_told(sentence: str) -> None:
    assert in_language(sentence, "en") == sentence
    assert isinstance(in_language(sentence, FRENCH), str)


def test_a_sentence_of_nobody_stays_english() -> None:
    for sentence in ("the moon is full", 'no word of "it"', "", "x", "foo is bar", '"foo" bar'):
        assert in_language(sentence, FRENCH) == sentence


def test_sentences_in_sentences_come_to_an_end() -> None:
    assert in_language('"' * 20_000, FRENCH) == '"' * 20_000
    assert in_language("lacks " * 5_000, FRENCH)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("leads to queue nowhere, which does not exist", "mène vers la file nowhere, qui n'existe pas"),
        ("key 1 leads to hours night, which does not exist", "touche 1 mène vers les horaires night, qui n'existe pas"),
        ("no input leads to message x, which does not exist", "le silence mène vers le message x, qui n'existe pas"),
        ("No call ever comes here", "Aucun appel n'arrive jamais ici"),
        ('no queue "menu" (used on line 4, 5 and 2 more)', "inconnu : file « menu » (utilisé ligne 4, 5 et 2 autres)"),
        ('"12" is how people hear their voicemail', "« 12 » est le numéro par lequel on écoute sa messagerie"),
        ("belongs to person amel and phone lobby", "appartient à : personne amel et poste lobby"),
        (
            "a is not heard in fr: fr/a.wav is sampled at 44100 Hz instead of 8000, stereo",
            "a ne s'entend pas en fr : fr/a.wav : échantillonné à 44100 Hz au lieu de 8000, stéréo",
        ),
        (
            "song is not heard in fr: fr/song.mp3 is no form that this Asterisk plays",
            "song ne s'entend pas en fr : fr/song.mp3 n'est pas une forme que cet Asterisk joue",
        ),
        ("Write one of 'pause' or 'withdrawn'", "Écrivez l'un de : 'pause' ou 'withdrawn'"),
        (
            "fails: does not hear x after y: it hears nothing; is to end in queue a, ends in person b (menu x)",
            "échoue : n'entend pas x après y : il entend : rien ; doit finir vers la file a, finit vers la personne b"
            " (menu x)",
        ),
        (
            "this removes from acme as it is stored: 3 of 8 queues, 2 of 3 steps",
            "ceci retire de « acme » tel qu'enregistré : 3 sur 8 files, 2 sur 3 étapes",
        ),
    ],
)  # fmt: skip
def test_how_it_reads(english: str, french: str) -> None:
    assert in_language(english, FRENCH) == french


def test_cures_for_names_that_are_not_there() -> None:
    assert in_language(did_you_mean("biling", ["billing"]), FRENCH) == "Vouliez-vous dire « billing » ?"
    assert in_language(did_you_mean("x", []), FRENCH) == "Il n'y en a pas encore"
    many = did_you_mean("x", [f"queue{number}" for number in range(10, 22)])
    first = ", ".join(f"queue{number}" for number in range(10, 18))
    assert in_language(many, FRENCH) == f"Connus : {first} et 4 autres"


def test_articles() -> None:
    found = [the(each) for each in ("queue a", "menu a", "prompt a", "hours a", "hangup", "a")]
    assert found == ["la file a", "le menu a", "l'annonce a", "les horaires a", "raccrocher", "a"]


@dataclass(frozen=True, slots=True)
class Found:
    where: str
    what: str
    cure: str


def test_a_finding_keeps_all_but_its_words() -> None:
    found = Found("queue billing", "no call ever comes here", "lead a key, a DID or a queue here, or remove it")
    assert finding_in(found, "en") is found
    assert plan_problem_in(found, "en") is found
    assert finding_in(found, FRENCH).where == "queue billing"
    french = plan_problem_in(found, FRENCH)
    assert french == Found(
        "file billing",
        "aucun appel n'arrive jamais ici",
        "faites-y mener une touche, une SDA ou une file, ou supprimez-le",
    )
    assert (severity(FRENCH, is_warning=True), severity("en", is_warning=False)) == ("avertissement ", "error")
