"""Menus with words beside their keys: as a document has them, and as callers meet them, with an engine or without."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agi.call import Call
from agi.errors import CallerHungUp, FlowRefused
from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.flow.hearing import MOST_PHRASES, Hearing, words_for, words_from
from agi.flow.interpreter import follow
from agi.flow.nodes import Play
from agi.flow.plan import Plan
from agi.ports import PinnedFlow
from agi.protocol import Command, Reply
from agi.simulated_caller import Planned
from agi.simulated_steps import Told
from agi.simulation import SimulatedLine

WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "1": {"en": ("sales", "sales department")},
    "23": {"en": ("message",), "fr": ("message",)},
}


def to(kind: str, name: str) -> Edge:
    return Edge(Target(TargetKind(kind), name))


def menu(hearing: Hearing | None = None, *, barge_in: bool = True) -> Flow:
    node = Menu(
        "top",
        prompt="long",
        keys={"1": to("queue", "sales"), "23": to("voicemail", "amel"), "2": to("queue", "two")},
        no_input=Retry(2, to("message", "silent")),
        wrong_input=Retry(2, to("message", "wrong"), "again"),
        barge_in=barge_in,
        first_digit_seconds=4,
        inter_digit_seconds=1,
        speech=hearing or Hearing(WORDS),
    )
    return Flow({"top": node}, {}, {"long": {"en": ("a", "b")}, "again": {"en": ("again",)}}, "en")


class Line(SimulatedLine):
    """A line whose engine answers as it is told: never there, gone while somebody is listened to, unsure."""

    engine = "well"

    async def run(self, command: Command) -> Reply:
        reply = await super().run(command)
        name = str(command.arguments[0]) if command.arguments else ""
        if self.engine == "no module" and name.startswith("Speech"):
            return Reply(200, "-2")
        if self.engine == "refuses" and name == "SPEECH(status)":
            return Reply(200, "1", "0")
        if name == "SpeechBackground" and self.engine == "deaf":
            return Reply(200, "-1")
        if name == "SpeechBackground" and self.engine == "dies":
            self.engine = "dead"
        if self.engine == "dead" and name.startswith("SPEECH_ENGINE"):
            return Reply(200, "0")
        if self.engine == "unsure" and name == "SPEECH_SCORE(0)":
            return Reply(200, "1", "49")
        return reply


async def called(
    plan: str, flow: Flow | None = None, *, language: str = "en", engine: str = "well", start: str = "top"
) -> Line:
    line = Line(
        caller=Planned(Plan.parse(plan)),
        number="",
        did="acme-main",
        language=language,
        arguments=(),
        begins=datetime(2026, 11, 23, tzinfo=UTC),
    )
    line.engine = engine
    with suppress(CallerHungUp):
        ending = await follow(Call(line), PinnedFlow(flow or menu(), 1, start), line)
        line.variables["END"] = str(ending.target)
    return line


def choice(line: SimulatedLine) -> dict[str, str]:
    (told,) = choices(line)
    return told


def choices(line: SimulatedLine) -> list[dict[str, str]]:
    return [dict(step.values) for step in line.steps if isinstance(step, Told) and step.event == "CordboardChoice"]


async def test_a_word_is_another_way_of_pressing_its_key() -> None:
    line = await called("say:sales_department")
    assert line.variables["END"] == "queue sales"
    assert (choice(line)["Edge"], choice(line)["Key"], choice(line)["Said"]) == ("key", "1", "100")
    pressed = await called("1")
    assert "Said" not in choice(pressed)


async def test_only_what_is_said_is_told_as_said() -> None:
    flow = menu()
    top = flow.nodes["top"]
    assert isinstance(top, Menu)
    first = replace(top, id="first", keys={**top.keys, "1": to("menu", "top")})
    nodes = {"first": first, "top": replace(top, speech=None)}
    line = await called("say:sales 1", replace(flow, nodes=nodes), start="first")
    assert line.variables["END"] == "queue sales"
    assert ["Said" in told for told in choices(line)] == [True, False]


async def test_what_is_said_into_a_prompt_stops_it() -> None:
    assert (await called("0.5s say:sales")).clock < 2
    assert (await called("say:sales")).clock > 4  # both sounds are heard first


async def test_a_menu_that_is_heard_out_listens_behind_its_prompt() -> None:
    line = await called("0.5s say:sales say:message", menu(barge_in=False))
    assert line.variables["END"] == "voicemail amel"
    assert line.clock > 4


async def test_a_key_that_waits_counts_in_a_menu_that_is_heard_out_and_silent() -> None:
    flow = menu(barge_in=False)
    top = flow.nodes["top"]
    assert isinstance(top, Menu)
    nodes = {
        "welcome": Play("welcome", "long", to("menu", "top"), barge_in=True),
        "top": replace(top, prompt=None),
    }
    line = await called("1s 1", replace(flow, nodes=nodes), start="welcome")
    assert line.variables["END"] == "queue sales"
    assert line.clock == 1


@pytest.mark.parametrize(
    ("plan", "end"), [("say:elephant 1", "queue sales"), ("say:elephant say:window", "message wrong")]
)
async def test_what_is_not_known_is_wrong_input(plan: str, end: str) -> None:
    line = await called(plan)
    assert line.variables["END"] == end


async def test_what_is_not_sure_enough_is_wrong_input_too() -> None:
    assert (await called("say:sales say:sales", engine="unsure")).variables["END"] == "message wrong"
    assert (await called("say:sales", menu(Hearing(WORDS, 49)), engine="unsure")).variables["END"] == "queue sales"


async def test_silence_is_silence() -> None:
    assert (await called("wait wait")).variables["END"] == "message silent"


async def test_keys_of_several_digits_are_read_on_after_the_first() -> None:
    assert (await called("23")).variables["END"] == "voicemail amel"
    assert (await called("2 wait")).variables["END"] == "queue two"


@pytest.mark.parametrize("engine", ["no module", "refuses", "dead", "dies"])
async def test_without_an_engine_there_are_keys(engine: str) -> None:
    assert (await called("1", engine=engine)).variables["END"] == "queue sales"
    assert (await called("wait 1", engine=engine)).variables["END"] == "queue sales"


async def test_an_engine_that_cannot_hear_a_line_leaves_it_to_its_keys() -> None:
    assert (await called("wait 1", engine="deaf")).variables["END"] == "queue sales"


async def test_who_comes_in_a_language_without_words_has_keys() -> None:
    assert (await called("say:sales 1", language="de")).variables["END"] == "queue sales"
    assert (await called("say:message", language="fr_CA")).variables["END"] == "voicemail amel"


# --- the document -----------------------------------------------------------------------------------------------------


def test_words_stand_in_the_document_as_they_were_read() -> None:
    for flow in (menu(), menu(Hearing(WORDS, 80)), replace(menu(), nodes={})):
        assert Flow.from_json(flow.to_json()) == flow


@pytest.mark.parametrize(
    ("speech", "where"),
    [
        ([], "nodes.top.speech"),
        ({"words": {"1": {"en": ["Sales"]}}}, "nodes.top.speech.words.1.en.0"),
        ({"words": {"1": {"en": ["sales  now"]}}}, "nodes.top.speech.words.1.en.0"),
        ({"words": {"1": {"en": ["<sil>"]}}}, "nodes.top.speech.words.1.en.0"),
        ({"words": {"1": {"en": ["a,b"]}}}, "nodes.top.speech.words.1.en.0"),
        ({"words": {"1": {"english": ["sales"]}}}, "nodes.top.speech.words.1.english"),
        ({"words": {"x": {"en": ["sales"]}}}, "nodes.top.speech.words.x"),
        ({"words": {}, "least": 101}, "nodes.top.speech.least"),
        ({"words": {}, "most": 1}, "nodes.top.speech.most"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place(speech: object, where: str) -> None:
    document = menu().to_json()
    document["nodes"]["top"]["speech"] = speech
    with pytest.raises(FlowRefused) as refused:
        Flow.from_json(document)
    assert where in [problem.where for problem in refused.value.problems]


def test_words_that_mean_two_keys_or_none_are_told() -> None:
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = {
        "1": {"en": ("sales",)},
        "2": {"en": ("sales",)},
        "7": {"en": ("other",)},
    }
    assert [problem.where for problem in Hearing(words).problems(["1", "2"])] == ["words.7", "words.2.en"]
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    many = {"1": {"en": tuple(one + two for one in alphabet for two in alphabet)[: MOST_PHRASES + 1]}}
    assert [problem.where for problem in Hearing(many).problems(["1"])] == ["words"]


def test_words_of_a_language_and_of_its_country_are_heard_together() -> None:
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = {
        "1": {"pt_BR": ("vendas",)},
        "2": {"pt": ("vendas",)},
        "3": {"pt": ("vendas",)},
    }
    assert [problem.where for problem in Hearing(words).problems(words)] == ["words.2.pt", "words.3.pt", "words.3.pt"]


async def test_words_that_no_command_holds_are_told_and_leave_callers_their_keys() -> None:
    letters = "abcdefghijklmnopqrst"
    phrases = tuple(f"{'a' * 24} {'b' * 24} " * 3 + one + two for one in letters for two in letters)
    long = {"1": {"en": phrases[:MOST_PHRASES]}}
    hearing = Hearing(long)
    assert [problem.where for problem in hearing.problems(["1"])] == ["words"]
    assert (await called("say:sales 1", menu(hearing))).variables["END"] == "queue sales"


def test_an_engine_is_told_words_that_it_can_read_back() -> None:
    assert words_from(words_for("pt_BR", ["vendas", "boa noite", "l'accueil"])) == (
        "pt_BR",
        ("vendas", "boa noite", "l'accueil"),
    )
    for wrong in ("", "en", "en:", "en:A", "en:a,,b", "e:a", "en:a\nb"):
        with pytest.raises(ValueError, match="words"):
            words_from(wrong)


@pytest.mark.parametrize("text", ["say:sales", "3s say:sales_department 2", "say:l'accueil hangup"])
def test_plans_say_what_they_were_read_from(text: str) -> None:
    assert str(Plan.parse(text)) == text
