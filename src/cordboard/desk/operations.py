"""The configuration as the deploy page shows it and acts on it: plain values out, one deed at a time, refusals by code.

DeskError
└── DeedRefused     `code` for programs: busy, stale, refused, on-trial, not-on-trial, no-such-generation,
                    storage-failed, switch-away; the words for people; `more`: what else is known, JSON-able
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ami.errors import AmiError
from cordboard.desk.deploy import Deployment
from cordboard.desk.errors import DatabaseAway, DeskError, store_errors
from cordboard.desk.ledger import Deed
from cordboard.desk.rollback import Rollback
from cordboard.desk.wanted import state_of
from cordboard.provisioning.applied import Applied
from cordboard.provisioning.changes import Action, Change, Effect
from cordboard.provisioning.errors import (
    DeployBusy,
    NoSuchGeneration,
    NotOnTrial,
    OnTrial,
    OtherAsterisk,
    PlanRefused,
    PlanStale,
    ProvisioningError,
    StorageFailed,
)
from cordboard.provisioning.generations import State
from cordboard.provisioning.outcome import applied_json
from cordboard.provisioning.outline import SECTIONS
from cordboard.provisioning.pending import Pending
from cordboard.provisioning.plan import Plan
from cordboard.provisioning.planned_files import planned_differences
from cordboard.provisioning.show import changes_json, plan_json, problems_json
from cordboard.provisioning.verify import Place
from cordboard.provisioning.words import said
from cordboard.store.audit import last_audit
from cordboard.store.engine import Store

TOLD = (*map(str, Deed), "company.save")
"""What of the audit trail is about the configuration."""
LINES = 50
SEEN_ROLLBACKS = 8
GRACE = 60.0
"""Seconds that a deed may still take when the house wants to stop; what is cut short, the next start settles."""

Told = dict[str, Any]


class DeedRefused(DeskError):
    """It was not done; nothing was changed unless the words say otherwise."""

    def __init__(self, code: str, words: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.more = dict(more or {})


@dataclass(frozen=True, slots=True)
class Work:
    """A deed under way: which, for whom, since when (UTC), and the generation in force before it."""

    deed: str
    by: str
    since: datetime
    base: int | None

    def to_json(self) -> Told:
        return {"deed": self.deed, "by": self.by, "since": self.since.timestamp(), "base": self.base}


class Operations:
    """Of one switch. Languages are `en` and `fr`; moments are seconds since the epoch."""

    def __init__(self, deployment: Deployment, store: Store) -> None:
        self._deployment = deployment
        self._generations = deployment.generations
        self._store = store
        self._work: Work | None = None
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._last: Told | None = None
        # Looking renders everything and asks Asterisk for everything: never twice side by side.
        self._looking = asyncio.Lock()
        # Going back is for exactly the plan that was shown, and that holds passwords: they stay here.
        self._rollbacks: OrderedDict[tuple[int, str], Rollback] = OrderedDict()

    async def quiet(self) -> None:
        """Return when no deed is under way, or its grace is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_idle.wait(), GRACE)

    # --- looking -------------------------------------------------------------------------------------------------

    async def now(self) -> Told:
        """How things stand, from what is known already: cheap enough to be asked every few seconds.

        `wanted` is another whenever the database is. `drift` is what the daemon saw last, null before it looked at the
        generation in force.
        """
        with deploy_errors():
            current = self._generations.current()
            pending = self._deployment.pending()
            in_force = None if current is None else self._in_force(current)
            wanted = await self._fingerprint()
        seen = self._deployment.last_drift
        is_of_now = seen is not None and seen.generation == current and self._work is None
        return {
            "now": time.time(),
            "in_force": in_force,
            "trial": None if pending is None else _trial(pending),
            "drift": seen.to_json() if seen is not None and is_of_now else None,
            "wanted": wanted,
            "work": None if self._work is None else self._work.to_json(),
            "last": self._last,
        }

    async def overview(self) -> Told:
        """As `now`, with the generations that are kept and the last of the audit trail, the newest first."""
        with deploy_errors():
            entries = await self._deployment.history.entries()
            async with self._store.reading() as session:
                lines = await last_audit(session, limit=LINES, actions=TOLD)
        return {
            **await self.now(),
            "generations": [
                {
                    "generation": entry.number,
                    "state": str(entry.state),
                    "reason": entry.reason,
                    "is_in_force": entry.is_in_force,
                    "may_return": not entry.is_in_force and entry.state is State.VERIFIED,
                    "base": entry.base,
                    "by": entry.by,
                    "created": entry.created.timestamp(),
                    "changes": list(entry.changes),
                    "calls": entry.calls,
                    "seconds": entry.seconds,
                }
                for entry in entries
            ],
            "audit": [
                {"at": line.at.timestamp(), "by": line.actor, "action": line.action, "detail": line.detail,
                 "company": line.company}
                for line in lines
            ],
        }  # fmt: skip

    async def plan(self, actor: str, language: str) -> Told:
        """What an apply would change."""
        with deploy_errors():
            async with self._looking:
                return plan_told(await self._deployment.at_rest(actor, self._deployment.plan), language)

    async def files(self) -> Told:
        """The lines of files that the plan is about, secrets hidden."""
        with deploy_errors():
            async with self._looking:
                wanted = await self._deployment.wanted()
                return {"files": await asyncio.to_thread(planned_differences, wanted, self._generations)}

    async def diff(self, before: int, after: int, language: str) -> Told:
        """What differs between two generations, in words and in lines."""
        history = self._deployment.history
        with deploy_errors():
            # In a large company it takes seconds, in which calls and live pages do not wait.
            async with self._looking:
                changes = await asyncio.to_thread(history.changes, before, after)
                lines = await asyncio.to_thread(history.lines, before, after)
            return {"before": before, "after": after, "changes": _changes_told(changes, language), "files": lines}

    async def plan_rollback(self, number: int, actor: str, language: str) -> Told:
        """What going back to a generation would change."""
        with deploy_errors():
            async with self._looking:
                found = await self._deployment.at_rest(actor, lambda: self._deployment.plan_rollback(number, actor))
        self._rollbacks[number, found.plan.identity] = found
        while len(self._rollbacks) > SEEN_ROLLBACKS:
            self._rollbacks.popitem(last=False)
        return {**plan_told(found.plan, language), "target": number}

    async def _fingerprint(self) -> str:
        async with self._store.reading() as session:
            state = await state_of(session)
        return ", ".join(f"{company} {revision}.{flow}" for company, (revision, flow) in state.items())

    def _in_force(self, number: int) -> Told:
        generation = self._generations.about(number)
        created = generation.created.timestamp()
        status = self._generations.status(number)
        return {
            "generation": number,
            "by": generation.by,
            "created": created,
            "state": str(status.state),
            "is_verified": status.state is State.VERIFIED,
            "since": status.at.timestamp() if status.at else created,
            "reason": status.reason,
        }

    # --- doing ---------------------------------------------------------------------------------------------------

    async def apply(
        self, actor: str, identity: str, *, allow_shrink: bool = False, confirm_within: timedelta | None = None
    ) -> Told:
        """Put exactly the plan with this identity into force, for the account `actor`."""
        async with self._deed(Deed.APPLY, actor):
            applied = await self._deployment.apply(
                actor, identity, allow_shrink=allow_shrink, confirm_within=confirm_within
            )
            return self._done(applied)

    async def rollback(self, actor: str, number: int, identity: str, *, allow_shrink: bool = False) -> Told:
        """Save the companies of generation `number` again, and put exactly the plan that was seen into force."""
        async with self._deed(Deed.ROLLBACK, actor):
            seen = self._rollbacks.get((number, identity))
            if seen is None:
                raise PlanStale("this plan is not known any more: look at it again")
            return self._done(await self._deployment.rollback(actor, seen, identity, allow_shrink=allow_shrink))

    async def confirm(self, actor: str) -> Told:
        """Keep the generation that is on trial."""
        async with self._deed(Deed.CONFIRM, actor):
            return _trial(await self._deployment.confirm(actor))

    @asynccontextmanager
    async def _deed(self, deed: Deed, actor: str) -> AsyncIterator[None]:
        """One at a time. How it ends is kept for pages whose connection broke meanwhile."""
        if self._work is not None:
            raise _busy(f"{self._work.by} is at it already ({self._work.deed})", self._work.by, self._work.since)
        with deploy_errors():
            work = Work(str(deed), actor, datetime.now(UTC), self._generations.current())
        self._work, self._last = work, None
        self._is_idle.clear()
        refused: DeedRefused | DatabaseAway | None = None
        try:
            with deploy_errors():
                yield
        except (DeedRefused, DatabaseAway) as error:
            refused = error
            raise
        finally:
            self._work = None
            self._is_idle.set()
            if refused is not None:
                problem = {"code": "database-away", "detail": str(refused)}
                if isinstance(refused, DeedRefused):
                    problem = {**refused.more, "code": refused.code, "detail": str(refused)}
                self._last = {**work.to_json(), "result": None, "problem": problem}

    def _done(self, applied: Applied) -> Told:
        result = {**applied_json(applied), "trial": None if applied.trial is None else _trial(applied.trial)}
        del result["changes"]  # the plan told them, and this is told again and again
        assert self._work is not None
        self._last = {**self._work.to_json(), "result": result, "problem": None}
        return result


# --- what is told ----------------------------------------------------------------------------------------------------


def plan_told(plan: Plan, language: str) -> Told:
    """A plan as the page shows it. Beside `plan_json`: each change in its section, effects in the language, and what of
    the drift an apply mends."""
    told = plan_json(plan, language=language)
    mended = [each.place is Place.FILE or each.module in plan.reloads for each in plan.drift]
    return {
        **told,
        "effects": _effects_told(plan.effects, language),
        "changes": _changes_told(plan.effective, language, is_first=plan.base is None),
        "counts": {name: plan.counts[action] for name, action in COUNTED.items()},
        "drift": [{**entry, "is_mended": is_mended} for entry, is_mended in zip(told["drift"], mended, strict=True)],
    }


COUNTED = {"add": Action.ADD, "change": Action.CHANGE, "remove": Action.REMOVE, "keep": Action.KEEP}


def _changes_told(changes: Iterable[Change], language: str, *, is_first: bool = False) -> list[Told]:
    changes = tuple(changes)
    told = changes_json(changes, language=language, is_first=is_first)
    for change, entry in zip(changes, told, strict=True):
        # The sentences say what differs; the parameters one by one would make a large first plan many times as long.
        del entry["before"], entry["after"]
        entry["section"] = _section(change.kind, language)
        entry["effects"] = _effects_told(change.effects, language)
        entry["authors"] = [
            {"by": author.by, "at": author.at.timestamp(), "revision": author.revision} for author in change.authors
        ]
    places = {_section(kind, language): place for place, (_, _, kinds) in enumerate(SECTIONS) for kind in kinds}
    return sorted(told, key=lambda entry: places.get(entry["section"], len(places)))


def _section(kind: str, language: str) -> str:
    for english, french, kinds in SECTIONS:
        if kind in kinds:
            return said(language, english, french)
    return said(language, "Other", "Autres")


def _effects_told(effects: Iterable[Effect], language: str) -> list[Told]:
    return [{"text": effect.told(language), "is_harmful": effect.is_harmful} for effect in effects]


def _trial(pending: Pending) -> Told:
    return {
        "generation": pending.generation,
        "base": pending.base,
        "by": pending.by,
        "until": pending.until.timestamp(),
    }


def _busy(words: str, by: str | None, since: datetime | None) -> DeedRefused:
    return DeedRefused("busy", words, {"by": by, "since": since.timestamp() if since else None})


@contextmanager
def deploy_errors() -> Iterator[None]:
    """What stops a deployment leaves the block as errors of the desk."""
    try:
        with store_errors():
            yield
    except PlanStale as error:
        raise DeedRefused("stale", _words(error)) from error
    except PlanRefused as error:
        raise DeedRefused("refused", _words(error), {"problems": problems_json(error.problems)}) from error
    except OnTrial as error:
        raise DeedRefused("on-trial", _words(error), {"trial": _trial(error.pending)}) from error
    except NotOnTrial as error:
        raise DeedRefused("not-on-trial", _words(error)) from error
    except NoSuchGeneration as error:
        raise DeedRefused("no-such-generation", _words(error)) from error
    except DeployBusy as error:
        owner = error.owner
        raise _busy(_words(error), owner.by if owner else None, owner.since if owner else None) from error
    except StorageFailed as error:
        raise DeedRefused("storage-failed", _words(error)) from error
    except (AmiError, OtherAsterisk) as error:
        raise DeedRefused("switch-away", _words(error)) from error


def _words(error: ProvisioningError | AmiError) -> str:
    """With what was noted on its way: that the database was changed already, for one."""
    return " ".join((str(error), *getattr(error, "__notes__", ())))
