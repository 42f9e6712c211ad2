"""A small call centre on a throw-away Asterisk: two queues, four agents, callers through a trunk, followed live.

    floor = await open_floor(stack, start_switch, phones, store)
    await floor.agent("amel", Answer())              # phone registered, logged in to her queues
    call = await floor.call("billing")               # somebody calls in and waits in that queue
    await floor.until(lambda: floor.member("billing", "amel").paused, "amel to be paused")

The configuration is written by hand and as small as what it is about: queues by penalty, callers told by user events.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from ami.actions import QueueStatus
from ami.client import SwitchLink
from ami.fields import MemberFacts
from ami.live import Live
from ami.rows import MemberRow
from ami.wire import Address
from conftest import StartSwitch
from cordboard.desk.agents import Agents, Done
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.values import Company, Person, Phone, QueueSpec, RelaxStep, Skill, TargetKind, TargetRef
from kit.basis import AMI_SECRET, AMI_USER
from kit.patience import PATIENCE, until
from kit.phones import Answer, PhoneCall, Phones, Rule
from kit.phones import Phone as SipPhone
from kit.switch import Switch

NODE = "pbx1"
RING = 2
RELAX_AFTER = 4
_END = TargetRef(TargetKind.HANGUP)


def _queue(name: str, level: int, *relax: RelaxStep) -> QueueSpec:
    return QueueSpec(
        id=name,
        name=name,
        skills={"french": level},
        relax=relax,
        ring=RING,
        when_full=_END,
        when_late=_END,
        when_empty=_END,
    )


ACME = Company(
    id="acme",
    name="Acme",
    language="fr",
    country="FR",
    time_zone="Europe/Paris",
    skills={"french": Skill(id="french", name="French"), "chess": Skill(id="chess", name="Chess")},
    people={
        "amel": Person(id="amel", name="Amel", extension="201", skills={"french": 5}),
        "bob": Person(id="bob", name="Bob", extension="202", skills={"french": 3}),
        "chloe": Person(id="chloe", name="Chloé", extension="203", skills={"french": 3}),
        "dan": Person(id="dan", name="Dan", extension="204", skills={"french": 1}),
        "eve": Person(id="eve", name="Eve", extension="205", skills={"chess": 5}),
        "fred": Person(id="fred", name="Fred", skills={"french": 2}),
    },
    phones={"lobby": Phone(id="lobby", name="Lobby", extension="250")},
    queues={
        "billing": _queue("billing", 3, RelaxStep(after=RELAX_AFTER, skills={"french": 1})),
        "general": _queue("general", 1),
    },
)
ENDPOINTS = ("acme-amel", "acme-bob", "acme-chloe", "acme-dan", "acme-lobby")

QUEUES = f"""\
[general]
persistentmembers=no
autofill=yes
shared_lastcall=yes
[acme](!)
strategy=leastrecent
ringinuse=no
timeout={RING}
retry=1
autopause=all
setinterfacevar=yes
setqueuevar=yes
[acme-billing](acme)
[acme-general](acme)
[other-queue](acme)
"""
RULES = f"""\
[general]
[acme-billing-rule]
penaltychange => {RELAX_AFTER},199
"""
# DIDs end in the seconds that their callers wait at most.
EXTENSIONS = """\
[cordboard-barrier]
exten => s,1,Answer()
 same => n,UserEvent(CordboardBarrier,Tag: ${FILTER(A-Za-z0-9-,${CB_TAG})})
 same => n,Hangup()
[phones]
exten => 600,1,Answer()
 same => n,Milliwatt()
[trunk]
exten => _+33X.,1,Goto(cordboard-in,${EXTEN},1)
[cordboard-in]
exten => _+3310000XXX,1,Set(QUEUE=billing)
 same => n,Set(WAIT=${EXTEN:-3})
 same => n,Goto(enter,1)
exten => _+3320000XXX,1,Set(QUEUE=general)
 same => n,Set(WAIT=${EXTEN:-3})
 same => n,Goto(enter,1)
exten => enter,1,Set(CHANNEL(accountcode)=acme-main)
 same => n,UserEvent(CordboardEntered,Did: main,Company: acme,Generation: 1)
 same => n,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,UserEvent(CordboardMenu,Menu: accueil,Version: 1,By: fallback)
 same => n,Wait(0.3)
 same => n,UserEvent(CordboardRouted,Queue: ${QUEUE},QueuePriority: 0,MaxPenalty: 99,By: fallback,Why: %7B%7D)
 same => n,Set(QUEUE_MAX_PENALTY=99)
 same => n,Queue(acme-${QUEUE},,,,${WAIT},,,${IF($[${QUEUE}=billing]?acme-billing-rule)})
 same => n,UserEvent(CordboardQueueLeft,Queue: ${QUEUE},Status: ${QUEUESTATUS})
 same => n,UserEvent(CordboardOutcome,Outcome: dissuaded,Detail: late)
 same => n,Hangup()
"""


def queues_conf(company: Company, guards: Mapping[str, int] | None = None) -> str:
    """The queues, with what app_queue itself has of wrap-ups and of missed calls."""
    text = QUEUES
    for queue in company.queues.values():
        guard = queue.wrap_up_guard if guards is None else guards[queue.id]
        own = f"wrapuptime={guard}\nautopause={'all' if queue.missed_limit == 1 else 'no'}\n"
        text = text.replace(f"[acme-{queue.id}](acme)\n", f"[acme-{queue.id}](acme)\n{own}")
    return text


class Floor:
    """What a test sees of the call centre."""

    def __init__(self, switch: Switch, store: Store, phones: Phones) -> None:
        self.switch, self.store, self.phones = switch, store, phones
        self.address = Address(switch.address, switch.ports.ami, AMI_USER, AMI_SECRET)
        self.live = Live(NODE)
        self.link = SwitchLink(NODE, self.address, self.live)
        self.agents = Agents(store, self.link, self.live)
        self._callers = 0

    # --- people

    async def phone(self, person: str, rule: Rule | None = None, tone: int = 850) -> SipPhone:
        """The person's phone, registered."""
        endpoint = f"acme-{person}"
        phone = await self.phones.phone(endpoint, self.switch.sip, f"{endpoint}-secret", tone=tone, rule=rule)
        await phone.register()
        return phone

    async def agent(self, person: str, rule: Rule | None = None) -> SipPhone:
        """The person's phone, registered, and the person logged in."""
        phone = await self.phone(person, rule or Answer())
        result = await self.agents.log_in("acme", person, "test")
        assert isinstance(result, Done), result
        return phone

    async def call(self, queue: str, *, most_wait: int = 90, tone: int = 425) -> PhoneCall:
        """Somebody calls in; the call is answered by the menu and goes to the queue."""
        self._callers += 1
        caller = await self.phones.caller(f"+3361234{self._callers:04}", self.switch.sip, tone=tone)
        number = f"+33{1 if queue == 'billing' else 2}0000{most_wait:03}"
        call = await caller.start_call(number)
        await call.answered()
        return call

    # --- what Asterisk says

    async def members(self) -> dict[tuple[str, str], MemberFacts]:
        """(queue id, person id) -> the member, of a fresh QueueStatus."""
        rows = await self.link.list(QueueStatus())
        members = [row.member for row in rows if isinstance(row, MemberRow)]
        return {(one.queue.partition("-")[2], one.name.partition("-")[2]): one for one in members}

    async def standing(self) -> dict[str, dict[str, tuple[int, str]]]:
        """Person -> queue -> (penalty, reason of the pause or "")."""
        found: dict[str, dict[str, tuple[int, str]]] = {}
        for (queue, person), one in sorted((await self.members()).items()):
            found.setdefault(person, {})[queue] = (one.penalty, one.pause_reason if one.paused else "")
        return found

    async def stands(self, expected: Mapping[str, Mapping[str, tuple[int, str]]]) -> None:
        """Wait until the switch has exactly this, as `standing` says it."""
        found: Mapping[str, Mapping[str, tuple[int, str]]] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                while (found := await self.standing()) != expected:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"waited {PATIENCE} s for {expected}; it is {found}") from None

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        await until(condition, what)

    def paused(self, person: str) -> str:
        """The reason of the person's pause as the live state has it; "" if not paused."""
        names = {agent.name: agent.pause_reason for agent in self.live.snapshot().agents}
        return names.get(f"acme-{person}", "")

    def talks_to(self, person: str) -> bool:
        """Does a caller talk to this person now?"""
        return any(call.agent == f"acme-{person}" and call.talking_since for call in self.live.snapshot().calls)


async def open_floor(
    stack: contextlib.AsyncExitStack,
    start_switch: StartSwitch,
    phones: Phones,
    folder: Path,
    *,
    company: Company = ACME,
    guards: Mapping[str, int] | None = None,
    database: str = "",
) -> Floor:
    """Everything up and the live state exact; `stack` ends it. Its database is a file of `folder` unless an address is
    given. `company`: as ACME but for its queues' times and limits; `guards`: queue -> its wrapuptime, the company's
    unless given."""
    files = {"queues.conf": queues_conf(company, guards), "queuerules.conf": RULES, "extensions.conf": EXTENSIONS}
    switch = await start_switch(files, phones=ENDPOINTS, name=NODE)
    store = await stack.enter_async_context(open_store(database or f"sqlite:///{folder}/cordboard.db"))
    await store.migrate()
    async with store.transaction() as session:
        await save_company(session, company, "test")
    floor = Floor(switch, store, phones)
    stack.push_async_callback(end, asyncio.create_task(floor.link.run()))
    await floor.link.wait_live(PATIENCE)
    return floor


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
