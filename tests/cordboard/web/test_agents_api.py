"""What may be asked about agents: passed on as asked, answered as answered, refused where it is nobody's business."""

from __future__ import annotations

from typing import Any

import pytest

from cordboard.desk.agents import Done, Refused, Unknown
from cordboard.desk.errors import NoSuchCompany
from cordboard.desk.names import names_of
from cordboard.desk.requests import NOT_HIS_PHONE
from cordboard.store.records import Role
from cordboard.store.values import Company

from .conftest import House


@pytest.mark.parametrize(
    ("path", "body", "wish"),
    [
        ("login", {}, ("log_in", "acme", "amel", "admin", None, True)),
        ("login", {"phone": "lobby"}, ("log_in", "acme", "amel", "admin", "lobby", True)),
        ("logout", {}, ("log_out", "acme", "amel", "admin", "")),
        ("logout", {"because": "Fin de poste, à 18 h"}, ("log_out", "acme", "amel", "admin", "Fin de poste, à 18 h")),
        ("pause", {"reason": "lunch"}, ("pause", "acme", "amel", "admin", "lunch", False, "")),
        ("pause", {}, ("pause", "acme", "amel", "admin", "", False, "")),
        ("pause", {"after_call": True, "because": "x"}, ("pause", "acme", "amel", "admin", "", True, "x")),
        ("withdraw", {"reason": "training"}, ("withdraw", "acme", "amel", "admin", "training", False, "")),
        ("ready", {}, ("ready", "acme", "amel", "admin", "")),
        ("extend", {}, ("extend", "acme", "amel", "admin", 60)),
        ("extend", {"seconds": 5}, ("extend", "acme", "amel", "admin", 5)),
    ],
)
async def test_a_wish_reaches_the_desk(house: House, path: str, body: dict[str, str], wish: tuple[Any, ...]) -> None:
    client = await house.administrator()
    answer = await client.post(f"/api/agents/amel/{path}", json=body)
    assert (answer.status, await answer.json()) == (200, {"outcome": "done", "warnings": []})
    assert house.wishes.asked == [wish]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pause", {"reason": "Lunch"}),
        ("pause", {"reason": "lunch", "because": "two\nlines"}),
        ("withdraw", {"because": "x" * 201}),
        ("ready", {"because": "\u2028"}),
        ("extend", {"seconds": 0}),
        ("extend", {"seconds": 1801}),
        ("extend", {"seconds": "60"}),
    ],
)
async def test_what_cannot_be_meant_does_not_reach_the_desk(house: House, path: str, body: dict[str, Any]) -> None:
    client = await house.administrator()
    assert (await client.post(f"/api/agents/amel/{path}", json=body)).status == 422
    assert house.wishes.asked == []


async def test_an_agent_asks_for_himself_and_a_supervisor_for_anybody(house: House) -> None:
    agent, supervisor = await house.somebody(Role.AGENT, person="amel"), await house.somebody(Role.SUPERVISOR)
    for path in ("withdraw", "extend", "pause"):
        assert (await agent.post(f"/api/agents/amel/{path}", json={})).status == 200
        assert (await agent.post(f"/api/agents/bruno/{path}", json={})).status == 403
        assert (await supervisor.post(f"/api/agents/bruno/{path}", json={})).status == 200
    pauses = [wish[-1] for wish in house.wishes.asked if wish[0] == "pause"]
    assert pauses == [None, ""], "who asks for another has to say why"


async def test_an_agent_may_not_lend_himself_a_phone(house: House) -> None:
    client = await house.somebody(Role.AGENT, person="amel")
    house.wishes.answer = Refused(NOT_HIS_PHONE, "Amel may not take the phone of somebody else.")
    answer = await client.post("/api/agents/amel/login", json={"phone": "bruno"})
    assert answer.status == 403
    assert house.wishes.asked == [("log_in", "acme", "amel", "agent-acme-amel", "bruno", False)]
    supervisor = await house.somebody(Role.SUPERVISOR)
    await supervisor.post("/api/agents/amel/login", json={"phone": "bruno"})
    assert house.wishes.asked[-1][-1] is True


async def test_a_done_wish_tells_what_to_look_at(house: House) -> None:
    client = await house.administrator()
    house.wishes.answer = Done(("phone_unreachable",))
    answer = await client.post("/api/agents/amel/login", json={})
    assert await answer.json() == {"outcome": "done", "warnings": ["phone_unreachable"]}


async def test_a_refusal_says_why(house: House) -> None:
    client = await house.administrator()
    house.wishes.answer = Refused("no_skills", "Chloé has no skill of any queue.")
    answer = await client.post("/api/agents/chloe/login", json={})
    problem = await answer.json()
    assert (answer.status, problem["reason"]) == (409, "no_skills")
    assert problem["detail"] == "Chloé has no skill of any queue."


async def test_what_the_switch_did_not_confirm_is_accepted_and_not_done(house: House) -> None:
    client = await house.administrator()
    house.wishes.answer = Unknown("switch_away", "It is noted.")
    answer = await client.post("/api/agents/amel/ready", json={})
    assert (answer.status, (await answer.json())["outcome"]) == (202, "unknown")


@pytest.mark.parametrize("person", ["Amel", "a" * 41, "amel%0d%0aAction:%20x", "..", "%2e%2e%2fadmin", "é"])
async def test_a_person_is_an_id(house: House, person: str) -> None:
    client = await house.administrator()
    assert (await client.post(f"/api/agents/{person}/ready", json={})).status in (404, 405)
    assert house.wishes.asked == []


async def test_a_company_that_is_gone_is_not_found(house: House) -> None:
    client = await house.administrator()
    house.wishes.error = NoSuchCompany("acme")
    assert (await client.post("/api/agents/amel/ready", json={})).status == 404


async def test_the_company_must_be_named_where_there_are_several(house: House) -> None:
    house.boards.set_names(names_of(Company(id="other", name="Other", language="en", country="GB", time_zone="UTC")))
    client = await house.administrator()
    assert (await client.get("/api/board")).status == 400
    assert (await client.get("/api/board?company=nobody")).status == 404
    answer = await client.get("/api/board?company=other")
    assert (await answer.json())["cards"]["company"]["name"] == "Other"
    assert (await client.post("/api/agents/zoe/ready?company=other", json={})).status == 200
    assert house.wishes.asked == [("ready", "other", "zoe", "admin", "")]


async def test_an_account_of_one_company_does_not_learn_of_another(house: House) -> None:
    house.boards.set_names(names_of(Company(id="other", name="Other", language="en", country="GB", time_zone="UTC")))
    client = await house.somebody(Role.SUPERVISOR, company="acme")
    assert (await (await client.get("/api/session")).json())["companies"] == [{"id": "acme", "name": "Acme Conseil"}]
    assert (await (await client.get("/api/board")).json())["cards"]["company"]["id"] == "acme"
    for path in ("/api/board?company=other", "/api/live?company=other"):
        assert (await client.get(path)).status == 404
    assert (await client.post("/api/agents/zoe/ready?company=other", json={})).status == 404
    assert house.wishes.asked == []


async def test_the_board_as_json_is_the_board(house: House) -> None:
    client = await house.administrator()
    house.told.member("acme-amel", "acme-billing-fr")
    answer = await (await client.get("/api/board")).json()
    assert answer["kind"] == "board"
    assert answer["cards"]["agent/pbx1/acme-amel"]["state"] == "ready"
