"""A company in a database, a live state that tests tell what happened, and a recorder between them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from cordboard.journal.books import Books
from cordboard.journal.recorder import Limits, Recorder
from cordboard.store.company import save_company
from cordboard.store.engine import Store, open_store
from cordboard.store.values import Company, Person, QueueSpec, RelaxStep, Skill, TargetKind, TargetRef
from kit.told import Told

QUICK = Limits(gather=0.0, first_retry=0.01, last_retry=0.02)
END = TargetRef(TargetKind.HANGUP)
ACME = Company(
    id="acme",
    name="Acme",
    language="fr",
    country="FR",
    time_zone="Europe/Paris",
    skills={"french": Skill(id="french", name="French")},
    people={
        "amel": Person(id="amel", name="Amel", extension="201", skills={"french": 5}),
        "bob": Person(id="bob", name="Bob", extension="202", skills={"french": 2}),
    },
    queues={
        "billing": QueueSpec(
            id="billing",
            name="Billing",
            skills={"french": 4},
            relax=(RelaxStep(after=15, skills={"french": 1}),),
            when_full=END,
            when_late=END,
            when_empty=END,
        )
    },
)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/cordboard.db") as opened:
        await opened.migrate()
        async with opened.transaction() as session:
            await save_company(session, ACME, "test")
        yield opened


@contextlib.asynccontextmanager
async def recording(recorder: Recorder) -> AsyncIterator[Recorder]:
    """The recorder at work; at the end it has written all it knows."""
    task = asyncio.create_task(recorder.run())
    try:
        await asyncio.sleep(0)
        yield recorder
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await recorder.close()


class Record(Protocol):
    def __call__(
        self, told: Told | None = None, *, limits: Limits = QUICK, queue_log: Path | None = None
    ) -> contextlib.AbstractAsyncContextManager[Recorder]: ...


@pytest.fixture
def record(store: Store, told: Told) -> Record:
    """`async with record():` keeps what is told meanwhile, by `told` unless another is given."""
    ours = told

    def make(
        told: Told | None = None, *, limits: Limits = QUICK, queue_log: Path | None = None
    ) -> contextlib.AbstractAsyncContextManager[Recorder]:
        told = told or ours
        return recording(Recorder(store, told.live, clock=lambda: told.now, limits=limits, books=Books(queue_log)))

    return make
