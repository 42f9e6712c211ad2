"""A full house (100 real calls, 20 agents) while the company changes and is applied 200 times, then sabotaged 28 times.

Calls are held in menus, waiting, talking, on hold; others leave messages or talk briefly and are replaced. None that is
held may be lost, no agent changed, no place in a queue; every apply is read back; history has one outcome a call. Then
the same house while applies are sabotaged, each in another way: every one ends on a whole generation, old or new.

Every tenth change goes by the command line, the others by the same desk in this process. Sound goes both ways on four
of the talks; the other calls send what keeps them alive. Ends by its counts: CALLS=100 APPLIES=200 SABOTAGES=28.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figure import Figure, Limit, Run
from cordboard.desk.companies import Companies
from cordboard.desk.deploy import Deployment
from cordboard.desk.memberships import desired_members
from cordboard.house.deployment import deployment_of
from cordboard.house.workshop import opened_store
from cordboard.settings import load
from cordboard.store.agents import list_logins
from cordboard.store.company import load_company
from cordboard.store.engine import Store
from kit.edits import EDITS, everything
from kit.full_house import Document, FullHouse, Shares, document
from kit.sabotage import SABOTAGES, Sabotaged, Saboteur
from kit.sip_crowd import Crowd
from kit.site import Site

COMMAND_LINE_EACH = 10
CHECK_SOUND_EACH = 20


@dataclass
class Admin:
    """Who changes the company and applies it, by the desk in this process or by the command line."""

    site: Site
    store: Store
    deployment: Deployment
    chance: random.Random
    file: Path
    company: Document
    applied: Counter[str] = field(default_factory=Counter)
    people: list[str] = field(default_factory=list)
    """What the applies themselves told of callers and agents who were not as before."""

    async def bring_in(self, *, by_command: bool = False) -> None:
        """The company file as it is now, imported."""
        text = json.dumps(self.company, ensure_ascii=False, indent=1)
        self.file.write_text(text, encoding="utf-8")
        if by_command:
            await self.site.cordboard("import", str(self.file))
            return
        imported = await Companies(self.store).import_files([self.file], "soak")
        assert imported.was_stored, [str(problem) for problem in imported.problems]

    async def apply(self) -> str:
        """What is imported, put into force; "" if it is verified, else what came of it."""
        plan = await self.deployment.plan()
        if plan.is_refused:
            return f"refused: {[str(problem) for problem in plan.errors]}"
        applied = await self.deployment.apply("soak", plan.identity)
        self.people += applied.people.differences if applied.people else ()
        return "" if applied.is_verified else f"{applied.state}: {applied.reason}"

    async def change(self, number: int) -> str:
        """One change from the company file to the read-back; "" if all of it went well."""
        kind = self.chance.choice(list(EDITS))
        EDITS[kind](self.chance, self.company)
        by_command = number % COMMAND_LINE_EACH == 0
        self.applied[kind] += 1
        await self.bring_in(by_command=by_command)
        if not by_command:
            told = await self.apply()
        else:
            said = await self.site.cordboard("apply", "--yes", expect=(0, 1))
            told = "" if said.status == 0 else said.out + said.err
        return told and f"{kind}: {told}"

    async def check_members(self, house: FullHouse) -> None:
        """Raises AssertionError unless Asterisk's queues have the very members that the database wants."""
        async with self.store.reading() as session:
            company = await load_company(session, "full")
            logins = await list_logins(session, "full")
        wanted = {
            (seat.queue, each.name): (each.penalty, each.is_paused, each.pause_reason if each.is_paused else "")
            for seat, each in desired_members([company], logins).items()
        }

        async def are_there() -> bool:
            return (await house.standing()).members == wanted

        await self.site.until_async(are_there, "the members that the database wants")


@contextlib.asynccontextmanager
async def held_house(calls: int, chance: random.Random) -> AsyncIterator[tuple[FullHouse, Admin]]:
    """A site with everybody in it, and who administers it."""
    shares = Shares.of(calls)
    company = document(shares.talking)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cordboard-soak-")))
        file = folder / "company.yaml"
        file.write_text(json.dumps(company), encoding="utf-8")
        site = await stack.enter_async_context(Site(file))
        crowd = await stack.enter_async_context(Crowd(site.switch))
        house = await stack.enter_async_context(FullHouse(site, crowd, shares))
        settings = load(environment=site.environment).settings
        store = await stack.enter_async_context(opened_store(settings))
        admin = Admin(site, store, await deployment_of(store, settings), chance, file, company)
        await house.fill()
        yield house, admin


async def changes(run: Run, house: FullHouse, admin: Admin, applies: int) -> Figure:
    """So many changes under the calls; a fault is an apply that was not verified, or anything that was disturbed."""
    faults: list[str] = []
    began = run.elapsed
    for number in range(1, applies + 1):
        run.progress(f"apply {number} of {applies}, {house.callers_up} callers, {len(faults)} faults")
        if told := await admin.change(number):
            faults.append(f"apply {number}: {told}")
        await disturbed(house, faults, f"apply {number}", with_sound=number % CHECK_SOUND_EACH == 0)
    seconds = run.elapsed - began
    await disturbed(house, faults, "the end", with_sound=True)
    await admin.check_members(house)
    faults += [f"the page differs: {each}" for each in await admin.site.differences()]
    held = len(house.held) - len(house.talks)
    notes = [
        f"{house.expected_callers} callers and {len(house.begun.members)} places of agents,"
        f" {held} callers held all the time, {house.replaced} replaced; sound on {len(house.streams)} talks",
        ", ".join(f"{kind} {count}" for kind, count in admin.applied.most_common()),
        f"told by applies of people: {admin.people[:5]}" if admin.people else "",
        *house.faults[:5],
        *faults[:10],
    ]
    return Figure(
        seconds / applies,
        "s each",
        tried=applies,
        failed=len(faults) + len(house.faults),
        part="applies",
        notes="; ".join(filter(None, notes)),
    )


async def disturbed(house: FullHouse, faults: list[str], when: str, *, with_sound: bool) -> None:
    """Add to `faults` whatever is not as it was when the house was filled."""
    try:
        house.check_calls()
        await house.check_queues()
        if with_sound:
            await house.check_channels()
            await house.check_sound()
    except Exception as error:  # noqa: BLE001 - it is counted, and the soak goes on
        faults.append(f"{when}: {error}")


async def sabotages(run: Run, house: FullHouse, admin: Admin, names: Sequence[str]) -> Figure:
    """These sabotages, one after the other, each under a change that reloads every module."""
    saboteur = Saboteur(house, admin.site)
    rows: list[Sabotaged] = []
    faults: list[str] = []
    for number, name in enumerate(names, 1):
        run.progress(f"sabotage {number} of {len(names)}: {name}")
        everything(admin.chance, admin.company)
        await admin.bring_in()
        found = await saboteur.commit(name, SABOTAGES[name])
        rows.append(found)
        faults += [f"{name}: {fault}" for fault in found.faults]
        if not found.ends_calls:
            await disturbed(house, faults, name, with_sound=True)
        if told := await admin.apply():
            faults.append(f"{name}: the apply after it: {told}")
    return Figure(
        len(rows),
        "ways",
        tried=len(rows),
        failed=len(faults),
        part="sabotages",
        notes="; ".join(faults[:10]),
        details="\n".join(Sabotaged.table(rows)),
    )


async def history(house: FullHouse) -> Figure:
    """Everybody hangs up: each call that was offered has one outcome, and no other has any."""
    made = await house.empty()
    outcomes, offered = await house.outcomes(), house.offered
    wrong = [number for number in offered if len(outcomes.get(number, [])) != 1]
    wrong += sorted(outcomes.keys() - set(offered))
    kinds = Counter(each for found in outcomes.values() for each in found)
    notes = [
        ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()),
        f"not one outcome: {[(number, outcomes.get(number)) for number in wrong[:5]]}" if wrong else "",
        f"{len(house.unseen)} whose entry nobody saw" if house.unseen else "",
        f"{made - len(offered)} never came in" if made > len(offered) else "",
        f"callers could not: {house.faults[:5]}" if house.faults else "",
    ]
    return Figure(
        len(offered) - len(wrong),
        "calls",
        limit=Limit("at least", len(offered)),
        tried=len(offered),
        failed=len(wrong),
        part="outcomes",
        notes="; ".join(filter(None, notes)),
    )


def from_environment(name: str, usual: int) -> int:
    return int(os.environ.get(name, str(usual)))


async def measure(run: Run) -> AsyncIterator[Figure]:
    calls, applies = from_environment("CALLS", 100), from_environment("APPLIES", 200)
    run.progress(f"filling the house with {calls} callers")
    async with held_house(calls, run.random) as (house, admin):
        if applies:
            yield await changes(run, house, admin, applies)
        if names := list(SABOTAGES)[: from_environment("SABOTAGES", len(SABOTAGES))]:
            yield await sabotages(run, house, admin, names)
        yield await history(house)
