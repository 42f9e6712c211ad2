"""The API of the editor: what it is begun with, judged by line, kept as the draft; and what it never takes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from cordboard.desk.companies import Companies
from cordboard.desk.flows import Flows
from cordboard.documents import read_company
from cordboard.store.engine import Store
from cordboard.store.flow_drafts import find_draft
from cordboard.store.flows import newest_flow
from cordboard.store.records import Role
from cordboard.web.menu_texts import LONGEST_TEXT

from .conftest import House
from .menus_scene import DEMO, KEY_4, TO_SUPPORT, draft, put_in

NOW_SUPPORT = "~ menu accueil: key 4 now goes to queue support (was message opening-hours)"
FAILING = """
tests:
  hours: {to: "+33199000001", at: "2026-11-23 10:00", press: "4", ends: {message: opening-hours}}
"""

PASSING = FAILING.replace("message: opening-hours", "queue: support")


async def begun(client: aiohttp.ClientSession) -> tuple[str, dict[str, Any]]:
    found = await (await client.get("/api/menus/text")).json()
    return found["text"], found["basis"]


async def post(client: aiohttp.ClientSession, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await client.post(f"/api/menus/{path}", json=body)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def kept(store: Store) -> str | None:
    async with store.reading() as session:
        found = await find_draft(session, "acme")
    return found.text if found else None


@pytest.fixture
async def client(house: House) -> aiohttp.ClientSession:
    await put_in(house)
    return await house.somebody(Role.ADMINISTRATOR)


async def test_it_is_begun_with_what_is_stored_and_then_with_the_draft_as_it_was_written(
    house: House, client: aiohttp.ClientSession
) -> None:
    text, basis = await begun(client)
    assert KEY_4 in text
    assert "people" not in text
    assert "Haddad" not in text
    assert basis == {"draft": None, "version": 2}
    written = f"# Key 4 leads to people.\n{text.replace(KEY_4, TO_SUPPORT)}"
    answer = await post(client, "draft", {"text": written, "basis": basis})
    assert answer["basis"] == {"draft": answer["draft"]["made_at"], "version": 2}
    assert (answer["draft"]["by"], answer["draft"]["is_checked"]) == ("administrator-acme-None", True)
    assert await begun(client) == (written, answer["basis"])
    assert await kept(house.store) == written
    overview = await (await client.get("/api/menus")).json()
    assert overview["draft"]["changes"] == [NOW_SUPPORT]
    told = await post(client, "publish", {"draft": answer["basis"]["draft"]})
    assert told["changes"] == [NOW_SUPPORT]


async def test_after_it_was_published_it_is_begun_as_it_was_written_with_its_tests(
    house: House, client: aiohttp.ClientSession
) -> None:
    text, basis = await begun(client)
    written = f"# As nadia likes it.\n{text.replace(KEY_4, TO_SUPPORT)}{PASSING}"
    answer = await post(client, "draft", {"text": written, "basis": basis})
    await post(client, "publish", {"draft": answer["draft"]["made_at"]})
    assert await begun(client) == (written, {"draft": None, "version": 3})
    assert (await (await client.get("/api/menus")).json())["draft"] is None
    assert (await post(client, "check", {"text": written}))["not_taken"] == []
    await post(client, "unpublish", {"version": 3})
    assert await begun(client) == (text, {"draft": None, "version": 2})
    await put_in(house)
    assert await begun(client) == (text, {"draft": None, "version": 2})


async def test_a_draft_that_leads_to_what_was_taken_out_is_shown_and_mended(
    house: House, client: aiohttp.ClientSession
) -> None:
    text, basis = await begun(client)
    await post(client, "draft", {"text": text, "basis": basis})
    without = read_company(DEMO.replace("opening-hours", "our-hours"))
    assert (await Companies(house.store).store_reading(without, "bob")).was_stored
    shown = (await (await client.get("/api/menus")).json())["draft"]
    assert (shown["is_checked"], shown["changes"]) == (False, None)
    refused = await post(client, "publish", {"draft": shown["made_at"]}, 422)
    assert [each["what"] for each in refused["problems"] if not each["is_warning"]] == ['no message "opening-hours"']
    text, basis = await begun(client)
    await post(client, "draft", {"text": text.replace("opening-hours", "our-hours"), "basis": basis})
    assert (await (await client.get("/api/menus")).json())["draft"]["changes"] == []


async def test_of_the_draft_of_a_whole_file_it_has_the_menus_alone(house: House, client: aiohttp.ClientSession) -> None:
    await draft(house)
    text, basis = await begun(client)
    assert TO_SUPPORT in text
    assert "people" not in text
    assert basis["draft"] is not None
    told = await post(client, "check", {"text": text})
    assert [each["where"] for each in told["problems"] if not each["is_warning"]] == []
    assert told["changes"] == [NOW_SUPPORT]


async def test_a_text_is_judged_by_line_and_nothing_is_kept(house: House, client: aiohttp.ClientSession) -> None:
    text, _ = await begun(client)
    fine = await post(client, "check", {"text": text.replace(KEY_4, TO_SUPPORT) + FAILING})
    assert fine["changes"] == [NOW_SUPPORT]
    assert any(box["of"] == "accueil" for box in fine["tree"]["boxes"])
    (failed,) = (each for each in fine["problems"] if not each["is_warning"])
    assert failed["where"] == "tests.hours"
    assert failed["what"].startswith("fails: is to end in message opening-hours")
    lines = (text + FAILING).splitlines()
    assert lines[failed["line"] - 1].startswith("  hours: {to")
    broken = text.replace(KEY_4, '"4": {queue: suport}')
    told = await post(client, "check", {"text": broken})
    assert (told["tree"], told["changes"]) == (None, [])
    assert [each["where"] for each in told["problems"] if each["is_warning"]] == ["hours.always", "hours.never"]
    (problem,) = (each for each in told["problems"] if not each["is_warning"])
    assert (problem["what"], problem["cure"]) == ('no queue "suport"', 'Did you mean "support"?')
    assert "suport" in broken.splitlines()[problem["line"] - 1]
    told = await post(client, "check?language=fr", {"text": broken})
    french = {"what": "inconnu : file « suport »", "cure": "Vouliez-vous dire « support » ?"}
    assert {**problem, **french} in told["problems"]
    assert await kept(house.store) is None


async def test_what_the_flow_has_wrong_is_told_once_and_at_its_line(client: aiohttp.ClientSession) -> None:
    text, _ = await begun(client)
    more = "  alone: {kind: play, prompt: welcome, then: hangup}\n"
    head, steps, tail = text.partition("\nsteps:\n")
    text = head + steps + more + tail if steps else text.replace("\ndids:", f"\nsteps:\n{more}\ndids:")
    told = await post(client, "check", {"text": text})
    assert told["tree"] is not None
    found = [each for each in told["problems"] if each["where"].startswith("steps")]
    assert [each["where"] for each in found] == ["steps.alone"]
    assert text.splitlines()[found[0]["line"] - 1].startswith("  alone")


async def test_other_sections_are_refused_and_what_else_differs_is_told(
    house: House, client: aiohttp.ClientSession
) -> None:
    text, basis = await begun(client)
    with_people = f"{text}\npeople:\n  eve: {{name: Eve, extension: '299'}}\n"
    told = await post(client, "check", {"text": with_people})
    (problem,) = (each for each in told["problems"] if not each["is_warning"])
    assert (problem["where"], problem["what"]) == ("people", "is no section of menus")
    refused = await post(client, "draft", {"text": with_people, "basis": basis}, 422)
    assert refused["problems"] == told["problems"]
    refused = await post(client, "draft?language=fr", {"text": with_people, "basis": basis}, 422)
    assert "n'est pas une section des menus" in {each["what"] for each in refused["problems"]}
    assert await kept(house.store) is None
    renamed = text.replace("Ligne directe", "Ligne")
    assert renamed != text
    assert (await post(client, "check", {"text": renamed}))["not_taken"] == ["dids"]


async def test_nobody_saves_over_what_he_has_not_seen(house: House, client: aiohttp.ClientSession) -> None:
    text, basis = await begun(client)
    await draft(house)
    before = await kept(house.store)
    stale = await post(client, "draft", {"text": text, "basis": basis}, 409)
    assert stale["type"].endswith(":stale")
    assert (stale["draft"]["by"], stale["version"]["by"]) == ("nadia", "nadia")
    assert await kept(house.store) == before
    # Who has been told may do it nonetheless.
    await post(client, "draft", {"text": text, "basis": stale["basis"]})
    assert await kept(house.store) == text
    text, basis = await begun(client)
    await post(client, "publish", {"draft": basis["draft"]})
    stale = await post(client, "draft", {"text": text, "basis": basis}, 409)
    assert (stale["draft"], stale["basis"]["draft"]) == (None, None)


async def test_a_draft_is_published_at_a_time_or_to_one_number(house: House, client: aiohttp.ClientSession) -> None:
    async def drafted() -> str:
        text, basis = await begun(client)
        other = TO_SUPPORT if KEY_4 in text else KEY_4
        answer = await post(client, "draft", {"text": text.replace(KEY_4, other), "basis": basis})
        return str(answer["draft"]["made_at"])

    meant = await drafted()
    far = {"starts": "9999-12-31T23:59"}
    for wrong in ({"share": 10, "did": "main"}, {"starts": "soon"}, far, {"did": "Main"}):
        assert (await post(client, "publish", {"draft": meant, **wrong}, 422))["type"].endswith(":invalid")
    for wrong in ({"did": "nobody"}, {"starts": "2020-01-01T08:00"}):
        assert (await post(client, "publish", {"draft": meant, **wrong}, 422))["type"].endswith(":refused")
    assert (await post(client, "publish", {"draft": meant, "did": "main"}))["version"]["did"] == "main"
    await post(client, "unpublish", {"version": 3})
    morning = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT08:00")
    told = await post(client, "publish", {"draft": await drafted(), "starts": morning})
    async with house.store.reading() as session:
        newest = await newest_flow(session, "acme")
    assert newest is not None
    assert newest.starts is not None
    on_the_clock = datetime.fromisoformat(morning).replace(tzinfo=ZoneInfo("Europe/Paris"))
    assert newest.starts == on_the_clock
    assert datetime.fromisoformat(told["version"]["starts"]) == on_the_clock


async def test_only_who_may_publish_reads_and_writes_the_text(house: House, client: aiohttp.ClientSession) -> None:
    text, basis = await begun(client)
    supervisor = await house.somebody(Role.SUPERVISOR)
    assert (await supervisor.get("/api/menus/text")).status == 403
    for path in ("check", "draft"):
        body = {"text": text, "basis": basis} if path == "draft" else {"text": text}
        await post(supervisor, path, body, 403)
        stranger = await house.stranger()
        assert (await stranger.post(f"/api/menus/{path}", json=body)).status == 401
        forged = {"Origin": "https://elsewhere.example"}
        assert (await client.post(f"/api/menus/{path}", json=body, headers=forged)).status == 403


async def test_a_text_that_is_too_long_is_not_read(client: aiohttp.ClientSession) -> None:
    await post(client, "check", {"text": "#" * LONGEST_TEXT})
    await post(client, "check", {"text": "#" * (LONGEST_TEXT + 1)}, 422)
    await post(client, "check", {"text": "#" * (3 * LONGEST_TEXT)}, 413)


async def test_a_session_has_one_text_judged_at_a_time(
    house: House, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_one, may_end = asyncio.Event(), asyncio.Event()
    read = Flows.read

    async def slowly(self: Flows, company: str, text: str) -> Any:
        begun_one.set()
        await may_end.wait()
        return await read(self, company, text)

    monkeypatch.setattr(Flows, "read", slowly)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(post(client, "check", {"text": "cordboard: 1"}))
        await begun_one.wait()
        assert (await post(client, "check", {"text": "cordboard: 1"}, 429))["type"].endswith(":too-many")
        may_end.set()
    assert first.result()["tree"] is not None
    await post(client, "check", {"text": "cordboard: 1"})
