"""The tables. Every row that belongs to a company carries it; nobody outside this room sees a row.

A table's name is its class's in snake case. Ids of a company's items are the ids of the company file, so that renaming
changes a column and nothing else. Parts of an item that are never asked for alone (the keys of a menu, the sounds of a
prompt) are JSON. History (calls, facts, audit) names things by id without foreign keys: it outlives them.
"""

import re
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from cordboard.store.columns import Moment

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

ID = String(40)
NUMBER = String(40)
NAME = String(200)


class Row(SQLModel):
    """The base of all tables, with its own metadata: nothing of another library slips into ours."""

    model_config = {"defer_build": True}  # rows come from values that are typed: no validator is ever asked for
    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)

    @declared_attr  # type: ignore[arg-type]
    def __tablename__(cls) -> str:  # noqa: N805 (a class attribute, SQLAlchemy hands over the class)
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


def table_of(row: type[Row]) -> Table:
    """The plain table, for statements over many rows at once."""
    return Row.metadata.tables[str(row.__tablename__)]


def _moment(**options: Any) -> Any:
    return Field(sa_column=Column(Moment, nullable=False, **options))


def _moment_or_none(**options: Any) -> Any:
    return Field(default=None, sa_column=Column(Moment, nullable=True, **options))


def _json() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


def _of(column: str, table: str) -> ForeignKeyConstraint:
    """A reference to an item of the same company, checked at the commit: a save may take any order."""
    return ForeignKeyConstraint(
        ["company", column], [f"{table}.company", f"{table}.id"], deferrable=True, initially="DEFERRED"
    )


def _of_company() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["company"], ["company.id"], deferrable=True, initially="DEFERRED")


# ----- the company file


class Company(Row, table=True):
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    language: str = Field(sa_type=ID)
    country: str = Field(sa_type=ID)
    time_zone: str = Field(sa_type=NAME)
    revision: int
    saved_at: datetime = _moment()


class Site(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    outgoing: str | None = Field(default=None, sa_type=ID)


class Skill(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)


class Person(Row, table=True):
    __table_args__ = (_of_company(), _of("site", "site"))
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    extension: str | None = Field(default=None, sa_type=NUMBER)
    email: str = Field(sa_type=String(254))
    site: str | None = Field(default=None, sa_type=ID)
    language: str | None = Field(default=None, sa_type=ID)
    voicemail: bool
    outgoing: str | None = Field(default=None, sa_type=ID)


class PersonSkill(Row, table=True):
    __table_args__ = (_of("person", "person"), _of("skill", "skill"))
    company: str = Field(primary_key=True, sa_type=ID)
    person: str = Field(primary_key=True, sa_type=ID)
    skill: str = Field(primary_key=True, sa_type=ID)
    level: int


class Phone(Row, table=True):
    __table_args__ = (_of_company(), _of("site", "site"))
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    extension: str = Field(sa_type=NUMBER)
    site: str | None = Field(default=None, sa_type=ID)
    language: str | None = Field(default=None, sa_type=ID)
    outgoing: str | None = Field(default=None, sa_type=ID)


class Hours(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    time_zone: str = Field(sa_type=NAME)
    open: list[dict[str, Any]] = _json()
    holidays: str | None = Field(default=None, sa_type=ID)
    closed: list[str] = _json()


class Prompt(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    sounds: dict[str, list[Any]] = _json()
    barge_in: bool = Field(sa_column_kwargs={"server_default": true()})


class Message(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    sounds: dict[str, list[Any]] = _json()
    answers: bool


class VoicemailBox(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    email: str = Field(sa_type=String(254))
    language: str | None = Field(default=None, sa_type=ID)


class Conference(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    number: str | None = Field(default=None, sa_type=NUMBER)
    most_members: int
    wait_for_host: bool
    announce: bool
    muted: bool


class PauseReason(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    names: dict[str, str] = _json()
    kind: str = Field(sa_type=ID)


class Queue(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    number: str | None = Field(default=None, sa_type=NUMBER)
    skills: dict[str, int] = _json()
    relax: list[dict[str, Any]] = _json()
    strategy: str = Field(sa_type=ID, sa_column_kwargs={"server_default": "longest_idle"})
    ring: int
    max_wait: int
    max_waiting: int
    wrap_up: int
    missed_before_pause: int = Field(sa_column_kwargs={"server_default": "1"})
    music: str = Field(sa_type=ID)
    announce_position: bool
    priority: int
    when_full: dict[str, str] = _json()
    when_late: dict[str, str] = _json()
    when_empty: dict[str, str] = _json()


class Menu(Row, table=True):
    __table_args__ = (_of_company(), _of("prompt", "prompt"))
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    prompt: str = Field(sa_type=ID)
    barge_in: bool
    first_digit: float
    inter_digit: float
    speech: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    keys: dict[str, dict[str, str]] = _json()
    no_input: dict[str, Any] = _json()
    wrong_input: dict[str, Any] = _json()


class Step(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    kind: str = Field(sa_type=ID)
    parts: dict[str, Any] = _json()


class Did(Row, table=True):
    """A number belongs to one company of the installation: a call's company follows from it."""

    __table_args__ = (_of_company(), _of("hours", "hours"), _of("site", "site"))
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    number: str = Field(sa_type=NUMBER, unique=True)
    name: str = Field(sa_type=NAME)
    hours: str | None = Field(default=None, sa_type=ID)
    open: dict[str, str] = _json()
    closed: dict[str, str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    site: str | None = Field(default=None, sa_type=ID)
    language: str = Field(sa_type=ID)


class Trunk(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    addresses: list[str] = _json()
    header: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    to: str | None = Field(default=None, sa_type=String(254))
    is_peer: bool = Field(sa_column_kwargs={"server_default": false()})
    shows: str | None = Field(default=None, sa_type=NUMBER)


class Outgoing(Row, table=True):
    """A permission to dial out. Who has it names it without a foreign key: `none` is no permission."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    id: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(sa_type=NAME)
    national: list[str] = _json()
    countries: list[str] = _json()
    world: bool
    prefixes: list[str] = _json()
    never: list[str] = _json()
    most_calls: int
    longest: int


class Dialling(Row, table=True):
    """How the phones of a company dial out: one row of it, or none."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    prefix: str = Field(sa_type=ID)
    trunks: list[str] = _json()
    number: str | None = Field(default=None, sa_type=NUMBER)
    most_calls: int


class BlockedNumber(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    number: str = Field(primary_key=True, sa_type=NUMBER)
    is_prefix: bool = Field(primary_key=True)
    reason: str = Field(sa_type=NAME)
    message: str | None = Field(default=None, sa_type=ID)


class CompanyComment(Row, table=True):
    """What the author of the file noted at an item and in it, by `comment_rows`."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    section: str = Field(primary_key=True, sa_type=ID)
    item: str = Field(primary_key=True, sa_type=NAME)
    comments: list[dict[str, Any]] = _json()


# ----- what is made for a company and never comes from its file


class SipSecret(Row, table=True):
    """The password of an endpoint, made at its first sight, kept while the endpoint exists and some time after."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    endpoint: str = Field(primary_key=True, sa_type=ID)
    secret: str = Field(sa_type=String(128))
    created: datetime = _moment()
    retired: datetime | None = _moment_or_none()


class VoicemailPin(Row, table=True):
    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    box: str = Field(primary_key=True, sa_type=ID)
    pin: str = Field(sa_type=String(16))
    created: datetime = _moment()
    retired: datetime | None = _moment_or_none()


class ConferencePin(Row, table=True):
    """What guests of a conference type."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    conference: str = Field(primary_key=True, sa_type=ID)
    pin: str = Field(sa_type=String(16))
    created: datetime = _moment()
    retired: datetime | None = _moment_or_none()


class ConferenceHostPin(Row, table=True):
    """What its hosts type."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    conference: str = Field(primary_key=True, sa_type=ID)
    pin: str = Field(sa_type=String(16))
    created: datetime = _moment()
    retired: datetime | None = _moment_or_none()


class CompanyRevision(Row, table=True):
    """A company as one save left it: what was touched as kind -> ids, and every row, packed by `revisions`."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    by: str = Field(sa_type=NAME)
    at: datetime = _moment()
    reason: str = Field(sa_type=Text)
    touched: dict[str, list[str]] = _json()
    content: bytes = Field(sa_type=LargeBinary)


class Flow(Row, table=True):
    """Published versions of flow documents. Of those that are not withdrawn calls enter the greatest, unless it waits
    for its moment or is on trial."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(primary_key=True, sa_type=ID)
    version: int = Field(primary_key=True)
    document: dict[str, Any] = _json()
    published_at: datetime = _moment()
    by: str = Field(sa_type=NAME)
    revision: int | None = None
    starts: datetime | None = _moment_or_none()
    share: int | None = None
    did: str | None = Field(default=None, sa_type=ID)
    withdrawn_at: datetime | None = _moment_or_none()
    withdrawn_by: str = Field(sa_type=NAME, sa_column_kwargs={"server_default": text("''")})


class FlowDraft(Row, table=True):
    """The menus that are worked on: one draft a flow."""

    __table_args__ = (_of_company(),)
    company: str = Field(primary_key=True, sa_type=ID)
    name: str = Field(primary_key=True, sa_type=ID)
    text: str = Field(sa_type=Text)
    by: str = Field(sa_type=NAME)
    base: int | None = None
    made_at: datetime = _moment()
    checked_at: datetime | None = _moment_or_none()


class AgentLogin(Row, table=True):
    """Who wants to be logged in: what is put back on a switch that forgot it."""

    __table_args__ = (ForeignKeyConstraint(["company", "person"], ["person.company", "person.id"], ondelete="CASCADE"),)
    company: str = Field(primary_key=True, sa_type=ID)
    person: str = Field(primary_key=True, sa_type=ID)
    node: str = Field(sa_type=NAME, sa_column_kwargs={"server_default": text("''")})
    endpoint: str = Field(sa_type=ID)
    since: datetime = _moment()
    is_paused: bool
    pause_reason: str = Field(sa_type=NAME)
    paused_since: datetime | None = _moment_or_none()
    paused_by: str = Field(sa_type=NAME, sa_column_kwargs={"server_default": text("''")})
    free_since: datetime | None = _moment_or_none()
    next_reason: str = Field(sa_type=ID, sa_column_kwargs={"server_default": text("''")})
    next_by: str = Field(sa_type=NAME, sa_column_kwargs={"server_default": text("''")})
    serving: str = Field(sa_type=ID, sa_column_kwargs={"server_default": text("''")})
    serving_since: datetime | None = _moment_or_none()
    wrap_up_queue: str = Field(sa_type=ID, sa_column_kwargs={"server_default": text("''")})
    wrap_up_since: datetime | None = _moment_or_none()
    wrap_up_until: datetime | None = _moment_or_none()
    missed: int = Field(sa_column_kwargs={"server_default": "0"})


# ----- history


class Call(Row, table=True):
    """One row a received call; `outcome` is null while it is open."""

    __table_args__ = (
        Index(None, "entered"),
        Index(None, "ended"),
        Index(None, "outcome"),
        Index(None, "company", "entered"),
        Index(None, "company", "ended"),
    )
    node: str = Field(primary_key=True, sa_type=NAME)
    uniqueid: str = Field(primary_key=True, sa_type=NAME)
    company: str = Field(sa_type=ID)
    did: str = Field(sa_type=ID)
    caller_number: str = Field(sa_type=NUMBER)
    caller_name: str = Field(sa_type=NAME)
    entered: datetime = _moment()
    generation: int
    queue: str | None = Field(default=None, sa_type=ID)
    agent: str | None = Field(default=None, sa_type=ID)
    waited: float
    talked: float
    held: float
    answered: datetime | None = _moment_or_none()
    ended: datetime | None = _moment_or_none()
    outcome: str | None = Field(default=None, sa_type=ID)
    detail: str = Field(sa_type=Text)
    why: dict[str, Any] = _json()
    is_partial: bool
    conversation: str = Field(sa_type=NAME, sa_column_kwargs={"server_default": text("''")})


class Conversation(Row, table=True):
    """One row a call as people mean it, whoever made it, once it is over. `story` is JSON that the journal packs."""

    __table_args__ = (Index(None, "company", "ended"), Index(None, "node", "started"))
    node: str = Field(primary_key=True, sa_type=NAME)
    uniqueid: str = Field(primary_key=True, sa_type=NAME)
    company: str = Field(sa_type=ID)
    direction: str = Field(sa_type=ID)
    caller_number: str = Field(sa_type=NUMBER)
    caller_name: str = Field(sa_type=NAME)
    dialled: str = Field(sa_type=NUMBER)
    queue: str | None = Field(default=None, sa_type=ID)
    agent: str | None = Field(default=None, sa_type=ID)
    started: datetime = _moment()
    answered: datetime | None = _moment_or_none()
    ended: datetime = _moment()
    outcome: str = Field(sa_type=ID)
    detail: str = Field(sa_type=Text)
    ended_by: str = Field(sa_type=ID)
    waited: float
    rang: float
    talked: float
    held: float
    parked: float
    merged_into: str | None = Field(default=None, sa_type=NAME)
    message_left: bool | None = Field(default=None)
    is_partial: bool
    is_repaired: bool = Field(sa_column_kwargs={"server_default": false()})
    story: str = Field(sa_type=Text)


class CallFact(Row, table=True):
    """What happened to a call, in order; append-only."""

    node: str = Field(primary_key=True, sa_type=NAME)
    uniqueid: str = Field(primary_key=True, sa_type=NAME)
    sequence: int = Field(primary_key=True)
    at: datetime = _moment()
    kind: str = Field(sa_type=ID)
    data: dict[str, str] = _json()


class AgentSpan(Row, table=True):
    """One stretch of an agent's time, once it is over."""

    __table_args__ = (Index(None, "company", "until"),)
    node: str = Field(primary_key=True, sa_type=NAME)
    company: str = Field(primary_key=True, sa_type=ID)
    agent: str = Field(primary_key=True, sa_type=ID)
    since: datetime = _moment(primary_key=True)
    until: datetime = _moment()
    state: str = Field(sa_type=ID)
    reason: str = Field(sa_type=ID)
    queue: str = Field(sa_type=ID)
    call: str = Field(sa_type=NAME)


class Callback(Row, table=True):
    """Who asked to be called back. A number stands in one open request at most."""

    __table_args__ = (
        Index(None, "node", "state"),
        Index(None, "company", "asked"),
        Index(
            "one_open_callback",
            "company",
            "number",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'placed')"),
            postgresql_where=text("state IN ('waiting', 'placed')"),
        ),
    )
    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    company: str = Field(sa_type=ID)
    node: str = Field(sa_type=NAME)
    call: str = Field(sa_type=NAME)
    did: str = Field(sa_type=ID)
    queue: str = Field(sa_type=ID)
    number: str = Field(sa_type=NUMBER)
    language: str = Field(sa_type=ID)
    wants: str = Field(sa_type=Text)
    outgoing: str = Field(sa_type=ID)
    hours: str = Field(sa_type=ID)
    tries: int
    pause: int
    asked: datetime = _moment()
    expires: datetime = _moment()
    state: str = Field(sa_type=ID)
    due: datetime = _moment()
    attempts: int
    placings: int
    placed: datetime | None = _moment_or_none()
    placed_as: str = Field(sa_type=NAME)
    result: str = Field(sa_type=ID)
    ended: datetime | None = _moment_or_none()
    changes: int


class Audit(Row, table=True):
    __table_args__ = (Index(None, "company", "at"),)
    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    at: datetime = _moment()
    company: str | None = Field(default=None, sa_type=ID)
    actor: str = Field(sa_type=NAME)
    action: str = Field(sa_type=NAME)
    object: str = Field(sa_type=NAME)
    detail: str = Field(sa_type=Text)


# ----- access


class Account(Row, table=True):
    name: str = Field(primary_key=True, sa_type=NAME)
    role: str = Field(sa_type=ID)
    password_hash: str = Field(sa_type=NAME)
    must_change: bool
    company: str | None = Field(default=None, sa_type=ID, foreign_key="company.id")
    person: str | None = Field(default=None, sa_type=ID)
    password_since: datetime = _moment()


class Session(Row, table=True):
    """A browser that is signed in, by the hash of its token."""

    token_hash: str = Field(primary_key=True, sa_type=String(64))
    account: str = Field(sa_type=NAME, foreign_key="account.name", ondelete="CASCADE", index=True)
    created: datetime = _moment()
    expires: datetime = _moment()
    address: str = Field(sa_type=NAME)


# ----- other systems


class Notice(Row, table=True):
    """What another system has not taken yet. Without `due` it is given up."""

    company: str = Field(sa_type=ID)
    key: str = Field(primary_key=True, sa_type=NAME)
    node: str = Field(sa_type=String(60))
    source: str = Field(sa_type=ID)
    content: dict[str, str] = _json()
    retries: int
    since: datetime = _moment()
    due: datetime | None = _moment_or_none(index=True)
    reason: str = Field(sa_type=Text)
    tries: int


# ----- switches


class Switch(Row, table=True):
    node: str = Field(primary_key=True, sa_type=NAME)
    run_username: str = Field(sa_type=NAME)
    run_secret: str = Field(sa_type=NAME)
    deploy_username: str = Field(sa_type=NAME)
    deploy_secret: str = Field(sa_type=NAME)


class Tenure(Row, table=True):
    """Which daemon serves a switch, by its own word. It stays when it ends: then it has no holder."""

    node: str = Field(primary_key=True, sa_type=NAME)
    holder: str = Field(sa_type=ID)
    host: str = Field(sa_type=NAME)
    pid: int
    home: str = Field(sa_type=Text)
    since: datetime = _moment()
    beats: int
    kernel: str = Field(sa_type=NAME)
    process: str = Field(sa_type=NAME)
    lock: str = Field(sa_type=NAME)
    left_over: str = Field(sa_type=ID)


class Generation(Row, table=True):
    node: str = Field(primary_key=True, sa_type=NAME)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: str = Field(sa_type=ID)
    revisions: dict[str, int] = _json()
    manifest: dict[str, Any] = _json()
    created: datetime = _moment()
    by: str = Field(sa_type=NAME)
    changed: datetime = _moment()
