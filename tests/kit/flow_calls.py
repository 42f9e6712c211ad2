"""Random flows on a real Asterisk, called by real phones: what the menu script did, in the words of `kit.flow_model`.

    async with open_line(switch) as line:                   # the switch is started on files(switch, port)
        journey = await line.call(phone, flow, start, plan)

A caller's keys have a time of their own, and no two machines keep time alike. So a caller is only taken who would meet
the same were he, or the sounds, somewhat slower or faster: `settled` finds such ones, with what the simulator says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from urllib.parse import unquote

from agi.call import Call
from agi.flow.checker import Entry, survey
from agi.flow.document import Flow, Target
from agi.flow.plan import Plan
from agi.flow.saying import What
from agi.ports import (
    Block,
    CallbackRequest,
    Known,
    Notice,
    PinnedFlow,
    Ports,
    Question,
    Reachable,
    Response,
    RouteDecision,
    RouteRequest,
    Systems,
    Witness,
)
from agi.scripts import menu
from agi.server import FastAgiServer, Limits
from agi.stand_in import anywhere, response_of
from cordboard.provisioning.sounds import Library
from kit import basis
from kit.flow_model import Journey
from kit.flow_trial import Length, OneSound, answering, simulated
from kit.manager import ManagerSession
from kit.phones import Keys, Phone, PhoneCall, Phones
from kit.random_flows import EXITS, VARIABLES, Shape, random_caller, random_flow, random_reply
from kit.switch import Switch, installation

HOST = "127.0.0.1"
LANGUAGE = "fr"
MOMENT = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
"""When all these calls are, as their clock says: a Monday in office hours, in the middle of an interval."""
SHAPE = Shape(
    menus=3,
    others=2,
    sounds=("digits/1", "hello", "vm-goodbye", "vm-press", "please-try-again", "not-a-sound"),
    seconds=(1.5, 2.0, 3.0),
    languages=("fr", "en"),
    least=1,
    has_records=False,
    knows_caller=False,
    says=(What.DIGITS,),
)
LONGEST = 12.0
"""Seconds of a call."""
LATE = 0.45
"""How much later than meant a key may come; a phone sends it for a while, and packets travel."""
SLOW = 0.12
"""How much longer than its length a sound may last, its command's way included."""
PACES: Sequence[tuple[Sequence[float], float]] = (
    *(((late,), slow) for late, slow in ((LATE, 0.0), (0.0, SLOW), (LATE, SLOW), (LATE / 2, SLOW), (-0.1, SLOW / 2))),
    *((late, slow) for late in ((LATE, 0.0), (0.0, LATE), (LATE, 0.0, 0.0)) for slow in (0.0, SLOW)),
)
"""How late a caller's moves may be, in turn, and how slow each sound."""
APART = 0.5
"""Seconds between two keys, so that they are heard as two."""

KNOWN = {str(target.kind): {each.id for each in EXITS if each.kind is target.kind} for target in EXITS}
"""Where calls may end, as the checker wants it."""

DIALPLAN = """\
[general]
[phones]
exten => _9XXX,1,Goto(ivr,${{EXTEN}},1)
[ivr]
exten => _9XXX,1,MSet(AGIEXITONHANGUP=yes,CB_DONE=,CB_KIND=,CB_TARGET=,CB_WHY=,CB_ANSWERS=,TOLD=,CB_DID=c${{EXTEN}})
 same => n,Set(CHANNEL(language)={language})
 same => n,AGI(agi://{host}:{port}/menu,acme,c${{EXTEN}},1)
 same => n,Set(TOLD=yes)
 same => n,UserEvent(Ended,Did: ${{CB_DID}},Done: ${{CB_DONE}},Kind: ${{CB_KIND}},Target: ${{CB_TARGET}},\
Why: ${{CB_WHY}},Answers: ${{URIENCODE(${{CB_ANSWERS}})}},Language: ${{CHANNEL(language)}},Given: ${{CB_GIVEN}},\
Wanted: ${{URIENCODE(${{CB_WANTS}})}},Customer: ${{CBV_customer}},Contract: ${{CBV_contract}})
 same => n,Hangup
exten => h,1,ExecIf($["${{TOLD}}" = ""]?UserEvent(Ended,Did: ${{CB_DID}},Done: gone,Language: ${{CHANNEL(language)}},\
Given: ${{CB_GIVEN}}))
"""


def files(switch: Switch, port: int, keys: Mapping[str, Keys]) -> dict[str, str]:
    """A configuration whose callers of 9000 to 9999 meet the menu script of the listener at this port. `keys`: of each
    phone, how they travel."""
    phones = [basis.phone(switch, name, dtmf_mode=way) for name, way in keys.items()]
    dialplan = DIALPLAN.format(host=HOST, port=port, language=LANGUAGE)
    return basis.files(switch, {"extensions.conf": dialplan, "pjsip.conf": "".join(phones)})


def true_lengths() -> Length:
    """How long the sounds of the installed Asterisk last."""
    library = Library(installation().data / "sounds")
    return lambda sound, language: library.seconds(language, sound)


@dataclass
class _Record:
    """What a witness saw."""

    nodes: list[str] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)

    def entered(self, node: str, menus: Sequence[str]) -> None:
        self.nodes.append(node)

    def prompted(self, prompt: str) -> None:
        self.prompts.append(prompt)

    def unsaid(self, variable: str, *, is_secret: bool) -> None:
        pass

    def left(self, node: str, way: str, target: Target) -> None:
        self.ways.append((node, way))


class Line:
    """A listener, and what its calls did."""

    def __init__(self, systems: Systems | None = None) -> None:
        self.flows: dict[str, PinnedFlow] = {}
        self.records: dict[str, _Record] = {}
        self._number = 9000
        ports = Ports(self, self, self, self, self.witness, systems or self, OneSound(), self)
        self.server = FastAgiServer(HOST, 0, {"menu": menu.run}, house=ports, limits=Limits())
        self.session: ManagerSession | None = None
        self.keys: dict[str, Keys] = {}
        """How those of each phone travel."""

    async def handsets(self, phones: Phones, switch: Switch) -> list[Phone]:
        """All phones of the line, registered."""
        made = [await phones.phone(name, switch.sip, f"{name}-secret", dtmf=way) for name, way in self.keys.items()]
        for phone in made:
            await phone.register()
        return made

    async def entry(self, company: str, did: str, call: str, version: int | None) -> PinnedFlow | None:
        return self.flows.get(did)

    async def find(self, company: str, number: str) -> Block | None:
        return None

    async def decide(self, request: RouteRequest) -> RouteDecision | None:
        return None

    @contextlib.asynccontextmanager
    async def asked(self, question: Question) -> AsyncIterator[Awaitable[Response]]:
        yield Known(response_of(random_reply(question.node), question.into))

    async def told(self, notice: Notice) -> bool:
        return random_reply(notice.node) != "failure"

    async def reachable(self, company: str, outgoing: str, number: str) -> Reachable | None:
        return anywhere(outgoing, number)

    async def take(self, request: CallbackRequest) -> bool:
        return random_reply(request.node) != "failure"

    def now(self) -> datetime:
        return MOMENT

    def witness(self, call: Call) -> Witness:
        return self.records[call.arguments[1]]

    async def call(self, phone: Phone, flow: Flow, start: str, plan: Plan) -> Journey:
        """Let a phone call in and do what the plan says; what came of it, its times and sounds left out."""
        assert self.session is not None
        number, self._number = str(self._number), 9000 + (self._number - 8999) % 1000
        did = f"c{number}"
        phone.forget_ended()
        self.flows[did] = PinnedFlow(flow, 1, start)
        record = self.records[did] = _Record()
        call = await phone.start_call(number)
        try:
            with contextlib.suppress(Exception):  # a flow may end before it says anything: such a call is not answered
                await call.answered()
            began = asyncio.get_running_loop().time()
            pressing = asyncio.create_task(self._press(call, plan, began), name=f"keys of {number}")
            try:
                ended = await self.session.event("UserEvent", UserEvent="Ended", Did=did)
            finally:
                pressing.cancel()
                await asyncio.gather(pressing, return_exceptions=True)
        finally:
            await call.hang_up()
        end = (ended.get("Kind", ""), ended.get("Target", ""), ended.get("Why", ""))
        if not ended.get("Done"):
            end = ("fallback", "", "")
        elif ended["Done"] == "gone":
            end = ("hung up", "", "")
        return Journey(
            nodes=record.nodes,
            ways=record.ways,
            prompts=record.prompts,
            answers=[answer for answer in unquote(ended.get("Answers", "")).split(",") if answer],
            end=end,
            language=ended["Language"],
            given=ended.get("Given", ""),
            variables={f"CBV_{name}": value for name in VARIABLES if (value := ended.get(name.capitalize()))},
            wanted=unquote(ended.get("Wanted", "")),
        )

    async def calls(
        self, phones: Sequence[Phone], cases: Sequence[tuple[Flow, str, Plan]]
    ) -> list[tuple[Phone, Journey]]:
        """All of these callers, as many at a time as there are phones; in their order, each with his phone."""
        came: dict[int, tuple[Phone, Journey]] = {}
        waiting = iter(enumerate(cases))

        async def work(phone: Phone) -> None:
            for number, case in waiting:
                came[number] = phone, await self.call(phone, *case)

        async with asyncio.TaskGroup() as group:
            for phone in phones:
                group.create_task(work(phone))
        assert self.session is not None
        self.session.events.clear()  # all is over: nobody waits for what was told
        return [came[number] for number in range(len(cases))]

    async def otherwise(
        self, phones: Sequence[Phone], cases: Sequence[tuple[Flow, str, Plan, Journey]]
    ) -> tuple[list[str], int]:
        """Let all of these call: what went otherwise than meant, and how many calls went as meant only when they were
        made once more, alone, by the same phone: a machine that stands still for a second is no rule of flows."""
        came = await self.calls(phones, [(flow, start, plan) for flow, start, plan, _ in cases])
        wrong, repeated = [], 0
        for (flow, start, plan, meant), (phone, journey) in zip(cases, came, strict=True):
            if journey != meant:
                again = await self.call(phone, flow, start, plan)
                repeated += again == meant
                if again != meant:
                    wrong.append(f"{plan} by {self.keys[phone.user]}: {again} and not {meant}, in {flow}")
        return wrong, repeated

    async def _press(self, call: PhoneCall, plan: Plan, began: float) -> None:
        moment = began
        for move in plan.moves:
            moment += move.after or 0.0
            await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))
            await (call.hang_up() if move.is_end else call.press(move.keys))


@contextlib.asynccontextmanager
async def open_line(
    switch: Switch,
    *,
    rfc4733: Sequence[str] = (),
    info: Sequence[str] = (),
    inband: Sequence[str] = (),
    systems: Systems | None = None,
) -> AsyncIterator[Line]:
    """Starts the switch, which knows these phones, and a listener for its calls. `systems`: other ones than those of
    random flows."""
    line = Line(systems)
    line.keys = {**dict.fromkeys(rfc4733, "rfc4733"), **dict.fromkeys(info, "info"), **dict.fromkeys(inband, "inband")}
    await line.server.start()
    try:
        await switch.start(files(switch, line.server.port, line.keys))
        async with ManagerSession.open(switch, basis.AMI_USER, basis.AMI_SECRET) as session:
            line.session = session
            yield line
    finally:
        await line.server.close()


# --- callers whom time does not change --------------------------------------------------------------------------------


def settled(
    random: Random, length: Length, *, shape: Shape = SHAPE, longest: float = LONGEST, is_faultless: bool = False
) -> tuple[Flow, str, Plan, Journey]:
    """A flow, its start, a caller, and what comes of him, whether all goes as fast as it should or somewhat slower.
    `is_faultless`: one of which the checker has only warnings, without the nodes that nobody reaches."""
    while True:
        flow, start = random_flow(random, shape)
        if is_faultless:
            found, reached = survey(flow, [Entry(start, LANGUAGE)], KNOWN)
            flow = replace(flow, nodes={name: node for name, node in flow.nodes.items() if name in reached.nodes})
            if not all(problem.is_warning for problem in found):
                continue
        if random.random() < 0.5:
            plan = answering(random, flow, start, LANGUAGE, length, MOMENT)
        else:
            plan = _spread(random_caller(random, most=5, seconds=4.0))
        meant = _bare(simulated(flow, start, LANGUAGE, plan, length, MOMENT))
        if not (1.0 <= meant.clock <= longest) or len(meant.nodes) > 20:
            continue
        given = (flow, start, plan, length)
        if all(_at_pace(*given, late, slow) == replace(meant, clock=0.0) for late, slow in PACES):
            return flow, start, plan, replace(meant, clock=0.0)


def _at_pace(flow: Flow, start: str, plan: Plan, length: Length, late: Sequence[float], slow: float) -> Journey:
    journey = simulated(flow, start, LANGUAGE, _later(plan, late), _slower(length, slow), MOMENT)
    return replace(_bare(journey), clock=0.0)


def _bare(journey: Journey) -> Journey:
    """Without what cannot be seen from outside: how much of each sound was heard, and variables that hold nothing. Keys
    of one who hung up are told to nobody."""
    answers = [] if journey.end[0] in ("hung up", "fallback") else journey.answers
    variables = {name: value for name, value in journey.variables.items() if value}
    return replace(journey, sounds=[], answers=answers, variables=variables)


def _spread(plan: Plan) -> Plan:
    """With time between the keys."""
    moves = [replace(move, after=max(APART, move.after or 0.0)) for move in plan.moves]
    return Plan(tuple(moves))


def _later(plan: Plan, late: Sequence[float]) -> Plan:
    """The first move so much later than meant, the second so much, and so in turn."""
    meant = moment = 0.0
    moves = []
    for number, move in enumerate(plan.moves):
        meant += move.after or 0.0
        at = max(moment, meant + late[number % len(late)])
        moves.append(replace(move, after=at - moment))
        moment = at
    return Plan(tuple(moves))


def _slower(length: Length, seconds: float) -> Length:
    def slower(sound: str, language: str) -> float | None:
        lasts = length(sound, language)
        return None if lasts is None else lasts + seconds

    return slower
