"""What must not be read of XML is refused with its line; whatever else a document holds, each part of it is taken or
told, and what is made of it is a part of a company file."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.voicexml.errors import NotRead
from cordboard.voicexml.reading import read_voicexml
from cordboard.voicexml.tree import DEEPEST, MOST_BYTES, MOST_ELEMENTS
from kit.vxml_flows import BASE, drafted

HEAD = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">'
WHOLE = f"""{HEAD}
  <property name="timeout" value="5s"/>
  <var name="tier" expr="''"/>
  <menu id="main">
    <prompt bargein="false" timeout="4s">
      <audio src="welcome.wav">
        Welcome.
      </audio>
    </prompt>
    <choice dtmf="1" next="#account"/>
    <choice dtmf="2" event="person"/>
    <catch event="person">
      <goto next="cordboard:person/amel"/>
    </catch>
    <noinput>
      <prompt>
        I heard nothing.
      </prompt>
      <reprompt/>
    </noinput>
    <noinput count="2">
      <goto next="#sales"/>
    </noinput>
    <nomatch count="3">
      <prompt>
        Goodbye.
      </prompt>
      <exit/>
    </nomatch>
  </menu>
  <form id="account">
    <property name="termchar" value="*"/>
    <var name="attempt" expr="'1'"/>
    <block>
      Type your number.
    </block>
    <field name="account">
      <prompt>
        Now.
      </prompt>
      <grammar version="1.0" mode="dtmf" root="four">
        <rule id="four">
          <item repeat="4">
            <ruleref uri="#digit"/>
          </item>
        </rule>
        <rule id="digit">
          <one-of>
            <item>0</item><item>1</item><item>2</item><item>3</item><item>4</item>
            <item>5</item><item>6</item><item>7</item><item>8</item><item>9</item>
          </one-of>
        </rule>
      </grammar>
      <catch event="noinput nomatch" count="2">
        <goto next="#sales"/>
      </catch>
      <filled>
        <if cond="account == '1234'">
          <assign name="tier" expr="'gold'"/>
        <elseif cond="account.indexOf('99') == 0"/>
          <clear namelist="account"/>
        <else/>
          <prompt>
            You typed <value expr="account"/>.
          </prompt>
        </if>
      </filled>
    </field>
    <subdialog name="check" src="#pin">
      <param name="step" expr="'2'"/>
      <filled>
        <goto next="#sales"/>
      </filled>
    </subdialog>
  </form>
  <form id="pin">
    <field name="pin" type="digits?length=4">
      <prompt>
        Your PIN.
      </prompt>
      <catch event="noinput nomatch" count="2">
        <disconnect/>
      </catch>
      <filled>
        <return namelist="pin"/>
      </filled>
    </field>
  </form>
  <form id="sales">
    <transfer name="outcome" dest="cordboard:queue/sales" bridge="false"/>
  </form>
</vxml>
""".splitlines()
TAGS = [place for place, line in enumerate(WHOLE) if line.strip()[:1] == "<" and line.strip()[1] != "/"]
MIXED = ("Welcome.", "Goodbye.", "Type your", "I heard", "Now.", "You typed", "Your PIN", "<item>0", "<item>5")


def read(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((each.line, each.about) for each in read_voicexml([("a.vxml", text.encode())]).findings)


def test_the_whole_is_understood() -> None:
    assert read("\n".join(WHOLE)) == ()


@pytest.mark.parametrize("place", TAGS)
def test_an_attribute_that_nobody_knows_is_told(place: int) -> None:
    line = WHOLE[place]
    end = min(end for end in (line.find("/>"), line.find(">")) if end > 0)
    told = read("\n".join([*WHOLE[:place], f'{line[:end]} strange="yes"{line[end:]}', *WHOLE[place + 1 :]]))
    assert (place + 1, 'strange="yes"') in [(line, about.partition("> ")[2]) for line, about in told], told


@pytest.mark.parametrize("place", range(len(WHOLE) - 1))
def test_an_element_that_nobody_knows_is_told(place: int) -> None:
    told = read("\n".join([*WHOLE[: place + 1], "<strange/>", *WHOLE[place + 1 :]]))
    assert place + 2 in [line for line, _ in told], told


@pytest.mark.parametrize("place", [place for place in TAGS if "/>" not in WHOLE[place] and "><" not in WHOLE[place]])
def test_a_text_where_none_belongs_is_told_or_heard(place: int) -> None:
    text = "\n".join([*WHOLE[: place + 1], "zebra", *WHOLE[place + 1 :]])
    understood = read_voicexml([("a.vxml", text.encode())])
    assert "zebra" in understood.text or understood.findings, WHOLE[place]


# --- any document ---------------------------------------------------------------------------------------------------

NAMES = (
    *("menu", "form", "block", "field", "prompt", "choice", "audio", "value", "noinput", "nomatch", "catch", "filled"),
    *("if", "elseif", "else", "goto", "assign", "var", "clear", "exit", "disconnect", "return", "throw", "reprompt"),
    *("submit", "data", "transfer", "subdialog", "param", "property", "grammar", "rule", "item", "one-of", "ruleref"),
    *("option", "say-as", "tag", "script", "record", "link", "enumerate", "emphasis"),
)
VALUES: dict[str, tuple[str, ...]] = {
    "id": ("a", "b", "A b", "did.main", "1", ""),
    "name": ("x", "accountNumber", "timeout", "bargein", "termchar", "interdigittimeout", "class", ""),
    "next": ("#a", "#b", "a.vxml", "other.vxml", "tel:+33140000000", "cordboard:queue/sales", "#", "http://x/y?a=b"),
    "src": ("#a", "#b", "w.wav", "http://x/w.wav", "builtin:dtmf/digits?length=3", "asterisk:digits/1", "../w.wav"),
    "dest": ("tel:+33140000000", "cordboard:voicemail/box", "sip:x@y", ""),
    "cond": ("x == '1'", "x != 'a' ", "y > 2", "language == 'fr'", "x.indexOf('1')==0 || x=='2'", "x == 'é'", "!x"),
    "expr": ("'1'", "x", "'é'", "undefined", "f(x)", "''", '"#a"'),
    "dtmf": ("1", "2", "1 2", "x", "true", "*", ""),
    "event": ("noinput", "nomatch", "help", "mine", "mine.deep", ".", "noinput nomatch"),
    "count": ("1", "2", "3", "12", "x"),
    "value": ("5s", "1ms", "100s", "false", "#", "x", "é"),
    "type": ("digits", "digits?length=4", "boolean", "date", "digits?minlength=9;maxlength=2"),
    "repeat": ("4", "1-3", "2-", "x"),
    "uri": ("#a", "#b"),
    "mode": ("dtmf", "voice", "any"),
    "namelist": ("x", "x y", ""),
    "xml:lang": ("fr", "pt-BR", "text", ""),
    "bargein": ("true", "false", "maybe"),
    "interpret-as": ("vxml:digits", "digits", "vxml:date"),
}
TEXTS = ("1", "1 2", "Hello.", "é {x}", " ", "a" * 1100)


def mashed(random: Random, depth: int = 0) -> str:
    name = random.choice(("menu", "form") if depth == 0 and random.random() < 0.8 else NAMES)
    given = random.sample(list(VALUES), random.randint(0, 4))
    attributes = "".join(f" {each}='{_quoted(random.choice(VALUES[each]))}'" for each in given)
    parts = [
        random.choice(TEXTS) if random.random() < 0.2 else mashed(random, depth + 1)
        for _ in range(random.randint(0, max(0, 5 - depth)))
    ]
    return f"<{name}{attributes}>\n{''.join(parts)}</{name}>"


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("'", "&apos;").replace("<", "&lt;")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_any_document_gives_a_part_of_a_company_file(random: Random) -> None:
    documents = [
        (name, f"{HEAD}{''.join(mashed(random) for _ in range(random.randint(1, 4)))}</vxml>".encode())
        for name in ("a.vxml", "b.vxml")
    ]
    drafted(read_voicexml(documents), BASE.format(language="en", target="{queue: sales}"))


def rules(count: int, within: str) -> str:
    """A grammar of rules that lead to each other, the last to a key."""
    leading = "".join(f"<rule id='r{n}'>{within.format(f'#r{n + 1}')}</rule>" for n in range(count))
    return f"<grammar mode='dtmf' root='r0'>{leading}<rule id='r{count}'><item>1</item></rule></grammar>"


TWICE = "<one-of><item><ruleref uri='{0}'/></item><item><ruleref uri='{0}'/></item></one-of>"


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (f"<field name='a'>{rules(3000, '<ruleref uri={0!r}/>')}</field>", "has rules that lead on"),
        (f"<field name='a'>{rules(30, TWICE)}</field>", "takes too many different things"),
        (f"<field name='a' type='digits?length={'9' * 5000}'/>", "asks for a number of digits that nobody types"),
    ],
)
def test_a_grammar_that_would_take_for_ever_is_told(field: str, why: str) -> None:
    text = f"{HEAD}<form id='a'>{field}</form></vxml>"
    assert why in "".join(each.what for each in read_voicexml([("a.vxml", text.encode())]).findings)


def test_handlers_that_throw_on_and_on_are_told() -> None:
    nested = "<if cond=\"x == '1'\">" * 30
    handlers = "".join(
        f"<catch event='e{n}'>{nested}<throw event='e{n + 1}'/>{'</if>' * 30}</catch>" for n in range(300)
    )
    text = f"{HEAD}{handlers}<form id='a'><block><throw event='e0'/></block></form></vxml>"
    found = read_voicexml([("a.vxml", text.encode())]).findings
    assert [each.what for each in found if each.about == '<throw> event="e5"'] == [
        "is handled by nothing that counts here"
    ]


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('<!DOCTYPE vxml [\n<!ENTITY a "b">]><vxml version="2.1">&a;</vxml>', 1, "a DTD of its own"),
        ('<!DOCTYPE vxml SYSTEM "http://192.0.2.1/x.dtd">\n<vxml version="2.1">&b;</vxml>', 2, 'the entity "b"'),
        ('<vxml version="2.1">\n&lol;</vxml>', 2, "is not XML"),
        ("<vxml version='2.1'>\n<menu></vxml>", 2, "is not XML"),
        ("<vxml version='3.0'/>", 1, 'says version "3.0"'),
        ("<html/>", 1, "is no document of VoiceXML"),
        ("", 1, "is not XML"),
        (f"<vxml version='2.1'>{'<block>' * DEEPEST}", 1, "is nested too deeply"),
        (f"<vxml version='2.1'>{'<form/>' * MOST_ELEMENTS}</vxml>", 1, "has too many elements"),
        (f"<vxml version='2.1'>{' ' * MOST_BYTES}</vxml>", 1, "is larger than"),
        ("<?xml version='1.0' encoding='nonsense'?><vxml version='2.1'/>", 1, "is not XML"),
    ],
)
def test_what_must_not_be_read_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(NotRead) as refused:
        read_voicexml([("a.vxml", text.encode()), ("b.vxml", b"<vxml")])
    first, second = refused.value.problems
    assert (first.file, first.line, second.file) == ("a.vxml", line, "b.vxml")
    assert why in first.what


def test_a_dtd_that_is_only_named_is_not_looked_at() -> None:
    named = '<!DOCTYPE vxml PUBLIC "-//W3C//DTD VOICEXML 2.1//EN" "http://192.0.2.1/vxml.dtd">'
    assert read(f'{named}{HEAD}<form id="a"><block><exit/></block></form></vxml>') == ()


def test_more_steps_than_a_company_has_are_refused() -> None:
    handlers = "".join(f"<catch event='noinput nomatch'><prompt>{n}</prompt>" for n in range(1))
    menus = "".join(f"<menu id='m{n}'><choice dtmf='1' next='#m1'/></menu>" for n in range(2000))
    content = "<prompt>a</prompt><assign name='x' expr=\"'1'\"/>" * 3
    with pytest.raises(NotRead, match="becomes more than"):
        read_voicexml([("a.vxml", f"{HEAD}{handlers}{content}<exit/></catch>{menus}</vxml>".encode())])
