"""What callers say, as a telephone line carries it, made phrases: those that are listened for, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.hearing.engine import LONGEST_SECONDS, NOT_UNDERSTOOD, RATE, Listener, Recogniser, Said
from cordboard.hearing.errors import NoModel
from cordboard.hearing.models import Model, model_for, models_of, unknown
from kit.voice import QUIET, speech

PHRASES = ("commercial", "billing", "technical support", "operator")
FRAME = 320
"""Bytes of the pieces in which a line sends its sound."""


@pytest.fixture(scope="module")
def model() -> Model:
    return models_of({"en": ""})["en"]


@pytest.fixture(scope="module")
def recogniser(model: Model) -> Recogniser:
    return Recogniser(model)


def said_in(sound: bytes) -> bytes | None:
    """What a listener cuts out of a line's sound."""
    listener = Listener()
    pieces = (listener.feed(sound[start : start + FRAME]) for start in range(0, len(sound), FRAME))
    return next((piece for piece in pieces if piece is not None), None)


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("voice", ["en-us", "en-us+f2", "en-us+m3"])
def test_what_is_listened_for_is_understood(recogniser: Recogniser, phrase: str, voice: str) -> None:
    spoken = said_in(QUIET + speech(phrase, voice))
    assert spoken is not None
    heard = recogniser.heard(spoken, PHRASES)
    assert heard.phrase == phrase
    assert heard.confidence >= 50


@pytest.mark.parametrize("other", ["elephant", "the weather is nice", "umbrella"])
def test_anything_else_is_not_understood_or_not_surely(recogniser: Recogniser, other: str) -> None:
    spoken = said_in(speech(other))
    assert spoken is not None
    heard = recogniser.heard(spoken, PHRASES)
    assert heard == NOT_UNDERSTOOD or heard.confidence < 50


def test_who_spoke_before_changes_nothing(recogniser: Recogniser) -> None:
    spoken = said_in(speech("commercial")) or b""
    first = recogniser.heard(spoken, PHRASES)
    recogniser.heard(said_in(speech("the weather is nice", "en-us+f2")) or b"", ("yes", "no"))
    assert recogniser.heard(spoken, PHRASES) == first


def test_silence_is_nothing_that_anybody_said() -> None:
    assert said_in(QUIET * 5) is None


def test_who_goes_on_speaking_said_no_phrase(recogniser: Recogniser) -> None:
    spoken = said_in(speech("operator operator operator " * 5)[: -len(QUIET)])
    assert spoken is not None
    assert len(spoken) > 2 * RATE * LONGEST_SECONDS
    assert recogniser.heard(spoken, PHRASES) == NOT_UNDERSTOOD


def test_phrases_with_unknown_words_are_not_listened_for(recogniser: Recogniser, model: Model) -> None:
    spoken = said_in(speech("commercial")) or b""
    assert recogniser.heard(spoken, ("qwortz", "commercial", "technical qwortz")).phrase == "commercial"
    assert recogniser.heard(spoken, ("qwortz",)) == NOT_UNDERSTOOD
    assert unknown(model, ["sales qwortz", "qwortz plimm", "sales"]) == ["qwortz", "plimm"]


def test_sound_that_is_no_whole_number_of_samples_is_heard(recogniser: Recogniser) -> None:
    spoken = said_in(speech("operator")) or b""
    assert recogniser.heard(spoken + b"\x01", PHRASES).phrase == "operator"
    assert recogniser.heard(b"", PHRASES) == NOT_UNDERSTOOD


def test_a_model_that_the_site_brings_is_used_like_the_one_that_comes_along(model: Model, tmp_path: Path) -> None:
    (tmp_path / "acoustic").symlink_to(model.acoustic)
    (tmp_path / "words.dict").write_text("ventes S EY L Z\nau OW\nrevoir R AH V W AA R\n", encoding="utf-8")
    models = models_of({"fr": str(tmp_path), "en": ""})
    french = model_for(models, "fr_CA")
    assert french is not None
    assert french.phones is None
    assert (model_for(models, "de"), unknown(french, ["au revoir", "bonjour"])) == (None, ["bonjour"])
    heard = Recogniser(french).heard(said_in(speech("sales", "en-us+f2")) or b"", ("ventes", "au revoir"))
    assert heard.phrase == "ventes"
    assert isinstance(heard, Said)


def test_models_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="fr=/srv/fr"):
        models_of({"fr": ""})
    with pytest.raises(NoModel, match="one dictionary"):
        models_of({"fr": str(tmp_path)})
