"""Makes the secrets that nobody should have to choose: SIP passwords, manager passwords, PINs, tokens."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
"""Letters and digits alone mean the same in every configuration file, URI and shell."""
LENGTH = 32
PIN_LENGTH = 6
HOST_PIN_LENGTH = 8
"""Longer than the other: whoever makes both never makes them equal."""


def new_secret() -> str:
    """32 letters and digits: 190 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_pin() -> str:
    """6 digits for a voicemail box, or for the guests of a conference."""
    return _digits(PIN_LENGTH)


def new_host_pin() -> str:
    """8 digits for the hosts of a conference."""
    return _digits(HOST_PIN_LENGTH)


def _digits(length: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(length))
