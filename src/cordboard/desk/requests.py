"""A request about a person, and the named checks that it must pass before anything is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from cordboard.desk.memberships import queues_of
from cordboard.desk.results import Refused
from cordboard.store.agents import find_login_on, keep_login
from cordboard.store.audit import record_audit
from cordboard.store.engine import Session
from cordboard.store.records import AgentLogin, AuditEntry
from cordboard.store.values import Company, PauseKind, Person

REASON = re.compile(r"[a-z][a-z0-9-]{0,39}")
BECAUSE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,200}")
"""What a supervisor says about a state that he forces: one line."""

NOT_HIS_PHONE = "not_his_phone"


class TurnedDown(Exception):
    def __init__(self, reason: str, words: str) -> None:
        super().__init__(reason)
        self.answer = Refused(reason, words)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks something about a person, of the switch `node`; within one transaction."""

    session: Session
    node: str
    company: Company
    person: Person
    login: AgentLogin | None
    actor: str
    at: datetime

    async def keep(self, login: AgentLogin) -> None:
        """The person is logged in like this from now on."""
        await keep_login(self.session, login)

    async def note(self, action: str, *details: str) -> None:
        detail = "; ".join(filter(None, details))
        await note(self.session, self.company.id, self.at, self.actor, action, self.person.id, detail)


async def note(session: Session, company: str, at: datetime, actor: str, action: str, of: str, detail: str) -> None:
    await record_audit(
        session, AuditEntry(at=at, actor=actor, action=action, object=of, detail=detail, company=company)
    )


def check_logged_in(request: Request) -> AgentLogin:
    if request.login is None:
        raise TurnedDown("not_logged_in", f"{request.person.name} is not logged in.")
    if request.login.node != request.node:
        raise TurnedDown(
            "logged_in_elsewhere",
            f"{request.person.name} is logged in on {request.login.node}: ask there, or log in here.",
        )
    return request.login


def check_phone_exists(request: Request, phone: str | None) -> str:
    """The id of the phone that is meant."""
    endpoint = phone or (request.login.endpoint if request.login else request.person.id)
    if any(item.id == endpoint for item in request.company.endpoints()):
        return endpoint
    if phone is None:
        raise TurnedDown("no_phone", f"{request.person.name} has no extension of his own: say which phone.")
    raise TurnedDown("unknown_phone", f"There is no phone with the id {phone!r}.")


def check_phone_is_his(request: Request, endpoint: str) -> None:
    """His own, or one of a place; or where he was seated by somebody who may."""
    is_there = request.login is not None and request.login.endpoint == endpoint
    if endpoint in request.company.people and endpoint != request.person.id and not is_there:
        raise TurnedDown(NOT_HIS_PHONE, f"{request.person.name} may not take the phone of somebody else.")


def check_skills_admit_him(request: Request) -> None:
    if not queues_of(request.company, request.person):
        raise TurnedDown("no_queue", f"No queue asks for the skills of {request.person.name}.")


async def check_phone_is_free(request: Request, endpoint: str) -> None:
    other = await find_login_on(request.session, request.company.id, endpoint)
    if other is not None and other.person != request.person.id:
        raise TurnedDown("phone_taken", f"{other.person} is logged in on the phone {endpoint!r}.")


def check_reason(request: Request, kind: PauseKind, reason: str) -> str:
    """The reason that is meant: "" is the first of the company's list."""
    of_kind = [each.id for each in request.company.pause_reasons.values() if each.kind is kind]
    if reason in of_kind or (of_kind and not reason):
        return reason or of_kind[0]
    verb = "pause" if kind is PauseKind.PAUSE else "withdrawal"
    known = f"use one of {', '.join(of_kind)}" if of_kind else f"the company has no reason for a {verb}"
    shown = reason if REASON.fullmatch(reason) else "like this"
    raise TurnedDown("unknown_reason", f"There is no {verb} {shown}: {known}.")


def check_because(because: str | None) -> str:
    """As it stands in the audit. None: the person himself asks, who need not say why."""
    if because is None:
        return ""
    if not because.strip():
        raise TurnedDown("because_needed", "Who asks it for somebody else says why: that stands in the audit.")
    if not BECAUSE.fullmatch(because):
        raise TurnedDown("bad_because", "What is said about it is one line of at most 200 letters.")
    return f"because: {because}"


def check_not_paused_for(login: AgentLogin, reason: str) -> None:
    if login.is_paused and login.pause_reason == reason:
        raise TurnedDown("already_paused", f"The pause has this reason already: {reason}.")


def check_wraps_up(request: Request, login: AgentLogin) -> datetime:
    """When the wrap-up ends."""
    if login.wrap_up_until is None or login.wrap_up_until <= request.at:
        raise TurnedDown("no_wrap_up", f"{request.person.name} is in no wrap-up.")
    return login.wrap_up_until
