"""What is wrong with menus that somebody writes: all of it at its line, each thing once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cordboard.documents import Problem, Reading
from cordboard.documents.menus import STORED
from cordboard.documents.problems import Spot, is_told, shown_path
from cordboard.provisioning.problems import PlanProblem

NOWHERE = Spot("", 0)


def problems_in(reading: Reading, found: Sequence[PlanProblem] = ()) -> tuple[Problem, ...]:
    """What the text has wrong, and what else was `found`, by line; what stands nowhere in it on line 0, at the end.
    What only the company beside it has wrong is told where it keeps these menus from being met."""
    told = {(each.path, each.what) for each in reading.problems}
    spots = {shown_path(path): spot for path, spot in reading.source.spots.items()}
    further = [_placed(spots, each) for each in found if not is_told(_path(each), each.what, told)]
    every = [_nowhere(each) if each.file == STORED else each for each in (*reading.problems, *further)]
    wanted = [each for each in dict.fromkeys(every) if each.line or each.file != STORED or not each.is_warning]
    return tuple(sorted(wanted, key=lambda each: (not each.line, each.line, each.is_warning)))


def _nowhere(problem: Problem) -> Problem:
    return replace(problem, line=0, column=0)


def _placed(spots: Mapping[str, Spot], problem: PlanProblem) -> Problem:
    """At the nearest part of the text around what it is about."""
    path = _path(problem)
    around = path
    while around and around not in spots:
        around = around[: max(around.rfind("."), around.rfind("["), 0)]
    spot = spots[around] if around else NOWHERE
    where = path or problem.where
    return Problem(spot.file, spot.line, where, problem.what, problem.cure, problem.is_warning, spot.column)


def _path(problem: PlanProblem) -> str:
    """`menus.accueil.keys.4`; "": it is about no part of the file."""
    return problem.row.partition(": ")[2]
