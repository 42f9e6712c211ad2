"""An Asterisk as somebody wrote it by hand over the years, with parts that a FreePBX made: what adopting begins with.

It has templates and includes, wizards, phones with and without owners, a line that is broken, members who are always
there, several voicemail contexts, trunks told by address and by header, and dialplan that nobody translates.
"""

from __future__ import annotations

from kit import basis
from kit.switch import Switch

AMEL_SECRET = "amel-keeps-this-2019"
BRUNO_SECRET = "0123456789abcdef0123456789abcdef"
ADOPT_USER, ADOPT_SECRET = "adopt", "only-to-read-2026"
POOR_USER = "poor"
"""May not ask of phones; its password is that of the other."""

_PJSIP = """\
#include pjsip.d/*.conf
#include pjsip.endpoint.conf
#include pjsip.auth.conf
#include pjsip.aor.conf
#tryinclude pjsip_custom.conf
[global]
type=global
user_agent=Old
"""

_TRANSPORTS = """\
[transport-udp]
type=transport
protocol=udp
bind={address}:{port}
external_media_address=198.51.100.7
"""

_PHONES = """\
; ---- people, by hand ----
[person](!)
type=endpoint
context=internal
disallow=all
allow=alaw,ulaw
direct_media=no
language=fr
media_address={address}
bind_rtp_to_media_address=yes

[password](!)
type=auth
auth_type=userpass

[registered](!)
type=aor
max_contacts=1
remove_existing=yes

[201](person)
auth=201-auth
aors=201
callerid="Amel Haddad" <201>
mailboxes=201@default
[201-auth](password)
username=201
password=amel-keeps-this-2019
[201](registered)

[gerard](person)
auth=gerard
aors=gerard
callerid=Gérard Œuvrard <202>
language=en
[gerard](password)
username=gerard
password=geheim\\;7 ; with a semicolon, and too short for Cordboard
[gerard](registered)
max_contacts=3

; the same name as somebody else
[203](person)
auth=203
aors=203
callerid="Amel Haddad" <203>
[203](password)
username=203
password=0203020302030203
[203](registered)

; a phone of the hall, nobody's
[210](person)
auth=210
aors=210
callerid=<210>
dtmf_mode=info
[210](password)
username=210
password=hall-phone-2019
[210](registered)

this line is broken
"""

_FREEPBX = """\
[301]
type=endpoint
aors=301
auth=301-auth
tos_audio=ef
disallow=all
allow=ulaw,alaw
context=from-internal
callerid=Bruno Lefèvre <301>
mailboxes=301@default
dtmf_mode=rfc4733
rtp_symmetric=yes
send_connected_line=yes
"""

_FREEPBX_AUTH = """\
[301-auth]
type=auth
auth_type=userpass
password=0123456789abcdef0123456789abcdef
username=301
"""

_FREEPBX_AOR = """\
[301]
type=aor
mailboxes=301@default
max_contacts=1
remove_existing=yes
qualify_frequency=60
"""

_TRUNKS = """\
[carrier]
type=endpoint
context=from-carrier
disallow=all
allow=alaw
aors=carrier
outbound_auth=carrier
[carrier]
type=aor
contact=sip:192.0.2.10:5060
[carrier]
type=auth
auth_type=userpass
username=acme-account
password=carrier-secret-77
[carrier]
type=identify
endpoint=carrier
match=192.0.2.10,192.0.2.32/28
[carrier]
type=registration
outbound_auth=carrier
server_uri=sip:192.0.2.10
client_uri=sip:acme-account@192.0.2.10

[proxy]
type=endpoint
context=from-proxy
disallow=all
allow=alaw
[proxy]
type=identify
endpoint=proxy
match_header=X-Trunk: proxy
"""

_WIZARDS = """\
[wizard-phone](!)
type=wizard
accepts_auth=yes
accepts_registrations=yes
endpoint/context=internal
endpoint/allow=!all,alaw,ulaw

[dora](wizard-phone)
endpoint/callerid=Dora Klein <204>
endpoint/mailboxes=204@sales
inbound_auth/username=dora
inbound_auth/password=dora-has-a-long-one-1
aor/max_contacts=1
has_hint=yes
hint_exten=204
hint_context=internal

[provider2]
type=wizard
sends_auth=yes
sends_registrations=yes
remote_hosts=198.51.100.20
outbound_auth/username=acme2
outbound_auth/password=provider-secret-2
endpoint/context=from-carrier
"""

_QUEUES = """\
[general]
persistentmembers=yes
autofill=yes

[defaults](!)
strategy=rrmemory
timeout=20
wrapuptime=5
musicclass=default

[support](defaults)
announce-frequency=30
announce-position=yes
maxlen=12
member => PJSIP/201,0,Amel Haddad
member => PJSIP/gerard,2
member => Local/301@from-internal/n,7,Bruno Lefèvre,hint:301@ext-local
context=support-exit

[600]
strategy=ringall
timeout=3
joinempty=yes
weight=5
musicclass=jazz
member => PJSIP/210
member => DAHDI/1
"""

_VOICEMAIL = """\
[general]
format=wav49|wav
serveremail=asterisk@acme.example
attach=yes

[zonemessages]
paris=Europe/Paris|'vm-received' q 'digits/at' R

[default]
201 => 4711,Amel Haddad,amel@acme.example,,attach=yes|tz=paris
301 => 98765,Bruno Lefèvre,bruno@acme.example
299 => 12,Everybody,not-an-address

[sales]
204 => -2040,Dora Klein,dora@acme.example,pager@acme.example
201 => 5555,Sales,sales@acme.example
"""

_EXTENSIONS = """\
[general]
static=yes
[globals]
TRUNK=PJSIP/carrier

[internal]
exten => 600,1,Queue(600)
exten => 650,1,Answer()
 same => n,Queue(support,t)
exten => 202,hint,PJSIP/gerard
exten => _2XX,1,Dial(PJSIP/${EXTEN},20)
exten => *97,1,VoiceMailMain()

[from-carrier]
include => numbers
[numbers]
exten => 0123456789,1,Queue(support)
exten => +33123456790,1,Dial(PJSIP/201,20)
exten => 0123456791,1,Goto(ivr,s,1)
exten => _X.,1,Hangup()
[from-proxy]
exten => _X.,1,Goto(numbers,${EXTEN},1)
"""


def own_files(address: str = "192.0.2.1", sip_port: int = 5060) -> dict[str, str]:
    """The files that somebody wrote, for an Asterisk at this address."""
    return {
        "pjsip.conf": _PJSIP,
        "pjsip.d/10-transports.conf": _TRANSPORTS.format(address=address, port=sip_port),
        "pjsip.d/20-phones.conf": _PHONES.format(address=address),
        "pjsip.d/30-trunks.conf": _TRUNKS,
        "pjsip.endpoint.conf": _FREEPBX,
        "pjsip.auth.conf": _FREEPBX_AUTH,
        "pjsip.aor.conf": _FREEPBX_AOR,
        "pjsip_wizard.conf": _WIZARDS,
        "queues.conf": _QUEUES,
        "voicemail.conf": _VOICEMAIL,
        "extensions.conf": _EXTENSIONS,
    }


def files(switch: Switch) -> dict[str, str]:
    """Its whole configuration, for this switch; `ADOPT_USER` may ask just what adopting asks."""
    whole = basis.files(switch)
    return {
        **whole,
        **own_files(switch.address, switch.ports.sip),
        "modules.conf": basis.modules_conf("res_pjsip_config_wizard"),
        "manager.conf": whole["manager.conf"]
        + f"[{ADOPT_USER}]\nsecret={ADOPT_SECRET}\nread=\nwrite=system,reporting\n"
        + f"[{POOR_USER}]\nsecret={ADOPT_SECRET}\nread=\nwrite=reporting\n",
    }
