"""Numbers of the public network (E.164), and what a country knows of them. The only use of phonenumbers.

It is loaded when a number is first looked at: a call's route and most commands look at none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cordboard.store.number_patterns import fits, is_within, meets, patterns, width


def international(number: str, country: str) -> str:
    """A number as the network gave it in E.164, read as dialled in `country` (`FR`); as it stands if it is none.

    `+33123456789`, `0033123456789` and `0123456789` are the same caller in France."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_e164(number: str) -> bool:
    """Is it a number that can be in service, written `+` and its digits?"""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return written == number and phonenumbers.is_valid_number(parsed)


def digits_inside(number: str, country: str) -> str:
    """The digits by which people of a country know a number (E.164): as they dial it, `0612345678` in France."""
    import phonenumbers

    parsed = phonenumbers.parse(number)
    if phonenumbers.country_code_for_region(country) == parsed.country_code:
        written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    else:
        written = phonenumbers.format_out_of_country_calling_number(parsed, country)
    return "".join(digit for digit in written if digit in "0123456789")


def is_country(code: str) -> bool:
    """Is it a country with numbers, as `FR`?"""
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def costs_extra(number: str) -> bool:
    """Is it one (E.164) whose callers pay more than for a conversation: premium rate, or shared cost?"""
    import phonenumbers

    kinds = (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)
    return phonenumbers.number_type(phonenumbers.parse(number)) in kinds


def is_emergency(number: str, country: str) -> bool:
    """Does this country call for help with these digits?"""
    import phonenumbers

    return number.isdigit() and phonenumbers.is_emergency_number(number, country)


# --- what can be dialled ----------------------------------------------------------------------------------------------

ORDINARY = ("fixed", "mobile", "voip")
"""Kinds of numbers that people have, at the price of a call."""
SHORT = "short"
"""Numbers of a few digits that are dialled as they are, free or at the price of a call."""
PREMIUM = "premium"
_OF_KINDS = {
    "fixed": "fixed_line",
    "mobile": "mobile",
    "voip": "voip",
    "free": "toll_free",
    "shared": "shared_cost",
    PREMIUM: "premium_rate",
    "personal": "personal_number",
    "uan": "uan",
}
KINDS = (*_OF_KINDS, SHORT)
"""fixed, mobile, voip, free (the called pays), shared (both do), premium (short ones too), personal (they follow their
owner), uan (one number of a company for all its places), short."""
_SHORT_ONES = {SHORT: ("toll_free", "standard_rate"), PREMIUM: ("premium_rate",)}


def plan_of(country: str, kinds: Iterable[str]) -> list[str]:
    """The numbers of these kinds in a country, as patterns of their digits behind the plus; see `number_patterns`. An
    unknown country has none."""
    from phonenumbers import PhoneMetadata

    plan = PhoneMetadata.metadata_for_region(country)
    if plan is None:
        return []
    told = [getattr(plan, _OF_KINDS[kind]) for kind in kinds if kind in _OF_KINDS]
    found = [f"{plan.country_code}{pattern}" for one in told for pattern in _written(one)]
    return list(dict.fromkeys(found))


def short_plan(country: str, kinds: Iterable[str]) -> list[str]:
    """The short numbers of these kinds in a country, as patterns of what is dialled; those for help are not there."""
    from phonenumbers import PhoneMetadata

    plan = PhoneMetadata.short_metadata_for_region(country)
    if plan is None:
        return []
    names = [name for kind in kinds for name in _SHORT_ONES.get(kind, ())]
    found = dict.fromkeys(pattern for name in names for pattern in _written(getattr(plan, name)))
    return [pattern for pattern in found if pattern not in help_plan(country)]


def help_plan(country: str) -> list[str]:
    """What is dialled for help in a country, as patterns; 112 where none is published."""
    from phonenumbers import PhoneMetadata

    plan = PhoneMetadata.short_metadata_for_region(country)
    return (_written(plan.emergency) if plan else []) or ["112"]


def countries() -> list[str]:
    """Every country with numbers."""
    import phonenumbers

    return sorted(phonenumbers.SUPPORTED_REGIONS)


@dataclass(frozen=True, slots=True)
class Way:
    """Digits that are dialled for a number of the public network: those that fit `pattern`, of which `stripped` are
    left out and before which `+` and `put` are written."""

    pattern: str
    stripped: int
    put: str = ""


def dialled_ways(country: str) -> list[Way]:
    """How numbers of the public network are dialled in a country: national ones with the country's own prefix or
    without, all others with that for abroad."""
    from phonenumbers import PhoneMetadata

    plan = PhoneMetadata.metadata_for_region(country)
    if plan is None:
        return []
    code = str(plan.country_code)
    # ~ is where people wait for another tone.
    abroad = patterns((plan.preferred_international_prefix or plan.international_prefix or "").replace("~", ""))
    # Before a number stands the country's code, which never begins with 0; numbers have 15 digits at most.
    ways = [Way(f"{prefix}[123456789]{'X' * rest}", width(prefix)) for prefix in abroad for rest in range(6, 15)]
    for pattern in _written(plan.general_desc):
        ways.append(Way(pattern, 0, code))
        if plan.national_prefix:
            ways.append(Way(f"{plan.national_prefix}{pattern}", len(plan.national_prefix), code))
    return ways


def hidden_outside(country: str, numbers: Iterable[str]) -> set[str]:
    """Those of these digits that are dialled for a number of the public network in this country."""
    of_width: dict[int, list[str]] = {}
    for pattern in (*(way.pattern for way in dialled_ways(country)), *short_plan(country, KINDS)):
        of_width.setdefault(width(pattern), []).append(pattern)
    return {number for number in numbers if any(fits(pattern, number) for pattern in of_width.get(len(number), ()))}


def lets_premium_through(prefix: str, but: tuple[str, ...] = ()) -> bool:
    """Do premium numbers and others begin with this prefix (`+338`), those that begin as one of `but` left out?"""
    import phonenumbers

    beginning = prefix.removeprefix("+")
    codes = {str(code): regions for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()}
    found = [
        region
        for code, regions in codes.items()
        if code.startswith(beginning) or beginning.startswith(code)
        for region in regions
    ]
    dear = _that_begin(found, [PREMIUM], beginning, but)
    return bool(dear) and bool(_that_begin(found, [kind for kind in _OF_KINDS if kind != PREMIUM], beginning, ()))


def no_numbers(prefix: str) -> list[str]:
    """What begins with this prefix (`+33`) and is no number, though operators may take it for one: what is dialled
    first inside a country, behind the country's code (`+330`)."""
    import phonenumbers

    found = []
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        plan = phonenumbers.PhoneMetadata.metadata_for_region(regions[0])
        if plan is None or not plan.national_prefix:
            continue
        beginning = f"{code}{plan.national_prefix}"
        if f"+{beginning}".startswith(prefix) and not _that_begin(regions, _OF_KINDS, beginning, ()):
            found.append(f"+{beginning}")
    return found


def _that_begin(regions: Iterable[str], kinds: Iterable[str], beginning: str, but: tuple[str, ...]) -> list[str]:
    found = [pattern for region in regions for pattern in plan_of(region, kinds) if meets(pattern, beginning)]
    return [pattern for pattern in found if not any(is_within(pattern, other.removeprefix("+")) for other in but)]


def _written(told: Any) -> list[str]:
    """A part of a plan; there may be none."""
    return patterns(told.national_number_pattern) if told is not None and told.national_number_pattern else []
