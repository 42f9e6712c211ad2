"""The commands that look: what became of each call, and the live page in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from ami.conversation import Direction, StepKind
from ami.models import FactKind
from cordboard.cli.context import Company, Context, Json, loaded, print_json, print_table, printable, run, say
from cordboard.cli.words import word
from cordboard.desk.past_calls import PastCalls
from cordboard.house.workshop import opened_store, the_company
from cordboard.journal.words import why_in_words
from cordboard.settings import Settings, SettingsError
from cordboard.store.journal import facts_of, find_call
from cordboard.store.records import CallRecord, FactRecord


def add_to(app: typer.Typer) -> None:
    app.command()(calls)
    app.command()(facts)
    app.command()(top)


def calls(
    context: Context,
    call: Annotated[
        str | None, typer.Argument(help="One call, by the id that the list has, or the uniqueid of any leg of it.")
    ] = None,
    last: Annotated[int, typer.Option(min=1, max=10000, help="How many, newest first.")] = 20,
    direction: Annotated[Direction | None, typer.Option(help="Only those that went this way.")] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """The calls that ended last: outcome, waiting and talking time, who answered and why that one. Of one call: all
    who took part, and what happened."""
    settings = loaded(context).settings
    if call is not None:
        one = run(_one(settings, company, call))
        if as_json:
            print_json(one)
        else:
            _show(one)
        return
    found = run(_last(settings, company, last, direction))
    if as_json:
        print_json(found)
    elif not found:
        say("No call has ended yet.")
    else:
        _list(found, settings.language)


def _list(calls: Sequence[Mapping[str, Any]], language: str) -> None:
    rows = [
        (
            f"{call['entered'].astimezone():%Y-%m-%d %H:%M:%S}",
            word(call["direction"], language),
            call["caller_number"] or word("unknown", language),
            call["did"] or call["dialled"],
            word(call["outcome"] or "", language),
            call["detail"] if not call["agent"] else "",
            call["queue"],
            call["agent"],
            f"{call['waited']:.1f}",
            f"{call['talked']:.1f}",
            why_in_words(call["why"], language) if call["agent"] else "",
            call["id"],
        )
        for call in calls
    ]
    columns = ["entered", "way", "caller", "number", "outcome", "detail", "queue", "agent", "waited s", "talked s"]
    print_table([*columns, "why", "id"], rows, right=("waited s", "talked s"), language=language)


async def _last(settings: Settings, named: str | None, limit: int, direction: Direction | None) -> list[dict[str, Any]]:
    async with opened_store(settings) as store:
        return await PastCalls(store).last(await the_company(store, named), limit, direction)


async def _one(settings: Settings, named: str | None, call: str) -> dict[str, Any]:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        found = await PastCalls(store).one(company, *_id(settings, call))
    if found is None:
        raise SettingsError([f"no call {call!r} that has ended in the history of {company}"])
    return found


def _show(told: Mapping[str, Any]) -> None:
    call, story, facts = told["call"], told["story"], told["facts"]
    whom = f"{call['caller_number'] or 'unknown'} to {call['did'] or call['dialled']}"
    say(printable(f"{call['id']}: {call['direction']}, {whom}: {call['outcome']} {call['detail']}"))
    if call["merged_into"]:
        say(f"It went on as part of {call['node']}/{call['merged_into']}.")
    spent = ", ".join(f"{name} {call[name]:.1f} s" for name in ("waited", "rang", "talked", "held", "parked"))
    say(f"{call['entered'].astimezone():%Y-%m-%d %H:%M:%S} to {call['ended'].astimezone():%H:%M:%S}; {spent}")
    if call["message_left"] is not None:
        say("He left a message." if call["message_left"] else "He came to a mailbox and left no message.")
    if call["is_repaired"]:
        is_lost = story is not None and any(step["what"] == StepKind.LOST for step in story["steps"])
        say(
            "Nobody saw its end: it was gone when Asterisk was seen again."
            if is_lost
            else "Nobody followed it: this is what Asterisk's own records tell."
        )
    if story is not None:
        say()
        print_table(
            ("who", "number", "name", "as", "from", "until", "did"),
            [_party(each, call["company"]) for each in story["parties"]],
        )
        if story["steps"]:
            say()
            print_table(("at", "step", "what"), [_step(each, call["company"]) for each in story["steps"]])
    if facts:
        say()
        _print_facts(facts, call["did"])


def _party(party: Mapping[str, Any], company: str) -> tuple[str, ...]:
    doings = [f"{span['doing']} {_seconds(span):.1f}" for span in party["spans"] if span["until"]]
    where = _id_in(company, party["endpoint"] or "")
    if party["outside"]:
        where = f"outside, {where}" if where else "outside"
    name = "" if party["name"] == party["endpoint"] else party["name"]  # what a queue calls its member
    return (
        where, party["number"], name, party["role"], _moment(party["joined"]), _moment(party["left"]),
        ", ".join(doings),
    )  # fmt: skip


def _id_in(company: str, name: str) -> str:
    """What a company calls what the switch calls by its own name."""
    return name.removeprefix(f"{company}-")


def _seconds(span: Mapping[str, str]) -> float:
    return (datetime.fromisoformat(span["until"]) - datetime.fromisoformat(span["since"])).total_seconds()


def _step(step: Mapping[str, Any], company: str) -> tuple[str, ...]:
    values = {name: _id_in(company, str(value)) for name, value in step.items() if value}
    told = ", ".join(f"{name} {value}" for name, value in values.items() if name not in ("at", "what"))
    return _moment(step["at"]), step["what"], told


def _moment(text: str | None) -> str:
    return _clock(datetime.fromisoformat(text)) if text else ""


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M:%S.%f}"[:-3]


def facts(
    context: Context,
    call: Annotated[str, typer.Argument(help="The call's id, as `cordboard calls` shows it, or its uniqueid.")],
    as_json: Json = False,
) -> None:
    """Everything that happened to one call, in order."""
    record, happened = run(_facts(loaded(context).settings, call))
    facts = [asdict(fact) for fact in happened]
    if as_json:
        print_json({"call": asdict(record), "facts": facts})
        return
    say(
        printable(
            f"{record.caller_number or 'unknown'} to {record.did}: {record.outcome or 'in progress'} {record.detail}"
        )
    )
    _print_facts(facts, record.did)


def _print_facts(facts: Sequence[Mapping[str, Any]], did: str) -> None:
    """`did`: the DID that was called, which leads to the first step."""
    rows = [
        (
            _clock(fact["at"]),
            fact["kind"],
            ", ".join(
                f"{name} {value}"
                for name, value in _from(fact["kind"], fact["data"], did).items()
                if value and name != "why"
            ),
        )
        for fact in facts
    ]
    print_table(("at", "fact", "what"), rows)


def _from(kind: str, told: Mapping[str, Any], did: str) -> Mapping[str, Any]:
    """A step without a node tells where the call began: at its DID."""
    return {"DID": did, **told} if kind == FactKind.STEP and not told.get("node") else told


async def _facts(settings: Settings, call: str) -> tuple[CallRecord, tuple[FactRecord, ...]]:
    node, uniqueid = _id(settings, call)
    async with opened_store(settings) as store, store.reading() as session:
        record = await find_call(session, node, uniqueid)
        if record is None:
            raise SettingsError([f"no call {uniqueid!r} of {node} in history"])
        return record, await facts_of(session, node, uniqueid)


def _id(settings: Settings, call: str) -> tuple[str, str]:
    """Node and uniqueid; one without a node is of the own switch."""
    node, _, uniqueid = call.rpartition("/")
    return node or settings.node, uniqueid


def top(
    context: Context,
    company: Company = None,
    once: Annotated[bool, typer.Option("--once", help="Print what is there now and end.")] = False,
) -> None:
    """The live page in a terminal: queues, agents, calls in progress, last outcomes. Ctrl-C ends it."""
    from cordboard.cli.screen import show

    run(show(loaded(context).settings, company, once=once))
