"""A company as rows and back: what each table holds of each value, and nothing about databases."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from cordboard.store import tables
from cordboard.store.comment_rows import Columns, comments_of_rows, rows_of_comments
from cordboard.store.values import (
    Blocked,
    Company,
    Conference,
    Dialling,
    Did,
    Edge,
    Hearing,
    Hours,
    Menu,
    Message,
    OpenTime,
    Outgoing,
    PauseKind,
    PauseReason,
    Person,
    Phone,
    Prompt,
    QueueSpec,
    RelaxStep,
    Retry,
    Site,
    Skill,
    Sounds,
    Speech,
    Step,
    TargetKind,
    TargetRef,
    Trunk,
    VoicemailBox,
)

Item = TypeVar("Item")
Rows = Mapping[type[tables.Row], list[Columns]]

TABLES: tuple[type[tables.Row], ...] = (
    tables.Site,
    tables.Skill,
    tables.Person,
    tables.PersonSkill,
    tables.Phone,
    tables.Hours,
    tables.Prompt,
    tables.Message,
    tables.VoicemailBox,
    tables.Conference,
    tables.PauseReason,
    tables.Queue,
    tables.Menu,
    tables.Step,
    tables.Did,
    tables.Trunk,
    tables.Outgoing,
    tables.Dialling,
    tables.BlockedNumber,
    tables.CompanyComment,
)
"""The tables that a company file fills, those referred to before those that refer."""


def rows_of(company: Company) -> Rows:
    """Every row of the company but its own, by table."""
    return {
        tables.Site: [_plain(company, site, "name", "outgoing") for site in company.sites.values()],
        tables.Skill: [_plain(company, skill, "name") for skill in company.skills.values()],
        tables.Person: [
            _plain(company, person, "name", "extension", "email", "site", "language", "voicemail", "outgoing")
            for person in company.people.values()
        ],
        tables.PersonSkill: [
            {"company": company.id, "person": person.id, "skill": skill, "level": level}
            for person in company.people.values()
            for skill, level in person.skills.items()
        ],
        tables.Phone: [
            _plain(company, phone, "name", "extension", "site", "language", "outgoing")
            for phone in company.phones.values()
        ],
        tables.Hours: [
            _plain(company, hours, "name", "time_zone", "holidays")
            | {
                "open": [{"days": list(time.days), "start": time.start, "end": time.end} for time in hours.open],
                "closed": [day.isoformat() for day in hours.closed],
            }
            for hours in company.hours.values()
        ],
        tables.Prompt: [_plain(company, prompt, "barge_in") | _sounds(prompt) for prompt in company.prompts.values()],
        tables.Message: [
            _plain(company, message, "name", "answers") | _sounds(message) for message in company.messages.values()
        ],
        tables.VoicemailBox: [_plain(company, box, "name", "email", "language") for box in company.voicemails.values()],
        tables.Conference: [
            _plain(company, conference, "name", "number", "most_members", "wait_for_host", "announce", "muted")
            for conference in company.conferences.values()
        ],
        tables.PauseReason: [
            _plain(company, reason) | {"names": dict(reason.names), "kind": str(reason.kind)}
            for reason in company.pauses.values()
        ],
        tables.Queue: [_queue_row(company, queue) for queue in company.queues.values()],
        tables.Menu: [_menu_row(company, menu) for menu in company.menus.values()],
        tables.Step: [
            _plain(company, step, "name", "kind") | {"parts": dict(step.parts)} for step in company.steps.values()
        ],
        tables.Did: [
            _plain(company, did, "number", "name", "hours", "site", "language")
            | {"open": _target_json(did.open), "closed": _target_json(did.closed) if did.closed else None}
            for did in company.dids.values()
        ],
        tables.Trunk: [
            _plain(company, trunk, "name", "to", "is_peer", "shows")
            | {"addresses": list(trunk.addresses), "header": list(trunk.header) if trunk.header else None}
            for trunk in company.trunks.values()
        ],
        tables.Outgoing: [
            _plain(company, permission, "name", "world", "most_calls", "longest")
            | {name: list(getattr(permission, name)) for name in _LISTS}
            for permission in company.outgoing.values()
        ],
        tables.Dialling: [
            {
                "company": company.id,
                "prefix": dialling.prefix,
                "trunks": list(dialling.trunks),
                "number": dialling.number,
                "most_calls": dialling.most_calls,
            }
            for dialling in [company.dialling]
            if dialling
        ],
        tables.BlockedNumber: [
            {
                "company": company.id,
                "number": blocked.number,
                "is_prefix": blocked.is_prefix,
                "reason": blocked.reason,
                "message": blocked.message,
            }
            for blocked in company.blocked
        ],
        tables.CompanyComment: rows_of_comments(company.id, company.comments),
    }


def company_of(head: Mapping[str, Any], rows: Rows) -> Company:
    """The company of its own row and the rows of `TABLES`."""
    levels: dict[str, dict[str, int]] = {}
    for row in rows[tables.PersonSkill]:
        levels.setdefault(row["person"], {})[row["skill"]] = row["level"]
    return Company(
        id=head["id"],
        name=head["name"],
        language=head["language"],
        country=head["country"],
        time_zone=head["time_zone"],
        sites=_by_id(rows[tables.Site], lambda row: Site(**_without_company(row))),
        skills=_by_id(rows[tables.Skill], lambda row: Skill(**_without_company(row))),
        people=_by_id(
            rows[tables.Person], lambda row: Person(**_without_company(row), skills=levels.get(row["id"], {}))
        ),
        phones=_by_id(rows[tables.Phone], lambda row: Phone(**_without_company(row))),
        hours=_by_id(rows[tables.Hours], _hours),
        prompts=_by_id(rows[tables.Prompt], lambda row: Prompt(**_without_company(row) | {"sounds": _sounds_of(row)})),
        messages=_by_id(
            rows[tables.Message],
            lambda row: Message(id=row["id"], name=row["name"], answers=row["answers"], sounds=_sounds_of(row)),
        ),
        voicemails=_by_id(rows[tables.VoicemailBox], lambda row: VoicemailBox(**_without_company(row))),
        conferences=_by_id(rows[tables.Conference], lambda row: Conference(**_without_company(row))),
        pauses=_by_id(
            rows[tables.PauseReason],
            lambda row: PauseReason(id=row["id"], names=row["names"], kind=PauseKind(row["kind"])),
        ),
        queues=_by_id(rows[tables.Queue], _queue),
        menus=_by_id(rows[tables.Menu], _menu),
        steps=_by_id(rows[tables.Step], lambda row: Step(**_without_company(row))),
        dids=_by_id(rows[tables.Did], _did),
        trunks=_by_id(rows[tables.Trunk], _trunk),
        outgoing=_by_id(rows[tables.Outgoing], _outgoing),
        dialling=next(map(_dialling, rows[tables.Dialling]), None),
        blocked=tuple(
            sorted(
                (Blocked(**_without_company(row)) for row in rows[tables.BlockedNumber]),
                key=lambda blocked: (blocked.number, blocked.is_prefix),
            )
        ),
        comments=comments_of_rows(rows[tables.CompanyComment]),
    )


_LISTS = ("national", "countries", "prefixes", "never")


def _plain(company: Company, item: Any, *columns: str) -> Columns:
    return {"company": company.id, "id": item.id} | {column: getattr(item, column) for column in columns}


def _sounds(item: Prompt | Message) -> Columns:
    return {"sounds": {language: list(map(_piece_json, pieces)) for language, pieces in item.sounds.items()}}


def _piece_json(piece: str | Speech) -> str | dict[str, str]:
    return piece if isinstance(piece, str) else {"say": piece.text, "file": piece.recording}


def _target_json(target: TargetRef) -> dict[str, str]:
    return {"kind": str(target.kind), "id": target.id}


def _edge_json(edge: Edge) -> dict[str, str]:
    return _target_json(edge.target) | ({"language": edge.language} if edge.language else {})


def _retry_json(retry: Retry) -> Columns:
    return {"tries": retry.tries, "prompt": retry.prompt, "then": _edge_json(retry.then)}


def _queue_row(company: Company, queue: QueueSpec) -> Columns:
    row = _plain(company, queue, "name", "number", "strategy", "ring", "max_wait", "max_waiting", "wrap_up", "music")
    return row | {
        "announce_position": queue.announce_position,
        "missed_before_pause": queue.missed_before_pause,
        "priority": queue.priority,
        "skills": dict(queue.skills),
        "relax": [{"after": step.after, "skills": dict(step.skills)} for step in queue.relax],
        "when_full": _target_json(queue.when_full),
        "when_late": _target_json(queue.when_late),
        "when_empty": _target_json(queue.when_empty),
    }


def _menu_row(company: Company, menu: Menu) -> Columns:
    return _plain(company, menu, "name", "prompt", "barge_in", "first_digit", "inter_digit") | {
        "keys": {key: _edge_json(edge) for key, edge in menu.keys.items()},
        "no_input": _retry_json(menu.no_input),
        "wrong_input": _retry_json(menu.wrong_input),
        "speech": _hearing_json(menu.speech) if menu.speech else None,
    }


def _hearing_json(hearing: Hearing) -> Columns:
    return {
        "words": {
            key: {language: list(phrases) for language, phrases in spoken.items()}
            for key, spoken in hearing.words.items()
        },
        "least": hearing.least,
    }


def _by_id(rows: Iterable[Columns], made: Callable[[Columns], Item]) -> dict[str, Item]:
    return {row["id"]: made(row) for row in sorted(rows, key=lambda row: str(row["id"]))}


def _without_company(row: Columns) -> Columns:
    return {column: value for column, value in row.items() if column != "company"}


def _sounds_of(row: Columns) -> Sounds:
    return {language: tuple(map(_piece, pieces)) for language, pieces in row["sounds"].items()}


def _piece(written: str | dict[str, str]) -> str | Speech:
    return written if isinstance(written, str) else Speech(text=written["say"], recording=written["file"])


def _target(written: Mapping[str, str]) -> TargetRef:
    return TargetRef(TargetKind(written["kind"]), written["id"])


def _edge(written: Mapping[str, str]) -> Edge:
    return Edge(_target(written), written.get("language"))


def _retry(written: Mapping[str, Any]) -> Retry:
    return Retry(tries=written["tries"], prompt=written["prompt"], then=_edge(written["then"]))


def _hours(row: Columns) -> Hours:
    return Hours(
        **_without_company(row)
        | {
            "open": tuple(
                OpenTime(days=tuple(time["days"]), start=time["start"], end=time["end"]) for time in row["open"]
            ),
            "closed": tuple(date.fromisoformat(day) for day in row["closed"]),
        }
    )


def _queue(row: Columns) -> QueueSpec:
    return QueueSpec(
        **_without_company(row)
        | {
            "relax": tuple(RelaxStep(after=step["after"], skills=step["skills"]) for step in row["relax"]),
            "when_full": _target(row["when_full"]),
            "when_late": _target(row["when_late"]),
            "when_empty": _target(row["when_empty"]),
        }
    )


def _menu(row: Columns) -> Menu:
    return Menu(
        **_without_company(row)
        | {
            "keys": {key: _edge(edge) for key, edge in row["keys"].items()},
            "no_input": _retry(row["no_input"]),
            "wrong_input": _retry(row["wrong_input"]),
            "speech": _hearing(row["speech"]) if row.get("speech") else None,  # earlier revisions have none
        }
    )


def _hearing(written: Mapping[str, Any]) -> Hearing:
    words = {
        key: {language: tuple(phrases) for language, phrases in spoken.items()}
        for key, spoken in written["words"].items()
    }
    return Hearing(words=words, least=written["least"])


def _did(row: Columns) -> Did:
    return Did(
        **_without_company(row)
        | {"open": _target(row["open"]), "closed": _target(row["closed"]) if row["closed"] else None}
    )


def _trunk(row: Columns) -> Trunk:
    return Trunk(
        **_without_company(row)
        | {"addresses": tuple(row["addresses"]), "header": tuple(row["header"]) if row["header"] else None}
    )


def _outgoing(row: Columns) -> Outgoing:
    return Outgoing(**_without_company(row) | {name: tuple(row[name]) for name in _LISTS})


def _dialling(row: Columns) -> Dialling:
    return Dialling(**_without_company(row) | {"trunks": tuple(row["trunks"])})
