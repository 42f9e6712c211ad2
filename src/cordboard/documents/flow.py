"""A company's menus, hours and DIDs as the flow document that calls run on, and what is wrong with it as a whole.

Each DID is a node `did.<id>`: opening hours, or an announcement without sound that only leads on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from itertools import pairwise

import holidays

from agi.flow import document
from agi.flow.checker import Entry, Problem, Sort, check
from agi.flow.document import Flow, Interval, Schedule, Target, TargetKind, start_node
from agi.flow.hearing import Hearing
from agi.flow.spoken import named
from cordboard.documents import subflows
from cordboard.documents.gaps import NO_GAPS, Gaps
from cordboard.documents.kinds import DAYS
from cordboard.documents.problems import Fault, Path
from cordboard.documents.steps import node_of_step
from cordboard.documents.subflows import Parts, use_of
from cordboard.store.values import Company, Did, Edge, Hours, Menu, OpenTime, Retry, TargetRef

KEYED = ("keys", "languages", "words")
"""Parts of nodes whose names are what callers press."""
_TOLD_OF_THE_FILE = frozenset({Sort.START, Sort.WAY, Sort.SCHEDULE, Sort.PROMPT})
"""What leads to nothing, or names nothing, is told in the words of the file, by what is written there."""
YEARS_OF_HOLIDAYS = 10
"""A published flow knows the public holidays of so many years; importing again moves it on."""


def flow_of(company: Company, today: date) -> Flow:
    """The flow of a company whose public holidays are known from `today`'s year on. Pure: no clock, no database."""
    return _flow(company, today, _parts(company, NO_GAPS).expanded())


def flow_to_judge(company: Company, today: date, gaps: Gaps = NO_GAPS) -> Flow | None:
    """The flow of what is right of a company (`cordboard.documents.gaps.beside`), or of a company that cannot run as
    it is. None where the parts in it cannot be put together."""
    parts = _parts(company, gaps)
    return _put_together(company, today, gaps, parts, list(parts.problems()))


def _put_together(company: Company, today: date, gaps: Gaps, parts: Parts, of_parts: Sequence[Problem]) -> Flow | None:
    if any(not problem.is_warning and problem.sort is not Sort.END for problem in of_parts):
        return None
    entries = {start_node(did.id) for did in company.dids.values()}
    nodes = parts.expanded()
    # Ways within a part may be those of the step that uses it.
    ways = {name for name in nodes if not gaps.unknown.ways.isdisjoint([name] if name in entries else name.split("."))}
    # An end of a part by which no use goes on.
    ways |= {name for name, node in nodes.items() if any(edge.target.kind is TargetKind.END for _, edge in node.ways())}
    return replace(_flow(company, today, nodes), unknown=replace(gaps.unknown, ways=frozenset(ways)))


def _flow(company: Company, today: date, nodes: Mapping[str, document.Node]) -> Flow:
    years = range(today.year, today.year + YEARS_OF_HOLIDAYS)
    return Flow(
        nodes=nodes,
        schedules={hours.id: schedule_of(hours, years) for hours in company.hours.values()},
        prompts={prompt.id: named(prompt.sounds) for prompt in company.prompts.values()},
        language=company.language,
        heard_out=frozenset(prompt.id for prompt in company.prompts.values() if not prompt.barge_in),
    )


def _parts(company: Company, gaps: Gaps) -> Parts:
    steps = company.steps.values()
    nodes: dict[str, document.Node] = {start_node(did.id): _entry(did) for did in company.dids.values()}
    nodes |= {menu.id: _menu(menu) for menu in company.menus.values()}
    nodes |= {step.id: node_of_step(step, company.time_zone) for step in steps if step.kind != subflows.KIND}
    uses = {step.id: use_of(step) for step in steps if step.kind == subflows.KIND}
    return Parts(nodes, uses, map(start_node, company.dids), is_whole=not gaps.unknown.leads)


def schedule_of(hours: Hours, years: range) -> Schedule:
    """Opening hours with the public holidays of these years among the closed dates."""
    closed = set(hours.closed)
    if hours.holidays:
        country, _, subdivision = hours.holidays.partition("-")
        closed.update(holidays.country_holidays(country, subdiv=subdivision or None, years=years))
    return Schedule(
        id=hours.id,
        time_zone=hours.time_zone,
        weekly=tuple(map(_interval, hours.open)),
        closed_dates=tuple(sorted(closed)),
    )


def flow_faults(company: Company, today: date, gaps: Gaps = NO_GAPS) -> Iterator[Fault]:
    """What is wrong with the ways of a company's callers: where nobody comes, where nobody gets out, what is silent.

    The targets outside the menus are taken to be there, whatever the company holds. Of a company with gaps, what they
    may have brought about is left out."""
    owners = _owners(company)
    parts = _parts(company, gaps)
    found = list(parts.problems())
    flow = _put_together(company, today, gaps, parts, found)
    if flow is not None:
        entries = [Entry(start_node(did.id), did.language) for did in company.dids.values()]
        targets = [edge.target for node in flow.nodes.values() for _, edge in node.ways()]
        known = {
            str(kind): {target.id for target in targets if target.kind is kind} for kind in TargetKind if kind.is_exit
        }
        found += [problem for problem in check(flow, entries, known) if problem.sort not in _TOLD_OF_THE_FILE]
    # What several places use is told of once.
    for fault in dict.fromkeys(_fault(problem, owners) for problem in found):
        if not gaps.bring_about(fault.path):
            yield fault


def _fault(problem: Problem, owners: Mapping[str, Path]) -> Fault:
    return Fault(_path(problem.where, owners), problem.what, problem.cure, problem.is_warning)


def path_in_file(company: Company, where: str) -> Path:
    """A path in the company's flow (`nodes.accueil.keys.1`) as the place in the company file that it was made of."""
    return _path(where, _owners(company))


def _owners(company: Company) -> dict[str, Path]:
    owners: dict[str, Path] = {start_node(did.id): ("dids", did.number) for did in company.dids.values()}
    owners |= {menu: ("menus", menu) for menu in company.menus}
    return owners | {step: ("steps", step) for step in company.steps}


def _path(where: str, owners: Mapping[str, Path]) -> Path:
    section, _, rest = where.partition(".")
    if section == "schedules":
        section, where = "hours", f"hours.{rest}"
    if section != "nodes":
        return tuple(where.split("."))
    names = rest.split(".")
    for length in range(len(names), 0, -1):
        node = ".".join(names[:length])
        if node in owners:
            below = names[length:]
            # What a step uses stands below it, and is written where it is written.
            while below and below[0] in owners and owners[node][0] == "steps":
                node, *below = below
            if below[:1] == ["then"] and owners[node][0] == "dids":
                # A DID without hours is an announcement that only leads on.
                below[0] = "target"
            return (*owners[node], *_places(below))
    return ()


def _places(names: Sequence[str]) -> Iterator[str | int]:
    """Names below a node, with places in lists as numbers. What is pressed is written in digits, too, and is a name."""
    for before, name in pairwise(["", *names]):
        yield int(name) if name.isdigit() and before not in KEYED else name


def _entry(did: Did) -> document.Node:
    node = start_node(did.id)
    if did.hours is None or did.closed is None:
        return document.Play(id=node, prompt=None, then=_edge_to(did.open))
    return document.Hours(id=node, schedule=did.hours, open=_edge_to(did.open), closed=_edge_to(did.closed))


def _menu(menu: Menu) -> document.Menu:
    return document.Menu(
        id=menu.id,
        prompt=menu.prompt,
        keys={key: _edge(edge) for key, edge in menu.keys.items()},
        no_input=_retry(menu.no_input),
        wrong_input=_retry(menu.wrong_input),
        barge_in=menu.barge_in,
        first_digit_seconds=menu.first_digit,
        inter_digit_seconds=menu.inter_digit,
        speech=Hearing(menu.speech.words, menu.speech.least) if menu.speech else None,
    )


def _retry(retry: Retry) -> document.Retry:
    return document.Retry(tries=retry.tries, prompt=retry.prompt, then=_edge(retry.then))


def _edge(edge: Edge) -> document.Edge:
    return document.Edge(_target(edge.target), edge.language)


def _edge_to(place: TargetRef) -> document.Edge:
    return document.Edge(_target(place))


def _target(place: TargetRef) -> Target:
    return Target(TargetKind(place.kind), place.id)


def _interval(times: OpenTime) -> Interval:
    return Interval(days=tuple(DAYS[day] for day in times.days), start=_clock(times.start), end=_clock(times.end))


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
