"""One call that nobody makes: through the very scripts that answer live calls, to where they leave it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from agi.call import Call
from agi.errors import AgiError, CallerHungUp
from agi.flow.document import Flow
from agi.flow.nodes import Target, TargetKind, base_language
from agi.flow.recording_names import LEAST_SECONDS
from agi.flow.spoken import Spoken, named
from agi.ports import Ports, Reachable, RouteDecision, Systems
from agi.scripts import menu, route
from agi.simulated_caller import Caller
from agi.simulated_steps import Entered, HungUp, Left, Played, Prompted, Step, TakenBack
from agi.simulated_tape import Recorded
from agi.simulation import UNHEARD_SECONDS, SimulatedLine
from agi.stand_in import CallbackStandIn, Reaches, Replies, StandIn, told
from cordboard.calls.callbacks import reachable
from cordboard.calls.paper import Paper
from cordboard.flows.errors import NoSuchDid, NoSuchPerson
from cordboard.provisioning.dialled_out import may_be_called
from cordboard.store.values import Company, Did

Lengths = Callable[[str, str], float | None]
"""A sound and a language -> seconds; None: there is no such sound."""
HUNG_UP, FALLBACK = "hung up", "fallback"
_ASKS_FOR_MORE = (
    TargetKind.QUEUE,
    TargetKind.CALLBACK,
    TargetKind.PERSON,
    TargetKind.CONFERENCE,
    TargetKind.EXTERNAL,
)
"""Where somebody goes who was not served by the menus themselves."""


def unmeasured(sound: str, language: str) -> float:
    """For where no Asterisk is installed: every sound is there, and lasts about as long as sounds do, or as it takes to
    say it."""
    return sound.seconds if isinstance(sound, Spoken) and sound.text else UNHEARD_SECONDS


@dataclass(frozen=True, slots=True)
class End:
    """Where the menus leave a call: `kind` is that of a target (queue, person, voicemail, message, hangup), `hung up`
    (the caller did), or `fallback`: the dialplan goes on by its compiled way. `why` as the dialplan is told."""

    kind: str
    id: str = ""
    why: str = ""
    called: str = field(default="", compare=False)
    """As people know the place; "" for its kind and id."""

    def __str__(self) -> str:
        return self.called or f"{self.kind} {self.id}".strip()


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of a call. `announced`: the message that the dialplan plays in the end, and its sounds."""

    did: Did
    caller: str
    begins: datetime
    steps: tuple[Step, ...]
    end: End
    seconds: float
    language: str
    variables: tuple[tuple[str, str], ...]
    decision: RouteDecision | None = None
    announced: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(step.node for step in self.steps if isinstance(step, Entered))

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Each edge that was taken: node, and way as in the document."""
        return tuple((step.node, step.way) for step in self.steps if isinstance(step, Left))

    @property
    def heard(self) -> tuple[str, ...]:
        """Prompts and messages, in order."""
        prompts = tuple(step.prompt for step in self.steps if isinstance(step, Prompted))
        return (*prompts, self.end.id) if self.end.kind == "message" else prompts

    @property
    def recorded(self) -> tuple[str, ...]:
        """Steps in which he left a recording, in order."""
        last = {step.recording: step for step in self.steps if isinstance(step, Recorded)}
        return tuple(step.node for step in last.values() if step.seconds >= LEAST_SECONDS)

    @property
    def answered_by(self) -> str:
        """The step whose answer makes this call count as served by the menus themselves; "" if none does."""
        if self.end.kind in (*_ASKS_FOR_MORE, FALLBACK):
            return ""
        return dict(self.variables).get("CB_GIVEN", "")

    @property
    def lacking(self) -> tuple[str, ...]:
        """Sounds that the switch does not have, by language."""
        return tuple(
            dict.fromkeys(
                f"{step.language}/{step.sound}"
                for step in self.steps
                if isinstance(step, Played) and step.seconds is None
            )
        )


def did_of(company: Company, number: str | None) -> Did:
    """The DID by its number or id; the only one when None is asked for. Raises NoSuchDid."""
    for did in company.dids.values():
        if number in (did.number, did.id) or (number is None and len(company.dids) == 1):
            return did
    raise NoSuchDid(number or "", [did.number for did in company.dids.values()])


def people_in(company: Company, names: Sequence[str]) -> Sequence[str]:
    """These ids, all of whom are somebody. Raises NoSuchPerson."""
    for name in names:
        if name not in company.people:
            raise NoSuchPerson(name, company.people)
    return names


def zone_of(company: Company) -> ZoneInfo:
    """The company's own clock."""
    return ZoneInfo(company.time_zone)


def local(company: Company, moment: datetime) -> datetime:
    """A moment without a zone, on the company's clock."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_of(company))


async def try_call(
    books: Paper,
    did: Did,
    caller: Caller,
    *,
    number: str = "",
    begins: datetime,
    lengths: Lengths = unmeasured,
    tell: Callable[[Step], None] = lambda step: None,
    replies: Replies = told({}),  # noqa: B008 - of nothing
    systems: Systems | None = None,
    reaches: Reaches | None = None,
) -> Passage:
    """Let somebody call. `number` is his ("": withheld), `begins` aware; `tell` hears each step as it happens. Other
    systems answer what `replies` says; given `systems`, these are asked instead. `reaches` says where somebody may be
    called back, the company unless given."""
    company = books.company
    books.decision = None
    line = SimulatedLine(
        caller=caller,
        number=number,
        did=company.switch_name(did.id),
        language=did.language,
        arguments=(company.id, did.id, "0"),
        begins=begins,
        length=lengths,
        tell=tell,
    )
    callbacks = CallbackStandIn(line, replies, reaches or partial(reaches_in, company))
    house = Ports(books, books, books, line, line.witness, systems or StandIn(line, replies), line, callbacks)
    broken = ""
    try:
        with suppress(CallerHungUp):
            await menu.run(Call(line), house)
            if line.variables.get("CB_KIND") == "queue":
                line.back_in_the_dialplan()
                line.arguments = (company.id, line.variables["CB_TARGET"], "0")
                line.variables.pop("CB_DONE")
                await route.run(Call(line), house)
    except AgiError as error:
        broken = str(error)
    end = _end(line, broken, books.decision, books.flow, company)
    return Passage(
        did=did,
        caller=number,
        begins=begins,
        steps=tuple(line.steps),
        end=end,
        seconds=line.clock,
        language=line.language,
        variables=tuple(line.variables.items()),
        decision=books.decision,
        announced=_announced(company, end, line.language),
    )


def reaches_in(company: Company, outgoing: str, number: str) -> Reachable | None:
    """Where somebody may be called back, as the company says."""
    return reachable(company, outgoing, number, may_be_called)


def _end(line: SimulatedLine, broken: str, decision: RouteDecision | None, flow: Flow, company: Company) -> End:
    last = line.steps[-1] if line.steps else None
    if isinstance(last, HungUp):
        return End(HUNG_UP)
    if isinstance(last, TakenBack):
        return End(FALLBACK, why="a step lasted longer than it may")
    given = line.variables
    if "CB_KIND" not in given:
        return End(FALLBACK, why=broken or "no flow is known for this number")
    place = decision.queue if decision else given["CB_TARGET"]
    end = flow.place(Target(TargetKind(given["CB_KIND"]), place))
    return End(end.kind, end.id, given["CB_WHY"], company.place_words(end.kind, end.id))


def _announced(company: Company, end: End, language: str) -> tuple[str, ...]:
    message = company.messages.get(end.id) if end.kind == "message" else None
    spoken = named(message.sounds) if message else {}
    return next((spoken[each] for each in (language, base_language(language), company.language) if each in spoken), ())
