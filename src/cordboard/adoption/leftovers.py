"""What no other part took or told, told at the end: options, dialplan, files, and what Asterisk itself refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cordboard.adoption.conf import Conf, Option, Section
from cordboard.adoption.dialplan import Dialplan
from cordboard.adoption.files import Files
from cordboard.adoption.findings import Kind
from cordboard.adoption.work import Work

_OWN = "Cordboard sets this itself"
_NOTHING = "Nothing to do"

_ENDPOINT = """aggregate_mwi allow bind_rtp_to_media_address codec_prefs_incoming_answer codec_prefs_incoming_offer
codec_prefs_outgoing_answer codec_prefs_outgoing_offer connected_line_method context cos_audio cos_video
device_state_busy_at direct_media direct_media_glare_mitigation direct_media_method disable_direct_media_on_nat
disallow dtmf_mode force_rport ice_support identify_by inband_progress max_audio_streams max_video_streams
media_address moh_suggest mwi_from_user mwi_subscribe_replaces_unsolicited notify_early_inuse_ringing rewrite_contact
rtcp_mux rtp_engine rtp_keepalive rtp_symmetric rtp_timeout rtp_timeout_hold sdp_owner sdp_session send_aoc
send_connected_line send_diversion send_pai send_rpid suppress_q850_reason_headers timers timers_min_se
timers_sess_expires tos_audio tos_video transport trust_connected_line trust_id_inbound trust_id_outbound use_ptime
user_eq_phone"""
_AOR = """default_expiration maximum_expiration minimum_expiration qualify_2xx_only qualify_frequency qualify_timeout
remove_existing remove_unavailable support_path voicemail_extension"""
_AUTH = "nonce_lifetime realm"
_TRANSPORT = """allow_reload async_operations bind cos domain external_media_address external_signaling_address
external_signaling_port local_net protocol symmetric_transport tos"""
_WIZARD = """has_hint hint_application hint_context hint_exten transport contact_pattern"""
_QUEUE = """announce-holdtime announce-position-only-up autofill autopause autopausebusy autopausedelay autopauseunavail
eventmemberstatus eventwhencalled joinempty leavewhenempty log_membername_as_agent log-caller-id-name memberdelay
min-announce-frequency negative_penalty_invalid persistentmembers relative-periodic-announce reportholdtime retry
ringinuse setinterfacevar setqueueentryvar setqueuevar shared_lastcall strict timeoutpriority timeoutrestart
announce-to-first-user updatecdr"""
_VOICEMAIL = """attach format maxmessage maxmsg maxsecs maxsilence minmessage minsecs serveremail silencethreshold
skipms maxlogins tz sendvoicemail"""
_RTP = "rtpstart rtpend"
_OWN_OPTIONS = {
    kind: frozenset(names.split())
    for kind, names in {
        "endpoint": _ENDPOINT,
        "aor": _AOR,
        "auth": _AUTH,
        "transport": _TRANSPORT,
        "wizard": _WIZARD,
        "queue": _QUEUE,
        "voicemail": _VOICEMAIL,
        "rtp": _RTP,
    }.items()
}
_ABOUT = {
    "endpoint": "phones and trunks (endpoint)",
    "aor": "phones and trunks (aor)",
    "auth": "accounts (auth)",
    "identify": "trunks (identify)",
    "registration": "trunks (registration)",
    "transport": "SIP transports",
    "global": "SIP in general",
    "system": "SIP in general",
    "wizard": "phones and trunks (wizard)",
    "queue": "queues",
    "voicemail": "voicemail",
    "rtp": "RTP",
}
_LOST: Mapping[tuple[str, str], str] = {
    ("queue", "weight"): 'It set one queue before another; callers of one queue have "priority"',
    ("queue", "context"): "Callers could leave the queue by a key: Cordboard's cannot",
    ("queue", "announce"): "What an agent heard before the caller is not played",
    ("queue", "periodic-announce"): "What callers heard now and then is not played",
    ("queue", "defaultrule"): 'Rules about penalties: see "relax" in the company file',
    ("queue", "monitor-format"): "Calls of the queue were recorded: they are not",
    ("queue", "servicelevel"): "The figures have a service level of their own",
    ("endpoint", "outbound_auth"): "Cordboard signs on nowhere",
    ("endpoint", "call_group"): "Calls cannot be picked up by group",
    ("endpoint", "pickup_group"): "Calls cannot be picked up by group",
    ("endpoint", "media_encryption"): "Sound is not encrypted: put phones and Asterisk on a network that you trust",
    ("endpoint", "webrtc"): "Browsers cannot be phones",
    ("endpoint", "set_var"): "The dialplan that looked at this variable is not translated",
    ("endpoint", "deny"): "Addresses of phones are not restricted: do it in the firewall",
    ("endpoint", "permit"): "Addresses of phones are not restricted: do it in the firewall",
    ("endpoint", "acl"): "Addresses of phones are not restricted: do it in the firewall",
    ("voicemail", "passwordlocation"): "PINs that people changed are in the spool folder; those of the file were taken",
    ("auth", "md5_cred"): "A password that only a hash is known of cannot stay",
}
_FILES: Mapping[str, tuple[Kind, str]] = {
    "sip.conf": (Kind.LOST, "phones of chan_sip, which Asterisk 21 and newer no longer have: move them to pjsip first"),
    "sip_additional.conf": (Kind.LOST, "phones of chan_sip: move them to pjsip first"),
    "iax.conf": (Kind.LOST, "IAX phones and trunks: Cordboard speaks SIP"),
    "chan_dahdi.conf": (Kind.LOST, "telephone cards: put a SIP gateway before them"),
    "users.conf": (Kind.LOST, "users of the old kind: move them to pjsip first"),
    "agents.conf": (Kind.LOST, "agents of the old kind: people log in by the live page or the command line"),
    "queuerules.conf": (Kind.LOST, 'rules about penalties: see "relax" in the company file'),
    "queue_rules.conf": (Kind.LOST, 'rules about penalties: see "relax" in the company file'),
    "confbridge.conf": (Kind.LOST, 'conference rooms: see "conferences" in the company file'),
    "followme.conf": (Kind.LOST, "ways to follow people"),
    "res_parking.conf": (Kind.LOST, "parking of calls"),
    "features.conf": (Kind.LOST, "keys during a call"),
    "musiconhold.conf": (Kind.LOST, "music classes: Cordboard has one"),
    "extensions.ael": (Kind.LOST, "dialplan in AEL"),
    "extensions.lua": (Kind.LOST, "dialplan in Lua"),
    "pjsip_notify.conf": (Kind.LOST, "what phones can be told"),
}
_UNREAD = "is left as it is: Cordboard writes its own, or includes what it needs"


def tell_leftovers(work: Work, files: Files, dialplan: Dialplan) -> None:
    """Close the book."""
    for conf in files.all:
        for fault in conf.faults:
            work.ledger.tell(Kind.BROKEN, conf.name, fault.what, fault.cure, fault.place)
    _tell_realtime(work, files)
    _tell_dialplan(work, files.extensions, dialplan)
    _tell_options(work, files.pjsip, _sip_kind)
    _tell_options(work, files.wizards, lambda _: "wizard")
    _tell_options(work, files.queues, lambda _: "queue")
    _tell_options(work, files.voicemail, lambda _: "voicemail")
    _tell_options(work, files.rtp, lambda _: "rtp")
    for name in files.others:
        _tell_file(work, name)


def _sip_kind(section: Section) -> str:
    kind = section.last("type")
    return kind.value.lower() if kind else "endpoint" if section.is_template else "section"


def _tell_options(work: Work, conf: Conf, kind_of: Callable[[Section], str]) -> None:
    """Every option that is still open, those of one kind and name together."""
    own: dict[str, list[Option]] = {}
    lost: dict[tuple[str, str], list[Option]] = {}
    for section in conf.sections:
        kind = kind_of(section)
        for option in section.options:
            if not any(work.ledger.is_open(place) for place in option.places):
                continue
            part, slash, bare = option.name.lower().partition("/")
            of, name = (part, bare) if slash and kind == "wizard" else (kind, option.name.lower())
            if kind in ("global", "system") or name in _OWN_OPTIONS.get(of, ()):
                own.setdefault(of, []).append(option)
            else:
                lost.setdefault((of, name), []).append(option)
    for of, options in own.items():
        names = ", ".join(sorted({option.name for option in options}))
        work.ledger.tell(Kind.REPLACED, _ABOUT.get(of, of), f"{names}: {_OWN}", _NOTHING, *options)
    for (of, name), options in lost.items():
        where = _open_ones(work, options)
        if where:
            cure = _LOST.get((of, name), "Look whether it matters")
            work.ledger.tell(Kind.LOST, _ABOUT.get(of, of), f"{name} is not carried over", cure, *where)


def _open_ones(work: Work, options: Iterable[Option]) -> list[Option]:
    return [option for option in options if any(work.ledger.is_open(place) for place in option.places)]


def _tell_realtime(work: Work, files: Files) -> None:
    """Objects that come from a database are in no file."""
    for conf in (files.extconfig, files.sorcery):
        for section in conf.sections:
            if not section.is_template and section.options:
                what = "parts of the configuration come from a database, which only a running Asterisk can tell of"
                work.ledger.tell(Kind.DECIDE, conf.name, what, "Adopt with --ami-host too", section, *section.options)


def _tell_dialplan(work: Work, conf: Conf, dialplan: Dialplan) -> None:
    sections: dict[str, list[Section]] = {}
    for section in conf.sections:
        sections.setdefault(section.name, []).append(section)
    for name, parts in sections.items():
        options = [option for section in parts for option in section.options]
        what = "is not translated: menus, hours and ways of calls are written in the company file"
        if name not in dialplan.contexts:
            what = "is not carried over"
        cure = "See menus, hours and dids in the guide to the company file"
        work.ledger.tell(Kind.LOST, f"dialplan [{name}]", what, cure, *parts, *options)


def _tell_file(work: Work, name: str) -> None:
    from_table = _FILES.get(name)
    kind, what = from_table or (Kind.REPLACED, _UNREAD)
    words = f"was not read: {what}" if from_table else what
    work.ledger.tell(kind, f"file {name}", words, "Look whether you need it" if from_table else _NOTHING)
