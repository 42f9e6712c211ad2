"""`cordboard rehearse` as its user runs it, and the apply that rehearses first, in both modes and without a binary."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.site import Site
from kit.switch import REPOSITORY

pytestmark = pytest.mark.switch


async def test_a_company_that_was_never_applied(tmp_path: Path) -> None:
    site = Site(REPOSITORY / "demo/company.yaml", settings={"rehearse": "true"})
    here = site.environment["CORDBOARD_ASTERISK_HOME"]
    try:
        await site.cordboard("init")
        await site.cordboard("import", str(site.company_file))

        # It passes in both modes and writes nothing.
        told = (await site.cordboard("rehearse", "--json")).json()
        assert told["passed"]
        assert (told["problems"], told["differences"], told["notes"]) == ([], [], [])
        site.environment["CORDBOARD_ASTERISK_MODE"] = "included"
        assert "runs what was generated" in (await site.cordboard("rehearse")).out

        # Without an Asterisk nothing is known, and that is said.
        site.environment["CORDBOARD_ASTERISK_HOME"] = str(tmp_path)
        told = (await site.cordboard("rehearse", "--json", expect=(1,))).json()
        assert told["held"] is False
        assert not (site.home / "current").exists()

        # An Asterisk that lacks what it needs keeps an apply from writing.
        site.environment["CORDBOARD_ASTERISK_MODE"] = "owned"
        description = (Path(here) / "asterisk.json").read_text(encoding="utf-8")
        (tmp_path / "asterisk.json").write_text(description.replace("/asterisk/modules", "/asterisk/none"), "utf-8")
        said = await site.cordboard("apply", "--yes", expect=(1,))
        assert "app_queue.so" in said.out + said.err
        assert not (site.home / "current").exists()

        # With the one that is here it is rehearsed, and in force.
        site.environment["CORDBOARD_ASTERISK_HOME"] = here
        await site.cordboard("apply", "--yes")
        assert (site.home / "current").exists()
    finally:
        await site.close()
