"""Makes the secrets that nobody should have to choose: SIP passwords, manager passwords, voicemail PINs, tokens."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
"""Letters and digits alone mean the same in every configuration file, URI and shell."""
LENGTH = 32
PIN_LENGTH = 6


def new_secret() -> str:
    """32 letters and digits: 190 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_pin() -> str:
    """6 digits for a voicemail box."""
    return "".join(secrets.choice(string.digits) for _ in range(PIN_LENGTH))
