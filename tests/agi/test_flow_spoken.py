"""Texts as sounds of the flow document: named after what they say, written and read back, refused where none is."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.errors import FlowRefused
from agi.flow.document import Flow
from agi.flow.spoken import LONGEST_TEXT, Spoken, fault_of_text, named, placed, shown, sound_json, sound_of
from agi.flow.ways import PLACED_SOUND, SOUND, Prompt

TEXTS = st.text(max_size=60).filter(lambda text: not fault_of_text(text))


@given(text=TEXTS, language=st.sampled_from(["fr", "en", "pt_BR"]), recording=st.sampled_from(["", "a/b.wav"]))
def test_a_text_is_a_sound_with_a_name_that_every_wire_bears(text: str, language: str, recording: str) -> None:
    spoken = Spoken(text, language, recording)
    assert SOUND.fullmatch(spoken)
    assert spoken == Spoken(text, language, recording)
    assert spoken != Spoken(f"{text} ", language, recording)
    assert spoken != Spoken(text, "xx", recording)
    read = sound_of(json.loads(json.dumps(sound_json(spoken))), language)
    assert isinstance(read, Spoken)
    assert (read, read.text, read.language, read.recording) == (spoken, text, language, recording)


def test_a_copy_still_knows_what_it_says() -> None:
    spoken = Spoken("Bonjour", "fr", "a.wav")
    for each in (copy.deepcopy(spoken), pickle.loads(pickle.dumps(spoken))):
        assert (each, each.text, each.language, each.recording) == (spoken, "Bonjour", "fr", "a.wav")


def test_a_flow_keeps_its_texts() -> None:
    prompts: dict[str, Prompt] = {
        "welcome": {"en": ("hello", Spoken("Press 1.", "en"))},
        "jingle": {"en": (Spoken("", "en", "j.wav"),)},
    }
    flow = Flow({}, {}, prompts, "en")
    read = Flow.from_json(json.loads(json.dumps(flow.to_json())))
    assert read == flow
    assert [(each.text, each.recording) for each in read.spoken()] == [("Press 1.", ""), ("", "j.wav")]
    assert [shown(each) for each in read.sounds("welcome", "en")] == ["hello", '"Press 1."']


def test_a_switch_finds_them_in_its_folder() -> None:
    text = Spoken("Press 1.", "en")
    flow = Flow({}, {}, {"welcome": {"en": ("hello", text)}}, "en").placed("/var/lib/cordboard/speech")
    sounds = flow.sounds("welcome", "en")
    assert sounds == ("hello", f"/var/lib/cordboard/speech/{text}")
    assert all(PLACED_SOUND.fullmatch(sound) for sound in sounds)
    assert not PLACED_SOUND.fullmatch("/var/lib/cordboard/speech/welcome")
    assert placed(named({"en": ("hello",)}), "/x") == {"en": ("hello",)}


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"say": ""},
        {"say": "…"},
        {"say": "a\nb"},
        {"say": "a\u202eb"},
        {"say": "x" * (LONGEST_TEXT + 1)},
        {"say": 1},
        {"say": ["a"]},
        {"text": "a"},
        {"say": "a", "voice": "fr"},
        {"file": "../a.wav"},
        {"file": "/etc/passwd"},
        {"file": "a b.wav"},
        {"say": "a", "file": ""},
        "/etc/passwd",
        "a b",
        None,
    ],
)
def test_what_says_nothing_is_refused_at_its_place(written: object) -> None:
    with pytest.raises(FlowRefused) as refused:
        Flow.from_json(
            {"cordboard_flow": 1, "language": "en", "prompts": {"p": {"en": ["hello", written]}}, "nodes": {}}
        )
    assert [problem.where for problem in refused.value.problems] == ["prompts.p.en.1"]
