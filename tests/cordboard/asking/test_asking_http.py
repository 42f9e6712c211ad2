"""A system asked over HTTP that answers, hangs, lies, or is down: each question costs its deadline at most."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from agi.flow.lookup import LONGEST_TEXT
from agi.ports import FAILED, NOTHING_FOUND, Notice, Question, Response
from cordboard.asking.asker import Asker
from cordboard.asking.connections import Http
from cordboard.asking.gate import MOST_FAILURES
from kit.other_system import OtherSystem, hangs, json_answer, raw_answer
from kit.patience import until

HOSTILE = [
    "${SHELL(touch pwned)}",
    '"=""]?vip,1)',
    "x\r\nAction: Hangup\r\nChannel: /.*/\r\n\r\n",
    "a,b;c&d'e--",
    "1/2?x#y",
    "\u202eevil\u0000\u200b",
]
SOON, LONG = 0.3, 30.0


@pytest.fixture
async def system() -> AsyncIterator[OtherSystem]:
    async with OtherSystem() as system:
        yield system


def question(values: Mapping[str, str] | None = None, **changes: Any) -> Question:
    asked = Question(
        node="who",
        source="crm",
        values={"number": "+33612345678"} if values is None else values,
        secrets=frozenset(),
        into={"tier": "customer.tier", "name": "customer.names.0"},
        seconds=LONG,
    )
    return replace(asked, **changes)


async def asked(system: OtherSystem, put: Question, path: str = "/customers/{number}", **changes: Any) -> Response:
    async with Asker({"crm": Http(name="crm", url=system.url + path, **changes)}) as asker, asker.asked(put) as answer:
        return await answer


async def test_what_is_found_comes_into_variables(system: OtherSystem) -> None:
    system.says = lambda _: json_answer({"customer": {"tier": 3.50, "names": ["Zoé  Martin\n"], "more": {}}})
    found = await asked(system, question(), headers={"Authorization": "Bearer secret"})
    assert found == Response("found", {"tier": "3.5", "name": "Zoé Martin"})
    assert system.asked[0].path == "/customers/%2B33612345678"
    assert system.asked[0].headers["Authorization"] == "Bearer secret"


async def test_what_an_answer_does_not_have_is_nothing(system: OtherSystem) -> None:
    system.says = lambda _: json_answer({"customer": {"tier": None, "names": []}})
    assert await asked(system, question()) == Response("found", {"tier": "", "name": ""})


@pytest.mark.parametrize("says", ["null", "{}", "[]", 404, 204, 410])
async def test_nothing_is_found(system: OtherSystem, says: str | int) -> None:
    system.says = lambda _: raw_answer(says.encode()) if isinstance(says, str) else web.Response(status=says)
    assert await asked(system, question()) == NOTHING_FOUND


@pytest.mark.parametrize("value", ["", ".", "..", "../../admin", "1/./2", r"..\admin"])
async def test_nobody_is_asked_about_a_place_that_no_value_names(system: OtherSystem, value: str) -> None:
    assert await asked(system, question({"number": value})) == NOTHING_FOUND
    assert system.asked == []


@pytest.mark.parametrize("value", HOSTILE)
async def test_values_are_encoded_where_they_stand_in_the_address(system: OtherSystem, value: str) -> None:
    await asked(system, question({"number": value, "more": value}), "/c/{number}/x?key={number}")
    (came,) = system.asked
    path, _, query = came.path.partition("?")
    assert path.count("/") == 3
    assert path.startswith("/c/")
    assert path.endswith("/x")
    assert [part.partition("=")[0] for part in query.split("&")] == ["key", "more"]


async def test_a_body_is_an_object_of_what_the_address_does_not_take(system: OtherSystem) -> None:
    put = question({"number": HOSTILE[1], "pin": "4815"}, secrets=frozenset({"pin"}))
    await asked(system, put, "/check?n={number}", method="POST")
    assert json.loads(system.asked[0].body) == {"pin": "4815"}
    assert "4815" not in system.asked[0].path


async def test_a_body_has_the_shape_that_the_settings_say(system: OtherSystem) -> None:
    body = {"to": ["{number}"], "text": 'about {number}: "{more}"', "count": 1}
    await asked(system, question({"number": "12", "more": '"},{"'}), "/check", method="POST", body=body)
    assert json.loads(system.asked[0].body) == {"to": ["12"], "text": 'about 12: ""},{""', "count": 1}


@pytest.mark.parametrize("path", ["/pins/{pin}", "/pins"])
async def test_a_secret_stands_in_no_address(system: OtherSystem, path: str, caplog: pytest.LogCaptureFixture) -> None:
    put = question({"pin": "4815"}, secrets=frozenset({"pin"}))
    assert await asked(system, put, path) == FAILED
    assert system.asked == []
    assert "4815" not in caplog.text


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_value_is_one_line_of_text(system: OtherSystem, value: str) -> None:
    system.says = lambda _: json_answer({"customer": {"tier": value}})
    found = await asked(system, question())
    assert found.way == "found"
    assert found.values["tier"].isprintable()
    assert found.values["tier"] == found.values["tier"].strip()


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        b"<html>",
        b'{"customer": ',
        b"\xff\xfe",
        b"NaN",
        b"[" * 40000,
        b'{"customer": {"tier": {"deep": 1}}}',
        b'{"customer": {"tier": ["gold"]}}',
        b'{"customer": "gold"}',
        b'"gold"',
        json.dumps({"customer": {"tier": "x" * (LONGEST_TEXT + 1)}}).encode(),
        json.dumps({"customer": {"tier": "gold"}, "more": "x" * 70000}).encode(),
    ],
    ids=range(12),
)
async def test_a_lie_is_a_failure(system: OtherSystem, lie: bytes) -> None:
    system.says = lambda _: raw_answer(lie)
    assert await asked(system, question()) == FAILED


async def test_what_is_no_json_by_its_kind_or_is_compressed_is_a_failure(system: OtherSystem) -> None:
    truth = b'{"customer": {"tier": "gold"}}'
    for said in (raw_answer(truth, "text/html"), raw_answer(truth, **{"Content-Encoding": "gzip"})):
        system.says = lambda _, said=said: said  # type: ignore[misc]
        assert await asked(system, question()) == FAILED
    system.says = lambda _: raw_answer(truth, "application/hal+json")
    assert (await asked(system, question())).way == "found"


async def test_an_answer_without_end_is_cut(system: OtherSystem) -> None:
    system.endless = b'{"customer": "' + b"x" * 1000
    assert await asked(system, question()) == FAILED


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 422, 429, 500, 503])
async def test_no_redirect_is_followed_and_no_refusal_is_an_answer(system: OtherSystem, status: int) -> None:
    elsewhere = f"{system.url}/elsewhere"
    system.says = lambda _: web.json_response(
        {"customer": {"tier": "gold"}}, status=status, headers={"Location": elsewhere}
    )
    assert await asked(system, question()) == FAILED
    assert len(system.asked) == 1


async def test_a_system_that_is_down_or_hangs_is_a_failure(system: OtherSystem) -> None:
    system.says = lambda _: hangs()
    assert await asked(system, question(seconds=SOON)) == FAILED
    await system.go_down()
    assert await asked(system, question()) == FAILED


async def test_who_leaves_asks_no_more(system: OtherSystem) -> None:
    system.says = lambda _: hangs()
    async with Asker({"crm": Http(name="crm", url=system.url)}) as asker:
        async with asker.asked(question({})) as answer:
            await until(lambda: system.asked, "the question")
        assert isinstance(answer, asyncio.Task)
        assert answer.cancelled()


async def test_nobody_is_asked_whom_the_settings_do_not_name(
    system: OtherSystem, caplog: pytest.LogCaptureFixture
) -> None:
    assert await asked(system, question(source="billing")) == FAILED
    assert await asked(system, question({"name": "Zoé"})) == FAILED
    assert system.asked == []
    assert [record.error for record in caplog.records] == [  # type: ignore[attr-defined]
        "the settings have no connection of this name",
        "it is not told number",
    ]


async def test_logs_tell_no_values_and_no_secrets(system: OtherSystem, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    system.says = lambda _: raw_answer(b'{"customer": {"tier": ["canary-answer"]}}')
    await asked(system, question({"number": "canary-number"}), headers={"X-Key": "canary-header"})
    await system.go_down()
    await asked(system, question({"number": "canary-number"}), headers={"X-Key": "canary-header"})
    told = [str(vars(record)) for record in caplog.records if record.name.startswith("cordboard.")]
    assert len(told) == 2
    assert "canary" not in "".join(told)


# --- told -------------------------------------------------------------------------------------------------------------


def notice(**changes: Any) -> Notice:
    values = {"to": "+33612345678", "text": 'a "b"\n{to}'}
    return replace(Notice("sms", "crm", values, frozenset(), "pbx1-1.2-sms", LONG), **changes)


async def told(system: OtherSystem, put: Notice, path: str = "/sms", method: str = "POST", **changes: Any) -> bool:
    async with Asker({"crm": Http(name="crm", url=system.url + path, method=method, **changes)}) as asker:
        return await asker.told(put)


async def test_what_is_told_is_json_with_a_key_that_says_when_it_is_the_same(system: OtherSystem) -> None:
    system.says = lambda _: web.Response(status=202)
    assert await told(system, notice(), headers={"X-Key": "secret"}, body={"to": ["{to}"], "message": "{text}"})
    (came,) = system.asked
    assert json.loads(came.body) == {"to": ["+33612345678"], "message": 'a "b"\n{to}'}
    assert came.headers["Idempotency-Key"] == "pbx1-1.2-sms"
    assert came.headers["X-Key"] == "secret"


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_what_is_taken_is_sent_whatever_is_answered(system: OtherSystem, status: int) -> None:
    system.says = lambda _: web.Response(status=status, body=None if status == 204 else b"<html>")
    assert await told(system, notice())


@pytest.mark.parametrize("status", [302, 400, 401, 404, 409, 500, 503])
async def test_what_is_not_taken_is_not_sent(system: OtherSystem, status: int) -> None:
    system.says = lambda _: web.Response(status=status)
    assert not await told(system, notice())
    assert len(system.asked) == 1


async def test_nobody_is_told_by_get_or_at_another_place_or_a_secret_in_an_address(system: OtherSystem) -> None:
    assert not await told(system, notice(), method="GET")
    assert not await told(system, notice(values={"to": ".."}), "/sms/{to}")
    assert not await told(system, notice(secrets=frozenset({"to"})), "/sms/{to}")
    assert not await told(system, notice(source="billing"))
    assert system.asked == []


async def test_who_hangs_up_has_told_nevertheless(system: OtherSystem) -> None:
    arrived, may_answer = asyncio.Event(), asyncio.Event()

    async def later() -> web.StreamResponse:
        arrived.set()
        await may_answer.wait()
        return web.Response(status=200)

    system.says = lambda _: later()
    async with Asker({"crm": Http(name="crm", url=system.url, method="POST")}) as asker:
        telling = asyncio.create_task(asker.told(notice()))
        await arrived.wait()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        assert system.open == 1
        may_answer.set()
    assert system.open == 0
    assert telling.cancelled()


async def test_a_system_that_hangs_when_it_is_told_costs_the_deadline(system: OtherSystem) -> None:
    system.says = lambda _: hangs()
    assert not await told(system, notice(seconds=SOON))


# --- many at once -----------------------------------------------------------------------------------------------------


async def test_hundreds_of_callers_do_not_pile_up_behind_a_system_that_hangs(
    system: OtherSystem, caplog: pytest.LogCaptureFixture
) -> None:
    system.says = lambda _: hangs()
    connection = Http(name="crm", url=system.url, at_once=10)
    async with Asker({"crm": connection}) as asker:

        async def call() -> Response:
            async with asker.asked(question({}, seconds=SOON)) as answer:
                return await answer

        assert {answer.way for answer in await asyncio.gather(*(call() for _ in range(300)))} == {"failure"}
        assert system.at_once <= 10
        assert len(system.asked) <= 20
        before = len(system.asked)
        assert await call() == FAILED
        assert len(system.asked) == before
    told = [record for record in caplog.records if "left alone" in record.message]
    assert len(told) == 1


async def test_many_are_asked_in_turn(system: OtherSystem) -> None:
    async def later() -> web.StreamResponse:
        await asyncio.sleep(0.01)
        return json_answer({"customer": {"tier": "gold"}})

    system.says = lambda _: later()
    async with Asker({"crm": Http(name="crm", url=system.url, at_once=5)}) as asker:

        async def call() -> Response:
            async with asker.asked(question({})) as answer:
                return await answer

        answers = await asyncio.gather(*(call() for _ in range(60)))
    assert {answer.way for answer in answers} == {"found"}
    assert system.at_once <= 5


async def test_what_one_caller_types_closes_no_connection(system: OtherSystem) -> None:
    system.says = lambda asked: (
        json_answer({"customer": {"tier": "gold"}}) if asked.path == "/1" else web.Response(status=400)
    )
    async with Asker({"crm": Http(name="crm", url=system.url + "/{number}")}) as asker:
        for typed in ["0"] * (2 * MOST_FAILURES) + ["1"]:
            async with asker.asked(question({"number": typed})) as answer:
                last = await answer
    assert last.way == "found"
