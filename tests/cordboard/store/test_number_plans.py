"""Number plans as patterns: they match what the published regular expressions match, in every country."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumberFormat, example_number_for_type, format_number

from cordboard.store import numbers
from cordboard.store.number_patterns import fits, is_within, meets, patterns, width

KINDS = {"fixed": 0, "mobile": 1, "free": 3, "premium": 4, "shared": 5, "voip": 6, "personal": 7, "uan": 9}
COUNTRIES = st.sampled_from(numbers.countries())


@pytest.mark.parametrize(
    ("regex", "written"),
    [
        (r"(?:6[0-24]|7\d)\d{2}", ["6[0124]XX", "7XXX"]),
        (r"1(?:12|[578])", ["112", "1[578]"]),
        (r"8\d{2,3}", ["8XX", "8XXX"]),
        (r"0?1", ["1", "01"]),
        (r"(?:1|2)(?:3|4)", ["13", "14", "23", "24"]),
        (r"[7][97]", ["7[79]"]),
    ],
)
def test_a_plan_is_written_out(regex: str, written: list[str]) -> None:
    assert patterns(regex) == written


@pytest.mark.parametrize("regex", [r"1(?=2)", r"[^1]", "(?:1", "1)", "1.", r"\w"])
def test_what_is_no_plan_is_refused(regex: str) -> None:
    with pytest.raises(ValueError, match="no number plan"):
        patterns(regex)


def test_every_country_is_understood() -> None:
    for country in numbers.countries():
        assert numbers.plan_of(country, numbers.KINDS), country
        assert numbers.help_plan(country), country
        assert numbers.dialled_ways(country), country


@pytest.mark.parametrize("kind", KINDS)
def test_examples_are_of_their_kind(kind: str) -> None:
    for country in numbers.countries():
        example = example_number_for_type(country, KINDS[kind])
        if example is not None:
            digits = format_number(example, PhoneNumberFormat.E164)[1:]
            assert any(fits(pattern, digits) for pattern in numbers.plan_of(country, [kind])), (country, digits)


@given(country=COUNTRIES, data=st.data())
def test_a_pattern_matches_what_its_plan_does(country: str, data: st.DataObject) -> None:
    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None
    kind = plan.mobile or plan.fixed_line  # Tristan da Cunha has no mobile numbers
    assert kind is not None
    regex = kind.national_number_pattern or "0"
    known = data.draw(st.from_regex(regex.replace(r"\d", "[0-9]"), fullmatch=True))
    number = data.draw(st.just(known) | st.text("0123456789", min_size=1, max_size=12))
    assert any(fits(pattern, number) for pattern in patterns(regex)) == bool(re.fullmatch(regex, number))


@given(country=COUNTRIES, data=st.data())
def test_numbers_are_dialled_as_the_library_reads_them(country: str, data: st.DataObject) -> None:
    way = data.draw(st.sampled_from(numbers.dialled_ways(country)))
    digits = data.draw(st.from_regex(way.pattern.replace("X", "[0-9]"), fullmatch=True))
    read = numbers.international(digits, country)
    number = f"+{way.put}{digits[way.stripped :]}"
    if numbers.is_e164(read) and numbers.is_e164(number):
        assert read == number


def test_what_begins_a_number() -> None:
    assert meets("336[0124]XX", "33")
    assert meets("336[0124]XX", "3362")
    assert not meets("336[0124]XX", "3365")
    assert is_within("33899XX", "338")
    assert not is_within("33[89]99XX", "338")
    assert (width("6[0124]XX"), width("")) == (4, 0)


def test_premium_numbers_among_others_are_found() -> None:
    assert numbers.lets_premium_through("+33")
    assert numbers.lets_premium_through("+338")
    assert not numbers.lets_premium_through("+33", ("+338",))
    assert not numbers.lets_premium_through("+33899"), "premium alone: that is what is meant"
    assert not numbers.lets_premium_through("+336")
    assert not numbers.lets_premium_through("+881"), "of no country"


def test_short_numbers_are_not_those_for_help() -> None:
    short = numbers.short_plan("FR", ["short", "premium"])
    assert not {"112", "1[578]"} & set(short)
    assert any(fits(pattern, "3631") for pattern in short)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("+33", ["+330"]), ("+331", []), ("+1", ["+11"]), ("+36", ["+3606"]), ("+39", []), ("+7", []), ("+4", None)],
)
def test_what_is_dialled_first_inside_a_country_stands_behind_no_code(prefix: str, found: list[str] | None) -> None:
    """In Italy numbers themselves begin with 0, in Russia some with 8."""
    none = numbers.no_numbers(prefix)
    assert none == found if found is not None else {"+410", "+430", "+440", "+490"} <= set(none)
