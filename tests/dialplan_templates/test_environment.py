"""Nothing is printed that was not encoded for its file, and every template is one that ships and is used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import UndefinedError, meta, nodes

import dialplan_templates
from dialplan_templates import render
from dialplan_templates.environment import environment
from dialplan_templates.errors import NotEncoded, Unwritable
from dialplan_templates.escaping import PjsipText, VoicemailText, Word
from dialplan_templates.render import HEARING, PARTS, WHOLE
from dialplan_templates.views import Mode
from kit.generated import EVERYTHING, SMALL, view_of

FOLDER = Path(dialplan_templates.__file__).parent
FILES = {path.name for path in FOLDER.glob("*.j2")}


def printed(source: str, file: str = "pjsip.conf", **values: object) -> str:
    return environment(file).from_string(source).render(**values)


def test_encoded_values_and_numbers_are_printed() -> None:
    assert printed("{{ a }} {{ b }} {{ 7 }}", a=Word("x"), b=PjsipText(r"a\;b")) == r"x a\;b 7"
    assert printed("{{ name | caller_name }}", name="a;b") == r"a\;b"


@pytest.mark.parametrize(
    "source",
    [
        "{{ raw }}",
        "{{ 'constant' }}",
        "{{ word ~ raw }}",
        "{{ word ~ word }}",
        "{{ word + word }}",
        "{{ word[1:] }}",
        "{{ [word] }}",
        "{{ True }}",
        "{{ none }}",
        "{{ 1.5 }}",
        "{{ word.upper() }}",
        "{{ '%s' % word }}",
    ],
)
def test_all_else_is_refused(source: str) -> None:
    with pytest.raises(NotEncoded):
        printed(source, raw="x", word=Word("x"))


def test_text_of_another_file_is_refused() -> None:
    with pytest.raises(NotEncoded):
        printed("{{ text }}", text=VoicemailText("x"))
    with pytest.raises(NotEncoded):
        printed("{{ text }}", "queues.conf", text=PjsipText("x"))


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises((UndefinedError, NotEncoded)):
        printed("{{ nothing }}")
    with pytest.raises(UndefinedError):
        printed("{% if nothing %}{% endif %}")


def test_a_value_that_no_encoder_takes_is_not_printed() -> None:
    with pytest.raises(Unwritable):
        printed("{{ name | slug }}", name="a\nb")


def test_no_filter_of_jinja_is_left() -> None:
    assert set(environment("queues.conf").filters) < set(environment("pjsip.conf").filters)
    assert not {"safe", "replace", "join", "format", "e"} & set(environment("pjsip.conf").filters)


def test_every_template_ships() -> None:
    assert set(environment("queues.conf").list_templates(extensions=["j2"])) == FILES


def test_every_template_is_used() -> None:
    used = {f"{name}.j2" for name in (*PARTS, *WHOLE, HEARING, "contexts.conf", "marker.conf", "pins.txt")}
    waiting = list(used)
    while waiting:
        source = (FOLDER / waiting.pop()).read_text()
        named = {name for name in meta.find_referenced_templates(environment("queues.conf").parse(source)) if name}
        waiting += named - used
        used |= named
    assert used == FILES


@pytest.mark.parametrize("name", sorted(FILES))
def test_templates_hold_no_logic_that_could_go_round_the_encoders(name: str) -> None:
    tree = environment("pjsip.conf").parse((FOLDER / name).read_text())
    for kind in (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock, nodes.Concat, nodes.Import):
        assert not list(tree.find_all(kind)), f"{name} holds a {kind.__name__}"


@pytest.mark.parametrize("mode", Mode)
def test_every_line_of_every_template_is_printed_by_the_company_that_uses_everything(mode: Mode) -> None:
    files = render(replace(view_of(SMALL, EVERYTHING), mode=mode))
    assert all(text.endswith("\n") and "\n\n\n" not in text and "{{" not in text for text in files.values())
