"""The findings in words for whoever adopts, and as values for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cordboard.adoption.conf import Place
from cordboard.adoption.findings import Finding, Kind
from cordboard.adoption.understand import Adopted

_MOST_NAMES = 8

_HEADINGS = {
    Kind.DECIDE: "You decide",
    Kind.LOST: "Not carried over",
    Kind.CHANGED: "Carried over, and not quite the same",
    Kind.DIFFERS: "The files and the running Asterisk differ",
    Kind.BROKEN: "Not understood by Asterisk itself, or not read",
    Kind.REPLACED: "Cordboard does this its own way; nothing to do",
}


def report(adopted: Adopted) -> str:
    """All findings, those that need somebody first, those that say the same together; then user names and settings."""
    return "\n".join([*_found(adopted), *_findings(adopted.findings), *_renamed(adopted), *_settings(adopted)]) + "\n"


def as_values(adopted: Adopted) -> list[dict[str, object]]:
    """Each finding for a program, one by one."""
    return [
        {
            "kind": str(finding.kind),
            "about": finding.about,
            "what": finding.what,
            "cure": finding.cure,
            "places": [
                {"file": place.file, "line": place.line if place.line > 0 else None} for place in finding.places
            ],
        }
        for finding in in_order(adopted.findings)
    ]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that need somebody first; those of a kind as they were found."""
    order = list(Kind)
    return sorted(findings, key=lambda finding: order.index(finding.kind))


def summary(adopted: Adopted) -> str:
    """`3 people, 1 phone, 2 queues ...`"""
    company = adopted.company
    counted = (
        (len(company.people), "person", "people"),
        (len(company.phones), "phone", "phones"),
        (len(company.queues), "queue", "queues"),
        (len(company.voicemails), "shared box", "shared boxes"),
        (len(company.trunks), "trunk", "trunks"),
    )
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counted)


def _found(adopted: Adopted) -> Iterator[str]:
    yield f"Adopted: {summary(adopted)}."
    if adopted.version:
        yield f"The running Asterisk is {adopted.version}."


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    for kind, several in groupby(in_order(findings), key=lambda finding: finding.kind):
        yield ""
        yield _HEADINGS[kind]
        together: dict[tuple[str, str], list[Finding]] = {}
        for finding in several:
            together.setdefault((finding.what, finding.cure), []).append(finding)
        for (what, cure), alike in together.items():
            names = list(dict.fromkeys(finding.about for finding in alike))
            places = sorted({place for finding in alike for place in finding.places})
            rest = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield _printable(f"  - {', '.join(names[:_MOST_NAMES])}{rest}: {what}")
            if places:
                yield _printable(f"      at {'; '.join(_lines(places))}")
            yield _printable(f"      {cure}")


def _lines(places: Sequence[Place]) -> Iterator[str]:
    """`pjsip.conf:3-7,12`"""
    for file, several in groupby(places, key=lambda place: place.file):
        numbers = [place.line for place in several if place.line > 0]
        if not numbers:
            yield file
            continue
        runs: list[list[int]] = []
        for number in numbers:
            if runs and runs[-1][1] + 1 >= number:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        yield f"{file}:" + ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _renamed(adopted: Adopted) -> Iterator[str]:
    if adopted.renamed:
        yield ""
        yield "User names that phones must be told"
        for one in adopted.renamed:
            stays = "its password stays" if one.keeps_password else "a new password"
            yield _printable(f"  {one.number}  {one.name}: {one.before} -> {one.after}, {stays}")


def _settings(adopted: Adopted) -> Iterator[str]:
    if adopted.settings:
        yield ""
        yield "Settings that put Cordboard's Asterisk where the old one was (cordboard.toml)"
        for name, value in adopted.settings.items():
            yield _printable(f"  {name} = {value}" if value.isdecimal() else f'  {name} = "{value}"')


def _printable(text: str) -> str:
    """Files may hold anything; a terminal is not to be steered by it."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)
