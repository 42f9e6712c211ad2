"""What can go wrong on the manager wire.

    AmiError
    ├── LinkDown          there is no usable connection: nothing was sent
    ├── LoginRefused      Asterisk answered, and does not want this account (wrong secret, address not permitted)
    ├── ActionRefused     Asterisk read the action and said no; `.message` is its reason
    ├── OutcomeUnknown    the action was sent and no answer came: it may or may not have been carried out
    └── UnsafeValue       (also a ValueError) a value cannot stand in an AMI line: nothing was sent

No error of panoramisk, of a socket or of a timeout leaves this wing under another name.
"""


class AmiError(Exception):
    """Root of everything this wing raises on purpose."""


class LinkDown(AmiError):
    """There is no usable connection; the action was not sent."""


class LoginRefused(AmiError):
    """The switch refused the account. Trying again at once would only feed a ban list."""


class ActionRefused(AmiError):
    """The switch answered `Response: Error`; `.message` holds its words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class OutcomeUnknown(AmiError):
    """Sent, not answered in time: look before doing it again, for it may have been done."""


class UnsafeValue(AmiError, ValueError):
    """A value holds CR, LF, NUL or is too long for an AMI line. The value itself is never in the message."""
