"""The commands that look at menus: flow simulate, check, test, picture, prompts. Each takes files, or the stored
company with the menus that its calls meet, a version of them, or the draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from agi.flow.plan import Plan, PlanRefused
from agi.simulated_caller import Planned
from agi.simulated_steps import Step
from agi.stand_in import told
from cordboard.asking.asker import Asker
from cordboard.calls.paper import Paper, ready
from cordboard.cli.context import Context, loaded, print_json, printable, run, say, say_all
from cordboard.cli.flow_figures import figures
from cordboard.cli.flow_versions import add_versions
from cordboard.cli.keeping import keep_text
from cordboard.cli.prompts import prompts
from cordboard.cli.subjects import Company, Files, IsDraft, Version, moment_on, refuse, subject_for
from cordboard.cli.typist import typist_for
from cordboard.cli.voicexml import add_voicexml
from cordboard.documents import read_company_files, read_tests
from cordboard.flows.answers import answers_of, written
from cordboard.flows.checking import findings
from cordboard.flows.covered import taken_by
from cordboard.flows.exploring import DEEPEST, DEPTH, Coverage, explore
from cordboard.flows.exploring import Path as CallPath
from cordboard.flows.exploring import coverage as coverage_of
from cordboard.flows.picture import picture
from cordboard.flows.reaching import places_of, reaching
from cordboard.flows.subject import Subject, lengths_in
from cordboard.flows.telling import Teller, end_lines, header_line, passage_json, path_json
from cordboard.flows.testing import Outcome, path_line, run_tests
from cordboard.flows.trial import Passage, did_of, people_in, try_call, zone_of
from cordboard.house.hearing import lexicon_of
from cordboard.house.menu_texts import check_of
from cordboard.house.placement import library_for
from cordboard.house.systems import connections_of, needs_of
from cordboard.provisioning.words import said
from cordboard.settings import SettingsError
from cordboard.store.values import Company as CompanyValues
from cordboard.words.told import finding_in, in_language, severity

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ALL, NOBODY = "all", "none"


def add_to(app: typer.Typer) -> None:
    flow = typer.Typer(help="Menus: check, try, test, draw and publish them.", no_args_is_help=True)
    flow.command()(simulate)
    flow.command()(check)
    flow.command("test")(make_tests)
    flow.command("picture")(draw)
    flow.command()(prompts)
    flow.command()(figures)
    add_versions(flow)
    add_voicexml(flow)
    app.add_typer(flow, name="flow")


# --- simulate ---------------------------------------------------------------------------------------------------------


def simulate(
    context: Context,
    files: Files = None,
    caller: Annotated[str, typer.Option("--from", help="The caller's number; withheld unless said.")] = "",
    did: Annotated[
        str | None, typer.Option("--to", metavar="DID", help="The number that is called, or its id.")
    ] = None,
    at: Annotated[str | None, typer.Option(help='When, as "2026-12-24 18:31" on the company\'s clock; now.')] = None,
    press: Annotated[
        str | None, typer.Option(help='What the caller does: "2 wait 3", "1 3s 2", "hangup"; asked for unless said.')
    ] = None,
    there: Annotated[
        str, typer.Option("--ready", metavar="IDS", help="Who is ready: ids with commas, all, or none.")
    ] = ALL,
    who_reaches: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Every path to an extension, queue, person, mailbox or message."),
    ] = None,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help="Every path, and what none of them takes.")] = False,
    depth: Annotated[int, typer.Option(min=1, max=DEEPEST, help="Menus that a path goes through at most.")] = DEPTH,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="STEP=JSON", help="What another system answers: JSON, not_found or failure."),
    ] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the other systems really.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="With --exhaustive: draw there (SVG) how many paths took what, and none."),
    ] = None,
    company: Company = None,
    version: Version = None,
    draft: IsDraft = False,
    as_json: Json = False,
) -> None:
    """Make a call that nobody makes, and print where it goes: what live calls run, without a telephone."""
    if output is not None and (not exhaustive or who_reaches is not None):
        raise SettingsError(["--output: the picture is of --exhaustive, write both (and no --who-reaches)"])
    settings = loaded(context).settings
    subject = subject_for(settings, files, company, version, is_draft=draft, at=at)
    books = Paper(
        subject.company, subject.flow, subject.version, ready(subject.company, _ready(subject.company, there))
    )
    begins = moment_on(subject.company, at) if at else datetime.now(zone_of(subject.company))
    library = library_for(settings, is_draft=bool(files) or draft)
    lengths = lengths_in(library)
    if exhaustive or who_reaches is not None:
        _explore(books, begins, did, [caller] if caller else None, depth, who_reaches, output, as_json=as_json)
        say_all(() if as_json else _version_lines(subject))
        return
    plan = Planned(_plan(press or ""))
    replies = told(answers_of(subject.flow, dict(_pair(word) for word in answers or ())))
    called = did_of(subject.company, did)
    teller = Teller(subject.company, subject.flow)

    def tell(step: Step) -> None:
        if not as_json:
            say_all(teller.lines(step))

    typist = None if press is not None else typist_for(teller, as_json=as_json)

    async def call() -> Passage:
        async with Asker(connections_of(settings) if ask else {}) as systems:
            return await try_call(
                books,
                called,
                typist or plan,
                number=caller,
                begins=begins,
                lengths=lengths,
                tell=tell,
                replies=replies,
                systems=systems if ask else None,
            )

    passage = run(call())
    if as_json:
        print_json({**passage_json(passage), "version": subject.version or None})
        return
    say_all(teller.rest())
    say()
    say(printable(header_line(passage)))
    say_all(_version_lines(subject))
    say_all(end_lines(passage))
    if library is None:
        say("No sounds of Asterisk are to be found here: each is taken to last 2 seconds.")


def _version_lines(subject: Subject) -> Iterator[str]:
    """Which of the published versions it was."""
    if not subject.version:
        return
    begin = ""
    if subject.starts is not None and subject.starts > datetime.now(UTC):
        begin = f", which calls enter from {subject.starts.astimezone(zone_of(subject.company)):%Y-%m-%d %H:%M} on"
    yield f"Version {subject.version} of the menus{begin}."


def _explore(
    books: Paper,
    since: datetime,
    did: str | None,
    numbers: Sequence[str] | None,
    depth: int,
    who_reaches: str | None,
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    dids = None if did is None else [did_of(books.company, did)]
    places = [] if who_reaches is None else places_of(books.company, who_reaches)

    async def work() -> list[CallPath]:
        return [path async for path in explore(books, since, dids=dids, depth=depth, numbers=numbers)]

    paths = run(work())
    if who_reaches is not None:
        found = list(reaching(books.company, books.flow, places, paths))
        if as_json:
            ways = [{**path_json(each.path), "after": list(map(str, each.after))} for each in found]
            print_json({"place": who_reaches, "paths": ways})
            return
        for each in found:
            say(printable(_path_words(each.path) + "".join(f" > {after}" for after in each.after)))
        say(f"{_counted(len(found), 'path')} to {printable(who_reaches)}, through {depth} menus at most.")
        return
    covered = coverage_of(books.flow, paths, dids)
    if output is not None:
        taken = taken_by([path.passage for path in paths], is_whole=covered.is_whole)
        keep_text(output, picture(books.company, books.flow, taken))
    if as_json:
        print_json({"paths": [path_json(path) for path in paths], "coverage": asdict(covered)})
        return
    for path in paths:
        say(printable(_path_words(path)))
    say()
    say_all(_coverage_lines(covered, depth))


def _path_words(path: CallPath) -> str:
    passage = path.passage
    end = f" ({path.cut})" if path.cut else ""
    caller = f" from {passage.caller}" if passage.caller else ""
    pressed = f" press {path.pressed!r}" if path.pressed else ""
    told = "".join(f" answer '{node}={written(answer)}'" for node, answer in path.answers.items())
    begins = f"{passage.begins:%a %Y-%m-%d %H:%M}"
    return f"{passage.did.number} at {begins}{caller}{pressed}{told}: {path_line(passage)}{end}"


def _coverage_lines(covered: Coverage, depth: int) -> Iterator[str]:
    yield (
        f"{_counted(covered.paths, 'path')}."
        if covered.is_whole
        else (f"{_counted(covered.paths, 'path')} through {depth} menus at most; --depth {depth + 1} goes on.")
    )
    yield from (f"  never entered: {node}" for node in covered.nodes)
    yield from (f"  never taken: {node} {way}" for node, way in covered.edges)
    yield from (f"  never met: hours {state}" for state in covered.schedules)
    if not (covered.nodes or covered.edges or covered.schedules):
        yield "  every node, every way and every opening was taken"


# --- check, test, picture ---------------------------------------------------------------------------------------------


def check(
    context: Context,
    files: Files = None,
    company: Company = None,
    version: Version = None,
    draft: IsDraft = False,
    as_json: Json = False,
) -> None:
    """Everything that is wrong with menus, and what callers find hard about them; exit status 1 with an error."""
    settings = loaded(context).settings
    today = datetime.now(UTC).date()
    if files and version is None and not draft:
        found = check_of(settings, read_company_files(files, today))
    else:
        subject = subject_for(settings, files, company, version, is_draft=draft)
        library = library_for(settings, is_draft=draft)
        found = findings(subject, library, today, needs_of(settings), lexicon_of(settings))
    language = settings.language
    found = [finding_in(each, language) for each in found]
    errors = sum(not each.is_warning for each in found)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        say_all(each.as_line(severity(language, is_warning=True)) for each in found)
        counts = (errors, "error", "erreur"), (len(found) - errors, "warning", "avertissement")
        say(f"{', '.join(_counted(number, said(language, *words)) for number, *words in counts)}.")
    raise typer.Exit(int(errors > 0))


def make_tests(
    context: Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE|FOLDER...]", help="Files with a section `tests`; a draft has its own."),
    ] = None,
    company: Annotated[
        str | None, typer.Option(help="Test this stored company instead of the one that the files describe.")
    ] = None,
    version: Version = None,
    draft: IsDraft = False,
    as_json: Json = False,
) -> None:
    """Make the calls of the tests, and compare what comes of them; exit status 1 if one came otherwise."""
    settings = loaded(context).settings
    if not files and not draft:
        raise SettingsError(["name the files that have the tests, or --draft"])
    is_stored = company is not None or version is not None or draft
    subject = subject_for(settings, None if is_stored else files, company, version, is_draft=draft)
    tests = subject.tests
    if is_stored and files:
        tests, problems = read_tests(files, subject.company)
        refuse(problems, settings.language)
    library = library_for(settings, is_draft=draft or not is_stored)
    tested = run(run_tests(subject.company, subject.flow, tests, lengths_in(library)))
    failed = [each for each in tested if not each.has_passed]
    if as_json:
        print_json([_tested_json(each, settings.language) for each in tested])
    else:
        for each in tested:
            say_all(_tested_lines(each, settings.language))
        failures = said(settings.language, f"{len(failed)} failed", _counted(len(failed), "échec"))
        say(f"{_counted(len(tested), 'test')}, {failures}.")
    raise typer.Exit(int(bool(failed)))


def _tested_lines(tested: Outcome, language: str) -> Iterator[str]:
    failed = said(language, "FAILED", "ÉCHEC ")
    yield f"{'ok    ' if tested.has_passed else failed}  {tested.test.id}: {tested.test.name}"
    yield from (f"          {in_language(fault, language)}" for fault in tested.faults)
    if tested.faults:
        went = said(language, "the call went:", "chemin de l'appel :")
        yield f"          {went} {path_line(tested.passage)}"


def _tested_json(tested: Outcome, language: str) -> dict[str, Any]:
    return {
        "id": tested.test.id,
        "name": tested.test.name,
        "has_passed": tested.has_passed,
        "faults": [in_language(fault, language) for fault in tested.faults],
        "path": path_line(tested.passage),
        "passage": passage_json(tested.passage),
    }


def draw(
    context: Context,
    files: Files = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file (SVG).")] = None,
    company: Company = None,
    version: Version = None,
    draft: IsDraft = False,
) -> None:
    """The menus as a tree, in SVG: from the numbers to where their callers end."""
    subject = subject_for(loaded(context).settings, files, company, version, is_draft=draft)
    drawn = picture(subject.company, subject.flow)
    if output is not None:
        keep_text(output, drawn)
    else:
        typer.echo(drawn, nl=False)


# --- what they begin with ---------------------------------------------------------------------------------------------


def _plan(text: str) -> Plan:
    try:
        return Plan.parse(text)
    except PlanRefused as refused:
        raise SettingsError([f"--press: {refused}"]) from refused


def _pair(word: str) -> tuple[str, str]:
    step, _, answer = word.partition("=")
    return step, answer


def _ready(company: CompanyValues, words: str) -> Sequence[str] | None:
    if words == ALL:
        return None
    return people_in(company, [] if words == NOBODY else [word.strip() for word in words.split(",") if word.strip()])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
