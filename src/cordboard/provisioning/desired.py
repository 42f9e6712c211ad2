"""What Asterisk shall run: sources checked, described and rendered, for any generation number."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cordboard.provisioning.checks import check, check_files
from cordboard.provisioning.compiled import compiled
from cordboard.provisioning.inventory import Inventory, inventory
from cordboard.provisioning.problems import PlanProblem, row_of
from cordboard.provisioning.sources import Installed, Placement, Tenant
from cordboard.provisioning.vocabulary import FILE
from dialplan_templates import Draft, ViewRefused, draft, lines_to_add, render, with_kept
from dialplan_templates.errors import Problem

# The dialplan carries the number of its generation. Two desires are compared as if both were generation 0.
CANONICAL = 0
# The marker context tells of all files: it alone does not make the dialplan another.
MARKED = re.compile(r"exten => s,1,NoOp\([0-9a-f]{64}\)\n\Z")
UNMARKED = "exten => s,1,NoOp()\n"
# Nor does the version of the same menus, which compiled menus tell of each call: publishing them again changes nothing.
FLOW_VERSION = re.compile(r",Version: [0-9]+(,By: (?:fallback|\$\{IF\([^\n]*\)\})\)\n)")
ANY_VERSION = r",Version: \1"
VIEWED = re.compile(r"companies\.([a-z0-9]+)\.([a-z]+)\.(.+)")
CONTEXTS = re.compile(r"contexts-g([1-9][0-9]*)\.conf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A checked desire. `prints` tells for each file whether it changed; `identity` for them all.

    With errors among the problems nothing was rendered: `prints` is empty, and `files` must not be asked for.
    """

    inventory: Inventory
    problems: tuple[PlanProblem, ...]
    prints: Mapping[str, str]
    identity: str
    _tenants: tuple[Tenant, ...] = field(repr=False)
    _placement: Placement = field(repr=False)
    _draft: Draft | None = field(repr=False)

    @property
    def is_possible(self) -> bool:
        return all(problem.is_warning for problem in self.problems)

    def files(self, generation: int, kept: Mapping[int, str]) -> dict[str, str]:
        """File name -> text of this generation. `kept`: number -> text of the contexts of older generations that stay
        included; the result holds them too, so that it does not lean on another generation's folder."""
        assert self._draft is not None, "nothing was rendered of what is impossible"
        files = self._draft.files(generation)
        return with_kept(files, kept, self._placement.directories.etc) if kept else files

    def files_on(self, placement: Placement) -> dict[str, str]:
        """File name -> text of the same desire for another Asterisk, as generation 0."""
        return render(compiled(self._tenants, placement, CANONICAL))

    def lines_to_add(self, placement: Placement | None = None) -> dict[str, str]:
        """For an Asterisk that is not ours: file -> the lines that its owner adds to it, once. `placement`: another
        than the real one's."""
        return lines_to_add(compiled(self._tenants, placement or self._placement, CANONICAL))


def contexts_file(generation: int) -> str:
    """The file that holds the versioned contexts of a generation."""
    return f"contexts-g{generation}.conf"


def own_files(files: Mapping[str, str], generation: int) -> dict[str, str]:
    """The files of a generation without the contexts of older ones that it keeps."""
    kept = contexts_in(files).keys() - {generation}
    return {name: text for name, text in files.items() if name not in map(contexts_file, kept)}


def contexts_in(files: Mapping[str, str]) -> dict[int, str]:
    """The versioned contexts among a generation's files: its own and those it keeps, by number."""
    return {int(found[1]): text for name, text in files.items() if (found := CONTEXTS.fullmatch(name))}


def _plain_name(file: str) -> str:
    return "contexts.conf" if file == contexts_file(CANONICAL) else file


def _of_the_view(problem: Problem, tenants: Sequence[Tenant]) -> PlanProblem:
    """What the templates' own check says, with its row in the company file."""
    row = ""
    if found := VIEWED.fullmatch(problem.where):
        people = next((tenant.company.people for tenant in tenants if tenant.company.id == found[1]), {})
        section, place = found[2], found[3]
        if section == "phones":
            section = "people" if place.split(".")[0] in people else "phones"
            place = re.sub(r"\.number$", ".extension", place)
        row = row_of(found[1], section, place)
    return PlanProblem(problem.where, problem.what, problem.cure, row=row)


def _print(text: str) -> str:
    return hashlib.sha256(FLOW_VERSION.sub(ANY_VERSION, MARKED.sub(UNMARKED, text)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What sources amount to: described and rendered, or why that cannot be."""

    tenants: tuple[Tenant, ...]
    placement: Placement
    inventory: Inventory
    draft: Draft | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    prints: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Problem, ...] = ()
    judged: dict[tuple[int, ...], tuple[PlanProblem, ...]] = field(default_factory=dict)
    """By what the folders of the Asterisk were when the files were checked."""


def _compiled(tenants: Sequence[Tenant], placement: Placement) -> _Compiled:
    described = inventory(tenants, placement)
    made = _Compiled(tuple(tenants), placement, described)
    try:
        drafted = draft(compiled(tenants, placement, CANONICAL))
        files = drafted.files(CANONICAL)
    except ViewRefused as refused:
        return replace(made, refused=tuple(refused.problems))
    plain = {_plain_name(name): text for name, text in sorted(files.items())}
    prints = {name: _print(text) for name, text in plain.items()}
    return replace(made, draft=drafted, files=plain, prints=prints)


def _of_the_files(made: _Compiled, installed: Installed | None) -> tuple[PlanProblem, ...]:
    """What is wrong with the files for this Asterisk; looked for again when its folders have changed."""
    seen = _stamps(installed)
    if seen not in made.judged:
        made.judged.clear()
        made.judged[seen] = tuple(check_files(made.files, installed))
    return made.judged[seen]


def _stamps(installed: Installed | None) -> tuple[int, ...]:
    if installed is None:
        return ()
    looked_at = [*((installed.data / FILE, installed.data / "sounds") if installed.data else ())]
    looked_at += [installed.modules] if installed.modules else []
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in looked_at)


class Desires:
    """What sources amount to, checked. What was asked for last is remembered: an apply follows its plan, and a watch
    looks again and again at what nobody has changed."""

    def __init__(self) -> None:
        self._last: _Compiled | None = None

    def of(self, tenants: Sequence[Tenant], placement: Placement) -> Desired:
        """Check the sources, say what they amount to, and check that too."""
        problems = check(tenants, placement.installed, placement.mode)
        made = self._compiled(tenants, placement)
        has_errors = not all(problem.is_warning for problem in problems)
        # How things stand to each other was told of the sources already, in the company's words.
        refused = [each for each in made.refused if not (has_errors and each.is_between_things)]
        problems += [_of_the_view(each, tenants) for each in refused]
        if made.draft and not has_errors:
            problems += _of_the_files(made, placement.installed)
        is_possible = all(problem.is_warning for problem in problems)
        prints = made.prints if is_possible else {}
        identity = hashlib.sha256(json.dumps([made.inventory, prints], sort_keys=True).encode()).hexdigest()
        return Desired(
            inventory=made.inventory,
            problems=tuple(problems),
            prints=prints,
            identity=identity,
            _tenants=made.tenants,
            _placement=placement,
            _draft=made.draft if is_possible else None,
        )

    def _compiled(self, tenants: Sequence[Tenant], placement: Placement) -> _Compiled:
        last = self._last
        if last is None or last.placement != placement or last.tenants != tuple(tenants):
            last = self._last = _compiled(tenants, placement)
        return last


def desired(tenants: Sequence[Tenant], placement: Placement) -> Desired:
    """One desire, of which nothing is remembered."""
    return Desires().of(tenants, placement)
