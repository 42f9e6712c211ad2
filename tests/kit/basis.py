"""The plain configuration under a test switch, so that a test writes only the file it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kit.switch import Switch

AMI_USER = "test"
AMI_SECRET = "test-secret"
TRUNK_HEADER = "X-Trunk: carrier"

MODULES = """
app_attended_transfer app_blind_transfer app_cdr app_chanspy app_confbridge app_db app_dial app_dtmfstore app_echo
app_exec app_if app_milliwatt app_mixmonitor app_originate app_page app_playback app_playtones app_queue app_read
app_record app_sayunixtime app_senddtmf app_stack app_system app_transfer app_userevent app_verbose app_voicemail
app_waitforsilence app_while
bridge_builtin_features bridge_builtin_interval_features bridge_holding bridge_native_rtp bridge_simple bridge_softmix
cdr_csv
cel_manager
chan_pjsip
codec_a_mu codec_alaw codec_g722 codec_gsm codec_resample codec_ulaw
format_gsm format_pcm format_sln format_wav
func_base64 func_blacklist func_callerid func_cdr func_channel func_cut func_db func_devstate func_dialplan func_env
func_export func_extstate func_global func_groupcount func_hangupcause func_jitterbuffer func_lock func_logic
func_math func_module func_periodic_hook func_pjsip_aor func_pjsip_contact func_pjsip_endpoint func_presencestate
func_rand func_shell func_sprintf func_strings func_talkdetect func_timeout func_uri func_uuid func_version
func_vmcount func_volume
pbx_config
res_agi res_clioriginate res_crypto res_format_attr_opus res_geolocation res_http_websocket res_manager_devicestate
res_manager_presencestate res_musiconhold res_mutestream res_parking res_pjproject res_pjsip res_pjsip_acl
res_pjsip_authenticator_digest res_pjsip_caller_id res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info
res_pjsip_empty_info res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_exten_state
res_pjsip_header_funcs res_pjsip_logger res_pjsip_maintenance res_pjsip_messaging res_pjsip_mwi
res_pjsip_mwi_body_generator res_pjsip_nat res_pjsip_notify res_pjsip_one_touch_record_info
res_pjsip_outbound_authenticator_digest res_pjsip_outbound_publish res_pjsip_outbound_registration res_pjsip_path
res_pjsip_pidf_body_generator res_pjsip_pubsub res_pjsip_refer res_pjsip_registrar res_pjsip_rfc3326 res_pjsip_sdp_rtp
res_pjsip_session res_pjsip_transport_websocket res_rtp_asterisk res_security_log res_sorcery_astdb res_sorcery_config
res_sorcery_memory res_speech res_srtp res_stasis res_stasis_device_state res_timing_timerfd res_tonedetect
"""

LOGGER = """\
[general]
[logfiles]
full => notice,warning,error,verbose,dtmf
"""

INDICATIONS = """\
[general]
country=fr
[fr]
description=France
ringcadence=1500,3500
dial=440
busy=440/500,0/500
ring=440/1500,0/3500
congestion=440/250,0/250
"""

PJSIP = """\
[global]
type=global
user_agent=test-switch
[udp]
type=transport
protocol=udp
bind={address}:{ports.sip}
[tcp]
type=transport
protocol=tcp
bind={address}:{ports.sip}
"""

PHONE = """
[{name}]
type=endpoint
context={context}
disallow=all
allow=ulaw,alaw
auth={name}
aors={name}
callerid="{name}" <{name}>
direct_media=no
media_address={address}
bind_rtp_to_media_address=yes
rtp_symmetric=yes
force_rport=yes
rewrite_contact=yes
dtmf_mode={dtmf_mode}
send_pai=yes
[{name}]
type=auth
auth_type=userpass
username={name}
password={name}-secret
[{name}]
type=aor
max_contacts=1
remove_existing=yes
"""

TRUNK = """
[{name}]
type=endpoint
context={context}
disallow=all
allow=ulaw,alaw
direct_media=no
media_address={address}
bind_rtp_to_media_address=yes
rtp_symmetric=yes
trust_id_inbound=yes
dtmf_mode=rfc4733
[{name}]
type=identify
endpoint={name}
{match}
"""


def modules_conf(*more: str) -> str:
    """modules.conf with only what tests use: Asterisk boots on it several times faster than with autoload."""
    names = [*MODULES.split(), *more]
    return "\n".join(["[modules]", "autoload=no", *(f"load={name}.so" for name in names), ""])


def phone(switch: Switch, name: str, *, context: str = "phones", dtmf_mode: str = "rfc4733") -> str:
    """pjsip.conf text of a phone that registers as `name` with the password NAME-secret."""
    return PHONE.format(name=name, address=switch.address, context=context, dtmf_mode=dtmf_mode)


def trunk(switch: Switch, name: str, *, context: str = "trunk", header: str = "", source: str = "") -> str:
    """pjsip.conf text of a trunk told by a SIP header ("X-Trunk: carrier") or by the caller's source address."""
    match = f"match_header={header}" if header else f"match={source}"
    return TRUNK.format(name=name, address=switch.address, context=context, match=match)


def files(
    switch: Switch, own: Mapping[str, str] | None = None, *, phones: Sequence[str] = (), dtmf_mode: str = "rfc4733"
) -> dict[str, str]:
    """A whole configuration for `switch`: `own` files (name -> text) replace those of the basis.

    The basis: SIP over UDP and TCP, `phones` that may register (see `phone`), a trunk "carrier" whose calls carry the
    header "X-Trunk: carrier" and enter the context `trunk`, AMI with one all-rights user, RTP, music, logger, CSV call
    records. A pjsip.conf of `own` that brings no transport is put after that of the basis.
    """
    ports = switch.ports
    basis = {
        "modules.conf": modules_conf(),
        "logger.conf": LOGGER,
        "indications.conf": INDICATIONS,
        "pjsip.conf": PJSIP.format(address=switch.address, ports=ports)
        + "".join(phone(switch, name, dtmf_mode=dtmf_mode) for name in phones)
        + trunk(switch, "carrier", header=TRUNK_HEADER),
        "rtp.conf": f"[general]\nrtpstart={ports.rtp_first}\nrtpend={ports.rtp_last}\n",
        "manager.conf": (
            f"[general]\nenabled=yes\nwebenabled=no\nbindaddr={switch.address}\nport={ports.ami}\n"
            "allowmultiplelogin=yes\ndisabledevents=TestEvent\n"
            f"[{AMI_USER}]\nsecret={AMI_SECRET}\nread=all\nwrite=all\nwritetimeout=10000\n"
        ),
        "http.conf": "[general]\nenabled=no\n",
        "musiconhold.conf": "[default]\nmode=files\ndirectory=moh\n",
        "extensions.conf": "[general]\n[phones]\n",
        "queues.conf": "[general]\n",
        "queuerules.conf": "[general]\n",
        "voicemail.conf": "[general]\nformat=wav\n",
        "features.conf": "[general]\n",
        "res_parking.conf": "[general]\n",
        "confbridge.conf": "[general]\n",
        "cdr.conf": "[general]\nenable=yes\n[csv]\nusegmtime=yes\nloguniqueid=yes\nloguserfield=yes\n",
        "cel.conf": "[general]\nenable=no\n",
        "ccss.conf": "[general]\n",
        "udptl.conf": "[general]\n",
        **dict.fromkeys(["acl.conf", "geolocation.conf", "pjproject.conf", "pjsip_notify.conf", "stasis.conf"], ""),
    }
    own = dict(own or {})
    if "pjsip.conf" in own and "type=transport" not in own["pjsip.conf"]:
        own["pjsip.conf"] = basis["pjsip.conf"] + own["pjsip.conf"]
    return {**basis, **own}
