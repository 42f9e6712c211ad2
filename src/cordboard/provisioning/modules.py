"""Which module reads which file, what a reload of it takes over, and in which order they are reloaded."""

from __future__ import annotations

from collections.abc import Iterable

DIALPLAN = "pbx_config"
QUEUES = "app_queue"
SIP = "res_pjsip"
VOICEMAIL = "app_voicemail"
MUSIC = "res_musiconhold"
PARKING = "res_parking"
HEARING = "res_aeap"
FOR_CONFERENCES = ("app_authenticate", "app_confbridge")
"""Modules that the dialplan of a company with conferences is of no use without."""
RESTART = "restart"
"""Stands where only a restart of Asterisk takes a file over."""

# By the file's name without `cordboard_` and `.conf`. What is not here is read at the start alone.
MODULES = {
    "extensions": DIALPLAN,
    "contexts": DIALPLAN,
    "queues": QUEUES,
    "queuerules": QUEUES,
    "pjsip": SIP,
    "voicemail": VOICEMAIL,
    "musiconhold": MUSIC,
    "manager": "manager",
    "logger": "logger",
    "rtp": "res_rtp_asterisk",
    "http": "http",
    "features": "features",
    "cdr": "cdr",
    "cdr_custom": "cdr_custom",
    "cel": "cel",
    "indications": "indications",
    "udptl": "udptl",
    "acl": "acl",
    "pjproject": "res_pjproject",
    "res_parking": PARKING,
    "aeap": HEARING,
}

# What the dialplan leads to comes first: when the new dialplan is taken over, the queues and phones it names are there.
LAST = (QUEUES, DIALPLAN)

# What a change of a thing's description means for Asterisk.
TOUCHED = {
    "company": (DIALPLAN, SIP, VOICEMAIL),
    "phone": (SIP, VOICEMAIL, DIALPLAN),
    "trunk": (SIP, DIALPLAN),
    "queue": (QUEUES, DIALPLAN),
    "relaxation": (QUEUES, DIALPLAN),
    "voicemail box": (VOICEMAIL, DIALPLAN),
    "conference": (DIALPLAN,),
    "manager account": ("manager",),
    "DID": (DIALPLAN,),
    "menu": (DIALPLAN,),
    "step": (DIALPLAN,),
    "opening": (DIALPLAN,),
    "announcement": (DIALPLAN,),
    "hours": (DIALPLAN,),
    "prompt": (DIALPLAN,),
    "message": (DIALPLAN,),
    "blocked caller": (DIALPLAN,),
    "outgoing permission": (DIALPLAN,),
    "dialling out": (DIALPLAN,),
    "switch": (SIP, "res_rtp_asterisk", "manager", DIALPLAN, RESTART),
}


def module_of(file: str) -> str:
    """The module that reads a generated file, or RESTART."""
    stem = file.removesuffix(".conf").removeprefix("cordboard_")
    if stem.startswith(("contexts-g", "pins-")):  # PINs are read when they are asked for, by the dialplan
        return DIALPLAN
    return MODULES.get(stem, RESTART)


def in_order(modules: Iterable[str]) -> tuple[str, ...]:
    """The modules in the order of their reload. RESTART is left out, and so is what no module reads ("")."""
    wanted = set(modules) - {RESTART, ""}
    return (*sorted(wanted - set(LAST)), *(module for module in LAST if module in wanted))
