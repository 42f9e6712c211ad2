"""What is made of documents, element by element, and what is told of them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from agi.flow.document import Edge, Flow, Menu, Retry, Target, TargetKind
from agi.flow.hearing import Hearing
from cordboard.voicexml.reading import Options, Understood, read_voicexml
from cordboard.voicexml.surroundings import Surroundings
from cordboard.voicexml.writing import write_voicexml
from kit.vxml_structure import faults_in

HEAD = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en-US">'
DTMF = '<grammar mode="dtmf" version="1.0" root="r"><rule id="r">{}</rule></grammar>'
ONWARD = '<noinput count="2"><exit/></noinput><nomatch count="2"><exit/></nomatch>'


def read(*documents: str, **options: Any) -> Understood:
    files = [(f"{name}.vxml", f"{HEAD}\n{text}</vxml>".encode()) for name, text in zip("ab", documents, strict=False)]
    return read_voicexml(files, Options(**options))


def steps(text: str, **options: Any) -> dict[str, Any]:
    """Steps of a form `f` with these parts, each without what asking has."""
    made = read(f'<form id="f">{text}</form>', **options).sections["steps"]
    unsaid = ("no_input", "wrong_input")
    return {name: {part: value for part, value in step.items() if part not in unsaid} for name, step in made.items()}


def asked(text: str) -> dict[str, Any]:
    made = read(f'<menu id="m"><prompt>Now.</prompt><choice dtmf="1" next="tel:+33140000000"/>{text}</menu>')
    return dict(made.sections["menus"]["m"])


def told(text: str, **options: Any) -> str:
    return "\n".join(map(str, read(text, **options).findings))


def test_a_menu_with_keys_of_its_own_and_in_turn() -> None:
    understood = read(
        '<menu id="m" dtmf="true"><prompt timeout="4s">Choose.</prompt>'
        '<choice next="#m"/><choice dtmf="0" next="sip:help@pbx"/><choice next="cordboard:voicemail/box"/>'
        f"{ONWARD}</menu>",
        places={"sip:help@pbx": {"queue": "help"}},
    )
    assert understood.findings == ()
    assert understood.sections["menus"]["m"] == {
        "name": "m",
        "prompt": "m",
        "keys": {"1": {"menu": "m"}, "0": {"queue": "help"}, "2": {"voicemail": "box"}},
        "first_digit": 4,
        "no_input": {"tries": 2, "then": "hangup"},
        "wrong_input": {"tries": 2, "then": "hangup"},
    }
    assert understood.sections["prompts"] == {"m": {"en": {"say": "Choose."}}}
    assert understood.starts == {"a.vxml": {"menu": "m"}}


def test_silence_and_wrong_input_are_counted_apart() -> None:
    menu = asked(
        "<noinput>Louder.<reprompt/></noinput><noinput count='3'><goto next='#m'/></noinput>"
        "<catch event='nomatch' count='2'><prompt>Bye.</prompt><disconnect/></catch>"
    )
    assert menu["no_input"] == {"tries": 3, "then": {"menu": "m"}, "prompt": "m-no-input"}
    assert menu["wrong_input"] == {"tries": 2, "then": {"step": "m-wrong-input-play"}}


def test_the_nearest_handler_of_the_highest_count_that_is_reached_counts() -> None:
    outer = "<catch event='noinput nomatch' count='4'><goto next='#m'/></catch><noinput count='2'><exit/></noinput>"
    menu = read(f'{outer}<menu id="m"><prompt>Now.</prompt><choice dtmf="1" next="#m"/>{ONWARD}</menu>').sections[
        "menus"
    ]["m"]
    assert menu["no_input"] == {"tries": 2, "then": "hangup"}
    assert menu["wrong_input"] == {"tries": 2, "then": "hangup"}


def test_who_asks_for_ever_is_told() -> None:
    text = told('<menu id="m"><prompt>Now.</prompt><choice dtmf="1" next="#m"/></menu>')
    assert text.count("asks for ever") == 2
    assert 'a.vxml:2: <menu id="m">' in text


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ('type="digits?length=4">', {"least": 4, "most": 4}),
        ('type="digits?minlength=2;maxlength=6">', {"least": 2, "most": 6}),
        ('><grammar src="builtin:dtmf/digits?length=5" mode="dtmf"/>', {"least": 5, "most": 5}),
        (">" + DTMF.format('<item repeat="2-3"><one-of>{}</one-of></item>'), {"least": 2, "most": 3}),
        (
            ">" + DTMF.format('7 <item repeat="2"><one-of>{}</one-of></item>'),
            {"least": 3, "most": 3, "shapes": ["7XX"]},
        ),
        (
            ">" + DTMF.format("<one-of><item>12</item><item>3 4 5</item></one-of>"),
            {"least": 2, "most": 3, "shapes": ["12", "345"]},
        ),
        ('type="digits"><property name="termchar" value="*"/>', {"least": 1, "most": 20, "end": "*"}),
    ],
)  # fmt: skip
def test_digits_of_a_field(field: str, parts: dict[str, Any]) -> None:
    digits = "".join(f"<item>{digit}</item>" for digit in "0123456789")
    made = steps(f'<field name="acctNum" {field.replace("{}", digits)}<prompt>Now.</prompt>{ONWARD}</field>')
    assert made == {"f": {"kind": "collect", "into": "acct_num", "prompt": "f", "then": "hangup", **parts}}


@pytest.mark.parametrize(
    "field",
    [
        '><option dtmf="1" value="yes"/><option dtmf="2" value="no"/>',
        ">" + DTMF.format("<one-of><item>1<tag>out='yes';</tag></item><item>2<tag>'no'</tag></item></one-of>"),
    ],
)
def test_a_field_of_keys_is_a_menu_that_sets_its_variable(field: str) -> None:
    decided = "<filled><if cond=\"sure == 'yes'\"><goto next='#f'/></if></filled>"
    understood = read(f'<form id="f"><field name="sure" {field}<prompt>Now.</prompt>{ONWARD}{decided}</field></form>')
    assert understood.findings == ()
    assert understood.sections["menus"]["f"]["keys"] == {"1": {"step": "f-set"}, "2": {"step": "f-set-2"}}
    made = understood.sections["steps"]
    assert made["f-set"] == {"kind": "set", "values": {"sure": "yes"}, "then": {"step": "f-condition"}}
    assert made["f-condition"]["cases"] == [{"then": {"menu": "f"}, "is": ["yes"]}]


def test_a_truth_is_asked_for_by_two_keys() -> None:
    text = f'<form id="f"><field name="ok" type="boolean?y=7"><prompt>Now.</prompt>{ONWARD}</field></form>'
    made = read(text).sections
    assert list(made["menus"]["f"]["keys"]) == ["7", "2"]
    assert made["steps"]["f-set"]["values"] == {"ok": "true"}


@pytest.mark.parametrize(
    ("condition", "case"),
    [
        ("tier == 'gold'", {"is": ["gold"]}),
        ("(tier == \"gold\") || dialog.tier === 'silver'", {"is": ["gold", "silver"]}),
        ("tier.indexOf('12') == 0", {"begins": ["12"]}),
        ("tier.substring(0,2)=='12' || tier=='3'", {"is": ["3"], "begins": ["12"]}),
        ("tier", {"is": ["true"]}),
        ("tier == 5", {"is": ["5"]}),
    ],
)
def test_comparisons_of_one_variable(condition: str, case: dict[str, Any]) -> None:
    quoted = condition.replace('"', "&quot;")
    made = steps(
        f'<block><if cond="{quoted}"><goto next="cordboard:queue/a"/></if><goto next="cordboard:queue/b"/></block>'
    )
    assert made == {
        "f": {
            "kind": "condition",
            "variable": "tier",
            "cases": [{"then": {"queue": "a"}, **case}],
            "otherwise": {"queue": "b"},
        }
    }


def test_a_comparison_that_is_denied_leads_the_other_way() -> None:
    made = steps("<block><if cond=\"tier != 'gold'\"><goto next='tel:+33140000000'/><else/><exit/></if></block>")
    assert made["f"]["cases"] == [{"then": "hangup", "is": ["gold"]}]
    assert made["f"]["otherwise"] == {"external": "+33140000000"}


def test_the_callers_number_and_what_is_spoken_are_compared() -> None:
    made = steps("<block><if cond=\"session.connection.remote.uri.indexOf('tel:+33') == 0\"><disconnect/></if></block>")
    assert made["f"]["variable"] == "caller"
    assert made["f"]["cases"] == [{"then": "hangup", "begins": ["+33"]}]


def test_what_cannot_be_compared_is_told_with_what_stands_under_it() -> None:
    text = told('<form id="f"><block><if cond="a + b &gt; 2"><goto next="#f"/></if></block></form>')
    assert text.count("\n") == 0
    assert "compares what cannot be compared here" in text


def test_what_is_said_between_and_a_message_at_the_end() -> None:
    understood = read(
        '<form id="f"><block>You owe <value expr="debt"/> euros.'
        '<prompt><say-as interpret-as="vxml:digits"><value expr="account"/></say-as></prompt></block>'
        "<block>Goodbye.<exit/></block></form>"
    )
    assert understood.findings == ()
    assert understood.sections["steps"] == {
        "f": {"kind": "speak", "text": {"en": "You owe {debt} euros."}, "then": {"step": "f-block-0-say"}},
        "f-block-0-say": {
            "kind": "say",
            "what": "digits",
            "variable": "account",
            "then": {"message": "f-block-1-message"},
        },
    }
    assert understood.sections["messages"] == {"f-block-1-message": {"en": {"say": "Goodbye."}}}


def test_each_language_hears_its_own() -> None:
    spoken = "<prompt cond=\"language == 'en'\">Hello.</prompt>"
    spoken += "<prompt cond=\"language=='fr-FR'\" xml:lang='fr'>Bonjour.</prompt>"
    understood = read(
        f'<form id="f"><block>{spoken}<assign name="language" expr="\'fr\'"/><goto next="#f"/></block></form>'
    )
    assert understood.findings == ()
    assert understood.sections["prompts"] == {"f": {"en": {"say": "Hello."}, "fr": {"say": "Bonjour."}}}
    assert understood.sections["steps"]["f"]["then"] == {"language": "fr", "step": "f"}


def test_a_menu_that_asks_for_the_language_is_a_step() -> None:
    spoken = '<prompt>For English, press 2.</prompt><prompt xml:lang="fr">Pour le français, tapez 3.</prompt>'
    forms = "".join(
        f'<form id="{each}"><block><assign name="language" expr="\'{each}\'"/><goto next="#w"/></block></form>'
        for each in ("en", "fr")
    )
    understood = read(
        f'<menu id="m">{spoken}<choice dtmf="2" next="#en"/><choice dtmf="3" next="#fr"/>{ONWARD}</menu>{forms}'
        '<form id="w"><transfer name="t" dest="cordboard:queue/sales"/></form>'
    )
    assert understood.findings == ()
    made = understood.sections["steps"]["m"]
    assert (made["kind"], made["languages"], made["then"]) == ("language", {"2": "en", "3": "fr"}, {"queue": "sales"})


def test_clearing_asks_again_what_was_forgotten() -> None:
    again = '<filled><if cond="b == \'1\'"><clear namelist="{}"/></if></filled>'
    fields = '<field name="a" type="digits"><prompt>a</prompt>{0}</field>'
    fields += '<field name="b" type="digits"><prompt>b</prompt>{0}{1}</field>'
    made = steps(fields.format(ONWARD, again.format("a b")))
    assert made["f-b-condition"]["cases"][0]["then"] == {"step": "f"}
    made = steps(fields.format(ONWARD, again.format("b")))
    assert made["f-b-condition"]["cases"][0]["then"] == {"step": "f-b-collect"}
    told_of = told(f'<form id="f">{fields.format(ONWARD, again.format("a"))}</form>')
    assert "forgets only some of what was asked since" in told_of


def test_a_part_that_is_used_and_comes_back() -> None:
    part = (
        '<form id="p"><field name="pin" type="digits"><prompt>Now.</prompt>{}<filled><return/></filled></field></form>'
    )
    gone = '<noinput count="2"><return event="gone.away"/></noinput><nomatch count="2"><exit/></nomatch>'
    use = (
        '<form id="f"><subdialog name="s" src="#p"><filled><goto next="tel:+33140000000"/></filled></subdialog></form>'
    )
    understood = read(use + part.format(ONWARD))
    assert understood.findings == ()
    ends = {"returned": {"external": "+33140000000"}}
    assert understood.sections["steps"]["f"] == {"kind": "use", "start": {"step": "p"}, "ends": ends}
    assert "comes back by gone-away, for which it has no way" in told(use + part.format(gone))


def test_what_a_part_brings_back_is_what_it_kept() -> None:
    text = (
        '<form id="f"><subdialog name="check" src="#p"><filled><prompt><value expr="check.pinTyped"/></prompt>'
        '<if cond="check.pinTyped == \'1\'"><goto next="tel:+33140000000"/></if></filled></subdialog></form>'
        f'<form id="p"><field name="pinTyped" type="digits"><prompt>Now.</prompt>{ONWARD}'
        '<filled><return namelist="pinTyped"/></filled></field></form>'
    )
    understood = read(text)
    assert understood.findings == ()
    made = understood.sections["steps"]
    assert made["p"]["into"] == "pin_typed"
    assert made["f-condition"]["variable"] == "pin_typed"
    assert [step["text"] for step in made.values() if step["kind"] == "speak"] == [{"en": "{pin_typed}"}]


def test_the_ends_of_a_part_within_a_part_are_not_those_of_the_outer() -> None:
    part = (
        '<form id="{}">{}<field name="pin" type="digits"><prompt>Now.</prompt><noinput count="2">{}</noinput>'
        '<nomatch count="2"><exit/></nomatch><filled><exit/></filled></field></form>'
    )
    use = '<subdialog name="s" src="#{}"><filled>{}</filled></subdialog>'
    after = '<goto next="tel:+33140000000"/>'
    inner = part.format("inner", "", '<return event="gone"/>')
    never = f'<form id="f">{use.format("outer", after)}</form>'
    steps = read(never + part.format("outer", use.format("inner", "<return/>"), "<return/>") + inner).sections["steps"]
    # The inner part never comes back as `returned`: the outer one never ends, and is no part that is used.
    assert {name: step["ends"] for name, step in steps.items() if step["kind"] == "use"} == {
        "outer": {"gone": "hangup"}
    }
    comes_back = part.format("outer", "", "<return/>") + part.format("last", use.format("outer", after), "<exit/>")
    understood = read(f'<form id="f">{use.format("last", after)}</form>' + comes_back)
    assert understood.findings == ()
    steps = understood.sections["steps"]
    ends = {"returned": {"external": "+33140000000"}}
    assert {name: step["ends"] for name, step in steps.items() if step["kind"] == "use"} == {"last": ends}


def test_a_part_that_is_left_at_once_is_no_part() -> None:
    use = '<form id="f"><subdialog name="s" src="#p"><filled><prompt>Back.</prompt></filled></subdialog></form>'
    understood = read(use + '<form id="p"><block><return/></block></form>')
    assert understood.sections["steps"] == {}
    assert understood.starts == {"a.vxml": {"message": "f"}}


def test_words_of_choices_are_listened_for_if_menus_are_to_listen() -> None:
    grammar = (
        '<grammar mode="voice" version="1.0" root="w" xml:lang="fr"><rule id="w"><one-of>{}</one-of></rule></grammar>'
    )
    french = grammar.format("<item>les ventes</item><item>ventes</item>")
    text = (
        f'<menu id="m"><property name="confidencelevel" value="0.6"/><prompt>Now.</prompt>{ONWARD}'
        f'<choice dtmf="1" next="#m">Sales.{french}</choice><choice dtmf="2" next="#m"/></menu>'
    )
    understood = read(text, listens=True)
    assert understood.findings == ()
    words = {"1": {"en": ["sales"], "fr": ["les ventes", "ventes"]}}
    assert understood.sections["menus"]["m"]["speech"] == {"words": words, "least": 60}
    silent = read(text)
    assert "speech" not in silent.sections["menus"]["m"]
    assert sorted(each.what for each in silent.findings) == [
        "can be said too, which is not listened for",
        "is not known here, or counts for nothing that asks",
    ]


def test_words_of_menus_are_written_and_read_again() -> None:
    words = {"1": {"en": ("sales", "sales department"), "fr": ("ventes",)}}
    here = Edge(Target(TargetKind.MENU, "m"))
    retry = Retry(2, Edge(Target(TargetKind.HANGUP)))
    keys, hearing = {"1": here, "2": here}, Hearing(words, 70)
    menu = Menu(id="m", prompt="p", keys=keys, speech=hearing, no_input=retry, wrong_input=retry)
    written = write_voicexml(Flow({"m": menu}, prompts={"p": {"en": ("beep",)}}), Surroundings({"m": "en"}))
    assert written.losses == ()
    assert faults_in(ElementTree.fromstring(written.text)) == []
    again = read_voicexml([("m.vxml", written.text.encode())], Options(listens=True))
    assert again.findings == ()
    spoken = {key: {each: list(phrases) for each, phrases in said.items()} for key, said in words.items()}
    assert again.sections["menus"]["m"]["speech"] == {"words": spoken, "least": 70}


def test_what_callers_say_is_recorded() -> None:
    record = '<record name="complaint" beep="true" maxtime="90s" finalsilence="2500ms" dtmfterm="false">'
    end = '<noinput count="2"><exit/></noinput><filled><goto next="cordboard:queue/sales"/></filled></record>'
    understood = read(f'<form id="f">{record}<prompt>Speak.</prompt>{end}</form>')
    assert understood.findings == ()
    assert understood.sections["steps"]["f"] == {
        "kind": "record",
        "into": "complaint",
        "end": "",
        "longest": 90,
        "silence": 2,
        "prompt": "f",
        "no_input": {"tries": 2, "then": "hangup"},
        "then": {"queue": "sales"},
    }
    assert (
        "a tone is heard before it here" in told(f'<form><record name="x"><prompt>Speak.</prompt>{end}</form>').lower()
    )


def test_who_is_not_answered_outside_does_not_come_back_into_the_menus() -> None:
    outcome = " || ".join(f"t == '{each}'" for each in ("busy", "noanswer", "network_busy", "network_disconnect"))
    back = f'<filled><if cond="{outcome}"><goto next="#m"/></if></filled>'
    menu = f'<menu id="m"><prompt>Now.</prompt><choice dtmf="1" next="#f"/>{ONWARD}</menu>'
    understood = read(
        f'<form id="f"><transfer name="t" dest="tel:+33140000000" bridge="true">{back}</transfer></form>{menu}'
    )
    assert "back into the menus" in understood.findings[0].what
    assert understood.sections["steps"]["f"]["failure"] == "hangup"


def test_who_is_not_answered_outside() -> None:
    outcome = " || ".join(f"t == '{each}'" for each in ("busy", "noanswer", "network_busy", "network_disconnect"))
    made = steps(
        f'<transfer name="t" dest="tel:+33140000000" bridge="true" connecttimeout="20s"><filled><if cond="{outcome}">'
        '<goto next="cordboard:voicemail/box"/></if></filled></transfer>'
    )
    assert made == {"f": {"kind": "external", "number": "+33140000000", "failure": {"voicemail": "box"}, "ring": 20}}


def test_a_server_is_told_by_a_connection() -> None:
    made = steps(
        '<block><data src="http://crm.example/log" namelist="caller tier"/><submit next="http://crm.example/end"/></block>',
        connections={"http://crm.example/log": "crm", "http://crm.example/end": "crm-end"},
    )
    assert made["f"] == {
        "kind": "notify",
        "source": "crm",
        "send": {"caller": "caller", "tier": "tier"},
        "sent": {"step": "f-notify"},
        "failure": {"step": "f-notify"},
    }
    assert made["f-notify"]["sent"] == "hangup"
    assert "asks a server how to go on" in told('<form><block><submit next="http://x/"/></block></form>')


def test_documents_lead_to_each_other_and_share_their_root() -> None:
    first = '<menu id="m"><prompt>Now.</prompt><choice dtmf="1" next="b.vxml"/>'
    first += '<choice dtmf="2" next="../x/b.vxml#two"/>{}</menu>'
    second = '<form id="one"><block>One.<disconnect/></block></form>'
    second += '<form id="two"><block><goto next="a.vxml#m"/></block></form>'
    understood = read(first.format(ONWARD), second, prefix="old-")
    assert understood.findings == ()
    assert understood.sections["menus"]["old-m"]["keys"] == {"1": {"step": "old-one"}, "2": {"menu": "old-m"}}
    assert understood.starts == {"a.vxml": {"menu": "old-m"}, "b.vxml": {"step": "old-one"}}
    assert understood.sections["prompts"].keys() == {"old-m", "old-one"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<form id="f"><block><goto next="other.vxml"/></block></form>', "is none of the documents that are read"),
        ('<form id="f"><block><goto next="#gone"/></block></form>', "is no dialog of the documents that are read"),
        ('<form id="f"><block><goto next="#f"/></block></form>', "leads to itself and nowhere else"),
        ('<form><transfer name="t" dest="sip:x@y"/></form>', "is nobody of the company"),
        ('<form><block><script>x()</script></block></form>', "is a program"),
        ('<form><block><exit/><prompt>Never.</prompt></block></form>', "nobody comes there"),
        ('<form><block><audio src="http://x/y/w.wav"/></block></form>', 'here it is the recording "w.wav"'),
        ('<form><field name="x" type="date"><prompt>Now.</prompt></field></form>', "is a type that is not typed here"),
        ('<form><field name="x"><prompt>Now.</prompt><grammar src="a.grxml"/></field></form>', "is for what is spoken"),
        ('<form><block><assign name="x" expr="a + b"/></block></form>', "is not set"),
        ('<var name="x" expr="\'1\'"/><form><block><exit/></block></form>', "is a value from the beginning"),
        ('<menu><choice dtmf="1" next="tel:+33140000000">Sales</choice></menu>', "can be said too"),
        ('<menu><choice dtmf="1" next="tel:+33140000000"/></menu>', "asks without a prompt"),
        ('<form><block><prompt cond="x == \'1\'">One.</prompt></block></form>', "is heard by some callers only"),
        ('<form><transfer dest="cordboard:queue/a" bridge="true"/><block>Bye.</block></form>', "goes on in the form"),
        ('<form><block><goto next="cordboard:queue/a"/>Never.</block></form>', "has text behind a way out"),
        ('<form><block><prompt bargein="true">One.</prompt></block></form>', "is heard whole where nothing is asked"),
        ('<form><block><audio src="asterisk:beep">Beep.</audio></block></form>', "has words for where there"),
        ('<form><block><assign name="language" expr="\'English\'"/></block></form>', "is not set"),
        ("", "has no dialog"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told(text: str, what: str) -> None:
    assert what in told(text)


CONFIRM = 'You typed <value expr="acct"/>, which is new. Press 1 for yes. Press 2 for no.'
CHOICES = '<choice dtmf="1" next="tel:+33140000000"/><choice dtmf="2" next="tel:+33140000001"/>'


@pytest.mark.parametrize(
    ("asks", "then"),
    [
        (f'<form id="f"><field name="ok" type="boolean"><prompt>{CONFIRM}</prompt>{ONWARD}</field></form>', "menus"),
        (f'<form id="f"><field name="ok" type="digits"><prompt>{CONFIRM}</prompt>{ONWARD}</field></form>', "steps"),
        (f'<form id="f"><record name="ok"><prompt>{CONFIRM}</prompt>{ONWARD}</record></form>', "steps"),
        (f'<menu id="f"><prompt>{CONFIRM}</prompt>{CHOICES}{ONWARD}</menu>', "menus"),
    ],
)
def test_what_a_variable_holds_is_said_before_somebody_is_asked(asks: str, then: str) -> None:
    understood = read(asks)
    speak = understood.sections["steps"][understood.starts["a.vxml"]["step"]]
    assert (speak["kind"], speak["text"]) == ("speak", {"en": "You typed {acct}, which is new."})
    asking = understood.sections[then][next(iter(speak["then"].values()))]
    assert understood.sections["prompts"][asking["prompt"]] == {"en": {"say": "Press 1 for yes. Press 2 for no."}}
    assert "A step says it before; it is not heard when it is asked again" in told(asks)


def test_of_a_question_that_is_one_sentence_with_its_variable_nothing_is_lost() -> None:
    text = '<prompt>Is <value expr="acct"/> right?</prompt>'
    made = steps(f'<field name="ok" type="digits?length=1">{text}{ONWARD}</field>')
    (speak,) = [each for each in made.values() if each["kind"] == "speak"]
    assert speak["text"] == {"en": "Is {acct} right?"}
    assert made[speak["then"]["step"]]["kind"] == "collect"


def test_where_nothing_can_be_said_before_the_words_around_a_variable_are_kept() -> None:
    again = '<noinput>Nothing yet for <value expr="acct"/>, sorry.<reprompt/></noinput>'
    again += '<noinput count="2"><exit/></noinput>'
    text = f'<menu id="m"><prompt>Now.</prompt><choice dtmf="1" next="tel:+33140000000"/>{again}</menu>'
    understood = read(text)
    prompt = understood.sections["menus"]["m"]["no_input"]["prompt"]
    assert understood.sections["prompts"][prompt] == {"en": {"say": "Nothing yet for, sorry."}}
    assert "The words around it are kept" in told(text)


def test_a_notice_is_posted_as_the_document_says() -> None:
    connections = {"https://crm.example/order": "crm"}
    text = '<form id="f"><block><submit next="https://crm.example/order" namelist="acct" method="{}"/></block></form>'
    assert "method" not in told(text.format("post"), connections=connections)
    assert "method" in told(text.format("get"), connections=connections)
