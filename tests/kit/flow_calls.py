"""Random flows on a real Asterisk, called by real phones: what the menu script did, in the words of `kit.flow_model`.

    async with open_line(switch) as line:                   # the switch is started on files(switch, port)
        journey = await line.call(phone, flow, start, plan)

`kit.settled_calls` finds callers who can be held against simulated ones.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import unquote

from agi.call import Call
from agi.flow.document import Flow, Target
from agi.flow.plan import Plan
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
from kit.flow_trial import CALL, CALLER, Length, OneSound
from kit.manager import ManagerSession
from kit.phones import Keys, Phone, Phones
from kit.planned_phone import keep_to
from kit.random_flows import VARIABLES, random_reply
from kit.settled_calls import LANGUAGE, MOMENT
from kit.switch import Switch, installation

HOST = "127.0.0.1"
DIALPLAN = """\
[general]
[phones]
exten => _9XXX,1,Goto(ivr,${{EXTEN}},1)
[ivr]
exten => _9XXX,1,MSet(AGIEXITONHANGUP=yes,CB_DONE=,CB_KIND=,CB_TARGET=,CB_WHY=,CB_ANSWERS=,TOLD=,CB_DID=c${{EXTEN}})
 same => n,Set(CHANNEL(language)={language})
 same => n,Set(CALLERID(num)={caller})
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
    dialplan = DIALPLAN.format(host=HOST, port=port, language=LANGUAGE, caller=CALLER)
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
    call: str = ""
    """Its id."""

    def tones(self, session: ManagerSession) -> int:
        """Recordings of it that have begun."""
        begun = [event for event in session.events if event["Event"] == "AGIExecStart"]
        return sum(event["Uniqueid"] == self.call and event["Command"].startswith('EXEC "Record"') for event in begun)

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
        self._length = true_lengths()

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
        record = self.records[call.arguments[1]]
        record.call = call.uniqueid
        return record

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
            tones = partial(record.tones, self.session)
            acting = asyncio.create_task(keep_to(plan, call, self._length, tones), name=f"moves of {number}")
            try:
                ended = await self.session.event("UserEvent", UserEvent="Ended", Did=did)
            except TimeoutError as late:
                late.add_note(f"{plan} by {self.keys[phone.user]}, so far {record}, in {flow}")
                raise
            finally:
                acting.cancel()
                await asyncio.gather(acting, return_exceptions=True)
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
            variables={
                f"CBV_{name}": value.replace(record.call, CALL)
                for name in VARIABLES
                if (value := ended.get(name.capitalize()))
            },
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
