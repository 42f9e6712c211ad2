"""The way to the engine that hears callers: there where a port of it is known, and nowhere else."""

from __future__ import annotations

import pytest

from agi.ear import ENGINE
from cordboard.hearing.aeap import CODEC, PROTOCOL
from dialplan_templates import render
from dialplan_templates.errors import ViewRefused
from dialplan_templates.render import HEARING, HEARING_MODULES
from dialplan_templates.views import Mode, Network
from kit.generated import EVERYTHING, SMALL, view_of


def files(network: Network, mode: Mode = Mode.OWNED) -> dict[str, str]:
    return render(view_of(SMALL, EVERYTHING, network=network, mode=mode))


def test_asterisk_finds_the_engine_by_the_name_and_words_that_scripts_and_engine_use() -> None:
    written = files(Network(agi_address="::1", hearing_port=4574))
    lines = [line for line in written[HEARING].splitlines() if line and not line.startswith(";")]
    assert lines == [
        f"[{ENGINE}]",
        "type=client",
        f"codecs=!all,{CODEC}",
        "url=ws://[::1]:4574/",
        f"protocol={PROTOCOL}",
    ]
    loaded = written["modules.conf"].splitlines()
    assert all(f"load={module}.so" in loaded for module in HEARING_MODULES)


def test_who_hears_nobody_has_none_of_it() -> None:
    written = files(Network())
    assert HEARING not in written
    assert not any(f"{module}.so" in written["modules.conf"] for module in HEARING_MODULES)
    assert HEARING not in files(Network(hearing_port=4574), Mode.INCLUDED)


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(ViewRefused, match="hearing_port"):
        files(Network(hearing_port=70_000))
