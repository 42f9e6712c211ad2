"""What a dialplan says plainly: hints, numbers that are just a queue, and numbers of the public network.

The dialplan is not translated and not run: only lines with a literal number and a literal name are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cordboard.adoption.conf import Conf, Option, Section

_APPLICATION = re.compile(r"\s*([A-Za-z]+)\s*\((.*)\)\s*", re.DOTALL)
_NUMBER = re.compile(r"\+?[0-9]{6,15}")
_INSIDE = re.compile(r"[0-9*#]{1,12}")
_NO_CONTEXT = ("general", "globals")


@dataclass(frozen=True, slots=True)
class Line:
    """One priority of a literal extension, or its hint (`application` is "hint", `data` the device)."""

    context: str
    number: str
    application: str
    data: str
    option: Option

    @property
    def argument(self) -> str:
        """The first argument."""
        return self.data.partition(",")[0].strip()


@dataclass(frozen=True, slots=True)
class Dialplan:
    lines: tuple[Line, ...] = ()
    contexts: dict[str, list[Section]] = field(default_factory=dict)

    def hints(self) -> dict[str, str]:
        """Device -> the number whose hint it is: `PJSIP/amel` -> `202`."""
        return {
            line.data: line.number
            for line in self.lines
            if line.application == "hint" and _INSIDE.fullmatch(line.number) and "&" not in line.data
        }

    def queue_numbers(self) -> dict[str, list[str]]:
        """Queue -> the inside numbers that lead into it by name."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            if line.application == "queue" and _INSIDE.fullmatch(line.number) and len(line.number) < 6:
                numbers = found.setdefault(line.argument, [])
                if line.number not in numbers:
                    numbers.append(line.number)
        return found

    def queue_waits(self) -> dict[str, set[int]]:
        """Queue -> the seconds after which `Queue()` sends its callers on, where a line says them as a number."""
        found: dict[str, set[int]] = {}
        for line in self.lines:
            parts = [part.strip() for part in line.data.split(",")]
            if line.application == "queue" and len(parts) > 4 and re.fullmatch(r"[1-9][0-9]{0,6}", parts[4]):
                found.setdefault(parts[0], set()).add(int(parts[4]))
        return found

    def reached_from(self, context: str) -> list[str]:
        """A context with those that it includes, in order."""
        found = [context]
        for name in found:
            for section in self.contexts.get(name, ()):
                for option in section.every("include"):
                    included = re.split(r"[|,]", option.value)[0].strip()
                    if included not in found:
                        found.append(included)
        return found

    def public_numbers(self, contexts: Iterable[str]) -> dict[str, list[Line]]:
        """Literal numbers of the network in these contexts -> their lines."""
        wanted = {name for context in contexts for name in self.reached_from(context)}
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.context in wanted and _NUMBER.fullmatch(line.number):
                found.setdefault(line.number, []).append(line)
        return found


def read_dialplan(conf: Conf) -> Dialplan:
    """The plain lines of an extensions.conf."""
    lines: list[Line] = []
    contexts: dict[str, list[Section]] = {}
    for section in conf.sections:
        if section.is_template or section.name.lower() in _NO_CONTEXT:
            continue
        contexts.setdefault(section.name, []).append(section)
        number = ""
        for option in section.options:
            if option.name.lower() == "exten":
                number, _, rest = option.value.partition(",")
                number = number.partition("/")[0].strip()
            elif option.name.lower() == "same":
                rest = option.value
            else:
                continue
            if number and not number.startswith("_"):
                lines += _lines(section.name, number, rest, option)
    return Dialplan(tuple(lines), contexts)


def _lines(context: str, number: str, rest: str, option: Option) -> list[Line]:
    priority, _, action = rest.partition(",")
    if priority.strip().lower() == "hint":
        return [Line(context, number, "hint", action.partition(",")[0].strip(), option)]
    found = _APPLICATION.fullmatch(action)
    return [Line(context, number, found[1].lower(), found[2], option)] if found else []
