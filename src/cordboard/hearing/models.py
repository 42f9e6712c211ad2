"""What the recogniser needs of a language: an acoustic model and a dictionary, and which words this one has.

Looking at a dictionary needs no recogniser: a checker of menus does so without one running.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agi.flow.ways import base_language
from cordboard.hearing.errors import NoEngine, NoModel

PACKAGE = "pocketsphinx"
EXTRA = "pip install 'cordboard[speech]'"
SHIPPED = "en"
"""The language whose model comes with the recogniser."""
ACOUSTIC = "mdef"
"""A file that every acoustic model has."""


@dataclass(frozen=True, slots=True)
class Model:
    """`acoustic` is a folder, `dictionary` a file of words with their sounds, `phones` how sounds follow each other
    (None: not known, so that words are less surely told from others)."""

    language: str
    acoustic: Path
    dictionary: Path
    phones: Path | None = None


def is_installed() -> bool:
    """Is the recogniser here at all?"""
    return importlib.util.find_spec(PACKAGE) is not None


def models_of(folders: Mapping[str, str]) -> dict[str, Model]:
    """Models by language. A folder that is named "" is the recogniser's own. Raises NoEngine, NoModel."""
    return {language: _model(language, folder) for language, folder in folders.items()}


def model_for(models: Mapping[str, Model], language: str) -> Model | None:
    """The model of a language: of `pt_BR`, or else of `pt`."""
    return models.get(language) or models.get(base_language(language))


def _model(language: str, folder: str) -> Model:
    if not folder:
        return _shipped(language)
    place = Path(folder)
    acoustics = [each.parent for each in (place / ACOUSTIC, *sorted(place.glob(f"*/{ACOUSTIC}"))) if each.is_file()]
    dictionaries = sorted(place.glob("*.dict")) + sorted(place.glob("*.dic"))
    if len(acoustics) != 1 or len(dictionaries) != 1:
        raise NoModel(f"{folder} has not one acoustic model (a folder with {ACOUSTIC}) and one dictionary (*.dict)")
    phones = sorted(place.glob("*phone*.lm.bin"))
    return Model(language, acoustics[0], dictionaries[0], phones[0] if phones else None)


def _shipped(language: str) -> Model:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise NoEngine(f"the recogniser is not installed: {EXTRA}")
    if base_language(language) != SHIPPED:
        raise NoModel(f"no model of {language} comes with the recogniser: name a folder, {language}=/srv/{language}")
    place = Path(found.submodule_search_locations[0]) / "model" / "en-us"
    return Model(language, place / "en-us", place / "cmudict-en-us.dict", place / "en-us-phone.lm.bin")


def unknown(model: Model, phrases: Iterable[str]) -> list[str]:
    """Words of these phrases that the dictionary does not have, each once. Raises NoModel."""
    known = _words(model.dictionary)
    return [word for word in dict.fromkeys(" ".join(phrases).split()) if word not in known]


@cache
def _words(dictionary: Path) -> frozenset[str]:
    try:
        with dictionary.open(encoding="utf-8") as lines:
            return frozenset(line.split(maxsplit=1)[0] for line in lines if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise NoModel(f"{dictionary} cannot be read: {error}") from error
