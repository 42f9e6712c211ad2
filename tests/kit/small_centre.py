"""A small call centre on a plain dialplan that speaks like a generated one: what the manager wing is tried on.

Calls come in by Local channels (`main`: queue acme-sales; `amel`: a person; `forge`, `strange`: hostile values). Agents
are phones, or the extensions of `far-end` by what they do: answers, brief..., quiet..., busy.
"""

from __future__ import annotations

from kit import basis
from kit.switch import Switch

EXTENSIONS = r"""
[general]
[cordboard-barrier]
exten => s,1,Answer()
 same => n,UserEvent(CordboardBarrier,Tag: ${FILTER(A-Za-z0-9\-,${CB_TAG})})
 same => n,Hangup()
[cordboard-in]
exten => main,1,Set(CHANNEL(accountcode)=acme-main)
 same => n,UserEvent(CordboardEntered,Did: main,Company: acme,Generation: 7)
 same => n,Answer()
 same => n,Queue(acme-sales,,,,${IF($["${PATIENCE}" = ""]?60:${PATIENCE})})
 same => n,UserEvent(CordboardQueueLeft,Queue: sales,Status: ${QUEUESTATUS})
 same => n,UserEvent(CordboardOutcome,Outcome: dissuaded,Detail: late)
 same => n,Hangup()
exten => amel,1,Set(CHANNEL(accountcode)=acme-main)
 same => n,UserEvent(CordboardEntered,Did: main,Company: acme,Generation: 7)
 same => n,Dial(PJSIP/acme-amel,20,U(told^amel))
exten => forge,1,UserEvent(X,Body: ${BASE64_DECODE(YQoKRXZlbnQ6IEhhbmd1cApVbmlxdWVpZDog)}${UNIQUEID})
 same => n,Wait(30)
exten => strange,1,Set(CALLERID(name)=${BASE64_DECODE(w6nDqCBcIjsg/yDigK4=)})
 same => n,Wait(30)
[told]
exten => s,1,UserEvent(CordboardAnswered,Person: ${ARG1})
 same => n,Return()
[cordboard-phones-acme]
exten => 604,1,Answer()
 same => n,Wait(30)
[far-end]
exten => answers,1,Answer()
 same => n,Wait(30)
exten => _brief!,1,Answer()
 same => n,Wait(1)
exten => _quiet!,1,Ringing()
 same => n,Wait(30)
exten => busy,1,Busy(1)
"""
QUEUES = """
[general]
shared_lastcall=yes
persistentmembers=no
log_membername_as_agent=yes
[acme-sales]
strategy=leastrecent
timeout=2
retry=1
ringinuse=no
autofill=yes
wrapuptime=1
[acme-billing]
strategy=leastrecent
"""
MANAGER = """
[general]
enabled=yes
webenabled=no
bindaddr={switch.address}
port={switch.ports.ami}
allowmultiplelogin=yes
timestampevents=yes
displayconnects=no
disabledevents=TestEvent
[run]
secret=run-secret
read=call,agent,user
write=call,agent,originate,reporting,user
writetimeout=10000
eventfilter(action(exclude),name(VarSet)) =
eventfilter(action(exclude),name(Newexten)) =
eventfilter(action(exclude),name(DeviceStateChange),header(Device),method(starts_with)) = Queue:
[deploy]
secret=deploy-secret
read=system
write=system,reporting
"""


def files(switch: Switch) -> dict[str, str]:
    """Its configuration, for `basis.files`."""
    phone = basis.phone(switch, "acme-amel", context="cordboard-phones-acme")
    trunk = basis.trunk(switch, "carrier", context="cordboard-in", header=basis.TRUNK_HEADER)
    return {
        "extensions.conf": EXTENSIONS,
        "queues.conf": QUEUES,
        "manager.conf": MANAGER.format(switch=switch),
        "pjsip.conf": basis.PJSIP.format(address=switch.address, ports=switch.ports) + phone + trunk,
        "voicemail.conf": "[general]\nformat=wav\n[acme]\n201 => 4711,Amel Haddad,amel@example.com,,maxmsg=7\n",
    }
