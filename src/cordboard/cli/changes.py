"""What an import changes, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from cordboard.desk.companies import Imported
from cordboard.desk.drafts import Difference, Moved
from cordboard.documents import Problem
from cordboard.documents.problems import listed
from cordboard.flows.checking import Finding
from cordboard.provisioning.changes import Change
from cordboard.provisioning.effects import InForce
from cordboard.provisioning.phrases import sentences
from cordboard.provisioning.show import problems_json
from cordboard.provisioning.words import FRENCH, said
from cordboard.store.records import Revision
from cordboard.words.told import finding_in, plan_problem_in, severity

SHORT = 10
SHOWN_PROBLEMS = 200


def imported_lines(imported: Imported, language: str) -> Iterator[str]:
    """What an import did: one line, and the first few of its changes."""
    revision = imported.revision
    assert revision is not None
    yield from _problems(imported, language)
    if not revision.has_changed:
        yield f"{revision.company}: nothing differs from revision {revision.number}."
        return
    if revision.is_commented_alone:
        yield f"{revision.company}: revision {revision.number}. {_commented(revision, language)}"
        return
    yield (
        f"{revision.company}: revision {revision.number}, {revision.added} added, {revision.changed} changed,"
        f" {revision.removed} removed. Next: cordboard plan"
    )
    if not imported.difference.is_new:
        found = imported.difference
        if revision.comments:
            yield _commented(revision, language)
        yield from _told("In force now:", found.at_once, language, SHORT, first=_people(found, language))
        yield from _told("With the next apply:", found.with_apply, language, SHORT)


def dry_lines(imported: Imported, language: str) -> Iterator[str]:
    """What an import would do, all of it."""
    revision, found = imported.revision, imported.difference
    assert revision is not None
    yield from _problems(imported, language)
    if not revision.has_changed:
        yield f"{revision.company}: nothing would differ from revision {revision.number}."
        return
    since = "a new company" if found.is_new else f"against revision {revision.number - 1}"
    yield (
        f"{revision.company}, {since}: {revision.added} rows added, {revision.changed} changed,"
        f" {revision.removed} removed."
    )
    yield from _told("In force at once, with the import:", found.at_once, language, first=_people(found, language))
    yield from _told("After the next apply:", found.with_apply, language)
    if revision.comments and not found.is_new:
        yield _commented(revision, language)
    if not found.changes and not revision.is_commented_alone:
        yield "No configuration would change: only names that Cordboard itself shows."
    yield "Nothing was stored." + (" No plan with this would be applied." if found.is_refused else "")


def _commented(revision: Revision, language: str) -> str:
    """What is noted otherwise; where nothing else differs, nothing is to be done."""
    places = listed([place or said(language, "the file", "le fichier") for place in revision.comments])
    told = said(language, f"Comments changed: {places}.", f"Commentaires modifiés : {places}.")
    alone = said(language, " Nothing else: nothing to apply.", " Rien d’autre : rien à appliquer.")
    return told + (alone if revision.is_commented_alone else "")


def _problems(imported: Imported, language: str) -> Iterator[str]:
    """What the next plan will say against it."""
    for problem in imported.difference.problems:
        yield f"{severity(language, is_warning=problem.is_warning)}: {plan_problem_in(problem, language)}"


def _people(found: Difference, language: str) -> list[str]:
    """What it means for those who are logged in, and for phones: told before all else, and never cut short."""
    lines = [f"  ! {each.person} {_moved(each, language)}" for each in found.agents]
    if count := found.new_passwords:
        phones = f"{count} {'phone gets a' if count == 1 else 'phones get'} new password{'s' if count > 1 else ''}"
        french = f"{count} {'poste reçoit un nouveau' if count == 1 else 'postes reçoivent de nouveaux'} mot"
        french += f"{'s' if count > 1 else ''} de passe"
        is_french = language == FRENCH
        lines.append(f"  ! {french} à la prochaine application" if is_french else f"  ! {phones} with the next apply")
    return lines


def _moved(agent: Moved, language: str) -> str:
    leaves, joins = ", ".join(agent.leaves), ", ".join(agent.joins)
    if language == FRENCH:
        if agent.is_logged_out:
            return "est en service et ne l’est plus"
        parts = [leaves and f"quitte {leaves}", joins and f"rejoint {joins}"]
        return "est en service et " + " et ".join(filter(None, parts))
    if agent.is_logged_out:
        return "is logged in and is logged out"
    parts = [leaves and f"leaves {leaves}", joins and f"joins {joins}"]
    return "is logged in and " + " and ".join(filter(None, parts))


def _told(
    heading: str, changes: Sequence[Change], language: str, most: int | None = None, first: Sequence[str] = ()
) -> Iterator[str]:
    """`first`: lines before those of the changes, all of them."""
    lines = [f"  {change.action} {line}" for change in changes for line in sentences(change, language)]
    if lines or first:
        yield heading
        yield from first
        yield from lines[:most]
    if most is not None and len(lines) > most:
        yield f"  and {len(lines) - most} more: cordboard plan"


def imported_json(imported: Imported, language: str) -> dict[str, Any]:
    revision = imported.revision
    return {
        "was_stored": imported.was_stored,
        "is_dry_run": imported.is_dry,
        "revision": asdict(revision) if revision else None,
        "flow_version": imported.flow.version if imported.flow else None,
        "changes": [
            {
                "action": str(change.action),
                "kind": change.kind,
                "name": change.name,
                "in_force": str(when),
                "sentences": list(sentences(change, language)),
                "before": dict(change.before),
                "after": dict(change.after),
            }
            for when, changes in (
                (InForce.IMPORT, imported.difference.at_once),
                (InForce.APPLY, imported.difference.with_apply),
            )
            for change in changes
        ],
        "agents": [asdict(agent) for agent in imported.difference.agents],
        "new_passwords": imported.difference.new_passwords,
        "problems": [asdict(finding_in(problem, language)) for problem in imported.problems],
        "plan_problems": problems_json(plan_problem_in(each, language) for each in imported.difference.problems),
    }


def problem_lines(problems: Sequence[Problem | Finding], language: str) -> Iterator[str]:
    warning = severity(language, is_warning=True)
    yield from (finding_in(problem, language).as_line(warning) for problem in problems[:SHOWN_PROBLEMS])
    if (rest := len(problems) - SHOWN_PROBLEMS) > 0:
        yield said(language, f"and {rest} more problems", f"et {rest} autres problèmes")


def exit_status(imported: Imported) -> int:
    """As `plan`: 0 nothing differs, 2 something does, 1 it cannot be."""
    if imported.revision is None or imported.difference.is_refused:
        return 1
    return 2 if imported.revision.has_changed else 0
