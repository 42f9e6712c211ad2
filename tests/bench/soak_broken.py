"""A whole generation broken in 1,000 different ways; none of them may ever be reported as good.

Each way is brought in twice: into the texts between rendering and writing, and on the disk between writing and
Asterisk's reload (three moments). It must be refused before the switch, or be seen by the read-back and put back; after
each one the switch runs the generation before, proven by Cordboard's own read-back and by all that Asterisk's console
prints of its memory. What is reported as good all the same must be nothing: that memory is compared.

A third, shorter run shows Asterisk the broken files and has the right ones back on the disk before anybody looks: what
the manager interface alone sees. Ends by its count: BREAKAGES=1000 in the environment is another one.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import cast

from ami.actions import Action, ListAction, QueueReload, Reload, RowT
from ami.client import Manager, Reply
from ami.errors import AmiError
from bench.figure import Figure, Limit, Run
from cordboard.documents import flow_of, read_company
from cordboard.provisioning.apply import Applied, Deployer
from cordboard.provisioning.desired import Desired, contexts_in
from cordboard.provisioning.errors import ProvisioningError
from cordboard.provisioning.generations import Generations, State
from cordboard.provisioning.modules import DIALPLAN
from cordboard.provisioning.sources import Tenant
from cordboard.provisioning.verify import Place
from demo import COMPANY, without_texts
from dialplan_templates import TemplateError
from kit.breakage import Breakage, NothingToBreakError, draw, texts_in, write
from kit.lab import Fault, Lab
from kit.object_model import Model, differences, model_of, without_numbers
from kit.switch import Switch

BASE = 1
TODAY = date(2026, 11, 21)
REFUSED, RELOAD, OBJECTS, BOTH, FILES = (
    "refused unwritten",
    "reload refused",
    "objects in Asterisk",
    "files and objects",
    "files alone",
)
NOTHING = "is nothing (proven)"
MISSED = "MISSED"
BROKEN = "NOT WHOLE"
COLUMNS = (REFUSED, RELOAD, OBJECTS, BOTH, FILES, NOTHING, MISSED, BROKEN)
HEADINGS = {"texts": "texts, before writing", "disk": "disk, before the reload", "read-back": "to Asterisk alone"}


def tenant(**changes: object) -> Tenant:
    """The company of the demo, whose secrets stay the same; `changes` to its queue for support."""
    reading = read_company(without_texts().encode(), COMPANY.name, TODAY)
    company = reading.company
    assert company is not None, reading.problems
    support = replace(company.queues["support"], **changes)  # type: ignore[arg-type] # the fields' types differ
    company = replace(company, queues={**company.queues, "support": support})
    if changes:
        amel = replace(company.people["amel"], name="Amel Haddad-Roux")
        company = replace(company, people={**company.people, "amel": amel})
    return Tenant(
        company=company,
        flow=flow_of(company, TODAY),
        flow_version=1,
        sip_secrets={each.id: f"{each.id}-sip-secret-0123456789" for each in company.endpoints()},
        pins={box.id: "490817" for box in company.boxes()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampered(Desired):
    """A desire whose texts come out otherwise than they were rendered."""

    breakage: Breakage

    def files(self, generation: int, kept: Mapping[int, str]) -> dict[str, str]:
        return self.breakage.of_texts(Desired.files(self, generation, kept))


class Struck(Generations):
    """Generations on a disk that something happens to right before the switch."""

    strike: Callable[[], None] | None = None

    def switch(self, number: int) -> None:
        if self.strike is not None and number != BASE:
            self.strike()
        super().switch(number)


class Conjurer:
    """A manager that lets Asterisk read broken files at each reload, and has the right ones back once it answered."""

    def __init__(self, manager: Manager, etc: Path, breakage: Breakage) -> None:
        self._manager, self._etc, self._breakage = manager, etc, breakage
        self.shown = 0

    async def act(self, action: Action, deadline: float = 10.0) -> Reply:
        folder = self._etc.resolve()
        if not isinstance(action, Reload | QueueReload) or folder.name == str(BASE):
            return await self._manager.act(action, deadline)
        right = texts_in(folder)
        broken = self._breakage.of_texts(right)
        self.shown += 1
        try:
            write(folder, right, broken)
            return await self._manager.act(action, deadline)
        finally:
            write(folder, broken, right)

    async def list(self, action: ListAction[RowT], deadline: float = 30.0) -> list[RowT]:
        return await self._manager.list(action, deadline)


class NotWholeError(Exception):
    """After a breakage the switch does not run the generation before, or it is not proven."""


@dataclass
class Tally:
    """How many of each kind were caught where, and what went wrong."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unseen: Counter[str] = field(default_factory=Counter)

    @property
    def tried(self) -> int:
        return self.counts.total()

    def total(self, column: str) -> int:
        return sum(count for (_, where), count in self.counts.items() if where == column)

    def table(self, title: str) -> Iterator[str]:
        kinds = sorted({kind for kind, _ in self.counts})
        shown = [column for column in COLUMNS if self.total(column) or column == MISSED]
        yield f"{title:<26}" + "".join(f"{column:>22}" for column in shown)
        for kind in kinds:
            yield f"{kind:<26}" + "".join(f"{self.counts[kind, column] or '':>22}" for column in shown)
        yield f"{'all ' + format(self.tried, ','):<26}" + "".join(f"{self.total(column):>22,}" for column in shown)


class Bench:
    """The lab, what its Asterisk looks like on the generation before, and on the next one when nothing is broken."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.struck = Struck(lab.home)
        self.deployer = Deployer(self.struck, lab.placement.mode)
        self.next = lab.desired(tenant(wrap_up=9, max_wait=170))

    async def set_up(self) -> None:
        await self.lab.apply(tenant(), is_asterisk_running=False)
        await self.lab.switch.start(etc=self.lab.etc)
        assert (await self.lab.verify()).is_verified
        self.before = await model_of(self.lab.switch)
        applied = await self.apply(self.next)
        assert applied.is_verified, applied
        self.after = await self._plain_model(applied.generation or 0)
        await self.go_back(applied.generation or 0)

    async def apply(self, wanted: Desired, fault: Fault | None = None) -> Applied:
        async with self.lab.manager(fault=fault) as manager:
            return await self.apply_by(manager, wanted)

    async def apply_by(self, manager: Manager, wanted: Desired) -> Applied:
        seen = await self.deployer.look(wanted, manager)
        return await self.deployer.apply(seen.identity, wanted, manager, by="amel")

    async def _plain_model(self, generation: int) -> Model:
        return without_numbers(await model_of(self.lab.switch), generation, BASE)

    async def go_back(self, generation: int) -> None:
        """Let the product put the base back, as after a deployment that was interrupted while it did so."""
        self.struck.mark(generation, State.FAILED, "the soak goes back")
        settled = await self.lab.settle()
        if not (settled.is_verified and settled.generation == BASE):
            raise NotWholeError(f"it did not settle: {settled}")

    async def begin_again(self) -> None:
        """After a fault that is on record: Asterisk started anew on the base; the next way is judged by itself."""
        self.struck.mend(BASE)
        self.struck.switch(BASE)
        await self.lab.switch.restart()
        self.before = await model_of(self.lab.switch)
        await self.is_whole()

    async def is_whole(self) -> None:
        """Raises NotWholeError unless the base is in force, by both judges."""
        verified = await self.lab.verify()
        if verified.generation != BASE or not verified.is_verified or verified.differences:
            raise NotWholeError(f"it is not the one before, verified: {verified}")
        if found := await self._lasting(self.before, BASE, is_plain=False):
            raise NotWholeError(f"Asterisk is not as it was: {found}")

    async def _lasting(self, wanted: Model, generation: int, *, is_plain: bool) -> list[str]:
        """What differs each time that it is looked at. On a busy machine Asterisk drops lines of a console that is
        not read fast enough: what is really missing is missing again."""
        found: list[str] = []
        for _ in range(3):
            model = await self._plain_model(generation) if is_plain else await model_of(self.lab.switch)
            if not (found := differences(wanted, model)):
                break
        return found

    async def judged_good(self, applied: Applied) -> str:
        """NOTHING if Asterisk holds the very objects that the unbroken generation makes, else what it holds instead."""
        assert applied.generation is not None
        found = await self._lasting(self.after, applied.generation, is_plain=True)
        return NOTHING if not found else f"{MISSED}: {'; '.join(found)}"


def where_caught(applied: Applied) -> str:
    """What saw it, of a generation that failed."""
    if "reload of" in applied.reason:
        return RELOAD
    places = {difference.place for difference in applied.differences if not difference.is_foreign}
    return BOTH if len(places) == 2 else FILES if places == {Place.FILE} else OBJECTS


async def _as_texts(bench: Bench, breakage: Breakage) -> str:
    values = {each.name: getattr(bench.next, each.name) for each in fields(Desired)}
    before = bench.lab.generations.numbers()
    try:
        applied = await bench.apply(Tampered(**values, breakage=breakage))
    except (TemplateError, ProvisioningError, ValueError) as refused:
        if bench.lab.generations.numbers() != before or bench.lab.generations.current() != BASE:
            raise NotWholeError(f"refused, but something was written: {refused}") from refused
        return REFUSED
    return await _after(bench, applied)


async def _on_disk(bench: Bench, breakage: Breakage, moment: int) -> str:
    """`moment`: 0 before the switch, 1 before the first reload, 2 before the last, which is that of the dialplan."""
    struck: list[Path] = []

    def strike() -> None:
        if not struck:
            struck.append(bench.struck.path(max(bench.struck.numbers())))
            breakage.on_disk(struck[0])

    async def at_reload(action: Action) -> None:
        if moment == 1 or action == Reload(DIALPLAN):
            strike()

    bench.struck.strike = strike if moment == 0 else None
    try:
        applied = await bench.apply(bench.next, at_reload)
    finally:
        bench.struck.strike = None
    if not struck:
        raise NotWholeError(f"never struck: {applied}")
    return await _after(bench, applied)


async def _to_asterisk_alone(bench: Bench, breakage: Breakage) -> str:
    async with bench.lab.manager() as manager:
        conjurer = Conjurer(manager, bench.lab.etc, breakage)
        applied = await bench.apply_by(cast(Manager, conjurer), bench.next)
    if not conjurer.shown:
        raise NotWholeError(f"never shown: {applied}")
    return await _after(bench, applied)


async def _after(bench: Bench, applied: Applied) -> str:
    """Where it was caught; the base is in force again whatever it was."""
    if applied.failed is not None:
        await bench.is_whole()
        return where_caught(applied)
    if not applied.is_verified:
        raise NotWholeError(f"neither verified nor put back: {applied}")
    judgement = await bench.judged_good(applied)
    await bench.go_back(applied.generation or 0)
    await bench.is_whole()
    return judgement


# --- the soak ---------------------------------------------------------------------------------------------------------


def drawn(chance: random.Random, bench: Bench, count: int) -> list[Breakage]:
    """So many ways, all different on the generation at hand."""
    texts = bench.next.files(2, {BASE: contexts_in(bench.lab.generations.load(BASE).files)[BASE]})
    found: dict[object, Breakage] = {}
    while len(found) < count:
        breakage = draw(chance)
        with suppress(NothingToBreakError):
            # Of the disk's own ways only trying shows what they do: each has its chance, and those are different.
            broken = breakage if breakage.is_about_disk_alone else tuple(breakage.of_texts(texts).items())
            found.setdefault(broken, breakage)
    return list(found.values())


async def measure(run: Run) -> AsyncIterator[Figure]:
    count = int(os.environ.get("BREAKAGES", "1000"))
    lab = Lab(Switch("broken"))
    try:
        bench = Bench(lab)
        await bench.set_up()
        ways = drawn(run.random, bench, count)
        texts = [way for way in ways if not way.is_about_disk_alone]
        yield await _soak(run, bench, texts, "texts", lambda way: _as_texts(bench, way))
        yield await _soak(run, bench, ways, "disk", lambda way: _on_disk(bench, way, way.seed % 3))
        alone = texts[: max(10, len(texts) // 3)]
        yield await _soak(run, bench, alone, "read-back", lambda way: _to_asterisk_alone(bench, way), is_proof=False)
    finally:
        lab.switch.close()
        lab.close()


async def _soak(
    run: Run,
    bench: Bench,
    ways: Sequence[Breakage],
    part: str,
    bring: Callable[[Breakage], Awaitable[str]],
    *,
    is_proof: bool = True,
) -> Figure:
    """Bring all of them in. `is_proof`: one that is missed is a failure, not a measure of what can be seen."""
    tally = Tally()
    for way in ways:
        run.progress(f"{part}: {tally.tried:,} of {len(ways):,}, {tally.total(MISSED):,} missed")
        where, _, told = (await _told(bench, way, bring)).partition(": ")
        tally.counts[way.kind, where] += 1
        if told and (is_proof or where != MISSED):
            tally.faults.append(f"{way}: {where}: {told}")
        elif told:
            tally.unseen[told.partition(":")[0].split()[0]] += 1
    caught = tally.tried - tally.total(NOTHING) - tally.total(MISSED) - tally.total(BROKEN)
    nothing = tally.total(NOTHING)
    notes = [f"{nothing} changed nothing in Asterisk" if nothing else "", *tally.faults[:20]]
    if tally.unseen:
        notes.append("not seen, by kind of object: " + ", ".join(f"{k} {n}" for k, n in tally.unseen.most_common()))
    return Figure(
        100 * caught / max(1, tally.tried - nothing),
        "% caught",
        limit=Limit("at least", 100) if is_proof else None,
        tried=tally.tried,
        failed=len(tally.faults),
        part=part,
        notes="; ".join(filter(None, notes)),
        details="\n".join(tally.table(HEADINGS[part])),
    )


async def _told(bench: Bench, way: Breakage, bring: Callable[[Breakage], Awaitable[str]]) -> str:
    try:
        return await bring(way)
    except (NotWholeError, ProvisioningError, AmiError, OSError) as error:
        told = f"{BROKEN}: {type(error).__name__}: {error}"
        await bench.begin_again()
        return told
