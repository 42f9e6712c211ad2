"""Deployed over the API of a real daemon: rehearsed by a throw-away Asterisk, kept, ended in good order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kit.site import Site
from kit.switch import REPOSITORY

pytestmark = pytest.mark.switch


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site(REPOSITORY / "demo/company.yaml", settings={"rehearse": "true"}) as opened:
        yield opened


async def wants(site: Site, folder: Path, max_wait: int) -> None:
    file = folder / "company.yaml"
    await site.cordboard("export", "--output", str(file))
    yaml = YAML()
    document: dict[str, Any] = yaml.load(file)
    document["queues"]["billing-fr"] |= {"max_wait": max_wait}
    yaml.dump(document, file)
    await site.cordboard("import", str(file))


async def now(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = await site.get("/api/deploy/now")
    return found


async def test_applied_rehearsed_kept_and_ended_in_good_order(site: Site, tmp_path: Path) -> None:
    await wants(site, tmp_path, 71)

    async def is_noticed() -> bool:
        drift = (await now(site))["drift"]
        return drift is not None and drift["pending"] == 1

    await site.until_async(is_noticed, "the daemon to notice the import")
    plan = await site.get("/api/deploy/plan?language=fr")
    assert [change["sentences"] for change in plan["changes"]] == [["file billing-fr : attente maximale 120 -> 71 s"]]
    result = await site.post("/api/deploy/apply", {"plan": plan["plan"], "confirm_within": 120})
    assert (result["is_verified"], result["rehearsal"]["passed"], result["trial"]["by"]) == (True, True, "admin")
    assert (await site.post("/api/deploy/confirm", {}))["generation"] == result["generation"]

    async def is_calm() -> bool:
        drift = (await now(site))["drift"]
        return drift is not None and drift["is_none"]

    await site.until_async(is_calm, "the daemon to see that nothing drifts")
    said = (await site.cordboard("audit", "--json", "--limit", "20")).json()
    ours = [(entry["by"], entry["action"]) for entry in said if entry["by"] == "admin"]
    assert ours[:2] == [("admin", "deploy.confirm"), ("admin", "deploy.apply")]

    await wants(site, tmp_path, 72)
    plan = await site.get("/api/deploy/plan")
    asking = asyncio.ensure_future(site.post("/api/deploy/apply", {"plan": plan["plan"]}))

    async def is_under_way() -> bool:
        return (await now(site))["work"] is not None

    await site.until_async(is_under_way, "the apply to begin")
    assert await site.stop_daemon() == 0
    assert (await asking)["is_verified"], "a daemon that is stopped lets a deployment end"
    said = (await site.cordboard("generations", "--json")).json()
    assert (said[0]["is_in_force"], said[0]["state"], said[0]["by"]) == (True, "verified", "admin")
