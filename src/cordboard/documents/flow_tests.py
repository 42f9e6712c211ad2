"""What is to come of calls: the tests that stand beside menus, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agi.flow.callback import TAKEN, Callback
from agi.flow.lookup import NOT_FOUND, Lookup
from agi.flow.nodes import FAILURE
from agi.flow.notice import SENT, Notify
from agi.flow.plan import Plan
from agi.flow.recording import Record
from cordboard.documents.convert import given
from cordboard.documents.draft import Draft
from cordboard.documents.inputs import WrittenEnd, WrittenTest
from cordboard.documents.kinds import parse_moment
from cordboard.documents.problems import Fault, Path, did_you_mean, shown
from cordboard.documents.step_shapes import AnyStep
from cordboard.store.values import Company, TargetKind, TargetRef

SECTION = "tests"
_WORDS = {
    Lookup.kind: (NOT_FOUND, FAILURE),
    Notify.kind: (SENT, FAILURE),
    Callback.kind: (TAKEN, FAILURE),
}
"""Kinds of step that ask or tell another system, with the words for what comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTest:
    """One call, and what is to come of it; None and () ask nothing. `at` is on the company's clock; `ready` None:
    everybody with a phone."""

    id: str
    name: str
    caller: str
    number: str
    at: datetime
    plan: Plan
    answers: Mapping[str, object] = field(default_factory=dict)
    """What other systems answer, by the step that asks."""
    ready: tuple[str, ...] | None = None
    hears: tuple[str, ...] = ()
    never_hears: tuple[str, ...] = ()
    records: tuple[str, ...] | None = None
    """Steps that leave a recording; None: whichever."""
    ends: TargetRef | None = None
    offered: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What tests may name, by what it is called there."""

    numbers: Collection[str]
    people: Collection[str]
    heard: Collection[str]
    kinds: Mapping[str, str]
    """Steps, each with its kind; "": it has a fault of its own."""
    places: Mapping[str, Collection[str]]

    def of_kinds(self, *kinds: str) -> list[str]:
        """Steps of these kinds, and those of which nobody knows theirs."""
        return [step for step, kind in self.kinds.items() if kind in ("", *kinds)]

    @classmethod
    def in_draft(cls, draft: Draft) -> Known:
        """Faulty items too: their own faults are told."""
        written = draft.written
        people = written["people"]
        return cls(
            written["dids"],
            people,
            written["prompts"] | written["messages"],
            {key: _kind_of(draft.steps.get(key)) for key in written["steps"]},
            {
                "queue": written["queues"],
                "callback": written["queues"],
                "person": people,
                "phone": written["phones"],
                "voicemail": written["voicemails"] | people,
                "message": written["messages"],
                "conference": written["conferences"],
            },
        )

    @classmethod
    def in_company(cls, company: Company) -> Known:
        return cls(
            {did.number for did in company.dids.values()},
            company.people,
            {*company.prompts, *company.messages},
            {step.id: step.kind for step in company.steps.values()},
            {
                "queue": company.queues,
                "callback": company.queues,
                "person": company.people,
                "phone": company.phones,
                "voicemail": {box.id for box in company.boxes()},
                "message": company.messages,
                "conference": company.conferences,
            },
        )


def faults_in_tests(tests: Mapping[str, WrittenTest], known: Known) -> Iterator[Fault]:
    """What they name that is not there."""
    for key, test in tests.items():
        names: list[tuple[Path, str, str | None, Collection[str]]] = [
            (("to",), "DID", test.to, known.numbers),
            (("offered",), "person", test.offered, known.people),
        ]
        for part, kind, listed, there in (
            ("ready", "person", test.ready, known.people),
            ("hears", "prompt or message", test.hears, known.heard),
            ("never_hears", "prompt or message", test.never_hears, known.heard),
            ("records", "step that records", test.records, known.of_kinds(Record.kind)),
        ):
            names += [((part, place), kind, name, there) for place, name in enumerate(listed or ())]
        asking = known.of_kinds(*_WORDS)
        names += [(("answers", step), "step that asks another system", step, asking) for step in test.answers or {}]
        for step, answer in (test.answers or {}).items():
            words = _WORDS.get(known.kinds.get(step, ""), ())
            if words and answer not in words and (isinstance(answer, str) or NOT_FOUND not in words):
                cure = f"Write {' or '.join(words)}"
                cure = f"{cure}, or what it answers: {{tier: gold}}" if NOT_FOUND in words else cure
                yield Fault((SECTION, key, "answers", step), f'"{shown(str(answer))}" is no answer of it', cure)
        if isinstance(test.ends, WrittenEnd) and (kind := _kind(test.ends)) != TargetKind.EXTERNAL:
            named = TargetKind.QUEUE if kind == TargetKind.CALLBACK else kind
            names.append((("ends", kind), named, getattr(test.ends, kind), known.places[kind]))
        for path, kind, name, there in names:
            if name is not None and name not in there:
                yield Fault((SECTION, key, *path), f'no {kind} "{shown(name)}"', did_you_mean(name, there))


def tests_of(tests: Mapping[str, WrittenTest]) -> tuple[FlowTest, ...]:
    """Faultless tests, in the order in which they are written."""
    return tuple(_test(key, test) for key, test in tests.items())


def _test(key: str, test: WrittenTest) -> FlowTest:
    return FlowTest(
        id=key,
        name=test.name or key,
        caller=test.from_ or "",
        number=given(test.to),
        at=parse_moment(given(test.at)),
        plan=Plan.parse(test.press or ""),
        answers=test.answers or {},
        ready=None if test.ready is None else tuple(test.ready),
        hears=tuple(test.hears or ()),
        never_hears=tuple(test.never_hears or ()),
        records=None if test.records is None else tuple(test.records),
        ends=_ends(test),
        offered=test.offered,
        language=test.language,
    )


def _ends(test: WrittenTest) -> TargetRef | None:
    if not isinstance(test.ends, WrittenEnd):
        return None if test.ends is None else TargetRef(TargetKind.HANGUP)
    kind = _kind(test.ends)
    return TargetRef(TargetKind.PERSON if kind == "phone" else TargetKind(kind), getattr(test.ends, kind))


def _kind_of(step: AnyStep | None) -> str:
    """Nothing of one that has a fault of its own: that is told."""
    return step.kind if step else ""


def _kind(ends: WrittenEnd) -> str:
    return next(name for name in ends.places() if getattr(ends, name) is not None)
