"""The deploy page's API: who may, what it tells, what it refuses, and that every deed has its account's name."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ami.actions import Action, QueueAdd
from cordboard.store.audit import last_audit
from cordboard.store.company import sip_secrets
from cordboard.store.engine import Store
from cordboard.store.flows import publish_flow
from cordboard.store.records import Role
from cordboard.store.secrets import PINS, secrets_in
from cordboard.store.values import Person
from kit import acme
from kit.office import Office, changed, save
from kit.patience import PATIENCE

from .conftest import House, OpenHouse

NOT_A_PLAN = "0" * 16
SHAPES = (Path(__file__).resolve().parents[3] / "src/console/source/deploy/shapes.ts").read_text(encoding="utf-8")


async def get(client: aiohttp.ClientSession, path: str) -> Any:
    answer = await client.get(f"/api/deploy{path}")
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def post(client: aiohttp.ClientSession, path: str, body: dict[str, Any], expect: int = 200) -> Any:
    answer = await client.post(f"/api/deploy{path}", json=body)
    assert answer.status == expect, await answer.text()
    return await answer.json()


async def audit(store: Store) -> list[tuple[str, str]]:
    async with store.reading() as session:
        lines = await last_audit(session)
    return [(line.actor, line.action) for line in lines if line.action.startswith("deploy.")]


def fields(name: str) -> set[str]:
    """Of an interface of the console, those that it needs."""
    found = re.search(rf"export interface {name} (?:extends \w+ )?{{(.*?)\n}}", SHAPES, re.DOTALL)
    assert found is not None
    return set(re.findall(r"^  (\w+):", found[1], re.MULTILINE))


# --- an Asterisk that does not run -----------------------------------------------------------------------------------


async def test_the_console_finds_every_field_that_it_needs(house: House) -> None:
    client = await house.administrator()
    plan = await get(client, "/plan")
    assert fields("Plan") <= plan.keys()
    assert fields("Change") <= plan["changes"][0].keys()
    assert fields("Author") <= plan["changes"][0]["authors"][0].keys()
    result = await post(client, "/apply", {"plan": plan["plan"]})
    assert fields("Applied") <= result.keys()
    await save(house.store, changed(ring=9))
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"], "confirm_within": 60})
    await house.deployment.watch("test")
    company = acme.company()
    people = {name: person for name, person in company.people.items() if name != "chloe"}
    await save(house.store, replace(company, people=people))
    assert fields("PlanProblem") <= (await get(client, "/plan"))["problems"][0].keys()
    overview = await get(client, "")
    assert (fields("Now") | fields("Overview")) <= overview.keys()
    assert (fields("Work") | {"result", "problem"}) <= overview["last"].keys()
    for name, found in [
        ("InForce", overview["in_force"]),
        ("Trial", overview["trial"]),
        ("Drift", overview["drift"]),
        ("Entry", overview["generations"][0]),
        ("AuditLine", overview["audit"][0]),
        ("Diff", await get(client, "/diff/1/2")),
    ]:
        assert fields(name), name
        assert fields(name) <= found.keys(), name


async def test_before_the_first_apply(house: House) -> None:
    client = await house.administrator()
    overview = await get(client, "")
    assert (overview["in_force"], overview["trial"], overview["drift"], overview["work"]) == (None, None, None, None)
    assert (overview["generations"], overview["wanted"]) == ([], "acme 1.1")
    assert [line["action"] for line in overview["audit"]] == ["company.save"]
    plan = await get(client, "/plan")
    assert (plan["base"], plan["is_refused"], plan["is_asterisk_read"]) == (None, False, False)
    assert [plan["changes"][0]["section"], plan["changes"][-1]["section"]] == ["People and phones", "Asterisk"]
    assert plan["counts"]["add"] == len(plan["changes"])


async def test_an_apply_is_for_the_plan_that_was_seen_and_has_the_accounts_name(house: House) -> None:
    client = await house.administrator()
    plan = await get(client, "/plan")
    problem = await post(client, "/apply", {"plan": NOT_A_PLAN}, 409)
    assert problem["type"] == "urn:cordboard:problem:stale"
    assert (await get(client, "/now"))["last"]["problem"]["code"] == "stale"

    result = await post(client, "/apply", {"plan": plan["plan"]})
    assert (result["generation"], result["state"]) == (1, "switched")
    now = await get(client, "/now")
    assert (now["in_force"]["by"], now["in_force"]["is_verified"], now["work"]) == ("admin", False, None)
    assert now["last"]["result"] == result
    assert await audit(house.store) == [("admin", "deploy.apply")]
    again = await post(client, "/apply", {"plan": plan["plan"]}, 409)
    assert again["type"] == "urn:cordboard:problem:stale", "an identity is good for one apply"

    await save(house.store, changed(ring=9))
    assert (await get(client, "/now"))["wanted"] == "acme 2.1"
    plan = await get(client, "/plan?language=fr")
    change = plan["changes"][0]
    assert (change["section"], change["sentences"]) == ("Files", ["file english : sonnerie 15 -> 9 s"])
    assert [(author["by"], author["revision"]) for author in change["authors"]] == [("nadia", 2)]
    assert abs(change["authors"][0]["at"] - datetime.now(UTC).timestamp()) < 60
    assert "+timeout=9" in (await get(client, "/files"))["files"]
    await post(client, "/apply", {"plan": plan["plan"], "confirm_within": 300})
    overview = await get(client, "")
    assert overview["trial"].keys() == {"generation", "base", "by", "until"}
    assert [entry["generation"] for entry in overview["generations"]] == [2, 1]
    diff = await get(client, "/diff/1/2")
    assert [each["sentences"] for each in diff["changes"]] == [["queue english: ring 15 -> 9 s"]]
    assert "+timeout=9" in diff["files"]


async def test_menus_that_are_published_alone_are_another_wish(house: House) -> None:
    client = await house.administrator()
    before = (await get(client, "/now"))["wanted"]
    flow = acme.flow()
    other = replace(flow, nodes={**flow.nodes, "accueil": acme.menu(keys={"1": acme.edge("queue", "english")})})
    async with house.store.transaction() as session:
        await publish_flow(session, "acme", other.to_json(), "nadia")
    assert (before, (await get(client, "/now"))["wanted"]) == ("acme 1.1", "acme 1.2")


async def test_a_trial_comes_first(house: House) -> None:
    client = await house.administrator()
    refused = await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"], "confirm_within": 60}, 422)
    assert "nothing before it" in refused["problems"][0]["what"]
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
    assert (await post(client, "/confirm", {}, 409))["type"] == "urn:cordboard:problem:not-on-trial"
    await save(house.store, changed(ring=9))
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"], "confirm_within": 24 * 3600})
    await save(house.store, changed(ring=8))
    plan = await get(client, "/plan")
    problem = await post(client, "/apply", {"plan": plan["plan"]}, 409)
    assert (problem["type"], problem["trial"]["generation"]) == ("urn:cordboard:problem:on-trial", 2)
    assert (await post(client, "/confirm", {}))["generation"] == 2
    assert (await get(client, "/now"))["trial"] is None
    assert (await post(client, "/apply", {"plan": plan["plan"]}))["generation"] == 3
    assert {by for by, _ in await audit(house.store)} == {"admin"}


async def test_more_than_half_goes_only_if_it_is_meant(house: House) -> None:
    client = await house.administrator()
    company = acme.company()
    crowd = {f"p{n}": Person(id=f"p{n}", name=f"P {n}", extension=str(300 + n)) for n in range(9)}
    await save(house.store, replace(company, people={**company.people, **crowd}))
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
    await save(house.store, company)
    plan = await get(client, "/plan")
    assert plan["is_refused"]
    assert {problem["is_shrinking"] for problem in plan["problems"] if not problem["is_warning"]} == {True}
    problem = await post(client, "/apply", {"plan": plan["plan"]}, 422)
    assert problem["problems"][0]["is_shrinking"]
    assert (await post(client, "/apply", {"plan": plan["plan"], "allow_shrink": True}))["generation"] == 2


async def test_somebody_else_at_it(house: House) -> None:
    client = await house.administrator()
    plan = await get(client, "/plan")
    with house.deployment.generations.lock("nadia (terminal)", "apply"):
        problem = await post(client, "/apply", {"plan": plan["plan"]}, 409)
    assert (problem["type"], problem["by"]) == ("urn:cordboard:problem:busy", "nadia (terminal)")


async def test_no_way_back_to_what_never_ran(house: House) -> None:
    client = await house.administrator()
    for path in ("/rollback/7", "/diff/7/8", "/rollback/0", "/rollback/x", "/diff/1/-1", "/rollback/99999999999"):
        assert (await client.get(f"/api/deploy{path}")).status == 404, path
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
    await save(house.store, changed(ring=9))
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
    answer = await client.get("/api/deploy/rollback/1")
    assert (answer.status, (await answer.json())["problems"][0]["where"]) == (422, "generation 1")
    unseen = await post(client, "/rollback", {"generation": 1, "plan": NOT_A_PLAN}, 409)
    assert unseen["type"] == "urn:cordboard:problem:stale"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plan": "x"},
        {"plan": NOT_A_PLAN, "confirm_within": 0},
        {"plan": NOT_A_PLAN, "confirm_within": 24 * 3600 + 1},
        {"plan": NOT_A_PLAN, "confirm_within": "5m"},
        {"plan": NOT_A_PLAN, "allow_shrink": 1},
        {"plan": NOT_A_PLAN, "by": "somebody else"},
    ],
)
async def test_a_wish_that_is_not_as_expected(house: House, body: dict[str, Any]) -> None:
    await post(await house.administrator(), "/apply", body, 422)
    assert await audit(house.store) == []


async def test_only_administrators_of_all_companies(house: House) -> None:
    everywhere = await house.somebody(Role.ADMINISTRATOR, company=None)
    assert (await (await everywhere.get("/api/session")).json())["may_deploy"] is True
    assert (await everywhere.get("/deploy")).status == 200
    for role, company in ((Role.ADMINISTRATOR, "acme"), (Role.SUPERVISOR, None), (Role.WATCHER, None)):
        client = await house.somebody(role, company=company)
        assert (await (await client.get("/api/session")).json())["may_deploy"] is False
        assert (await client.get("/deploy")).status == 403
        assert (await client.get("/assets/deploy-1.js")).status == 200, "the files of the page are no secret"


async def test_nobody_waits_while_generations_are_compared(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await house.administrator()
    for ring in (9, 12):
        await save(house.store, changed(ring=ring))
        await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
    compares, goes_on = threading.Event(), threading.Event()

    def slowly(*_: object) -> str:
        compares.set()
        assert goes_on.wait(PATIENCE)
        return "compared"

    monkeypatch.setattr("cordboard.desk.history.file_differences", slowly)
    comparing = asyncio.ensure_future(get(client, "/diff/1/2"))
    assert await asyncio.to_thread(compares.wait, PATIENCE)
    assert (await get(client, "/now"))["in_force"]["generation"] == 2
    goes_on.set()
    assert (await comparing)["files"] == "compared"


async def test_no_secret_is_told(house: House) -> None:
    client = await house.administrator()
    async with house.store.reading() as session:
        secrets = {
            each.get_secret_value()
            for found in (await sip_secrets(session, "acme"), await secrets_in(session, PINS, "acme"))
            for each in found.values()
        }
    secrets |= {acme.RUN_SECRET, acme.DEPLOY_SECRET}
    said = [json.dumps(await get(client, path)) for path in ("", "/now", "/plan", "/files")]
    said.append(json.dumps(await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})))
    await save(house.store, changed(ring=9))
    await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
    said += [json.dumps(await get(client, path)) for path in ("", "/now", "/plan", "/diff/1/2", "/diff/2/1")]
    assert len(secrets) > 5
    for text in said:
        for secret in secrets:
            assert not re.search(rf"\b{re.escape(secret)}\b", text)


# --- one that does ---------------------------------------------------------------------------------------------------


@pytest.mark.switch
async def test_applied_read_back_and_gone_back_from(office: Office, open_house: OpenHouse) -> None:
    async with open_house(deployment=office.deployment) as house:
        client = await house.administrator()
        async with office.lab.manager(acme.RUN_ACCOUNT) as running:
            await running.act(QueueAdd("acme-english", "PJSIP/acme-amel", "acme-amel", 1))
        await save(house.store, changed(ring=9))
        plan = await get(client, "/plan?language=fr")
        assert {"text": "1 agent reste connecté, pauses comprises", "is_harmful": False} in plan["effects"]
        assert plan["changes"][0]["in_force"] == "apply"
        assert plan["is_asterisk_read"]
        result = await post(client, "/apply", {"plan": plan["plan"], "confirm_within": 300})
        assert (result["generation"], result["is_verified"], result["differences"]) == (2, True, [])
        assert result["people"]["agents"] == 1
        assert result["trial"]["until"] == pytest.approx((office.moment + timedelta(seconds=300)).timestamp())

        back = await get(client, "/rollback/1?language=en")
        assert (back["target"], back["changes"][0]["sentences"]) == (1, ["queue english: ring 9 -> 15 s"])
        returned = await post(client, "/rollback", {"generation": 1, "plan": back["plan"]})
        assert (returned["generation"], returned["is_verified"], returned["trial"]) == (3, True, None)
        assert (await get(client, "/plan"))["is_empty"]
        assert [deed for deed in await audit(house.store) if deed[0] == "admin"] == [
            ("admin", "deploy.rollback"),
            ("admin", "deploy.apply"),
        ]
        overview = await get(client, "")
        states = {entry["generation"]: (entry["may_return"], entry["is_in_force"]) for entry in overview["generations"]}
        assert states == {1: (True, False), 2: (True, False), 3: (False, True)}
        assert overview["in_force"]["is_verified"]


@pytest.mark.switch
async def test_one_deed_at_a_time_and_it_goes_on_without_its_browser(office: Office, open_house: OpenHouse) -> None:
    async with open_house(deployment=office.deployment) as house:
        client = await house.administrator()
        await save(house.store, changed(ring=9))
        plan = await get(client, "/plan")
        office.hold.clear()
        leaving = asyncio.ensure_future(client.post("/api/deploy/apply", json={"plan": plan["plan"]}))
        await office.is_held.wait()
        now = await get(client, "/now")
        assert (now["work"]["deed"], now["work"]["by"], now["work"]["base"]) == ("deploy.apply", "admin", 1)
        twice = await post(client, "/apply", {"plan": plan["plan"]}, 409)
        assert (twice["type"], twice["by"]) == ("urn:cordboard:problem:busy", "admin")
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        office.hold.set()
        while (now := await get(client, "/now"))["work"] is not None:
            await asyncio.sleep(0.05)
        assert now["last"]["result"]["is_verified"]
        assert now["in_force"]["generation"] == 2


@pytest.mark.switch
async def test_what_failed_and_what_drifted_are_told(office: Office, open_house: OpenHouse) -> None:
    async with open_house(deployment=office.deployment) as house:
        client = await house.administrator()

        async def strike(_: Action) -> None:
            path = office.lab.generations.path(2) / "queues.conf"
            if path.exists():
                path.write_text("")

        await save(house.store, changed(ring=9))
        office.fault = strike
        result = await post(client, "/apply", {"plan": (await get(client, "/plan"))["plan"]})
        assert (result["failed"], result["generation"], result["is_verified"]) == (2, 1, False)
        office.fault = None
        edited = Path(office.lab.etc) / "queues.conf"
        edited.write_text(edited.read_text() + "; by hand\n")
        assert (await get(client, "/now"))["drift"] is None, "nobody has looked yet"
        await office.deployment.watch("test")
        drift = (await get(client, "/now"))["drift"]
        assert (drift["pending"], [each["name"] for each in drift["files"]]) == (1, ["queues.conf"])
        plan = await get(client, "/plan")
        assert [(each["name"], each["is_mended"]) for each in plan["drift"]] == [("queues.conf", True)]
        assert "; by hand" in (await get(client, "/files"))["files"]
