"""Lets Asterisk load a generation that is in force on disk and reads it back; if it differs, the one before it returns.

Answers to reloads are not trusted; what Asterisk holds in memory is compared object by object.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ami.actions import Action, QueueReload, QueueStatus, Reload
from ami.client import Manager
from ami.errors import ActionRefused, AmiError
from ami.rows import QueueRow, WaitingRow
from cordboard.provisioning.actual import READ, Actual, LiveUse, in_use, listed, read
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.errors import NoSuchGeneration, StorageFailed
from cordboard.provisioning.generations import Generation, Generations, State
from cordboard.provisioning.known import Known
from cordboard.provisioning.loaded import not_loaded_reason
from cordboard.provisioning.made_sounds import missing_sounds
from cordboard.provisioning.modules import DIALPLAN, MUSIC, QUEUES, SIP, in_order, module_of
from cordboard.provisioning.people import Kept, kept_people
from cordboard.provisioning.plan import Base, edited_files
from cordboard.provisioning.remake import linear_queues, to_remake, without
from cordboard.provisioning.verify import UNREADABLE, Difference, Place, compare, unread
from dialplan_templates import Manifest

log = logging.getLogger(__name__)

RELOAD_DEADLINE = 60.0  # seconds for one module: Asterisk answers when it has loaded its file
RELOAD_PATIENCE = 30.0  # seconds that somebody else's reload may take
RETRY = 0.1  # seconds between two attempts meanwhile


@dataclass(slots=True)
class _Done:
    """How far a take-over got. Each thing is noted at once: the link may fail next."""

    reloaded: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Modules that reload nothing."""
    remade: set[str] = field(default_factory=set)
    """Queues that were made anew."""
    found: tuple[Difference, ...] = ()
    unreadable: tuple[str, ...] = UNREADABLE

    @property
    def wrong(self) -> tuple[Difference, ...]:
        return tuple(each for each in self.found if not each.is_foreign)


class Takeover:
    """For one switch. All methods that load something expect the lock to be held."""

    def __init__(self, generations: Generations, *, is_owned: bool) -> None:
        self._generations = generations
        self._is_owned = is_owned
        self._manifests: dict[str, Manifest] = {}
        self._known = Known()

    async def compare(
        self, generation: Generation, manager: Manager | None, modules: Collection[str] | None = None
    ) -> tuple[tuple[Difference, ...], Actual | None]:
        """Everything that is not as this generation says, in its files and in Asterisk. `modules`: in these alone."""
        edited = self.edited(generation.number)
        differences = tuple(each for each in edited if modules is None or each.module in modules)
        if modules is None:
            differences += tuple(await asyncio.to_thread(list, missing_sounds(generation.files)))
        if manager is None:
            return differences, None
        looked_at = READ if modules is None else modules
        wanted = self.manifest_of(generation)
        actual = await read(manager, wanted, whole_dialplan=self._is_owned, modules=looked_at, known=self._known)
        found = compare(wanted, actual, is_owned=self._is_owned, modules=looked_at)
        if SIP in looked_at:
            self._known.keep(SIP, {} if any(each.module == SIP for each in found) else actual.prints)
        return (*differences, *found), actual

    def manifest_of(self, generation: Generation) -> Manifest:
        """What this generation defines. Of a large company it is read once, not at each comparison."""
        digest = generation.notes["manifest"]["digest"]
        if digest not in self._manifests:
            self.expect(manifest_of(generation))
        return self._manifests[digest]

    def expect(self, defined: Manifest) -> None:
        """Know what a generation defines; the one before it is remembered, earlier ones are read again."""
        recent = list(self._manifests.items())[-1:]
        self._manifests = {**dict(recent), defined.digest: defined}

    def edited(self, number: int) -> tuple[Difference, ...]:
        """What a hand changed in the files of this generation."""
        try:
            return edited_files(self._generations.edits(number))
        except (StorageFailed, NoSuchGeneration) as error:
            return (Difference(Place.FILE, "generation", str(number), "as it was written", str(error)),)

    def remember(self, number: int, state: State, reason: str = "") -> None:
        """Note how far a generation got. What is in force is so without the note: a disk that is full now does not stop
        us half-way, and the next start looks again."""
        try:
            self._generations.mark(number, state, reason)
        except StorageFailed as error:
            log.error("state of a generation not kept", extra={"generation": number, "reason": error.reason})

    async def take_over(
        self, manager: Manager, generation: Generation, modules: Sequence[str], *, may_go_back: bool = True
    ) -> Applied:
        """Let Asterisk load the generation on disk and read it back; if it differs, put the one before it back, unless
        this is itself the way back.

        The dialplan is loaded last, after everything that it leads to was read back: a generation with a broken queue
        or phone is put back before a single call has entered its contexts. What it leads to is read whole: a module
        that is not among `modules` and differs nevertheless was changed behind our back, and is loaded too. Each object
        is so read once, after the last load that concerns it. Never raises AmiError.
        """
        done = _Done()
        before = set(modules) - {DIALPLAN}
        try:
            people = await in_use(manager)
            # The dialplan is always loaded: its marker context tells which generation Asterisk runs.
            for stage, looked_at in ((before, {*before, *READ} - {DIALPLAN}), ({DIALPLAN}, {DIALPLAN})):
                if reason := await self._stage(manager, generation, stage, looked_at, done):
                    log.error("generation differs", extra={"generation": generation.number, "reason": reason})
                    if not may_go_back:
                        return Applied(
                            generation=generation.number,
                            state=State.SWITCHED,
                            reason=reason,
                            differences=done.wrong,
                            reloaded=tuple(done.reloaded),
                        )
                    applied = await self._put_back(manager, generation, reason, done.wrong, done.reloaded)
                    return replace(applied, people=await self._people(manager, applied.generation, people, done.remade))
        except AmiError as error:
            reason = f"the link to Asterisk failed before it was read back: {error}"
            reloaded = tuple(done.reloaded)
            return Applied(generation=generation.number, state=State.SWITCHED, reason=reason, reloaded=reloaded)
        self.remember(generation.number, State.VERIFIED)
        log.info("generation verified", extra={"generation": generation.number})
        return Applied(
            generation=generation.number,
            state=State.VERIFIED,
            differences=done.found,
            unreadable=done.unreadable,
            reloaded=tuple(done.reloaded),
            restarts=tuple(f"what {module} reads" for module in done.skipped),
            people=await self._people(manager, generation.number, people, done.remade),
        )

    async def _stage(
        self,
        manager: Manager,
        generation: Generation,
        modules: Collection[str],
        looked_at: Collection[str],
        done: _Done,
    ) -> str:
        """Load these modules and read back what is looked at: why it is not as it was meant, "" if it is. Raises
        AmiError."""
        refusals: list[str] = []
        if QUEUES in modules:
            refusals = await self._make_way(manager, generation, done)
        touched: tuple[Difference, ...] = ()
        if not refusals:
            refusals, touched = await self._load(manager, generation, modules, done)
        differing = touched or await self._read_back(manager, generation, looked_at, done)
        if not touched and (drifted := {each.module for each in differing} - {*modules}):
            refusals += await self.reload(manager, drifted, done.reloaded, done.skipped)
            differing = await self._read_back(manager, generation, looked_at, done)
        # At last nobody may have touched any file, also one that no object was read of.
        edited = self.edited(generation.number) if DIALPLAN in modules else ()
        done.found = tuple(dict.fromkeys((*done.found, *edited, *differing)))
        unloaded = [not_loaded_reason(each) for each in done.skipped if each in {one.module for one in done.wrong}]
        return "; ".join([*refusals, *unloaded, *([how_many_differ(done.wrong)] if done.wrong else [])])

    async def _read_back(
        self, manager: Manager, generation: Generation, modules: Collection[str], done: _Done
    ) -> tuple[Difference, ...]:
        differences, actual = await self.compare(generation, manager, modules)
        if actual is not None and MUSIC in modules:
            done.unreadable = unread(actual)
        return differences

    async def _load(
        self, manager: Manager, generation: Generation, modules: Collection[str], done: _Done
    ) -> tuple[list[str], tuple[Difference, ...]]:
        """Reload these modules, none of them once a file is not as it was written: the refusals, and what was touched.

        A queue that is cut out of its file loses its callers and agents for good, whatever is put back afterwards.
        """
        refusals: list[str] = []
        touched = self.edited(generation.number)
        for module in in_order(modules):
            if touched:
                break
            refusals += await self.reload(manager, {module}, done.reloaded, done.skipped)
            touched = self.edited(generation.number)
        return refusals, touched

    async def _make_way(self, manager: Manager, generation: Generation, done: _Done) -> list[str]:
        """Take out the queues that become linear, so that the reload to come makes them anew: what stands in the way.
        Their members go along; whoever follows the live state puts them back. Raises AmiError."""
        wanted = linear_queues(self.manifest_of(generation))
        if not wanted:
            return []
        rows, line = await self._queues(manager)
        remade = to_remake(wanted, self._linear_before(generation), rows, line)
        if met := sorted(remade & line):
            return [f"callers came into queue {', '.join(met)}: it becomes linear when nobody waits"]
        if not remade:
            return []
        done.remade |= remade
        files = {name: without(text, remade) for name, text in generation.files.items() if module_of(name) == QUEUES}
        try:
            with self._generations.lent(generation.number, files):
                refusals = await self.reload(manager, {QUEUES}, done.reloaded, done.skipped)
                left, _ = await self._queues(manager)
        except StorageFailed as error:
            return [str(error)]
        refusals += [f"queue {name} cannot be made anew: it stays" for name in sorted(remade & left.keys())]
        log.info("queues are made anew", extra={"generation": generation.number, "queues": sorted(remade)})
        return refusals

    async def _queues(self, manager: Manager) -> tuple[dict[str, str], frozenset[str]]:
        """The strategy of each queue in Asterisk, and the queues in which callers wait."""
        rows = await listed(manager, QueueStatus())
        strategies = {row.queue: row.strategy for row in rows if isinstance(row, QueueRow)}
        return strategies, frozenset(row.queue for row in rows if isinstance(row, WaitingRow))

    def _linear_before(self, generation: Generation) -> frozenset[str]:
        if generation.base is None:
            return frozenset()
        try:
            return linear_queues(self.manifest_of(self._generations.load(generation.base)))
        except (StorageFailed, NoSuchGeneration):
            return frozenset()

    async def _people(
        self, manager: Manager, number: int | None, before: LiveUse, remade: Collection[str]
    ) -> Kept | None:
        """What became of callers in line and agents, but for the agents of queues that were made anew; None if nobody
        can tell."""
        if number is None:
            return None
        try:
            queues = self.manifest_of(self._generations.load(number)).queues.keys() - remade
            kept = await kept_people(manager, before, await in_use(manager), queues)
        except (AmiError, StorageFailed, NoSuchGeneration) as error:
            log.warning("what became of callers and agents was not seen", extra={"reason": str(error)})
            return None
        if not kept.is_whole:
            log.error("callers or agents are not as they were", extra={"differences": kept.differences})
        return kept

    async def _put_back(
        self,
        manager: Manager,
        failed: Generation,
        reason: str,
        differences: tuple[Difference, ...],
        reloaded: Sequence[str],
    ) -> Applied:
        """Put the generation before `failed` into force again and prove that it is. Never raises AmiError."""
        result = Applied(
            generation=failed.number,
            state=State.FAILED,
            reason=reason,
            failed=failed.number,
            differences=differences,
            reloaded=tuple(reloaded),
        )
        self.remember(failed.number, State.FAILED, reason)
        if failed.base is None:
            return replace(result, reason=f"{reason}; there is no generation before it to go back to")
        why = f"put back after generation {failed.number} failed"
        try:
            base = self._generations.load(failed.base)
            self._generations.mend(base.number)
            # Noted before it is so: whoever starts after a crash in between does not take it as proven.
            self.remember(base.number, State.SWITCHED, why)
            self._generations.switch(base.number)
        except (StorageFailed, NoSuchGeneration) as error:
            return replace(result, reason=f"{reason}; the one before it cannot be put back: {error}")
        result = replace(result, generation=base.number, state=State.SWITCHED)
        again: list[str] = []
        modules = {*reloaded, *(each.module for each in differences), DIALPLAN}
        try:
            refusals = await self.reload(manager, modules, again, [])
            found, _ = await self.compare(base, manager)
        except AmiError as error:
            return replace(result, reason=f"{reason}; it is not proven that its predecessor runs again: {error}")
        wrong = [each for each in found if not each.is_foreign]
        if refusals or wrong:
            told = "; ".join([*refusals, *map(str, wrong)])
            return replace(result, reason=f"{reason}; its predecessor differs as well: {told}")
        self.remember(base.number, State.VERIFIED, why)
        log.info("generation put back", extra={"generation": base.number})
        return replace(result, state=State.VERIFIED, reloaded=tuple(dict.fromkeys((*reloaded, *again))))

    async def reload(
        self, manager: Manager, modules: Iterable[str], reloaded: list[str], skipped: list[str]
    ) -> list[str]:
        """Reload each module once and return the refusals. What is done is noted at once: the link may fail next."""
        refusals = []
        for module in in_order(modules):
            try:
                await _reload_one(manager, module)
                reloaded.append(module)
            except ActionRefused as refused:
                if "no such module" in refused.message.lower() or "not support reload" in refused.message.lower():
                    skipped.append(module)
                elif "unknown command" in refused.message.lower():  # the module brings its own
                    refusals.append(not_loaded_reason(module))
                else:
                    refusals.append(f"reload of {module}: {refused.message}")
        return refusals


def base_of(generation: Generation, *, is_proven: bool) -> Base:
    """What a plan needs to know of it."""
    return Base(
        is_proven=is_proven,
        number=generation.number,
        wanted=generation.wanted,
        inventory=generation.notes["inventory"],
        prints=generation.notes["prints"],
    )


def how_many_differ(wrong: Sequence[Difference]) -> str:
    """As a reason: the differences themselves stand beside it."""
    return "1 object differs" if len(wrong) == 1 else f"{len(wrong)} objects differ"


def manifest_of(generation: Generation) -> Manifest:
    """What this generation defines; kept with it, so that a later version of Cordboard still knows."""
    return Manifest.from_json(generation.notes["manifest"])


async def _reload_one(manager: Manager, module: str) -> None:
    """Raises ActionRefused, also when somebody else's reload does not end."""
    action: Action = QueueReload() if module == QUEUES else Reload(module)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + RELOAD_PATIENCE
    while True:
        try:
            await manager.act(action, RELOAD_DEADLINE)
            return
        except ActionRefused as refused:
            if "in progress" not in refused.message.lower() or loop.time() > deadline:
                raise
        await asyncio.sleep(RETRY)
