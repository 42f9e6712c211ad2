"""The command that tells what calls did in the menus: flow figures."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from agi.flow.document import TargetKind, start_node
from cordboard.cli.context import Company, Context, Json, loaded, print_json, print_table, run, say
from cordboard.cli.words import word
from cordboard.flows.comparing import SHARE, Compared, compared, measures
from cordboard.flows.counting import counted
from cordboard.flows.figures import Figures, Times, exit_of, is_counted
from cordboard.flows.places import PHONE, kind_called
from cordboard.flows.visits import KINDS, Walk, walk_of
from cordboard.house.workshop import opened_store, the_company
from cordboard.journal.day import DAYS, days_of
from cordboard.provisioning.words import said
from cordboard.settings import Settings, SettingsError
from cordboard.store.company import load_company
from cordboard.store.journal import calls_with_facts
from cordboard.store.records import CallRecord
from cordboard.store.values import Company as CompanyValues
from cordboard.store.values import Did, Menu, Step

Span = tuple[datetime, datetime]


def figures(
    context: Context,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help=f"The first day, on the company's clock; {DAYS} before the last."
        ),
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; today.")] = None,
    version: Annotated[int | None, typer.Option(help="Only calls that came to this version of the menus.")] = None,
    compare: Annotated[
        tuple[int, int] | None, typer.Option(metavar="A B", help="Two versions beside each other.")
    ] = None,
    calls: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="The calls behind a figure: that came to this menu, or left to this place."),
    ] = None,
    company: Company = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every figure as a row, for spreadsheets.")] = False,
) -> None:
    """What calls did in the menus: who came where, left by which way, failed, hung up, and how long it took."""
    if compare is not None and (version is not None or calls is not None):
        raise SettingsError(["give one of them: --version, --compare; and no --calls with --compare"])
    if as_csv and (as_json or calls is not None):
        raise SettingsError(["--csv goes with neither --json nor --calls"])
    settings = loaded(context).settings
    if calls is not None:
        of, walks = run(_walks(settings, company, (first, last), version, calls))
        _list(of, walks, settings.language, as_json=as_json)
        return
    versions: Sequence[int | None] = (version,) if compare is None else compare
    of, span, found = run(_counted(settings, company, (first, last), versions))
    if compare is not None:
        _show_compared(of, compare, compared(*found), settings.language, as_json=as_json, as_csv=as_csv)
    elif as_json:
        print_json({"from": span[0].isoformat(), "to": span[1].isoformat(), "version": version, **found[0].to_json()})
    elif as_csv:
        rows = ([*astuple(each), value] for each, value in measures(found[0]))
        _print_csv(["part", "of", "way", "figure", "value"], rows)
    else:
        _show(of, span, found[0], settings.language)


# --- what it reads ----------------------------------------------------------------------------------------------------


async def _counted(
    settings: Settings, named: str | None, days: tuple[datetime | None, datetime | None], versions: Sequence[int | None]
) -> tuple[CompanyValues, Span, list[Figures]]:
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with store.reading() as session:
            of = await load_company(session, company)
            span = _span(of, *days)
            return of, span, await counted(session, company, *span, versions)


async def _walks(
    settings: Settings,
    named: str | None,
    days: tuple[datetime | None, datetime | None],
    version: int | None,
    place: str,
) -> tuple[CompanyValues, list[tuple[CallRecord, Walk]]]:
    """The counted calls that came to a node, or left the menus to a place, which may be written as it is shown."""
    found = []
    kind, colon, item = place.partition(":")
    wanted = f"{TargetKind.PERSON if kind == PHONE else kind}{colon}{item}"
    async with opened_store(settings) as store:
        company = await the_company(store, named)
        async with store.reading() as session:
            of = await load_company(session, company)
            span = _span(of, *days)
            async for call, facts in calls_with_facts(session, company, *span, KINDS):
                walk = walk_of(facts)
                places = {visit.node for visit in walk.visits}
                if is_counted(call, walk, version) and wanted in {*places, exit_of(walk)}:
                    found.append((call, walk))
    return of, found


def _span(company: CompanyValues, first: datetime | None, last: datetime | None) -> Span:
    """From the beginning of the first day to the end of the last, on the company's clock."""
    try:
        return days_of(first and first.date(), last and last.date(), ZoneInfo(company.time_zone))
    except ValueError as error:
        raise SettingsError(["--from is after --to"]) from error


# --- how it tells it --------------------------------------------------------------------------------------------------


def _show(company: CompanyValues, span: Span, found: Figures, language: str) -> None:
    zone = ZoneInfo(company.time_zone)
    first, last = (f"{moment.astimezone(zone):%Y-%m-%d}" for moment in (span[0], span[1] - timedelta(seconds=1)))
    say(
        said(
            language,
            f"{company.id}, {first} to {last}: {found.calls} calls in the menus, {found.compiled} by the compiled way; "
            f"left out: {found.unseen} not seen whole, {found.in_progress} in progress, {found.unfollowed} that nobody "
            f"followed, {found.elsewhere} that came to no menu.",
            f"{company.id}, {first} à {last} : {found.calls} appels dans les menus, {found.compiled} par la voie "
            f"compilée ; non comptés : {found.unseen} vus en partie, {found.in_progress} en cours, {found.unfollowed} "
            f"que personne n'a suivis, {found.elsewhere} venus dans aucun menu.",
        )
    )
    if not found.calls:
        return
    say()
    columns = ["step", "name", "calls", "of_all", "visits", "hung_up", "silent", "wrong", "mean s", "median s", "p90 s"]
    rows = [
        (
            node, _name(company, node), each.calls, _percent(found.share(each.calls)), each.visits,
            f"{each.hung_up} ({_percent(each.hung_up / each.calls)})", each.silent, each.wrong, *_seconds(each.seconds),
        )
        for node, each in found.by_reach
    ]  # fmt: skip
    print_table(columns, rows, right=columns[2:], language=language)
    say()
    columns = ["step", "way_out", "to", "visits", "share"]
    rows = [
        (node, _way(way, language), _place(company, to, language), visits, _percent(visits / each.visits))
        for node, each in found.by_reach
        for way, places in sorted(each.ways.items(), key=lambda item: (-item[1].total(), item[0]))
        for to, visits in places.most_common()
    ]
    print_table(columns, rows, right=columns[3:], language=language)
    say()
    print_table(
        ["left_to", "calls", "of_all", "ended"],
        [
            (
                _place(company, place, language),
                ends.total(),
                _percent(found.share(ends.total())),
                _counts(ends, language),
            )
            for place, ends in found.by_exit
        ],
        right=("calls", "of_all"),
        language=language,
    )
    say()
    zero_outs = found.zero_outs.total()
    how = f" ({_counts(found.zero_outs, language)})" if zero_outs else ""
    share, (_, median, p90) = _percent(found.share(zero_outs)), _seconds(found.to_exit)
    say(
        said(
            language,
            f"To somebody without choosing: {zero_outs}, {share}{how}.",
            f"Vers quelqu'un sans choisir : {zero_outs}, {share}{how}.",
        )
    )
    if found.to_exit.count:
        say(
            said(
                language,
                f"From entering to leaving the menus: median {median} s, nine of ten within {p90} s.",
                f"De l'arrivée à la sortie des menus : médiane {median} s, neuf sur dix en {p90} s.",
            )
        )


def _show_compared(
    company: CompanyValues,
    versions: tuple[int, int],
    rows: Sequence[Compared],
    language: str,
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    if as_json:
        figures = [
            {**asdict(each.measure), "before": each.before, "after": each.after, "difference": each.difference}
            for each in rows
        ]
        print_json({"before": versions[0], "after": versions[1], "figures": figures})
        return
    names = [f"version {version}" for version in versions]
    if as_csv:
        told = ([*astuple(each.measure), each.before, each.after, each.difference] for each in rows)
        _print_csv(["part", "of", "way", "figure", *names, "difference"], told)
        return
    columns = ["part", "of", "way_out", "figure", *names, "difference"]
    print_table(
        columns,
        [
            (
                word(each.measure.part, language),
                _place(company, each.measure.of, language),
                _way(each.measure.way, language),
                word(each.measure.name, language),
                *(_figure(each, value) for value in (each.before, each.after)),
                _figure(each, each.difference, sign="+"),
            )
            for each in rows
        ],
        right=columns[4:],
        language=language,
    )


def _list(company: CompanyValues, found: Sequence[tuple[CallRecord, Walk]], language: str, *, as_json: bool) -> None:
    if as_json:
        print_json([_walk_json(call, walk) for call, walk in found])
        return
    print_table(
        ["entered", "outcome", "way_out", "left_to", "id"],
        [
            (
                f"{call.entered.astimezone():%Y-%m-%d %H:%M:%S}",
                word(call.outcome or "", language),
                " > ".join(f"{visit.node} {_way(visit.way, language)}" for visit in walk.visits),
                _place(company, exit_of(walk), language),
                f"{call.node}/{call.uniqueid}",
            )
            for call, walk in found
        ],
        language=language,
    )


def _walk_json(call: CallRecord, walk: Walk) -> dict[str, Any]:
    visits = [
        {"node": each.node, "way": each.way, "to": each.to, "silent": each.silent, "wrong": each.wrong,
         "seconds": round(each.seconds, 1), "by": "fallback" if each.is_compiled else "flow", "version": each.version}
        for each in walk.visits
    ]  # fmt: skip
    return {
        "id": f"{call.node}/{call.uniqueid}",
        "entered": call.entered.isoformat(),
        "outcome": call.outcome,
        "left_to": exit_of(walk),
        "visits": visits,
    }


def _seconds(times: Times) -> tuple[str, ...]:
    """Mean, median and what nine of ten do not exceed."""
    return tuple("" if value is None else f"{value:.1f}" for value in times.figures.values())


def _counts(counts: Counter[str], language: str) -> str:
    return ", ".join(f"{_way(name, language)}: {count}" for name, count in counts.most_common())


def _figure(row: Compared, value: float | None, *, sign: str = "") -> str:
    if value is None:
        return ""
    if row.measure.name == SHARE:
        return f"{value * 100:{sign}.0f} %"
    return f"{value:{sign}.0f}" if row.measure.is_count else f"{value:{sign}.1f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.0f} %"


def _name(company: CompanyValues, node: str) -> str:
    """The name of a menu or step, of a part that is used the one that it has there; of where a number begins, its."""
    plain = node.rpartition(".")[2]
    if node == start_node(plain):
        named: Did | Menu | Step | None = company.dids.get(plain)
    else:
        named = company.menus.get(plain) or company.steps.get(plain)
    return "" if named is None else named.name


def _way(way: str, language: str) -> str:
    """A way, or an outcome, for people."""
    kind, _, key = way.partition(" ")
    return f"{word(kind, language)} {key}".strip()


def _place(company: CompanyValues, place: str, language: str) -> str:
    """A menu or a place outside of them for people: ids stay as they are."""
    kind, colon, of = place.partition(":")
    if colon:
        return f"{word(kind_called(company, kind, of), language)} {of}"
    return word(place, language) if "_" in place else place


def _print_csv(columns: Sequence[str], rows: Iterable[list[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
