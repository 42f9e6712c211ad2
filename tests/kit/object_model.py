"""All that an Asterisk holds in memory of its configuration, as its own console prints it: a judge from outside.

Nothing of Cordboard reads it, and it sees what the manager interface does not show: passwords, queue rules, music,
accounts, loaded modules. Two equal models are the same configuration for every call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kit.switch import Switch

Model = Mapping[str, tuple[str, ...]]

LISTS = (
    "queue show",
    "queue show rules",
    "voicemail show users",
    "moh show classes",
    "parking show",
    "manager show users",
    "manager show settings",
    "logger show channels",
    "rtp show settings",
    "http show status",
    "indication show",
    "core show settings",
    "cdr show status",
    "cel show status",
    "features show",
    "udptl show config",
    "pjproject show log mappings",
    "pjsip show settings",
    "pjsip show transports",
)
OBJECTS = ("endpoint", "aor", "auth", "identify", "transport")
# What tells of the moment and not of the configuration
PASSING = re.compile(
    r"Startup time|Last reload time|System time|Uptime|uptime|Running since|\[[a-z0-9_-]+\.conf:\d+\]|holdtime|"
    r"Objects found|Processes|Open files|Log file|File handles|PID|Memory|Free|Buffer RAM|Load average|Build|RTT",
)


async def model_of(switch: Switch) -> Model:
    """Everything, a part a kind of thing, each line by itself."""
    found = {"dialplan": _dialplan(await switch.cli("dialplan show"))}
    for command in LISTS:
        found[command] = _lines(await switch.cli(command))
    names: dict[str, list[str]] = {}
    for kind in OBJECTS:
        listed = await switch.cli(f"pjsip show {kind}s" if kind != "identify" else "pjsip show identifies")
        names[kind] = _names(listed)
        for name in names[kind]:
            found[f"{kind} {name}"] = _options(await switch.cli(f"pjsip show {kind} {name}"))
    found["modules"] = tuple(sorted(line.split()[0] for line in (await switch.cli("module show")).splitlines() if line))
    return found


def without_numbers(model: Model, *numbers: int) -> Model:
    """The model with each of these generations' numbers, in order, written as #0, #1 ...; and the dialplan without
    the digests in its markers, which are made of whole files, numbers and comments included."""

    def plain(line: str) -> str:
        line = re.sub(r"\b[0-9a-f]{64}\b|(?<=cordboard-end-)[0-9a-f]{12}\b", "digest", line)
        for place, number in enumerate(numbers):
            # In names of contexts, in what is told of a call, and as the last argument of a script.
            line = re.sub(rf"(-g|-generation-|Generation: |(?<=AGI)\(.*,){number}\b", rf"\g<1>#{place}", line)
        return line

    return {**model, "dialplan": tuple(sorted(map(plain, model["dialplan"])))}


def differences(before: Model, after: Model, most: int = 5) -> list[str]:
    """Some lines that tell the two apart."""
    found = []
    for part in sorted(before.keys() | after.keys()):
        was, now = set(before.get(part, ())), set(after.get(part, ()))
        found += [f"{part}: - {line}" for line in sorted(was - now)] + [
            f"{part}: + {line}" for line in sorted(now - was)
        ]
        if was == now and before.get(part) != after.get(part):
            found.append(f"{part}: in another order")
    return found[:most]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in text.splitlines() if line.strip() and not PASSING.search(line.split("(")[0]))


def _dialplan(text: str) -> tuple[str, ...]:
    """One line a step, with its context and extension; in no order, since contexts come in the order of their hash.

    A context that was declared twice stays behind as an empty shell when it goes: it holds nothing, and is no object.
    """
    context = extension = ""
    steps = []
    for line in text.splitlines():
        if heading := re.match(r"\[ (?:Included )?[Cc]ontext '(.*?)' created by '(.*?)'", line):
            context = f"{heading[1]} ({heading[2]})"
            continue
        line = re.sub(r"\s*\[[^\[\]]*\]\s*$", "", line)
        if found := re.match(r"\s+'(.*?)' \S*\s*=>\s*(.*)", line):
            extension, line = found[1], found[2]
        if line.strip() and not line.startswith("-="):
            steps.append(f"{context} {extension} {line.strip()}")
    return tuple(sorted(steps))


def _names(listed: str) -> list[str]:
    """The names of a list of SIP objects, headings (in angle brackets) left out."""
    found = re.findall(r"(?m)^ *(?:Endpoint|Aor|Auth|Identify|Transport): +([^\s<>/]+)", listed)
    return sorted(set(found))


def _options(shown: str) -> tuple[str, ...]:
    """The options of one object; not its contacts, whose state is of the moment."""
    _, _, options = shown.partition("ParameterName")
    return tuple(re.sub(r"\s+:\s*", ": ", line.strip()) for line in options.splitlines()[2:] if ":" in line)
