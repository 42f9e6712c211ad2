"""A generation that keeps other contexts than it was written with is as if it had been written so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan_templates import manifest, render, with_kept
from dialplan_templates.errors import ManifestRefused
from dialplan_templates.views import KeptGeneration, Mode
from kit.generated import SMALL, view_of

FOLDER = "/etc/cordboard/current"
NUMBERS = st.frozensets(st.integers(min_value=1, max_value=40).filter(lambda number: number != 7), max_size=4)


def rendered(numbers: frozenset[int], mode: Mode) -> dict[str, str]:
    paths = tuple(KeptGeneration(number=each, path=f"{FOLDER}/contexts-g{each}.conf") for each in sorted(numbers))
    view = replace(view_of(SMALL), mode=mode, generation=7, kept=paths)
    return {**render(view), **{f"contexts-g{each}.conf": f"[cb-did-g{each}]\n" for each in numbers}}


@given(written=NUMBERS, kept=NUMBERS, mode=st.sampled_from(Mode))
def test_it_is_as_if_it_had_been_written_so(written: frozenset[int], kept: frozenset[int], mode: Mode) -> None:
    found = with_kept(rendered(written, mode), {each: f"[cb-did-g{each}]\n" for each in kept}, FOLDER)
    assert found == rendered(kept, mode)
    own = {name: text for name, text in found.items() if name not in {f"contexts-g{each}.conf" for each in kept}}
    assert manifest(own).generation == 7


def test_what_is_no_whole_generation_is_refused() -> None:
    files = rendered(frozenset(), Mode.OWNED)
    with pytest.raises(ManifestRefused):
        with_kept({**files, "contexts-g7.conf": "[cut"}, {}, FOLDER)
