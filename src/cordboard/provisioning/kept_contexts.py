"""A generation with the contexts of others beside its own, for the calls that are in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cordboard.provisioning.actual import generation_of
from cordboard.provisioning.desired import own_files
from cordboard.provisioning.generations import Generation
from cordboard.provisioning.takeover import manifest_of
from dialplan_templates import manifest, with_kept


def with_contexts(generation: Generation, kept: Mapping[int, str], other: Generation, etc: Path) -> Generation:
    """`generation` with these contexts (number -> text) and no more; what they must show is known to it or to `other`.
    `etc` is where Asterisk finds the files."""
    files = with_kept(own_files(generation.files, generation.number), kept, str(etc))
    theirs = {**manifest_of(generation).contexts, **manifest_of(other).contexts}
    from_own = manifest(own_files(files, generation.number))
    still = {name: extensions for name, extensions in theirs.items() if generation_of(name) in kept}
    defined = replace(from_own, contexts={**from_own.contexts, **still})
    return replace(generation, files=files, notes={**generation.notes, "manifest": defined.to_json()})
