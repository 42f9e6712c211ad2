"""Numbers of the public network in one form: E.164, `+33123456789`."""

import phonenumbers


def international(number: str, country: str) -> str:
    """A number as the network gave it in E.164, read as dialled in `country` (`FR`); as it stands if it is none.

    `+33123456789`, `0033123456789` and `0123456789` are the same caller in France."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_e164(number: str) -> bool:
    """Is it a number that can be in service, written `+` and its digits?"""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return written == number and phonenumbers.is_valid_number(parsed)
