"""Callers on a real Asterisk of whom another system is asked, by the FastAGI process and by a program for each call."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import web

from agi.flow.document import Edge, Flow, Play, Target, TargetKind
from agi.flow.lookup import Lookup
from agi.flow.plan import Plan
from cordboard.asking.asker import Asker
from cordboard.asking.connections import Http
from cordboard.documents import flow_of, read_company
from cordboard.provisioning.compiled import compiled
from dialplan_templates import render
from kit import acme
from kit.flow_calls import open_line
from kit.generated import secret, view_for
from kit.manager import ManagerSession
from kit.other_system import Asked, OtherSystem, hangs, json_answer
from kit.patience import until
from kit.phones import Phones
from kit.site import open_site
from kit.switch import REPOSITORY, Switch

pytestmark = pytest.mark.switch

COMPANY = REPOSITORY / "tests/kit/lookups.yaml"
TODAY = date(2026, 11, 22)
NUMBER = "+33199000001"
HOSTILE = 'x"),System(touch pwned),${SHELL(touch pwned)};é\r\nAction: Hangup\r\nChannel: /.*/\r\n\r\n'
SHOWN = 'x"),System(touch pwned),${SHELL(touch pwned)};é Action: Hangup Channel: /.*/'


@pytest.fixture
async def system() -> AsyncIterator[OtherSystem]:
    async with OtherSystem() as system:
        yield system


@pytest.fixture
def switch() -> Iterator[Switch]:
    switch = Switch("lookups")
    yield switch
    switch.close()


def connections(folder: Path, system: OtherSystem) -> Path:
    database = folder / "contracts.db"
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("CREATE TABLE contracts (number TEXT, debt NUMERIC)")
        opened.execute("INSERT INTO contracts VALUES ('+33611111101', 12.5)")
    file = folder / "connections.toml"
    file.write_text(
        f'[crm]\nurl = "{system.url}/customers/{{number}}"\nheaders = {{X-Key = "canary-key"}}\n'
        f'[sms]\nurl = "{system.url}/sms"\nmethod = "POST"\nbody = {{to = ["{{to}}"], message = "{{text}}"}}\n'
        f'[contracts]\ndatabase = "sqlite:///{database}"\n'
        'query = "SELECT debt FROM contracts WHERE number = :number"\n',
        encoding="utf-8",
    )
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("carrier", ["daemon", "process"])
async def test_callers_go_on_by_what_another_system_knows_of_them(
    carrier: str, system: OtherSystem, tmp_path: Path
) -> None:
    sms_status = 503

    def says(asked: Asked) -> object:
        match asked.path[-2:]:
            case "01":
                return json_answer({"customer": {"tier": "gold", "name": "Zoé"}})
            case "02":
                return json_answer({"customer": {"tier": HOSTILE, "name": HOSTILE}})
            case "ms":
                return web.Response(status=sms_status)
            case "03":
                return json_answer({}, status=404)
            case _:
                return hangs()

    system.says = says  # type: ignore[assignment]
    file = connections(tmp_path, system)
    async with open_site(COMPANY, agi_carrier=carrier, connections=str(file)) as site:
        ends = {"01": "plain", "02": "plain", "03": "strange", "05": "down"}
        if carrier == "process":
            ends = {"01": "plain", "05": "down"}
        for last, end in ends.items():
            caller = await site.phones.caller(f"+336111111{last}", site.switch.sip, headers={"X-Trunk": "carrier"})
            await (await caller.start_call(NUMBER)).ended(60)
            record = await site.call_record(caller.user)
            assert (record["outcome"], record["detail"]) == ("self_service", f"step:{end}"), last
        # Nobody took the text message: it is kept, and told again.
        (kept,) = (await site.cordboard("notices", "list", "--json")).json()
        assert (kept["company"], kept["step"], kept["retries"]) == ("acme", "remind", 10)
        sms_status = 202
        await site.cordboard("notices", "retry", kept["key"])  # at once, not in half a minute
        await until(lambda: sum(each.method == "POST" for each in system.asked) == 2, "the second try")
        log = (site.switch.folder / "cordboard.log").read_text(encoding="utf-8")
    asked = [each for each in system.asked if each.method == "GET"]
    assert [each.path for each in asked] == [f"/customers/%2B336111111{last}" for last in ends]
    assert all(each.headers["X-Key"] == "canary-key" for each in asked)
    tries = [each for each in system.asked if each.method == "POST"]
    for sent in tries:
        assert json.loads(sent.body) == {"to": ["+33611111101"], "message": "You owe 12.5 euros"}
        assert sent.headers["Idempotency-Key"] == kept["key"]
    assert "canary" not in log
    assert "touch pwned" not in log


async def test_while_cordboard_is_away_it_fails(switch: Switch, phones: Phones) -> None:
    company = read_company(COMPANY.read_text(encoding="utf-8"), today=TODAY).accepted()
    tenant = acme.tenant(company, flow_of(company, TODAY))
    await switch.start(render(view_for(switch, compiled([tenant], acme.placement(), 7).companies[0])))
    async with ManagerSession.open(switch, "cordboard", secret("run")) as session:
        call = await (await phones.caller("0612345601", switch.sip)).start_call(NUMBER)
        outcome = await session.event("UserEvent", UserEvent="CordboardOutcome")
        await call.hang_up()
    assert (outcome["Outcome"], outcome["Detail"]) == ("self_service", "step:down")


def flow(seconds: float, prompt: str | None = None) -> Flow:
    ways = {way: Edge(Target(TargetKind.MESSAGE, "closed")) for way in ("found", "not_found")}
    who = Lookup(
        "who",
        source="crm",
        send={"number": "caller"},
        into={"customer": "name", "contract": "gone"},
        deadline_seconds=seconds,
        prompt=prompt,
        failure=Edge(Target(TargetKind.QUEUE, "sales")),
        **ways,  # type: ignore[arg-type]
    )
    start = Play("start", "hello", Edge(Target(TargetKind.STEP, "who")))
    return Flow({"start": start, "who": who}, {}, {"hello": {"fr": ("beep",)}, "wait": {"fr": ("beep",)}}, "fr")


async def test_a_hostile_answer_is_data_and_one_that_hangs_costs_its_deadline(
    switch: Switch, phones: Phones, system: OtherSystem
) -> None:
    connection = Http(name="crm", url=f"{system.url}/{{number}}")
    async with Asker({"crm": connection}) as asker, open_line(switch, rfc4733=["phone0"], systems=asker) as line:
        phone = await phones.phone("phone0", switch.sip, "phone0-secret")
        await phone.register()
        system.says = lambda _: json_answer({"name": HOSTILE})
        journey = await line.call(phone, flow(10, "wait"), "start", Plan())
        assert journey.variables == {"CBV_customer": quote(SHOWN, safe="+*#")}
        assert journey.prompts == ["hello", "wait"]
        assert not list(switch.folder.rglob("pwned"))

        system.says = lambda _: hangs()
        journey = await line.call(phone, flow(0.5), "start", Plan())
        assert journey.end[:2] == ("queue", "sales")

        # Who hangs up asks no more.
        asked = len(system.asked)
        calling = asyncio.create_task(line.call(phone, flow(20), "start", Plan.parse("30s hangup")))
        await until(lambda: len(system.asked) > asked, "the question")
        await switch.cli("channel request hangup all")
        await until(lambda: system.open == 0, "the question to be taken back")
        assert (await calling).end[0] == "hung up"
