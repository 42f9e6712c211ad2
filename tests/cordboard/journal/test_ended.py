"""Whose a call is that is over: the one company that is in it, and nobody's if there are several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from cordboard.journal.ended import ended, keep_ended
from cordboard.store.company import save_company
from cordboard.store.conversations import find_conversations
from cordboard.store.engine import Store
from cordboard.store.values import Company
from kit.recorded import recordings, replayed

OTHER = Company(id="other", name="Other", language="fr", country="FR", time_zone="Europe/Paris")


@pytest.mark.parametrize(
    ("queue", "ours", "outside", "received_by", "company"),
    [
        ("acme-billing", ["acme-amel"], ["acme-carrier"], "acme", "acme"),
        ("", ["acme-amel"], ["other-carrier"], "", "acme"),
        ("", ["acme-amel", "acme-bob"], [], "", "acme"),
        ("", ["acme-amel", "other-zoe"], [], "", ""),
        ("other-sales", ["acme-amel"], [], "", ""),
        ("", [], ["acme-carrier"], "", ""),
        ("", [], ["acme-carrier"], "other", "other"),
        ("acme-billing", ["front-desk"], [], "", "acme"),
        ("", ["front-desk", "ag1"], [], "", "front"),
        ("support", ["ag1"], [], "", ""),
    ],
)
async def test_whose_a_call_is(
    store: Store, queue: str, ours: Sequence[str], outside: Sequence[str], received_by: str, company: str
) -> None:
    call = next(call for call in replayed(recordings()[0]).conversations.values() if call.ended and call.parties)
    [party, *_] = call.parties
    parties = [replace(party, endpoint=each, is_outside=False) for each in ours]
    parties += [replace(party, endpoint=each, is_outside=True) for each in outside]
    call = replace(call, queue=queue, parties=tuple(parties))
    async with store.transaction() as session:
        await save_company(session, OTHER, "test")
        await keep_ended(session, [ended(call, received_by)])
    async with store.reading() as session:
        [kept] = (await find_conversations(session, [(call.id.node, call.id.uniqueid)])).values()
    assert kept.company == company
