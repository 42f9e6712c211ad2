"""The demo company in the store of a house, its menus in two versions, and calls that did things in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cordboard.desk.flows import Flows
from cordboard.desk.names import names_of
from cordboard.documents import flow_of, read_company
from cordboard.flows.publishing import trial
from cordboard.store.company import company_revision, save_company
from cordboard.store.flows import publish_flow
from cordboard.store.journal import record_calls, record_facts
from cordboard.store.records import CallRecord, FactRecord
from kit.switch import REPOSITORY

from .conftest import House

DEMO = (REPOSITORY / "demo/company.yaml").read_text(encoding="utf-8")
ZENITH = """
cordboard: 1
company: {id: zenith, name: Zénith, language: fr, country: FR, time_zone: Europe/Paris}
phones: {lobby: {name: Comptoir, extension: "250"}}
hours: {always: {open: [{days: mon-sun, from: "00:00", to: "24:00"}]}}
dids: {"+33199000077": {id: desk, name: Bureau, hours: always, open: {phone: lobby}, closed: {phone: lobby}}}
"""
KEY_4, TO_SUPPORT = '"4": {message: opening-hours}', '"4": {queue: support}'
WAYS = {"1": "billing-fr", "2": "", "3": "support", "4": "", "": ""}
"""Key, "" for hanging up in the menu -> the queue that he comes to."""


def today() -> datetime:
    return datetime.now(UTC)


async def put_in(house: House) -> None:
    """The demo company with its menus, as version 2 after those of acme."""
    company = read_company(DEMO, "company.yaml", today().date()).accepted()
    async with house.store.transaction() as session:
        await save_company(session, company, "nadia", await company_revision(session, company.id))
        await publish_flow(session, company.id, flow_of(company, today().date()).to_json(), "nadia")
    house.boards.set_names(names_of(company))


async def draft(house: House) -> None:
    """Key 4 leads to support."""
    reading = read_company(DEMO.replace(KEY_4, TO_SUPPORT), "company.yaml", today().date())
    await Flows(house.store, trial(None, lambda: today().date())).draft(reading, "nadia")


async def calls(house: House, **counts: int) -> None:
    """So many calls by each key (`key_1`), or that hung up (`lost`), each in the menu for four seconds."""
    keys = [name.removeprefix("key_") if name != "lost" else "" for name, count in counts.items() for _ in range(count)]
    records, facts = [], []
    began = today() - timedelta(minutes=10)
    for number, key in enumerate(keys):
        uniqueid = f"{began.timestamp():.0f}.{number}"
        queue = WAYS[key]
        records.append(
            CallRecord(
                node="pbx1", uniqueid=uniqueid, company="acme", did="main", caller_number="+33612345678",
                caller_name="", entered=began, ended=began + timedelta(seconds=9), is_partial=False,
                outcome="handled" if queue else "self_service" if key else "abandoned",
            )
        )  # fmt: skip
        version = {"version": "2", "by": "flow"}
        happened: list[tuple[float, str, dict[str, str]]] = [
            (0.1, "step", {"node": "did.main", "way": "open", "to": "accueil", **version}),
            (0.2, "menu", {"menu": "accueil", **version}),
        ]
        if key:
            to = {"to": "english"} if key == "2" else {}
            happened.append((4.2, "choice", {"menu": "accueil", "edge": "key", "key": key, "by": "flow", **to}))
        if key == "2":
            happened.append((4.3, "menu", {"menu": "english", **version}))
            happened.append((8, "choice", {"menu": "english", "edge": "key", "key": "1", "by": "flow"}))
            queue = "billing-en"
        if queue:
            happened.append((8.2, "routed", {"queue": queue}))
        happened.append((9, "hung_up", {"cause": "16"}))
        facts += [
            FactRecord(
                node="pbx1",
                uniqueid=uniqueid,
                sequence=place,
                at=began + timedelta(seconds=after),
                kind=kind,
                data=data,
            )
            for place, (after, kind, data) in enumerate(happened)
        ]
    async with house.store.transaction() as session:
        await record_calls(session, records)
        await record_facts(session, facts)


async def second(house: House) -> None:
    """Another company, whose only number leads to a phone that is no person's, and a call there."""
    company = read_company(ZENITH, "zenith.yaml", today().date()).accepted()
    began = today() - timedelta(minutes=5)
    call = CallRecord(
        node="pbx1", uniqueid="7.1", company=company.id, did="desk", caller_number="+33612345678", caller_name="",
        entered=began, ended=began + timedelta(seconds=9), is_partial=False, outcome="handled",
    )  # fmt: skip
    happened: list[tuple[str, dict[str, str]]] = [
        ("step", {"node": "did.desk", "way": "open", "version": "1", "by": "flow"}),
        ("answered", {"person": "lobby"}),
        ("hung_up", {"cause": "16"}),
    ]
    async with house.store.transaction() as session:
        await save_company(session, company, "nadia")
        await publish_flow(session, company.id, flow_of(company, today().date()).to_json(), "nadia")
        await record_calls(session, [call])
        for place, (kind, data) in enumerate(happened):
            at = began + timedelta(seconds=place)
            fact = FactRecord(node="pbx1", uniqueid="7.1", sequence=place, at=at, kind=kind, data=data)
            await record_facts(session, [fact])
    house.boards.set_names(names_of(company))
