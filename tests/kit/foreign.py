"""An Asterisk that Cordboard did not configure: queues, transfers, parking, pick-up, spying, conferences as others
write them. Nothing in it speaks of Cordboard but the probe's context.

Callers come in by the trunk and dial 01 (queue support, then a mailbox), 02 (an empty queue), 03 (queue first, then
support), 04 (ag1, then ag2), 05 (ag1 and ag2 together), 06 (a queue whose member is a Local channel), 07 (a menu), 08
(congestion), 09 (recorded, queue support), 10 (a mailbox), 11 (as 06, but nobody says whose phone it leads to). Phones:
ag1 to ag3, sup.
"""

from __future__ import annotations

from kit import basis
from kit.switch import Switch

PHONES = ("ag1", "ag2", "ag3", "sup")
EXTENSIONS = """
[general]
[cordboard-barrier]
exten => s,1,Answer()
 same => n,UserEvent(CordboardBarrier,Tag: ${FILTER(A-Za-z0-9\\-,${CB_TAG})})
 same => n,Hangup()
[trunk]
exten => 01,1,Answer()
 same => n,Queue(support,tT,,,15)
 same => n,VoiceMail(1000@default,us)
 same => n,Hangup()
exten => 02,1,Queue(empty,,,,8)
 same => n,Busy(2)
exten => 03,1,Answer()
 same => n,Queue(first,tT,,,2)
 same => n,Queue(support,tT,,,15)
 same => n,Hangup()
exten => 04,1,Dial(PJSIP/ag1,2)
 same => n,Dial(PJSIP/ag2,20,tT)
exten => 05,1,Dial(PJSIP/ag1&PJSIP/ag2,20,tT)
exten => 06,1,Answer()
 same => n,Queue(locals,tT,,,15)
exten => 07,1,Answer()
 same => n,BackGround(demo-congrats)
 same => n,WaitExten(5)
exten => 08,1,Congestion(2)
exten => 09,1,Answer()
 same => n,MixMonitor(${UNIQUEID}.wav)
 same => n,Queue(support,tTxX,,,15)
exten => 10,1,Answer()
 same => n,VoiceMail(1000@default,s)
 same => n,Hangup()
exten => 11,1,Answer()
 same => n,Queue(nameless,tT,,,15)
[phones]
exten => _ag[1-3],1,Dial(PJSIP/${EXTEN},20,tT)
exten => 555,1,Queue(support,tT,,,15)
exten => 700,1,Park()
exten => _70[1-5],1,ParkedCall(default,${EXTEN})
exten => 600,1,Answer()
 same => n,ConfBridge(room,room_bridge,room_user)
exten => *8,1,Pickup()
exten => spy,1,ChanSpy(PJSIP/ag1,qB)
[locals]
exten => _ag[1-3],1,Dial(PJSIP/${EXTEN},20)
"""
QUEUES = """
[general]
persistentmembers=no
log_membername_as_agent=yes
[support]
strategy=linear
timeout=3
retry=1
ringinuse=no
member => PJSIP/ag1,0,Agent One
member => PJSIP/ag2,0,Agent Two
[first]
timeout=2
retry=1
[empty]
joinempty=no
[locals]
timeout=5
member => Local/ag3@locals,0,Agent Three,PJSIP/ag3
[nameless]
timeout=5
member => Local/ag2@locals/n,0,Agent Nameless
"""
CONFERENCES = """
[general]
[room_bridge]
type=bridge
[room_user]
type=user
quiet=yes
"""


def files(switch: Switch) -> dict[str, str]:
    """Its configuration, for `basis.files`."""
    groups = "send_pai=yes\ncall_group=1\npickup_group=1"
    phones = "".join(basis.phone(switch, name).replace("send_pai=yes", groups) for name in PHONES)
    trunk = basis.trunk(switch, "carrier", header=basis.TRUNK_HEADER)
    return {
        "extensions.conf": EXTENSIONS,
        "queues.conf": QUEUES,
        "voicemail.conf": "[general]\nformat=wav\nminsecs=2\n[default]\n1000 => 1,Box\n",
        "features.conf": "[general]\ntransferdigittimeout=3\n[featuremap]\nblindxfer=##\natxfer=*2\n",
        "res_parking.conf": "[general]\n[default]\nparkext=700\nparkpos=701-705\ncontext=parkedcalls\n",
        "confbridge.conf": CONFERENCES,
        "pjsip.conf": basis.PJSIP.format(address=switch.address, ports=switch.ports) + phones + trunk,
        "manager.conf": (
            f"[general]\nenabled=yes\nwebenabled=no\nbindaddr={switch.address}\nport={switch.ports.ami}\n"
            "allowmultiplelogin=yes\ntimestampevents=yes\ndisabledevents=TestEvent\n"
            f"[{basis.AMI_USER}]\nsecret={basis.AMI_SECRET}\nread=all\nwrite=all\nwritetimeout=10000\n"
        ),
    }
