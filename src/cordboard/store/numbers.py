"""Numbers of the public network (E.164), and what a country knows of them. The only use of phonenumbers.

It is loaded when a number is first looked at: a call's route and most commands look at none.
"""


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


def is_country(code: str) -> bool:
    """Is it a country with numbers, as `FR`?"""
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def is_emergency(number: str, country: str) -> bool:
    """Does this country call for help with these digits?"""
    import phonenumbers

    return number.isdigit() and phonenumbers.is_emergency_number(number, country)
