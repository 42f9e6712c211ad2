"""The lines of files that a plan is about: those that somebody edited, and those that an apply would write."""

from __future__ import annotations

from collections.abc import Mapping

from cordboard.provisioning.desired import Desired, own_files
from cordboard.provisioning.file_differences import file_differences
from cordboard.provisioning.generations import Generation, Generations


def planned_differences(desired: Desired, generations: Generations) -> str:
    """Two diffs, each under its heading, secrets hidden; empty if no line differs. Writes nothing.

    Raises: StorageFailed.
    """
    number = generations.current()
    base = generations.load(number) if number is not None else None
    parts = []
    if base is not None and (edited := generations.edited(base.number)):
        parts.append(
            (f"edited by hand since generation {base.number} was written", _hand_edits(generations, base, edited))
        )
    if desired.is_possible:
        had = own_files(base.files, base.number) if base else {}
        parts.append(
            ("what an apply would write", file_differences(had, desired.files(base.number if base else 1, {})))
        )
    return "".join(f"# {heading}\n{text}" for heading, text in parts if text)


def _hand_edits(generations: Generations, base: Generation, edited: tuple[str, ...]) -> str:
    """From what was written to what is there now."""
    written = {name: base.files[name] for name in edited if name in base.files}
    return file_differences(written, _on_disk(generations, base.number, edited))


def _on_disk(generations: Generations, number: int, names: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for name in names:
        path = generations.path(number) / name
        if path.is_file():
            found[name] = path.read_bytes().decode(errors="replace")
    return found
