"""Does every jump of the generated dialplan lead to a step that is there? Asterisk asks only when a call comes. Pure.

What is known when the call comes (`${...}`) cannot be judged before: of such a target the part that stands there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.steps import Written, split

CURE = "this is a fault of Cordboard, not of the company: go on with the generation in force, and report it"

HYPHEN = re.compile(r"-(?![^\[\]]*\])")
_ROUTINES = re.compile(r"(?:^|[A-Za-z)])(?:U|b|B)\(([^()]*)\)")
"""Routines that the options of Dial and Queue name: `U(context^argument)`, `b(context^extension^1)`."""


class _Plan:
    """Contexts with their extensions, and the labels and number of steps of each."""

    def __init__(self, steps: Iterable[Written]) -> None:
        self.contexts: dict[str, dict[str, tuple[set[str], set[int]]]] = {}
        self.doubled: list[Written] = []
        names: set[tuple[str, str]] = set()
        here = ("", "")
        labels: set[str] = set()
        priorities: set[int] = set()
        for step in steps:
            if (step.context, step.extension) != here or step.priority == 1:
                here = (step.context, step.extension)
                # Asterisk skips hyphens when it compares extensions, but for those of a range, [1-4].
                name = (step.context, HYPHEN.sub("", step.extension))
                if name in names and step.priority == 1:
                    self.doubled.append(step)
                names.add(name)
                labels, priorities = self.contexts.setdefault(step.context, {}).setdefault(
                    step.extension, (set(), set())
                )
            priorities.add(step.priority)
            if step.label:
                labels.add(step.label)

    def holds(self, context: str, extension: str, place: str) -> str:
        """What is missing of this target; "" if nothing is. What is only known during a call is taken to be there."""
        if "$" in context:
            return ""
        if context not in self.contexts:
            return f"context {context}"
        if "$" in extension:
            return ""
        found = self._extension(context, extension)
        if found is None:
            return f"extension {extension} in {context}"
        labels, priorities = found
        if "$" in place or place in labels or (place.isdigit() and int(place) in priorities):
            return ""
        return f"step {place} of {extension} in {context}"

    def _extension(self, context: str, name: str) -> tuple[set[str], set[int]] | None:
        extensions = self.contexts[context]
        if name in extensions:
            return extensions[name]
        patterns = (pattern for pattern in extensions if pattern.startswith("_"))
        return next((extensions[pattern] for pattern in patterns if _pattern(pattern).fullmatch(name)), None)


def jump_problems(steps: Iterable[Written]) -> Iterator[PlanProblem]:
    """A problem for each jump to nowhere, and for each extension that is written twice."""
    steps = list(steps)
    plan = _Plan(steps)
    for step in plan.doubled:
        what = f"{step.extension} in {step.context} has step {step.priority} twice (hyphens do not tell names apart)"
        yield PlanProblem(step.where, what, CURE)
    for step in steps:
        for context, extension, place in _targets(step):
            if missing := plan.holds(context or step.context, extension or step.extension, place):
                what = f"{step.application}({step.data}) leads to {missing}, which is not there"
                yield PlanProblem(step.where, what, CURE)


def _targets(step: Written) -> Iterator[tuple[str, str, str]]:
    """Where a step can lead: context, extension (either may be empty: the step's own) and priority or label."""
    match step.application:
        case "Goto":
            yield _target(step.data)
        case "Gosub":
            yield _target(_without_arguments(step.data))
        case "GotoIf" | "GotoIfTime" | "GosubIf":
            _, *branches = split(step.data, "?")
            for branch in split("?".join(branches), ":"):
                if branch:
                    yield _target(_without_arguments(branch) if step.application == "GosubIf" else branch)
        case "Dial" | "Queue":
            for found in _ROUTINES.finditer(step.data):
                context, *rest = found[1].split("^")
                # U names a context and arguments, b and B a context, an extension and a priority.
                is_whole = len(rest) == 2 and rest[1].isdigit()
                yield (context, rest[0], rest[1]) if is_whole else (context, "s", "1")


def _target(written: str) -> tuple[str, str, str]:
    parts = [part.strip() for part in split(written, ",")]
    context, extension, place = [*[""] * (3 - len(parts)), *parts][-3:]
    return context, extension, place


def _without_arguments(written: str) -> str:
    """`context,s,1(dissuaded)` -> `context,s,1`."""
    depth = 0
    for position, character in enumerate(written):
        if character == "(" and not depth:
            return written[:position]
        depth += {"{": 1, "}": -1}.get(character, 0)
    return written


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """An extension pattern of Asterisk (`_33900!`) as a regular expression."""
    letters = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*", "-": ""}
    parts = re.findall(r"\[[^\]]*\]|.", pattern[1:].upper())
    return re.compile("".join(part if part.startswith("[") else letters.get(part, re.escape(part)) for part in parts))
