"""One encoder for each thing that is written into a configuration file.

A `Word` is safe wherever it stands in any of the files: it comes from an allow-list of its kind, and no list holds a
control character, `;`, quotes, brackets, `$`, `,`, `|` or a backslash. Display text is safe in one place of one syntax
only and has a type of its own for each. Nothing else reaches a file: see environment.py.

Encoders take what a view holds and return an encoded value, or raise Unwritable. They are called twice: by check.py on
the whole view, to report every problem at once, and by the templates, which could not print the value otherwise.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
import zoneinfo
from collections.abc import Callable

from dialplan_templates.errors import Unwritable

NAME_BYTES = 79
"""Asterisk cuts names of contexts, extensions, queues, mailboxes and callers behind this many bytes, silently."""
LINE_BYTES = 4000
"""Half of what Asterisk reads of a line before it drops the line, silently."""


class Written(str):
    """Text that an encoder has passed."""

    __slots__ = ()


class Word(Written):
    """Safe in every file, wherever it stands."""

    __slots__ = ()


class DialPattern(Written):
    """Safe as an extension of the dialplan: it matches digits, and a plus before them, and nothing else."""

    __slots__ = ()


class PjsipText(Written):
    """Safe as the value of an option of pjsip.conf."""

    __slots__ = ()


class VoicemailText(Written):
    """Safe as a field of a mailbox line of voicemail.conf."""

    __slots__ = ()


Encoder = Callable[[object], Written]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unwritable("is not a text", "Write a text")
    return value


def _words(pattern: str, what: str, cure: str) -> Callable[[object], Word]:
    """An encoder that lets through what the whole pattern matches, unchanged."""
    allowed = re.compile(pattern, re.ASCII)

    def encode(value: object) -> Word:
        if not allowed.fullmatch(_text(value)):
            raise Unwritable(what, cure)
        return Word(value)

    return encode


company_id = _words(
    r"[a-z][a-z0-9]{0,39}", "is not a company id", "Write a small letter, then at most 39 small letters and digits"
)
slug = _words(
    r"[a-z][a-z0-9-]{0,39}", "is not an id", "Write a small letter, then at most 39 small letters, digits and hyphens"
)
node_id = _words(
    r"[a-z][a-z0-9.-]{0,59}",
    "is not the id of a step of a flow",
    "Write a small letter, then at most 59 small letters, digits, hyphens and dots",
)
extension = _words(r"[0-9*#]{1,12}", "is not an extension number", "Write 1 to 12 of the digits, * and #")
way = _words(r"[a-z][a-z0-9_.-]{0,59}", "is not a way out of a step", "Write it as its document names it")
variable = _words(
    r"[a-z][a-z0-9_]{0,29}", "is not a variable", "Write a small letter, then small letters, digits and _"
)
moment_form = _words(r"[A-Za-z]{1,12}", "is no form of a date", "Write letters that voicemail.conf knows")
value = _words(r"[A-Za-z0-9_+*#.-]{1,40}", "is no value", "Write letters, digits and _ + * # . -, 40 at most")
end_key = _words(r"[*#]?", "ends nothing", "Write # or *, or nothing")
shape = _words(r"[0-9X]{1,40}", "is no shape of digits", "Write digits, and X for any digit")
e164 = _words(r"\+[1-9][0-9]{5,14}", "is not an international number", "Write + and 6 to 15 digits, as +33123456789")
caller_number = _words(r"\+?[0-9]{1,15}", "is not a caller's number", "Write at most 15 digits, with or without a +")
language = _words(r"[a-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})?", "is not a language", "Write a code such as fr or pt_BR")
sound = _words(
    r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|[./](?![./])){0,119}"
    r"|(?:/(?!\.\.?/)[A-Za-z0-9_.+@=-]{1,120}){1,40}/spoken-[0-9a-f]{24}",
    "is not a sound's name",
    "Write its name below Asterisk's sounds folder, of letters, digits and _-./, without the ending of its file; a"
    " folder of sounds elsewhere has letters, digits and _.+@=- in its name",
)
pin = _words(r"(?:[0-9]{4,10})?", "is not a PIN", "Write 4 to 10 digits, or nothing")


def pin_digest(value: object) -> Word:
    """A PIN as Authenticate() compares it."""
    return Word(hashlib.md5(pin(value).encode(), usedforsecurity=False).hexdigest())


secret = _words(
    r"[A-Za-z0-9._~-]{12,128}", "is not a usable secret", "Generate 12 to 128 letters, digits and the signs . _ ~ -"
)
account_name = _words(
    r"[A-Za-z][A-Za-z0-9_-]{0,39}", "is not an account's name", "Write a letter, then letters, digits, _ and -"
)
node_name = _words(
    r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}", "is not a node's name", "Write at most 32 letters, digits, dots and hyphens"
)
header_name = _words(
    r"[A-Za-z][A-Za-z0-9-]{0,39}", "is not the name of a SIP header", "Write letters, digits and hyphens"
)
header_value = _words(
    r"[A-Za-z0-9](?:[A-Za-z0-9 ._:@+-]{0,98}[A-Za-z0-9])?",
    "is not a header's value that can be matched",
    "Write letters, digits, spaces and . _ : @ + -, at most 100",
)
mail_address = _words(
    r"(?=.{3,120}$)[A-Za-z0-9](?:[A-Za-z0-9_%+=-]|\.(?!\.))*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*",
    "is not a mail address",
    "Write one address such as name@example.org",
)
tone_zone = _words(r"be|ch|de|es|fr|gb|it|us", "has no tones here", "Write be, ch, de, es, fr, gb, it or us")
module_name = _words(r"[a-z][a-z0-9_]{1,59}", "is not a module's name", "Write it without its ending .so")
_time_zone_name = _words(r"[A-Za-z][A-Za-z0-9_+/-]{0,59}", "is not a time zone", "Write a name such as Europe/Paris")


_pattern = _words(
    r"\+?(?:[0-9X]|\[[0-9]{2,10}\]){1,40}",
    "is no pattern of numbers",
    "Write digits, X for any digit, [159] for one of these",
)
dial_prefix = _words(r"[0-9]{0,3}", "cannot be dialled first", "Write at most 3 digits")
number_prefix = _words(r"\+[1-9][0-9]{1,14}", "is not the beginning of a number", "Write it as +33899")


def dial_pattern(value: object) -> DialPattern:
    """What is dialled, as an extension: of one number its digits, of several a pattern."""
    pattern = re.sub(r"\[([0-9]+)\]", lambda found: _one_of(found[1]), _pattern(value))
    return DialPattern(f"_{pattern}" if set(pattern) & set("XZN[") else pattern)


def _one_of(digits: str) -> str:
    """One of these digits, as it is commonly written: `[145-8]`, Z for 1 to 9, N for 2 to 9."""
    each = "".join(sorted(set(digits)))
    runs = re.findall(_RUN, each)
    written = "".join(run if len(run) < 4 else f"{run[0]}-{run[-1]}" for run in runs)
    return _KNOWN_SETS.get(written) or (f"[{written}]" if len(each) > 1 else each)


_RUN = "|".join("0123456789"[start : start + length] for length in range(10, 0, -1) for start in range(11 - length))
_KNOWN_SETS = {"0-9": "X", "1-9": "Z", "2-9": "N"}


def time_zone(value: object) -> Word:
    """An IANA name that this host knows."""
    name = _time_zone_name(value)
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Unwritable("is not a time zone", "Write a name such as Europe/Paris") from None
    return name


def address(value: object) -> Word:
    """An IP address, in its shortest form."""
    try:
        return Word(ipaddress.ip_address(_text(value)))
    except ValueError:
        raise Unwritable("is not an IP address", "Write one such as 192.0.2.10 or 2001:db8::10") from None


def network(value: object) -> Word:
    """An address or a network in CIDR notation."""
    try:
        return Word(ipaddress.ip_network(_text(value)))
    except ValueError:
        raise Unwritable(
            "is neither an address nor a network", "Write one such as 192.0.2.10 or 192.0.2.0/28, host bits zero"
        ) from None


def host(value: object) -> Word:
    """An address as it stands before a port: IPv6 in brackets."""
    text = address(value)
    return Word(f"[{text}]") if ":" in text else text


def folder(value: object) -> Word:
    """An absolute path."""
    return _path(value, "/")


def music_folder(value: object) -> Word:
    """A path, absolute or below Asterisk's data folder."""
    return _path(value, "")


_PATH = re.compile(r"[\w/.](?:[\w ./+@=~:-]*[\w/])?")


def _path(value: object, start: str) -> Word:
    path = _text(value)
    if not (path.startswith(start) and _PATH.fullmatch(path) and len(path.encode()) <= 240 and ".." not in path):
        kind = "an absolute path" if start else "a path"
        raise Unwritable(
            f"is not {kind} that can be written",
            f"Write {kind} of at most 240 bytes: letters, digits, spaces and . _ / + @ = ~ : -, no `..`",
        )
    return Word(path)


_SIP_URI = re.compile(
    r"sips?:(?:[A-Za-z0-9._+-]{1,60}@)?(?:[A-Za-z0-9.-]{1,120}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
    r"(?:;transport=(?:udp|tcp|tls))?"
)


def sip_uri(value: object) -> PjsipText:
    """Where a trunk is dialled."""
    uri = _text(value)
    if not _SIP_URI.fullmatch(uri):
        raise Unwritable("is not a SIP URI that can be dialled", "Write sip:host or sip:host:port")
    return PjsipText(uri.replace(";", r"\;"))


# --- display text --------------------------------------------------------------------------------------------------

# Invisible characters that reorder, hide or join what a person reads; joiners stay, some scripts cannot do without.
_INVISIBLE = set("\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff") | {
    chr(point)
    for first, last in ((0x202A, 0x202E), (0x2066, 0x2069), (0xE0000, 0xE007F))
    for point in range(first, last + 1)
}


def display(value: object) -> str:
    """Display text in NFC without spaces around it: raises Unwritable for what no screen should be given.

    The result is for encoders, not for templates.
    """
    text = unicodedata.normalize("NFC", _text(value)).strip(" ")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _INVISIBLE:
            raise Unwritable(
                f"holds the character U+{ord(character):04X}, which cannot be shown", "Take it out; write plain text"
            )
    if not text:
        raise Unwritable("is empty", "Write a name")
    if len(text.encode()) > NAME_BYTES:
        raise Unwritable(f"is longer than {NAME_BYTES} bytes", "Shorten it")
    return text


# What no escape carries through the parsers behind the file: the nearest harmless sign stands for it.
_CALLER = str.maketrans({'"': "'", "\\": "/", "<": "(", ">": ")", ";": r"\;"})
_MAILBOX = str.maketrans({'"': "'", "\\": "/", "<": "(", ">": ")", "|": "/", ",": " ", ";": r"\;"})


def caller_name(value: object) -> PjsipText:
    """A name between the quotes of `callerid="..." <number>`."""
    return PjsipText(display(value).translate(_CALLER))


def mailbox_name(value: object) -> VoicemailText:
    """The full name of a mailbox."""
    return VoicemailText(display(value).translate(_MAILBOX))


# --- numbers -------------------------------------------------------------------------------------------------------


def seconds(value: object) -> Word:
    """A duration with at most one decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise Unwritable("is not a duration", "Write a number of seconds from 0 to 86400")
    return Word(f"{value:.1f}".removesuffix(".0"))
