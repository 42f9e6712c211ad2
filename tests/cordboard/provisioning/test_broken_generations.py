"""Generations broken on the way to Asterisk: what `make soak ONLY=broken` found once, and what was mended for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, make_dataclass, replace

import pytest

from ami.actions import Action, QueueAdd
from bench import soak_broken
from bench.figure import Run
from cordboard.provisioning.desired import Desired
from cordboard.provisioning.errors import PlanRefused
from cordboard.provisioning.generations import State
from kit import acme
from kit.lab import Lab

pytestmark = pytest.mark.switch


async def test_a_generation_whose_record_is_damaged_is_put_back_whole(lab: Lab) -> None:
    """No module reads the record: the reload of its predecessor once asked for a module without a name, and stopped."""

    async def damage(action: Action) -> None:
        record = lab.etc.resolve() / "generation.json"
        if record.parent.name == "2":
            record.write_text(record.read_text()[:-100])

    applied = await lab.apply(acme.tenant(acme.company(name="Acme & Co")), fault=damage)
    assert (applied.generation, applied.failed, applied.state) == (1, 2, State.VERIFIED), applied.reason
    assert (await lab.verify()).differences == ()


async def test_contexts_of_earlier_generations_are_kept_as_they_were(lab: Lab) -> None:
    """They are not what the new generation's own mark tells of: a context added to them was once taken for good."""

    def files(self: Desired, generation: int, kept: Mapping[int, str]) -> dict[str, str]:
        return {**Desired.files(self, generation, kept), "contexts-g1.conf": f"{kept[1]}[ghost]\nexten => s,1,NoOp()\n"}

    wanted = lab.desired(acme.tenant(acme.company(name="Acme & Co")))
    tampered = make_dataclass("Tampered", [], bases=(Desired,), namespace={"files": files}, frozen=True)
    async with lab.manager() as manager:
        seen = await lab.deployer.look(wanted, manager)
        values = {each.name: getattr(wanted, each.name) for each in fields(Desired)}
        with pytest.raises(PlanRefused, match=r"earlier generations.*fault of Cordboard"):
            await lab.deployer.apply(seen.identity, tampered(**values), manager, by="amel")
    assert lab.generations.numbers() == [1]
    assert (await lab.verify()).differences == ()


async def test_what_stands_in_the_place_of_an_unfinished_generation_goes(lab: Lab) -> None:
    """A file there once kept every later deployment from beginning."""
    (lab.home / "generations" / ".new-2").write_text("in the way")
    applied = await lab.apply(acme.tenant(acme.company(name="Acme & Co")))
    assert (applied.generation, applied.is_verified) == (2, True)


async def test_a_file_that_was_touched_is_not_loaded_and_nobody_loses_a_queue(lab: Lab) -> None:
    """A queue that is cut out of its file loses its agents for good when it is reloaded, whatever is put back then."""
    async with lab.manager(acme.RUN_ACCOUNT) as manager:
        await manager.act(QueueAdd("acme-english", "PJSIP/acme-bruno", "acme-bruno", 1))
    seated, _ = await lab.queue("acme-english")
    company = acme.company()
    bruno = replace(company.people["bruno"], name="Bruno M.")
    english = replace(company.queues["english"], wrap_up=4)
    company = replace(company, people={**company.people, "bruno": bruno}, queues={**company.queues, "english": english})
    reloads: list[str] = []

    async def cut(action: Action) -> None:
        if not reloads:
            queues = lab.etc / "queues.conf"
            queues.write_text(queues.read_text()[:200])
        reloads.append(f"{lab.etc.resolve().name} {getattr(action, 'module', 'app_queue')}")

    applied = await lab.apply(acme.tenant(company), fault=cut)
    assert (applied.generation, applied.failed, applied.state) == (1, 2, State.VERIFIED), applied.reason
    assert "file queues.conf" in str(applied.differences[0])
    assert "2 app_queue" not in reloads, "the cut file was loaded"
    assert (await lab.queue("acme-english"))[0] == seated != []
    assert (await lab.verify()).differences == ()


async def test_a_few_of_the_thousand_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKAGES", "24")
    figures = {each.part: each async for each in soak_broken.measure(Run(20261121, 60, lambda _: None))}
    assert figures.keys() == {"texts", "disk", "read-back"}
    for part in ("texts", "disk"):
        assert figures[part].is_good, f"{figures[part].notes}\n{figures[part].details}"
    assert figures["disk"].tried == 24
    assert figures["read-back"].failed == 0, figures["read-back"].notes
