"""The company while it is being put together, beside the book of what was read for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

from cordboard.adoption.findings import Ledger
from cordboard.adoption.names import Ids
from cordboard.store.values import Message, Person, Phone, QueueSpec, Skill, Trunk, VoicemailBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What no file of Asterisk says of a company."""

    id: str
    name: str
    language: str
    country: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A phone that has to be told its new user name. `keeps_password`: its password stays."""

    number: str
    name: str
    before: str
    after: str
    keeps_password: bool


@dataclass
class Work:
    """`owners`: Asterisk's endpoint -> id of the person or phone. `numbers`: inside number -> who has it, in words.
    `levels`: person -> skill -> level."""

    head: Head
    keeps_secrets: bool = True
    ledger: Ledger = field(default_factory=Ledger)
    ids: Ids = field(default_factory=Ids)
    people: dict[str, Person] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    voicemails: dict[str, VoicemailBox] = field(default_factory=dict)
    skills: dict[str, Skill] = field(default_factory=dict)
    queues: dict[str, QueueSpec] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    trunks: dict[str, Trunk] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    sip: dict[str, SecretStr] = field(default_factory=dict)
    pins: dict[str, SecretStr] = field(default_factory=dict)
    renamed: list[Renamed] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
