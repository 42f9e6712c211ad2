"""From a switch's view to the text of its configuration files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dialplan_templates import names as naming
from dialplan_templates.check import PARKING_SLOTS, problems
from dialplan_templates.environment import environment
from dialplan_templates.errors import Problem, ViewRefused
from dialplan_templates.escaping import LINE_BYTES, Word
from dialplan_templates.manifest import digest_of
from dialplan_templates.names import Names
from dialplan_templates.views import CompanyView, ConferenceView, Mode, Sounds, SwitchView, window

MODULES = """
app_authenticate app_confbridge app_dial app_dtmfstore app_echo app_milliwatt app_mixmonitor app_playback app_queue
app_read app_record app_sayunixtime app_stack app_userevent app_voicemail
bridge_builtin_features bridge_holding bridge_native_rtp bridge_simple bridge_softmix
cdr_csv chan_pjsip
codec_a_mu codec_alaw codec_g722 codec_gsm codec_resample codec_ulaw
format_gsm format_pcm format_sln format_wav
func_callerid func_cdr func_channel func_db func_dialplan func_env func_groupcount func_logic func_strings func_timeout
func_uri
pbx_config
res_agi res_crypto res_format_attr_opus res_manager_devicestate res_musiconhold res_parking res_pjproject res_pjsip
res_pjsip_acl
res_pjsip_authenticator_digest res_pjsip_caller_id res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info
res_pjsip_empty_info res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_header_funcs
res_pjsip_logger res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_nat res_pjsip_outbound_authenticator_digest
res_pjsip_outbound_registration res_pjsip_pubsub res_pjsip_refer res_pjsip_registrar res_pjsip_rfc3326
res_pjsip_sdp_rtp res_pjsip_session
res_rtp_asterisk res_security_log res_sorcery_astdb res_sorcery_config res_sorcery_memory res_speech res_timing_timerfd
"""
"""Modules of an owned Asterisk; res_agi needs res_speech, the rest is used by what is generated here."""

PARTS = (
    "extensions.conf",
    "queues.conf",
    "queuerules.conf",
    "pjsip.conf",
    "voicemail.conf",
    "musiconhold.conf",
    "manager.conf",
)
"""Files that exist in both modes; an included one is named `cordboard_...`."""

WHOLE = (
    *("asterisk.conf", "modules.conf", "logger.conf", "rtp.conf", "indications.conf", "http.conf", "cdr.conf"),
    *("cel.conf", "features.conf", "res_parking.conf", "acl.conf", "ccss.conf", "udptl.conf", "pjproject.conf"),
    *("stasis.conf", "confbridge.conf"),
)
"""Files of an owned Asterisk only. Those with nothing in them are there because Asterisk complains without."""

LONGEST_WALK = 100
"""Prompts that one call may hear of the compiled menus, so that a robot at a `repeat` key does not stay for ever."""

HEARING = "aeap.conf"
"""Where callers are heard; and the modules that this takes."""
HEARING_MODULES = ("app_speech_utils", "res_aeap", "res_http_websocket", "res_speech_aeap")
ENGINE = Word("cordboard")
"""What the engine is called there."""

LONGEST_PIN = 10
"""Digits after which nobody who comes into a conference has to press # or wait."""

_END = Word("cordboard-end-000000000000")
# Stands in a draft for the number of the generation. No encoder lets a control character through: nothing else is it.
_NUMBER = Word("\x01")
_DIALPLAN = "contexts.conf"

_SHARED_QUEUES = """\
; These belong under [general]: without shared_lastcall the longest idle agent is not found across queues.
;   shared_lastcall=yes
;   persistentmembers=no
;   log_membername_as_agent=yes
"""
_PJSIP = """\
; This belongs in your section of type=global: phones then count as reachable seconds after a restart, not a minute.
;   max_initial_qualify_time=3
"""
_MANAGER = """\
; These belong under [general]:
;   timestampevents=yes
;   allowmultiplelogin=yes
;   disabledevents=TestEvent
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything of a generation but its number: rendered once, it gives the files of any."""

    _texts: Mapping[str, str] = field(repr=False)

    def files(self, generation: int) -> dict[str, str]:
        """File name -> text of this generation. Raises ViewRefused when a line got too long."""
        number = str(generation)
        files = {name.replace(_NUMBER, number): _sealed(text, number) for name, text in self._texts.items()}
        dialplan = Names(generation).dialplan_file
        files[dialplan] += _print({"names": Names(generation)}, "marker.conf", digest=Word(digest_of(files)))
        if found := _long_lines(files):
            raise ViewRefused(found)
        return files


def draft(view: SwitchView) -> Draft:
    """All files but for the number of the generation. Raises ViewRefused with every problem at once."""
    if found := problems(view):
        raise ViewRefused(found)
    print_file = partial(_print, _words(view))
    texts = {naming.prefix(view.mode) + name: print_file(name) for name in PARTS}
    for company in view.companies:
        for conference in company.conferences:
            name = Names(_NUMBER).pins(company, conference.id, view.mode)
            texts[name] = print_file("pins.txt", conference=conference)
    if view.mode is Mode.OWNED:
        texts |= {name: print_file(name) for name in (*WHOLE, *([HEARING] if view.network.hearing_port else []))}
    texts[Names(_NUMBER).dialplan_file] = print_file(_DIALPLAN)
    return Draft(texts)


def render(view: SwitchView) -> dict[str, str]:
    """File name -> text of every file of this generation.

    OWNED: a whole `/etc/asterisk` (`asterisk.conf`, `modules.conf`, `extensions.conf`, `contexts-gN.conf`,
    `queues.conf`, `pjsip.conf`, ...). INCLUDED: `contexts-gN.conf` and `cordboard_*.conf` (extensions, queues,
    queuerules, pjsip, voicemail, musiconhold, manager). In both modes `pins-...` for each conference. A file whose
    objects did not change has the same text in the next generation; only the two dialplan files carry its number.
    Raises ViewRefused with every problem at once.
    """
    return draft(view).files(view.generation)


def lines_to_add(view: SwitchView) -> dict[str, str]:
    """INCLUDED mode: file of the existing Asterisk -> the lines that its owner adds at its end, once."""
    folder = environment("extensions.conf").filters["folder"](view.directories.etc)
    notes = {"queues.conf": _SHARED_QUEUES, "manager.conf": _MANAGER, "pjsip.conf": _PJSIP}
    return {name: notes.get(name, "") + f'#include "{folder}/cordboard_{name}"\n' for name in PARTS}


def _words(view: SwitchView) -> dict[str, Any]:
    """What every template may name besides its filters."""
    spoken = {company.id: naming.spoken_languages(company) for company in view.companies}

    def speeches(company: CompanyView, sounds: Sounds) -> tuple[naming.Speech, ...]:
        return naming.speeches(sounds, spoken[company.id], company.language)

    modules = [*MODULES.split(), *([view.opus_module] if view.opus_module else [])]
    modules += HEARING_MODULES if view.network.hearing_port else ()
    return {
        "view": view,
        "names": Names(_NUMBER),
        "generation": _NUMBER,
        "window": window,
        "longest_walk": LONGEST_WALK,
        "slots": PARKING_SLOTS,
        "modules": sorted(modules),
        "engine": ENGINE,
        "longest_pin": LONGEST_PIN,
        "yes_or_no": naming.yes_or_no,
        "has_conferences": any(company.conferences for company in view.companies),
        "calls_back": any(company.outgoing and company.queues for company in view.companies),
        "has_queues": any(company.queues for company in view.companies),
        "has_peers": any(trunk.is_peer for company in view.companies for trunk in company.trunks),
        "falling": naming.falling,
        "speeches": speeches,
        "opening_times": naming.opening_times,
        "calendar": naming.calendar,
        "closed_dates": naming.closed_dates,
        "key_in_event": naming.key_in_event,
        "failures": naming.failures,
        "case_way": naming.case_way,
        "from_announcement": naming.from_announcement,
        "from_here": naming.from_here,
        "to_node": naming.to_node,
        "variable": naming.variable,
        "known": naming.known,
        "holds": naming.holds,
        "urgency": naming.urgency,
        "moment_form": naming.moment_form,
        "reading": naming.reading,
        "end_option": naming.end_option,
        "wrongs": naming.wrongs,
        "blocked_callers": naming.blocked_callers,
        "when_unanswered": naming.when_unanswered,
        "external_place": naming.external_place,
        "external_numbers": naming.external_numbers,
        "trunk_out": naming.trunk_out,
        "dials_out": any(company.outgoing for company in view.companies),
        "doors_outside": naming.doors_outside,
        "filed": naming.filed,
        "lengths_abroad": naming.lengths_abroad(),
        "outside_number": naming.outside_number,
        "permissions_of": naming.permissions_of,
        "ways_out": naming.ways_out,
    }


def _print(words: Mapping[str, Any], name: str, **more: Word | ConferenceView) -> str:
    return environment(name).get_template(f"{name}.j2").render({**words, **more, "end": _END})


def _sealed(text: str, number: str) -> str:
    """The text of one file. Its last object is named after all that stands before it: a file that was cut misses it."""
    text = text.replace(_NUMBER, number)
    seal = hashlib.sha256(text.encode()).hexdigest()[:12]
    return text.replace(_END, f"cordboard-end-{seal}")


def _long_lines(files: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(
            f"{name}:{number}",
            f"the line would have more than {LINE_BYTES} bytes, and Asterisk drops long lines",
            "Write fewer sounds in one prompt",
        )
        for name, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) * 4 > LINE_BYTES and len(line.encode()) > LINE_BYTES  # a character has at most four bytes
    ]
