"""The words of a dialplan and of Asterisk itself that tell of nobody: in a masked text these alone stay."""

from __future__ import annotations

_TEXT = """
sip sips tel http https queue menu program application entry ringing conference voicemail mailbox cause late full
empty withdrawn unfinished timeout refused key none default main room outgoing line demo congrats en n in inbound
incoming trunk trunks pstn provider carrier did dids extern external outside public from to internal out agents agent
call calls caller transfer member welcome greeting busy closed hold music beep silence up down ring dialing pre
reserved offhook rsrvd mute unknown invalid not inuse ringinuse unavailable onhold answer answered noanswer cancel
congestion chanunavail dontcall torture abort continue chan unavail joinempty leaveempty joinunavail leaveunavail
withdraw success failed userexit failure fail error yes no start complete completed cancelled goodbye static dynamic
realtime ringall leastrecent fewestcalls random rrmemory rrordered linear wrandom basic base parking bridge simple
native rtp dahdi holding softmix app link local threeway abandon abandoned dissuaded handled forwarded overflowed
transferred parked picked hangup hang normal clearing user alerting rejected number changed temporary interworking
unspecified unallocated destination order unacceptable awarded delivered established channel response status enquiry
circuit network switch equipment requested available capability bearer implemented compatible mandatory information
message type nonexist nonexistent wrong state recovery timer expiration expired protocol facility access discarded
preempted subscribed restricted absent bad lost ie route transit net elements element incompatible unregistered
service option authorized with progress allowed currently resource lunch coffee break pause paused meeting training
admin auto wrapup after work toilet backoffice fully
booted cleanly uncleanly true false
"""

PUBLIC_WORDS = frozenset(_TEXT.split())
