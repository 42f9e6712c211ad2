"""The commands on calls that are up: which there are, and everything that may be done to one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from ami.models import LinkState
from cordboard.cli.answers import show_result
from cordboard.cli.context import Company, Context, Json, complain, loaded, print_json, print_table, run, say
from cordboard.cli.words import word
from cordboard.desk.call_cards import OpenCallCard, open_call_card
from cordboard.desk.call_desks import CallDesks
from cordboard.desk.calls import HIGHEST_PRIORITY, Asker
from cordboard.desk.open_calls import OpenCall, find
from cordboard.desk.requests import TurnedDown
from cordboard.desk.results import Result
from cordboard.house.following import call_desks_of, followed
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings, SettingsError

Id = Annotated[str, typer.Argument(metavar="ID", help="The call's id as `cordboard call list` shows it, or its end.")]


def add_to(app: typer.Typer) -> None:
    call = typer.Typer(help="See and steer the calls that are up.", no_args_is_help=True)
    call.command("list")(list_calls)
    call.command()(show)
    call.command()(hangup)
    call.command()(transfer)
    call.command()(cancel)
    call.command()(complete)
    call.command()(park)
    call.command()(fetch)
    call.command()(originate)
    call.command()(withdraw)
    call.command()(prioritise)
    call.command()(move)
    app.add_typer(call, name="call")


# --- looking


def list_calls(context: Context, company: Company = None, as_json: Json = False) -> None:
    """The calls that are up, the oldest first: who calls, where he is, for how long."""
    now = datetime.now(UTC)
    settings = loaded(context).settings
    cards = [open_call_card(one, now) for one in run(_open(settings, company))]
    if as_json:
        print_json([asdict(card) for card in cards])
        return
    if not cards:
        say("No call is up.")
        return
    columns = (
        "id",
        "caller",
        "number",
        "stage",
        "queue",
        "place",
        "priority",
        "agent",
        "lasts s",
        "waited s",
        "talked s",
    )
    right = ("place", "priority", "lasts s", "waited s", "talked s")
    print_table(columns, [_row(card, settings.language) for card in cards], right=right, language=settings.language)


def _row(card: OpenCallCard, language: str) -> tuple[object, ...]:
    return (
        card.id,
        card.caller or word("unknown", language),
        card.did or card.dialled,
        word(card.stage, language),
        card.queue,
        card.position,
        card.priority,
        card.agent or ", ".join(card.offered_to),
        f"{card.lasts:.0f}",
        f"{card.waited:.0f}",
        f"{card.talked:.0f}",
    )


def show(context: Context, call: Id, company: Company = None, as_json: Json = False) -> None:
    """One call that is up: everything about it, and its legs."""
    known = run(_open(loaded(context).settings, company))
    try:
        values = asdict(open_call_card(find(known, call), datetime.now(UTC)))
    except TurnedDown as turned_down:
        raise SettingsError([turned_down.answer.words]) from None
    if as_json:
        print_json(values)
        return
    legs = values.pop("legs")
    values["entered"] = f"{datetime.fromtimestamp(values['entered'], UTC).astimezone():%Y-%m-%d %H:%M:%S}"
    print_table(("what", "is"), [(name.replace("_", " "), _shown(value)) for name, value in values.items() if value])
    say()
    print_table(("phone", "number", "state"), [(leg["phone"], leg["number"], leg["state"]) for leg in legs])


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


async def _open(settings: Settings, named: str | None) -> Sequence[OpenCall]:
    """The calls that are up, of the switches that answer."""
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with followed(store, settings, must_be_live=True) as switches:
            calls, links = await call_desks_of(store, settings, switches).all(company)
    for node, link in links.items():
        if link.state is not LinkState.LIVE:
            complain(f"{node} does not answer: its calls are not shown.")
    return calls


# --- commands


def hangup(context: Context, call: Id, company: Company = None) -> None:
    """End a call for everybody in it."""
    _ask(context, company, lambda calls, of, me: calls.hang_up(of, call, me))


def transfer(
    context: Context,
    call: Id,
    to: Annotated[str, typer.Argument(help="A queue or a person by id or extension, or an outside number, +33...")],
    attended: Annotated[
        bool, typer.Option("--attended", help="Let the phone in the call ask there first; then `complete` or `cancel`.")
    ] = False,
    company: Company = None,
) -> None:
    """Send the caller elsewhere, whether he talks, waits, is in a menu or parked."""

    def wish(calls: CallDesks, of: str, me: Asker) -> Awaitable[Result]:
        return (calls.consult if attended else calls.transfer)(of, call, to, me)

    _ask(context, company, wish)


def cancel(context: Context, call: Id, company: Company = None) -> None:
    """End an attended transfer: back with the caller."""
    _ask(context, company, lambda calls, of, me: calls.cancel(of, call, me))


def complete(context: Context, call: Id, company: Company = None) -> None:
    """End an attended transfer by connecting the two."""
    _ask(context, company, lambda calls, of, me: calls.complete(of, call, me))


def park(context: Context, call: Id, company: Company = None) -> None:
    """Let the caller wait with music; says the slot, and what a phone dials to fetch him."""
    _ask(context, company, lambda calls, of, me: calls.park(of, call, me))


def fetch(
    context: Context,
    call: Id,
    person: Annotated[str, typer.Argument(help="Whose phone is rung and gets the caller.")],
    company: Company = None,
) -> None:
    """Connect a parked caller with somebody's phone."""
    _ask(context, company, lambda calls, of, me: calls.fetch(of, call, me, person=person))


def originate(
    context: Context,
    person: Annotated[str, typer.Argument(help="Whose phone is rung first.")],
    number: Annotated[str, typer.Argument(help="What it then dials, as if by hand.")],
    company: Company = None,
) -> None:
    """Dial for somebody: his phone rings, shows the number, and once answered calls it."""
    _ask(context, company, lambda calls, of, me: calls.originate(of, person, number, me))


def withdraw(context: Context, call: Id, company: Company = None) -> None:
    """Take a caller out of the queue where he waits; he goes on as one who waited too long."""
    _ask(context, company, lambda calls, of, me: calls.withdraw(of, call, me))


def prioritise(
    context: Context,
    call: Id,
    priority: Annotated[int, typer.Argument(min=0, max=HIGHEST_PRIORITY, help="Higher stands before lower.")],
    company: Company = None,
) -> None:
    """Give a waiting caller another priority, and the place that goes with it."""
    _ask(context, company, lambda calls, of, me: calls.prioritise(of, call, priority, me))


def move(
    context: Context,
    call: Id,
    queue: Annotated[str, typer.Argument(help="Id or number of the queue.")],
    company: Company = None,
) -> None:
    """Put a waiting caller into another queue, at the place that his waiting earns."""
    _ask(context, company, lambda calls, of, me: calls.move(of, call, queue, me))


def _ask(context: Context, company: str | None, wish: Callable[[CallDesks, str, Asker], Awaitable[Result]]) -> None:
    show_result(run(_asked(loaded(context).settings, company, wish)))


async def _asked(
    settings: Settings, named: str | None, wish: Callable[[CallDesks, str, Asker], Awaitable[Result]]
) -> Result:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with followed(store, settings, must_be_live=False) as switches:
            return await wish(call_desks_of(store, settings, switches), company, Asker(actor()))
