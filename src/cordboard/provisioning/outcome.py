"""What came of a deployment, for people and for programs: plain text and JSON-able values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cordboard.provisioning.applied import Applied
from cordboard.provisioning.generations import State
from cordboard.provisioning.moments import when
from cordboard.provisioning.people import Kept
from cordboard.provisioning.rehearsal import Rehearsal
from cordboard.provisioning.show import differences_json

PROOF = {State.VERIFIED: "it was read back", State.SWITCHED: "that Asterisk runs it is not proven"}


def applied_text(applied: Applied) -> str:
    """What came of an apply, a verification or a way back, for a terminal."""
    return "\n".join(_lines(applied)) + "\n"


def _lines(applied: Applied) -> Iterator[str]:
    for number in applied.discarded:
        yield f"Generation {number} was interrupted before it was in force; it is not used."
    if applied.put_back_from is not None:
        yield f"Generation {applied.put_back_from} had failed; going back from it was interrupted and is done now."
    yield from (f"Generation {number} was taken back and is not used again." for number in applied.taken_back)
    if applied.rehearsal is not None:
        yield from _rehearsal_lines(applied.rehearsal)
    yield from (f"  ! {difference}" for difference in applied.differences)
    yield _result(applied)
    if applied.failed not in (None, applied.generation):
        proof = PROOF.get(applied.state, str(applied.state))
        yield f"Generation {applied.generation} is in force again: {proof}."
    if applied.reloaded:
        yield f"Reloaded: {', '.join(dict.fromkeys(applied.reloaded))}."
    if applied.people is not None:
        yield from _people_lines(applied.people)
    if applied.kept:
        kept = ", ".join(map(str, applied.kept))
        yield f"Contexts of other generations stay for calls that are in them: {kept}."
    if applied.swept:
        yield f"No call is in them any more, so their contexts are gone: {', '.join(map(str, applied.swept))}."
    if applied.companies_back:
        yield f"The database holds {', '.join(applied.companies_back)} again as before; what was tried is kept:"
        for company in applied.companies_back:
            revision = applied.tried.get(company, "N")
            yield f"  cordboard export --company {company} --revision {revision}"
    if applied.restarts:
        yield f"Taken over only when Asterisk is restarted: {', '.join(applied.restarts)}."
    if applied.trial is not None:
        until = when(applied.trial.until)
        yield (
            f"On trial until {until}: `cordboard confirm` keeps it, else generation {applied.trial.base} comes back."
        )
    if applied.is_verified:
        yield f"Asterisk does not show, so these were not compared: {'; '.join(applied.unreadable)}."


def _result(applied: Applied) -> str:
    took = f" ({applied.seconds:.1f} s)" if applied.seconds else ""
    if applied.generation is None:
        return "Nothing was applied yet."
    if applied.failed is not None:
        return f"Generation {applied.failed} failed: {applied.reason}."
    if applied.is_verified:
        reason = f" {applied.reason[:1].upper()}{applied.reason[1:]}." if applied.reason else ""
        return f"Generation {applied.generation} is in force, read back from Asterisk{took}.{reason}"
    return f"Generation {applied.generation} is in force on disk, not verified: {applied.reason}{took}."


def _people_lines(people: Kept) -> Iterator[str]:
    callers = "1 waiting caller" if people.callers == 1 else f"{people.callers} waiting callers in their order"
    agents = "1 agent" if people.agents == 1 else f"{people.agents} agents"
    yield f"Kept: {callers}, {agents} in their queues."
    yield from (f"  ! {difference}" for difference in people.differences)
    if people.missing:
        yield (
            f"Agents who went missing: {len(people.back)} of {len(people.missing)} places are taken again"
            + ("." if len(people.back) == len(people.missing) else "; `cordboard run` puts the rest back.")
        )


def _rehearsal_lines(rehearsal: Rehearsal) -> Iterator[str]:
    if rehearsal.is_possible:
        yield f"Rehearsed: Asterisk {rehearsal.version} loaded it and ran what was meant ({rehearsal.seconds:.1f} s)."
    else:
        yield f"warning: it was not rehearsed: {'; '.join(rehearsal.problems) or 'no rehearsal could be held'}."
    yield from (f"note: {note}" for note in rehearsal.notes)


def rehearsal_text(rehearsal: Rehearsal) -> str:
    """What came of a rehearsal alone, for a terminal."""
    found = [*rehearsal.problems, *map(str, rehearsal.differences), *(f"note: {note}" for note in rehearsal.notes)]
    if not rehearsal.is_possible:
        verdict = "The rehearsal could not be held: nothing is known about the configuration."
    elif rehearsal.is_passed:
        seconds = f"{rehearsal.seconds:.1f} s"
        verdict = f"Asterisk {rehearsal.version} loaded all of it and runs what was generated ({seconds})."
    else:
        verdict = f"Asterisk {rehearsal.version} does not run what was generated: it must not be applied."
    return "\n".join([*found, verdict]) + "\n"


def applied_json(applied: Applied) -> dict[str, Any]:
    """The result as plain dictionaries and lists."""
    return {
        "generation": applied.generation,
        "state": str(applied.state),
        "is_verified": applied.is_verified,
        "failed": applied.failed,
        "put_back_from": applied.put_back_from,
        "discarded": list(applied.discarded),
        "taken_back": list(applied.taken_back),
        "companies_back": list(applied.companies_back),
        "reason": applied.reason,
        "changes": list(applied.changes),
        "differences": differences_json(applied.differences),
        "reloaded": list(dict.fromkeys(applied.reloaded)),
        "restarts": list(applied.restarts),
        "kept": list(applied.kept),
        "swept": list(applied.swept),
        "people": _people_json(applied.people),
        "rehearsal": None if applied.rehearsal is None else rehearsal_json(applied.rehearsal),
        "trial": _trial_json(applied),
        "seconds": round(applied.seconds, 3),
        "unreadable": list(applied.unreadable),
    }


def _people_json(people: Kept | None) -> dict[str, Any] | None:
    if people is None:
        return None
    return {
        "callers": people.callers,
        "agents": people.agents,
        "differences": list(people.differences),
        "missing": [{"queue": queue, "interface": interface} for queue, interface in people.missing],
        "back": [{"queue": queue, "interface": interface} for queue, interface in people.back],
    }


def rehearsal_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """What came of a rehearsal, as plain dictionaries and lists."""
    return {
        "held": rehearsal.is_possible,
        "passed": rehearsal.is_passed,
        "problems": list(rehearsal.problems),
        "differences": [str(difference) for difference in rehearsal.differences],
        "notes": list(rehearsal.notes),
        "seconds": round(rehearsal.seconds, 3),
        "version": rehearsal.version,
    }


def _trial_json(applied: Applied) -> dict[str, Any] | None:
    trial = applied.trial
    if trial is None:
        return None
    return {
        "generation": trial.generation,
        "base": trial.base,
        "until": trial.until.isoformat(),
        "by": trial.by,
    }
