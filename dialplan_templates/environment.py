"""The templates' environment: nothing is printed that an encoder of the file has not passed.

Each syntax has its own environment. Its `finalize` sees every value that a template prints and raises NotEncoded for
all but whole numbers, `Word`s, and the display text of that very syntax; so no template can forget an encoder, or use
another file's. Joining, slicing or formatting encoded values inside a template gives a plain string, which is refused
as well: names are put together in names.py alone.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from dialplan_templates import escaping
from dialplan_templates.errors import NotEncoded
from dialplan_templates.escaping import DialPattern, Encoder, PjsipText, VoicemailText, Word, Written

_WORDS: dict[str, Encoder] = {
    "company_id": escaping.company_id,
    "slug": escaping.slug,
    "node_id": escaping.node_id,
    "way": escaping.way,
    "extension": escaping.extension,
    "e164": escaping.e164,
    "dial_prefix": escaping.dial_prefix,
    "number_prefix": escaping.number_prefix,
    "end_key": escaping.end_key,
    "value": escaping.value,
    "caller_number": escaping.caller_number,
    "language": escaping.language,
    "pin": escaping.pin,
    "pin_digest": escaping.pin_digest,
    "secret": escaping.secret,
    "account_name": escaping.account_name,
    "node_name": escaping.node_name,
    "mail_address": escaping.mail_address,
    "tone_zone": escaping.tone_zone,
    "module_name": escaping.module_name,
    "time_zone": escaping.time_zone,
    "address": escaping.address,
    "network": escaping.network,
    "host": escaping.host,
    "folder": escaping.folder,
    "music_folder": escaping.music_folder,
    "seconds": escaping.seconds,
}

_TEXTS: dict[str, tuple[type[Written], dict[str, Encoder]]] = {
    "pjsip.conf": (
        PjsipText,
        {
            "caller_name": escaping.caller_name,
            "sip_uri": escaping.sip_uri,
            "header_name": escaping.header_name,
            "header_value": escaping.header_value,
        },
    ),
    "voicemail.conf": (VoicemailText, {"mailbox_name": escaping.mailbox_name}),
    "extensions.conf": (DialPattern, {"dial_pattern": escaping.dial_pattern}),
    "contexts.conf": (DialPattern, {"dial_pattern": escaping.dial_pattern}),
}


@cache
def environment(file: str) -> Environment:
    """The environment for templates of one kind of file, named as Asterisk names it: "pjsip.conf"."""
    text, own = _TEXTS.get(file, (Word, {}))
    allowed: tuple[type, ...] = (Word, text)

    def finalize(value: object) -> object:
        # type(), not isinstance(): a bool is an int, and no file has a use for "True".
        if isinstance(value, allowed) or type(value) is int:
            return value
        raise NotEncoded(f"{file}: a {type(value).__name__} was printed that no encoder of this file has passed")

    made = Environment(
        loader=PackageLoader("dialplan_templates", "."),
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=False,  # noqa: S701 - HTML is not written here; finalize is stricter than escaping
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters = {**_WORDS, **own}
    return made
