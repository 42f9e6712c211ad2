"""Everything that is wrong with a company's menus, by its place in the file: errors first made, then style.

What files and configurations are checked for anyway is asked there, and told once. Of files with errors, what is right
of them is judged, and nothing is told that may follow from what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from agi.flow.lookup import Connected
from agi.flow.style import judge
from cordboard.documents import Problem, Reading
from cordboard.documents.flow import path_in_file
from cordboard.documents.problems import Path, did_you_mean, is_told, shown_path
from cordboard.flows.heard import Lexicon, hearing_problems
from cordboard.flows.subject import Subject, subject_of, subject_to_judge
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.reachability import way_problems
from cordboard.provisioning.sounds import Library, sound_problems

_STEP = re.compile(r"([^\[\]]+)(?:\[([0-9]+)\])?")
_OF_FLOWS = ("menus", "dids", "prompts", "messages", "hours", "queues", "blocked")
"""Sections that menus are made of, and what they lead to."""


Needs = Mapping[str, Collection[str]]
"""Connection -> values that it must be told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `file` "" and line 0: the company is stored, and stands in no file."""

    path: str
    what: str
    cure: str
    is_warning: bool
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.as_line()

    def as_line(self, warning: str = "warning") -> str:
        """`warning`: what one is called that stops nothing."""
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        severity = f"{warning}: " if self.is_warning else ""
        stop = "" if self.cure.endswith(("?", ".")) else "."
        path = f"{self.path}: " if self.path else ""
        return f"{place}{severity}{path}{self.what}. {self.cure[:1].upper()}{self.cure[1:]}{stop}"


def findings_of(
    reading: Reading, library: Library | None, today: date, needs: Needs | None = None, lexicon: Lexicon | None = None
) -> list[Finding]:
    """Of files, whatever is wrong with them."""
    subject = subject_of(reading, today) or subject_to_judge(reading, today)
    return _in_files(reading) if subject is None else findings(subject, library, today, needs, lexicon)


def findings(
    subject: Subject,
    library: Library | None,
    today: date,
    needs: Needs | None = None,
    lexicon: Lexicon | None = None,
) -> list[Finding]:
    """All of them, in the order of the files; of a stored company errors before warnings. `needs`: of the connections
    that there are; None: nobody knows here which there are. `lexicon`: what of callers' words is understood."""
    found = _in_files(subject.reading) if subject.reading else []
    told = {(each.path, each.what) for each in found}
    further = (*_of_connections(subject, needs), *hearing_problems(subject, lexicon))
    for path, what, cure, is_warning in (*_of_the_whole(subject, library, today), *further):
        if not (subject.gaps.bring_about(path) or is_told(shown_path(path), what, told)):
            found.append(_placed(subject, path, what, cure, is_warning=is_warning))
    found = list(dict.fromkeys(found))
    if subject.reading is None:
        return sorted(found, key=lambda each: each.is_warning)
    files = (subject.reading.source.file, *subject.reading.source.others)
    return sorted(found, key=lambda each: (files.index(each.file) if each.file in files else 0, each.line))


def _in_files(reading: Reading) -> list[Finding]:
    """What the files themselves have wrong."""
    return [_written(problem) for problem in reading.problems]


def _of_the_whole(subject: Subject, library: Library | None, today: date) -> Iterator[tuple[Path, str, str, bool]]:
    is_whole = not (subject.gaps.wrong or subject.flow.unknown.leads)
    plan, heard = way_problems(subject.tenant, is_whole=is_whole, are_queues_known=subject.gaps.are_queues_known)
    if library is not None and subject.company.language:
        plan += sound_problems(subject.tenant, heard, library)
    for problem in plan:
        path = _path_of(problem)
        if path[:1] and path[0] in _OF_FLOWS:
            yield path, problem.what, problem.cure, problem.is_warning
    refused = {_path_of(problem) for problem in plan if not problem.is_warning}
    seconds = library.seconds if library is not None else None
    for found in judge(
        subject.flow, subject.entries, lambda sound, language: seconds(language, sound) if seconds else None, today
    ):
        path = path_in_file(subject.company, found.where)
        if path not in refused:
            yield path, found.what, found.cure, found.is_warning


def _of_connections(subject: Subject, needs: Needs | None) -> Iterator[tuple[Path, str, str, bool]]:
    for node in subject.flow.nodes.values():
        if not isinstance(node, Connected):
            continue
        source, send = (path_in_file(subject.company, f"nodes.{node.id}.{part}") for part in ("source", "send"))
        if needs is None:
            what = f"nobody knows here whether there is a connection {node.source}"
            yield source, what, "Check where the setting connections names their file", True
        elif node.source not in needs:
            yield source, f'no connection "{node.source}"', did_you_mean(node.source, needs), False
        elif missing := sorted(set(needs[node.source]) - node.told()):
            yield send, f"connection {node.source} must be told {', '.join(missing)}", "Send a variable as each", False


def _path_of(problem: PlanProblem) -> Path:
    """`acme: blocked[2].message` -> ("blocked", 2, "message")"""
    steps: list[str | int] = []
    for step in problem.row.partition(": ")[2].split("."):
        match = _STEP.fullmatch(step)
        if match:
            steps += [match[1], *([int(match[2])] if match[2] else [])]
    return tuple(steps)


def _placed(subject: Subject, path: Path, what: str, cure: str, *, is_warning: bool) -> Finding:
    if subject.reading is None:
        return Finding(shown_path(path), what, cure, is_warning)
    spot = subject.reading.source.spot(path)
    return Finding(shown_path(path), what, cure, is_warning, spot.file, spot.line, spot.column)


def _written(problem: Problem) -> Finding:
    return Finding(
        problem.path,
        problem.what,
        problem.cure,
        problem.is_warning,
        problem.file,
        problem.line,
        problem.column,
    )
