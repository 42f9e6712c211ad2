"""Makes the calls that a company's tests describe, and says what came otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agi.flow.document import Flow
from agi.simulated_caller import Planned
from agi.stand_in import told
from cordboard.calls.paper import Paper, ready
from cordboard.documents import FlowTest
from cordboard.flows.telling import way_words
from cordboard.flows.trial import HUNG_UP, Lengths, Passage, did_of, local, try_call, unmeasured
from cordboard.store.values import Company, TargetKind, TargetRef


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test, the call that was made for it, and what was to be otherwise: none if it passed."""

    test: FlowTest
    passage: Passage
    faults: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        return not self.faults


async def run_tests(
    company: Company, flow: Flow, tests: Sequence[FlowTest], lengths: Lengths = unmeasured
) -> list[Outcome]:
    """Every test, in order. Expects them to name what the company has. Raises NoSuchDid."""
    return [await _run(company, flow, test, lengths) for test in tests]


async def _run(company: Company, flow: Flow, test: FlowTest, lengths: Lengths) -> Outcome:
    books = Paper(company, flow, presence=ready(company, test.ready))
    passage = await try_call(
        books,
        did_of(company, test.number),
        Planned(test.plan),
        number=test.caller,
        begins=local(company, test.at),
        lengths=lengths,
        replies=told(test.answers),
    )
    return Outcome(test, passage, tuple(_faults(company, test, passage)))


def _faults(company: Company, test: FlowTest, passage: Passage) -> Iterator[str]:
    heard = list(passage.heard)
    told = f"it hears {', '.join(heard) or 'nothing'}"
    rest = iter(heard)
    for position, name in enumerate(test.hears):
        if name not in rest:
            before = test.hears[position - 1] if position else ""
            yield f"does not hear {name} after {before}: {told}" if before else f"does not hear {name}: {told}"
            break
    for name in test.never_hears:
        if name in heard:
            yield f"hears {name}: {told}"
    if test.records is not None and test.records != passage.recorded:
        left = ", ".join(passage.recorded) or "no step"
        yield f"is to leave recordings in {', '.join(test.records) or 'no step'}, leaves them in {left}"
    if test.ends is not None and not _ends(test.ends, passage):
        wanted = company.place_words(test.ends.kind, test.ends.id)
        yield f"is to end in {wanted}, ends in {passage.end}"
    if test.language is not None and test.language != passage.language:
        yield f"is to be spoken to in {test.language}, is spoken to in {passage.language}"
    if test.offered is not None and (first := _first(passage)) != test.offered:
        yield f"is to be offered first to {test.offered}, is offered to {first or 'nobody'}"


def _ends(wanted: TargetRef, passage: Passage) -> bool:
    end = passage.end
    if wanted.kind is TargetKind.HANGUP:
        return end.kind in (HUNG_UP, TargetKind.HANGUP)
    return (end.kind, end.id) == (wanted.kind, wanted.id)


def _first(passage: Passage) -> str | None:
    candidates = passage.decision.candidates if passage.decision else ()
    return next((candidate.agent for candidate in candidates if candidate.skipped_because is None), None)


def path_line(passage: Passage) -> str:
    """The path that a call took, in one line: `did.main open > accueil key 2 > english key 1 > queue billing-en`."""
    taken = [f"{node} {way_words(way)}" for node, way in passage.edges]
    here = passage.nodes[len(taken) :]
    return " > ".join([*taken, *here, str(passage.end)])
