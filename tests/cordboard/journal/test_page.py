"""A call's page: whatever tells of the call, and however often, each fact stands there once and keeps its number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ami.models import Call, CallId, DeviceState, Fact, FactKind, Member, Queue, Stage
from cordboard.journal.page import Page
from cordboard.store.records import FactRecord

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KINDS = (FactKind.ENTERED, FactKind.MENU, FactKind.JOINED, FactKind.OFFERED, FactKind.NOT_ANSWERED, FactKind.HELD)


def call_of(facts: list[Fact], **more: object) -> Call:
    call = Call(
        CallId("pbx1", "1.1"), "acme", "main", "+33612345678", "Ana", START, 7, Stage.WAITING, facts=tuple(facts)
    )
    return replace(call, **more)  # type: ignore[arg-type]


def fact(seconds: int, kind: str, **data: str) -> Fact:
    return Fact(START + timedelta(seconds=seconds), kind, data)


# Facts well apart, as those of one call are; two witnesses of one fact differ by less.
stories = st.lists(st.sampled_from(KINDS), min_size=1, max_size=12).map(
    lambda kinds: [fact(10 * number, kind, number=str(number)) for number, kind in enumerate(kinds)]
)


def written(page: Page) -> list[FactRecord]:
    """What a recorder would write now, and has then written."""
    records = page.fact_records()
    page.kept += len(records)
    return records


@given(stories, st.data())
def test_a_story_told_in_pieces_is_written_once_in_order(story: list[Fact], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(1, len(story)), max_size=5)))
    page = Page(call_of(story[: cuts[0]] if cuts else story))
    records = written(page)
    for cut in [*cuts, len(story)]:
        page.turn(call_of(story[:cut]))
        records += written(page)
    assert [record.sequence for record in records] == list(range(len(story)))
    assert [(record.at, record.kind, record.data) for record in records] == [(f.at, f.kind, f.data) for f in story]


@given(stories, st.integers(0, 12), st.integers(0, 12), st.integers(-1, 1))
def test_a_story_told_anew_after_a_gap_adds_only_what_is_new(
    story: list[Fact], first: int, forgotten: int, skew: int
) -> None:
    page = Page(call_of(story[:first]))
    records = written(page)
    again = [replace(one, at=one.at + timedelta(seconds=skew)) for one in story[forgotten:]]
    page.turn(call_of(again, is_partial=True))
    records += written(page)
    assert [record.sequence for record in records] == list(range(len(records)))
    seen = {one.data["number"] for one in (*story[:first], *story[forgotten:])}
    assert sorted(int(record.data["number"]) for record in records) == sorted(map(int, seen))


@given(stories, st.integers(0, 12))
def test_a_page_taken_up_by_the_next_run_goes_on_where_the_last_one_stopped(story: list[Fact], first: int) -> None:
    before = Page(call_of(story[:first]))
    kept = written(before)
    if kept:
        page = Page.reopened(before.record(), kept)
        page.turn(call_of(story, is_partial=True))
    else:
        page = Page(call_of(story))
    more = written(page)
    assert [record.sequence for record in (*kept, *more)] == list(range(len(story)))
    late = Page(call_of(story[first:], is_partial=True, did="", company=""))
    late.adopt(before.record(), kept)
    assert [record.sequence for record in written(late)] == list(range(len(kept), len(story)))
    assert (late.record().company, late.record().did, late.record().is_partial) == ("acme", "main", False)


def test_what_a_relist_shows_and_nobody_told_is_a_fact() -> None:
    page = Page(call_of([fact(0, "entered")]))
    page.turn(
        call_of(
            [fact(0, "entered")],
            queue="acme-billing",
            joined=START + timedelta(seconds=5),
            agent="acme-amel",
            answered=START + timedelta(seconds=9),
        )
    )
    assert [one.kind for one in page.facts] == ["entered", "joined", "connected"]
    record = page.record()
    assert (record.queue, record.agent, record.waited) == ("billing", "amel", 4.0)


def test_an_explanation_outlives_this_program() -> None:
    before = Page(call_of([fact(0, "entered")]))
    record = replace(before.record(), why={"agent": "amel"})
    assert Page.reopened(record, ()).record().why == {"agent": "amel"}


def test_of_all_who_rang_at_once_the_one_who_answered_was_chosen() -> None:
    members = tuple(member(name) for name in ("amel", "bob", "chloe"))
    before = Queue("pbx1", "acme-billing", "ringall", (), members)
    told = [fact(1, FactKind.JOINED, queue="acme-billing")]
    page = Page(call_of(told))
    for second, name in ((2, "amel"), (2, "bob"), (2, "chloe")):
        told.append(fact(second, FactKind.OFFERED, agent=f"acme-{name}", queue="acme-billing"))
        page.turn(call_of(told))
        page.note_offer(told[-1], before)
    told.append(fact(5, FactKind.CONNECTED, agent="acme-bob", queue="acme-billing"))
    page.turn(call_of(told))
    kept = page.record().why
    assert kept["agent"] == "bob"
    assert {each["agent"]: each["reason"] for each in kept["candidates"]} == {
        "bob": "chosen",
        "amel": "rang_too",
        "chloe": "rang_too",
    }


def member(name: str) -> Member:
    return Member(
        queue="acme-billing",
        interface=f"PJSIP/acme-{name}",
        name=f"acme-{name}",
        penalty=0,
        paused=False,
        pause_reason="",
        paused_since=None,
        status=DeviceState.RINGING,
        in_call=False,
        last_call=None,
        wrap_up=0,
        calls_taken=0,
        ring_in_use=False,
        added=None,
    )
