"""A module that is not loaded in Asterisk is told before anything is written: a reload does not bring it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ami.actions import Action
from cordboard.provisioning.errors import OtherAsterisk, PlanRefused
from cordboard.provisioning.show import plan_text
from cordboard.provisioning.whose import check_is_ours
from kit.deployed import with_queue
from kit.lab import Lab

pytestmark = pytest.mark.switch


@pytest.mark.parametrize("module", ["app_queue", "app_voicemail", "pbx_config"])
async def test_a_plan_for_a_module_that_is_not_loaded_is_refused(lab: Lab, module: str) -> None:
    assert "Unloaded" in await lab.switch.cli(f"module unload {module}.so")
    plan = await lab.plan()
    (error,) = plan.errors
    assert str(error).startswith(f"module {module}: it is not loaded in Asterisk")
    assert f"`module load {module}.so`" in error.cure
    assert module not in plan.reloads
    assert f"{module} is loaded anew" not in plan_text(plan)
    with pytest.raises(PlanRefused):
        await lab.apply(with_queue(max_wait=180))
    assert lab.generations.numbers() == [1]
    await lab.switch.cli(f"module load {module}.so")
    assert not (await lab.plan()).is_refused


async def test_unloaded_in_between_the_apply_says_so(lab: Lab) -> None:
    async def unload(_: Action) -> None:
        await lab.switch.cli("module unload app_queue.so")

    applied = await lab.apply(with_queue(max_waiting=7), fault=unload)
    assert applied.failed == 2
    assert "module app_queue is not loaded in Asterisk: `module load app_queue.so`" in applied.reason


async def test_another_asterisk_is_left_alone(lab: Lab, tmp_path: Path) -> None:
    async with lab.manager() as manager:
        await check_is_ours(manager, str(lab.etc), "127.0.0.1:5038")
        other = str(tmp_path / "current")
        with pytest.raises(OtherAsterisk, match=rf"the Asterisk at 127\.0\.0\.1:5038 reads {lab.etc}, not {other}"):
            await check_is_ours(manager, other, "127.0.0.1:5038")
