"""Comments are rows of the items that they are about, on either database, and tell where they changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cordboard.documents import read_company_file
from cordboard.store import Store
from cordboard.store.company import load_company, save_company
from cordboard.store.flow_menus import with_flow_of
from cordboard.store.records import Revision
from cordboard.store.revisions import load_revision
from cordboard.store.values import Comment, Company

BARE = replace(read_company_file(Path(__file__).parents[3] / "demo" / "company.yaml").accepted(), comments={})
KEY = ("menus", "accueil", "keys", "4")
NOTED = replace(
    BARE,
    comments={
        (): Comment(before=(" 'a' \"b\" \\ é🎉\t# ;--", "", "x" * 100_000), after=(" the end",)),
        ("menus",): Comment(beside=" all"),
        KEY: Comment(beside=" support is not ready"),
        KEY[:2]: Comment(before=(" first",)),
        ("hours", "never", "closed", "2026-12-24"): Comment(before=(" the eve",)),
        ("dids", "+33199000001"): Comment(beside=" ours"),
        ("blocked", "prefix +33899"): Comment(after=(" more",)),
    },
)


async def save(store: Store, company: Company) -> Revision:
    async with store.transaction() as session:
        return await save_company(session, company, "ada")


async def test_they_come_back_as_they_were(store: Store) -> None:
    await save(store, BARE)
    saved = await save(store, NOTED)
    told = ("", "blocked.prefix +33899", "dids.+33199000001", "hours.never", "menus", "menus.accueil")
    assert saved == Revision(company="acme", number=2, has_changed=True, comments=told, is_commented_alone=True)
    assert not (await save(store, NOTED)).has_changed
    async with store.reading() as session:
        assert await load_company(session, "acme") == NOTED
        assert await load_revision(session, "acme", 1) == BARE
        assert await load_revision(session, "acme", 2) == NOTED
    other = {**NOTED.comments, KEY: Comment(beside=" support is ready")}
    assert (await save(store, replace(NOTED, comments=other))).comments == ("menus.accueil",)
    both = await save(store, replace(BARE, name="Acme & Cie"))
    assert (both.comments, both.is_commented_alone) == (told, False)


def test_menus_bring_theirs_and_leave_the_others() -> None:
    mine = replace(BARE, comments={("people",): Comment(beside=" mine"), KEY: Comment(beside=" mine")})
    taken = with_flow_of(mine, NOTED).comments
    of_menus = {
        path: comment for path, comment in NOTED.comments.items() if path[:1] in {("menus",), ("hours",), ("dids",)}
    }
    assert taken == {("people",): Comment(beside=" mine"), **of_menus}
    without = replace(NOTED, dids={})
    kept = with_flow_of(replace(mine, comments={("dids", "+33199000001"): Comment(beside=" mine")}), without).comments
    assert kept["dids", "+33199000001"].beside == " mine"
