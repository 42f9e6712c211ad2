"""Long texts that differ a little are told by what differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cordboard.provisioning.changes import Action, Change
from cordboard.provisioning.excerpts import LEFT_OUT, MOST, excerpts
from cordboard.provisioning.phrases import sentences

WELCOME = (
    "Welcome to Acme. For sales, press 1. For Amel Haddad, press 2. For more, press 3. To order, press 4. To hear this "
    "again, press 9."
)


def test_short_ones_are_told_whole() -> None:
    assert excerpts("Welcome.", "Good morning.") == ("Welcome.", "Good morning.")
    assert excerpts("", WELCOME[:MOST]) == ("", WELCOME[:MOST])


def test_of_long_ones_what_differs_is_told_with_some_words_around_it() -> None:
    assert excerpts(WELCOME, WELCOME.replace("Amel Haddad", "our shop")) == (
        "…press 1. For Amel Haddad, press 2. For…",
        "…press 1. For our shop, press 2. For…",
    )
    assert excerpts(WELCOME, WELCOME.removesuffix(" To hear this again, press 9.")) == (
        "…order, press 4. To hear this again, press 9.",
        "…order, press 4.",
    )
    assert excerpts(WELCOME, f"Hello. {WELCOME}") == ("Welcome to Acme.…", "Hello. Welcome to Acme.…")


words = st.lists(st.sampled_from(["one", "two", "three,", "four."]), max_size=80).map(" ".join)


@given(words, words)
def test_they_are_short_and_differ_where_the_texts_do(before: str, after: str) -> None:
    shown = excerpts(before, after)
    assert all(len(each) <= MOST + 2 * len(LEFT_OUT) for each in shown)
    assert all(each.strip(LEFT_OUT) in whole for each, whole in zip(shown, (before, after), strict=True))
    assert (shown[0] != shown[1]) == (before != after)


def test_a_changed_prompt_is_one_line() -> None:
    change = Change(
        action=Action.CHANGE,
        kind="prompt",
        name="acme-welcome",
        before={"in en": f'"{WELCOME}"'},
        after={"in en": f'"{WELCOME.replace("press 3", "press 5")}"'},
    )
    assert sentences(change) == (
        "prompt welcome: now plays …For more, press 5. To order, press… in en "
        "(was …For more, press 3. To order, press…)",
    )
