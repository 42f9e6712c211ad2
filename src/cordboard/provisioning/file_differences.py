"""What differs between generated files, line by line, fit to be shown: no secret, no number of a generation. Pure.

The files speak Asterisk's language; `phrases` says the same in the trade's.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cordboard.provisioning.desired import CONTEXTS

HIDDEN = "(hidden)"
RENEWED = "(hidden, a new one)"

# Options that are secrets in some module of Asterisk, also where somebody wrote them by hand or commented them out.
_OPTION = re.compile(
    r"(?i)^(?P<before>[ \t;]*(?:[\w-]*(?:password|secret|passwd|md5_cred|token)[\w-]*|pin)[ \t]*\+?=>?[ \t]*)"
    r"(?P<secret>\S.*)$"
)
_IN_URI = re.compile(r"(?i)(?P<before>\b[a-z][a-z0-9+.-]*:(?://)?[^\s:@/\"<>;,]+:)(?P<secret>[^\s@/\"<>]+)(?=@)")
# A voicemail box: its PIN comes first. Other sections of that file hold none.
_BOX = re.compile(r"^(?P<before>[ \t;]*[^\s=;\[\]]+[ \t]*=>?[ \t]*)(?P<secret>[^,\s][^,]*)(?=,|$)")
# The digest of a PIN of a conference: short as these are, it would tell the PIN.
_DIGEST_OF_PIN = re.compile(r"^(?P<before>[A-Z]+:)(?P<secret>[0-9a-f]{32})$")
_SECTION = re.compile(r"^\s*\[(?P<name>[^\]]*)\]")
_NO_BOXES = frozenset({"general", "zonemessages"})

_DIALPLAN = re.compile(r"(?:cordboard_)?(?:extensions|contexts).*\.conf")
_DIGEST = re.compile(r"(?<=NoOp\()[0-9a-f]{64}(?=\))")
_END = re.compile(r"(?<=cordboard-end-)[0-9a-f]{12}\b")
_KEPT = re.compile(r"(?m)^#include .*\bcontexts-g[1-9][0-9]*\.conf\"?[ \t]*\n")

_Where = tuple[str, str]
"""Section and what stands before the secret."""


def file_differences(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What a unified diff shows, each hunk under its section, files in the order of their names; empty if nothing but
    numbers of generations differs. Both map file names to texts. A secret that changed is hidden, and called a new one.
    """
    had, has = _comparable(before), _comparable(after)
    return "".join("".join(_differences(name, had, has)) for name in sorted(had.keys() | has.keys()))


def _comparable(files: Mapping[str, str]) -> dict[str, str]:
    """The files as if they had no number. Contexts that are kept for calls of earlier generations are no difference: of
    several, the newest is the generation's own."""
    newest = max((int(found[1]) for name in files if (found := CONTEXTS.fullmatch(name))), default=0)
    comparable: dict[str, str] = {}
    for name, text in files.items():
        contexts = CONTEXTS.fullmatch(name)
        if contexts is None or int(contexts[1]) == newest:
            comparable["contexts.conf" if contexts else name] = _without_number(name, text, newest)
    return comparable


def _without_number(name: str, text: str, number: int) -> str:
    text = _END.sub("(digest)", _DIGEST.sub("(digest)", text))
    if number and _DIALPLAN.fullmatch(name):
        text = re.sub(rf"(?:(?<=-g)|(?<=generation[ -])|(?<=Generation: )){number}\b", "N", _KEPT.sub("", text))
        text = re.sub(rf"(?m)(\bAGI\([^\n]*,){number}(?=\)$)", r"\1N", text)
    return text


def _differences(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    had, has = before.get(name), after.get(name)
    if had == has:
        return
    before_it = _sections(_masked(name, had or "", None))
    after_it = _sections(_masked(name, has or "", had))
    yield f"--- {f'a/{name}' if had is not None else '/dev/null'}\n"
    yield f"+++ {f'b/{name}' if has is not None else '/dev/null'}\n"
    for title, old, new in _paired(before_it, after_it):
        # By section: a file of many thousand lines is compared in the time that its differences take.
        for line in list(difflib.unified_diff(old, new, lineterm=""))[2:]:
            yield f"@@ {title or 'begin'} @@\n" if line.startswith("@@") else f"{line}\n"


_Sections = Mapping[tuple[str, int], list[str]]
"""By heading, and how often it stood before: a phone's endpoint, auth and AOR are called alike."""


def _sections(lines: Sequence[str]) -> _Sections:
    found: dict[tuple[str, int], list[str]] = {("", 0): []}
    seen: Counter[str] = Counter()
    title, count = "", 0
    for line in lines:
        if opened := _SECTION.match(line):
            title = f"[{opened['name']}]"
            count = seen[title]
            seen[title] += 1
        found.setdefault((title, count), []).append(line)
    return found


def _paired(before: _Sections, after: _Sections) -> Iterator[tuple[str, list[str], list[str]]]:
    """The sections that differ. Where common ones changed places, the whole file is one."""
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield (
            "file",
            [line for lines in before.values() for line in lines],
            [line for lines in after.values() for line in lines],
        )
        return
    for key in {**before, **after}:
        if before.get(key) != after.get(key):
            yield key[0], before.get(key, []), after.get(key, [])


def _masked(name: str, text: str, known: str | None) -> list[str]:
    """The lines with secrets hidden. One that is another in `known` is called a new one: its change is seen."""
    had: dict[_Where, str] = {}
    for _, secrets in _hidden(name, known or "", {}):
        had.update(secrets)
    return [line for line, _ in _hidden(name, text, had)]


def _hidden(name: str, text: str, had: Mapping[_Where, str]) -> Iterator[tuple[str, dict[_Where, str]]]:
    """Each line with its secrets hidden, and the secrets."""
    section = ""
    for line in text.splitlines():
        secrets: dict[_Where, str] = {}

        def hide(found: re.Match[str], section: str = section, secrets: dict[_Where, str] = secrets) -> str:
            where, secret = (section, found["before"]), found["secret"]
            secrets[where] = secret
            return found["before"] + (HIDDEN if had.get(where, secret) == secret else RENEWED)

        if opened := _SECTION.match(line):
            section = opened["name"]
        holds_boxes = "voicemail" in name and section not in _NO_BOXES
        holds_pins = name.removeprefix("cordboard_").startswith("pins-")
        for pattern in (
            *(_OPTION, _IN_URI),
            *((_BOX,) if holds_boxes else ()),
            *((_DIGEST_OF_PIN,) if holds_pins else ()),
        ):
            line = pattern.sub(hide, line)
        yield line, secrets
