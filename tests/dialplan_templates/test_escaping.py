"""Encoders let through what their syntax bears, and nothing else."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan_templates import escaping
from dialplan_templates.errors import Unwritable
from dialplan_templates.escaping import Encoder, PjsipText, VoicemailText, Word

WORDS: dict[str, tuple[Encoder, list[str], list[str]]] = {
    "company_id": (escaping.company_id, ["acme", "a1"], ["", "Acme", "a-b", "1a", "a" * 41, "é"]),
    "slug": (escaping.slug, ["a", "billing-fr", "a" * 40], ["A", "-a", "a" * 41, "a.b", "a b"]),
    "node_id": (escaping.node_id, ["did.main"], ["Did", "a" * 61, "a/b"]),
    "way": (escaping.way, ["then", "no_input", "cases.0"], ["", "No", "a/b", "a,b", "a" * 61]),
    "extension": (escaping.extension, ["201", "*98", "#"], ["", "2 1", "_X", "1" * 13, "٢٠١"]),
    "e164": (escaping.e164, ["+33123456789"], ["33123456789", "+0123456", "+331", "+33 1 23"]),
    "caller_number": (escaping.caller_number, ["+33899", "0899"], ["", "+", "08x"]),
    "language": (escaping.language, ["fr", "pt_BR"], ["", "french", "f"]),
    "sound": (
        escaping.sound,
        ["hello", "acme/hello", "v1.2", f"/var/lib/cordboard/speech/spoken-{'0' * 24}"],
        ["", "../x", "/x", "a..b", "a b", "a&b", "-a", f"/a/../spoken-{'0' * 24}", f"/a&b/spoken-{'0' * 24}"],
    ),
    "pin": (escaping.pin, ["", "1234"], ["123", "12a4"]),
    "secret": (escaping.secret, ["a" * 12, "A_b-c.d~e0123"], ["short", "a" * 129, "a" * 12 + ";"]),
    "account_name": (escaping.account_name, ["cordboard-deploy"], ["", "1a", "a b"]),
    "node_name": (escaping.node_name, ["node1", "pbx.example"], ["", "-a", "a" * 33]),
    "header_name": (escaping.header_name, ["X-Trunk"], ["", "X Trunk", "X:"]),
    "header_value": (escaping.header_value, ["carrier", "a b"], ["", "/x.*/", "a,b", "a "]),
    "mail_address": (escaping.mail_address, ["a.b+c@example.org"], ["", "a@", "a,b@x", "a|b@x", "a..b@x", "a@x y"]),
    "tone_zone": (escaping.tone_zone, ["fr"], ["", "xx"]),
    "module_name": (escaping.module_name, ["codec_opus"], ["", "a.so", "../a"]),
    "time_zone": (escaping.time_zone, ["Europe/Paris", "UTC"], ["", "Europe/Paname", "../../etc/passwd"]),
    "address": (escaping.address, ["127.0.0.1", "2001:db8::1"], ["", "localhost", "127.1", "1.2.3.4:5"]),
    "network": (escaping.network, ["192.0.2.0/28"], ["", "192.0.2.1/28", "x"]),
    "folder": (escaping.folder, ["/etc/asterisk", "/home/Léa/x"], ["", "etc", "/a/../b", "/a;b", '/a"', "/a\n", "/ "]),
    "music_folder": (escaping.music_folder, ["moh", "/srv/moh"], ["", "../moh", "-x"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_words_come_from_an_allow_list(name: str) -> None:
    encode, good, bad = WORDS[name]
    for value in good:
        assert str(encode(value)) == value or name == "network"
    for wrong in (*bad, None, 7, b"a"):
        with pytest.raises(Unwritable):
            encode(wrong)


@pytest.mark.parametrize("name", WORDS)
@given(text=st.text() | st.text(alphabet="a0;\\\"'[](){}$,|\n\r\0<>=&`# \u202e-.@/_+*"))
def test_no_word_holds_what_any_syntax_gives_a_meaning(name: str, text: str) -> None:
    try:
        word = WORDS[name][0](text)
    except Unwritable:
        return
    assert isinstance(word, Word)
    assert not re.search(r"[\x00-\x1f\x7f;\"'\[\](){}$,|\\<>`]", word)
    assert not word.startswith(("=", ">", " "))
    assert not word.endswith(" ")


def test_hosts_stand_before_a_port() -> None:
    assert escaping.host("127.0.0.1") == "127.0.0.1"
    assert escaping.host("2001:db8::1") == "[2001:db8::1]"


def test_a_sip_uri_hides_its_semicolon() -> None:
    assert escaping.sip_uri("sip:192.0.2.1:5060;transport=tcp") == r"sip:192.0.2.1:5060\;transport=tcp"
    for wrong in ("http://x", "sip:a b", "sip:x;transport=sctp", "sip:x?Header=1", "sip:x\nmatch=0.0.0.0/0"):
        with pytest.raises(Unwritable):
            escaping.sip_uri(wrong)


def test_durations_have_one_decimal_at_most() -> None:
    assert [escaping.seconds(value) for value in (0, 6, 2.5, 0.04)] == ["0", "6", "2.5", "0.0".removesuffix(".0")]
    for wrong in (-1, float("nan"), float("inf"), True, "6"):
        with pytest.raises(Unwritable):
            escaping.seconds(wrong)


@pytest.mark.parametrize(
    ("name", "caller", "mailbox"),
    [
        ("Léa Petit", "Léa Petit", "Léa Petit"),
        ("Lee, Ann", "Lee, Ann", "Lee  Ann"),
        ("a;b;--c", r"a\;b\;--c", r"a\;b\;--c"),
        ('Jo "Z" <1>', "Jo 'Z' (1)", "Jo 'Z' (1)"),
        (r"a\;b|c", r"a/\;b|c", r"a/\;b/c"),
        ("${SHELL(id)}", "${SHELL(id)}", "${SHELL(id)}"),
        ("e\u0301", "é", "é"),
    ],
)
def test_display_text_is_shown_as_near_as_its_syntax_allows(name: str, caller: str, mailbox: str) -> None:
    assert escaping.caller_name(name) == caller
    assert escaping.mailbox_name(name) == mailbox


@pytest.mark.parametrize(
    "name",
    ["", "   ", "a\nb", "a\rb", "a\0b", "a\tb", "\x1b[31m", "a\u202eb", "a\u2028b", "a\u200bb", "é" * 40, "\ud800"],
)
def test_display_text_that_no_screen_should_show_is_refused(name: str) -> None:
    for encode in (escaping.caller_name, escaping.mailbox_name):
        with pytest.raises(Unwritable) as refused:
            encode(name)
        assert refused.value.cure


@given(text=st.text(max_size=90) | st.text(alphabet=';\\"<>|,-a ', max_size=20))
def test_display_text_stays_inside_its_place(text: str) -> None:
    try:
        caller, mailbox = escaping.caller_name(text), escaping.mailbox_name(text)
    except Unwritable:
        return
    assert (type(caller), type(mailbox)) == (PjsipText, VoicemailText)
    for written, never in ((caller, '"<>'), (mailbox, '"<>|,')):
        assert not set(never) & set(written)
        assert not re.search(r"(?<!\\);", written)
        assert "\\" not in written.replace(r"\;", "")
        assert not any(unicodedata.category(character) == "Cc" for character in written)
