"""What is kept beside the company: calls and their facts, menus by version, log-ins, accounts, sessions, audit,
generations, switches.

Frozen values as the queries take and return them. Moments are aware UTC datetimes, durations float seconds. Secrets
are `SecretStr`: they show in no repr and are read with `get_secret_value()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The state of a company after a save: its number goes up by one with each save that changed something."""

    company: str
    number: int
    has_changed: bool
    added: int = 0
    changed: int = 0
    removed: int = 0
    comments: tuple[str, ...] = ()
    """What the comments that differed are about: `menus.main`, `menus`; "" is the file. They are not counted."""
    is_commented_alone: bool = False
    """Did comments differ and nothing else?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Something that a save added, changed or removed. `kind` is `company` (the company itself) or one of what the
    sections of the company file list: site skill person phone hours prompt message voicemail conference queue menu step
    did trunk blocked; or `comment`, whose id is `section.item`. A change of a person's skills touches the person; the
    id of a `blocked` prefix is the number and `...`."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionEntry:
    """Who saved a company, when, why, and what differed from the revision before."""

    company: str
    number: int
    by: str
    at: datetime
    reason: str
    touched: tuple[Touched, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySecrets:
    """SIP passwords by the id of the person or phone, voicemail PINs by the id of the person or shared box, PINs of the
    guests and of the hosts of conferences by the id of the conference."""

    sip: Mapping[str, SecretStr] = field(default_factory=dict)
    pins: Mapping[str, SecretStr] = field(default_factory=dict)
    conferences: Mapping[str, SecretStr] = field(default_factory=dict)
    hosts: Mapping[str, SecretStr] = field(default_factory=dict)

    def sorts(self) -> dict[str, Mapping[str, SecretStr]]:
        """Each of these by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyEntry:
    id: str
    name: str
    revision: int
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One published version of a company's flow, without its document.

    Calls enter it from `starts` on (None: since it was published), on trial only those of one DID (its id) or `share`
    percent of all, and none since it was withdrawn. `revision`: of the company whose menus it was made of; None: that
    is not known."""

    company: str
    name: str
    version: int
    by: str
    published_at: datetime
    revision: int | None = None
    starts: datetime | None = None
    share: int | None = None
    did: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""

    @property
    def is_on_trial(self) -> bool:
        """Do only some of the calls enter it?"""
        return self.share is not None or self.did is not None

    def is_due(self, at: datetime) -> bool:
        """Has the moment come from which calls enter it?"""
        return self.starts is None or self.starts <= at

    def is_settled(self, at: datetime) -> bool:
        """Does every call enter it that enters no newer one?"""
        return self.is_due(at) and not self.is_on_trial

    def takes(self, at: datetime, did: str, call: str) -> bool:
        """Does a call to this DID enter it? Of one `call` (its id) the answer is always the same."""
        if self.share is not None:
            return self.is_due(at) and self._place(call) < self.share
        return self.is_due(at) and self.did in (None, did)

    def _place(self, call: str) -> int:
        """Where of a hundred places a call stands: evenly, and otherwise for each version."""
        text = f"{self.company} {self.name} {self.version} {call}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) % 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowVersion(Publication):
    """One published version of a company's flow document."""

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDraft:
    """Menus that no call enters yet: a company file, or the sections of menus alone, as one text without secrets.
    `base`: the newest version when it was made; the version that was made of it, once it is published. `checked_at`:
    when the checker and its tests found nothing against it, if they did."""

    company: str
    name: str
    text: str
    by: str
    base: int | None
    made_at: datetime
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One received call. `outcome` is None while the call is open. Ids of queue, agent, DID are company ids, not
    switch names; they outlive what they name. `conversation`: the uniqueid of the call as people mean it of which it is
    a part, mostly its own; "" if nobody saw it."""

    node: str
    uniqueid: str
    company: str
    did: str
    caller_number: str
    caller_name: str
    entered: datetime
    generation: int = 0
    queue: str | None = None
    agent: str | None = None
    waited: float = 0.0
    talked: float = 0.0
    held: float = 0.0
    answered: datetime | None = None
    ended: datetime | None = None
    outcome: str | None = None
    detail: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)
    is_partial: bool = False
    conversation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """One call as people mean it, inbound, outbound or internal, that is over. `company` is "" where nothing in it
    tells whose it is. `merged_into`: the uniqueid of the one as part of which it went on. `story` is JSON of the
    journal's: its parties, queues and steps; "" in lists. `message_left`: in a mailbox; None if it came to none.
    `is_repaired`: nobody followed it to its end; if not at all, Asterisk's own records tell of it."""

    node: str
    uniqueid: str
    company: str
    direction: str
    caller_number: str
    caller_name: str
    dialled: str
    queue: str | None
    agent: str | None
    started: datetime
    answered: datetime | None
    ended: datetime
    outcome: str
    detail: str
    ended_by: str
    waited: float
    rang: float
    talked: float
    held: float
    parked: float
    merged_into: str | None
    message_left: bool | None = None
    is_partial: bool
    is_repaired: bool = False
    story: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecord:
    """Something that happened to a call. `sequence` counts from 0 within the call; a fact is written once."""

    node: str
    uniqueid: str
    sequence: int
    at: datetime
    kind: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpan:
    """What an agent (his id) did from when to when. `state` and `reason` are those of the live state. `queue` (its id)
    and `call` (a received call's uniqueid): what an inbound call was, or what a wrap-up is about; else ""."""

    node: str
    company: str
    agent: str
    since: datetime
    until: datetime
    state: str
    reason: str = ""
    queue: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTalks:
    """What an agent talked: in how many handled calls, and the seconds of all of them."""

    agent: str
    calls: int
    talked: float
    held: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLogin:
    """A person who wants to be logged in on the switch `node`, on the phone `endpoint` (an id of a person or phone).

    `free_since`: since when he may take calls, where nothing below keeps him from it. `next_reason`: the pause that
    follows the call, or the wrap-up, that he is in; `next_by` is who asked for it. `serving`: the queue (its id) whose
    call he was given last, until the end of that call was seen. `wrap_up_queue` and its times are there while he wraps
    up. `missed`: unanswered offers in a row."""

    company: str
    person: str
    node: str
    endpoint: str
    since: datetime
    is_paused: bool = False
    pause_reason: str = ""
    paused_since: datetime | None = None
    paused_by: str = ""
    free_since: datetime | None = None
    next_reason: str = ""
    next_by: str = ""
    serving: str = ""
    serving_since: datetime | None = None
    wrap_up_queue: str = ""
    wrap_up_since: datetime | None = None
    wrap_up_until: datetime | None = None
    missed: int = 0


class Role(StrEnum):
    """What an account may do, from least to most."""

    WATCHER = "watcher"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A web sign-in. `company` None: all companies. `person`: whom an agent's account stands for."""

    name: str
    role: Role
    password_hash: str = field(repr=False)
    must_change: bool = False
    company: str | None = None
    person: str | None = None
    password_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A browser's session, found by the hash of its token; the token itself is kept nowhere."""

    token_hash: str = field(repr=False)
    account: str
    created: datetime
    expires: datetime
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what, to what."""

    at: datetime
    actor: str
    action: str
    object: str
    detail: str = ""
    company: str | None = None


class GenerationState(StrEnum):
    """The life of a generation: written -> applied -> confirmed -> replaced; or failed, its predecessor put back."""

    WRITTEN = "written"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generated configuration of a switch. `revisions`: company id -> revision it was generated from."""

    node: str
    number: int
    state: GenerationState
    revisions: Mapping[str, int]
    manifest: Mapping[str, Any] = field(repr=False)
    created: datetime
    by: str
    changed: datetime
    """When it came to its state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSecrets:
    """The passwords of a switch's two manager accounts."""

    run: SecretStr
    deploy: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """An Asterisk and its two manager accounts, one with least rights for running, one for deploying. Where it is
    reached is a setting."""

    node: str
    run_username: str
    run_secret: SecretStr
    deploy_username: str
    deploy_secret: SecretStr
