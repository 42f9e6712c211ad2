"""The commands about versions of menus: flow draft, publish, promote, unpublish, versions, diff."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cordboard.cli.changes import problem_lines
from cordboard.cli.context import Company, Context, Json, complain, loaded, print_json, printable, run, say, say_all
from cordboard.cli.subjects import moment_on
from cordboard.cli.version_lines import (
    change_lines,
    draft_line,
    met_line,
    tally_line,
    version_line,
)
from cordboard.desk.flow_versions import Version, draft_json, drafted_json, publication_json, version_json
from cordboard.desk.flows import LISTED_VERSIONS, Drafted, Flows, Published
from cordboard.documents import Reading, read_company_files
from cordboard.flows.trial import did_of
from cordboard.house.menu_texts import check_of
from cordboard.house.menus import flows_of
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.journal.tally import Tally
from cordboard.provisioning.changes import Change
from cordboard.provisioning.menus import words_of
from cordboard.provisioning.problems import PlanProblem
from cordboard.provisioning.show import problems_json
from cordboard.provisioning.words import said
from cordboard.settings import Settings, SettingsError
from cordboard.store.company import load_company
from cordboard.store.records import FlowDraft
from cordboard.store.values import Company as CompanyValues
from cordboard.words.told import plan_problem_in, severity

T = TypeVar("T")
_Listed = tuple[FlowDraft | None, tuple[Change, ...] | None, list[Version]]
SOME = 2


def add_versions(flow: typer.Typer) -> None:
    flow.command()(draft)
    flow.command()(publish)
    flow.command()(promote)
    flow.command()(unpublish)
    flow.command()(versions)
    flow.command()(diff)


# --- the commands -----------------------------------------------------------------------------------------------------


def draft(
    context: Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE|FOLDER...]", help="The company file (YAML).")
    ] = None,
    version: Annotated[int | None, typer.Option(help="The menus of this version instead of those of a file.")] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """Keep menus without letting calls meet them: those of a company file, whose other sections are not taken. They
    are kept with errors, too: exit status 1 then."""
    if bool(files) == (version is not None):
        raise SettingsError(["name the company file, or a --version"])
    settings = loaded(context).settings
    read = _readable(files, settings) if files else None
    if read is not None and read.company is None:
        raise typer.Exit(1)

    async def work(flows: Flows, of: CompanyValues) -> Drafted:
        if read is not None:
            return await flows.draft(read, actor())
        assert version is not None
        return await flows.draft_again(of.id, version, actor())

    named = company if read is None or read.company is None else read.company.id
    drafted, of = _done(settings, named, work, is_draft=True)
    language = settings.language
    if as_json:
        print_json(
            {
                "draft": draft_json(drafted.draft),
                "changes": list(words_of(drafted.changes, language)),
                "problems": problems_json(plan_problem_in(each, language) for each in drafted.problems),
                "not_taken": list(drafted.others),
            }
        )
    else:
        _tell_problems(drafted.problems, language)
        say_all([draft_line(drafted.draft, of, language), *_indented(change_lines(drafted.changes, language))])
        if drafted.others:
            others = ", ".join(drafted.others)
            say(
                said(language, f"Not taken, for an import takes them: {others}.", f"Non repris, à importer : {others}.")
            )
    if drafted.draft.checked_at is None:
        raise typer.Exit(1)


def publish(
    context: Context,
    at: Annotated[
        str | None, typer.Option(help='From when on, as "2026-12-01 08:00" on the company\'s clock; at once.')
    ] = None,
    canary: Annotated[
        str | None, typer.Option(metavar="SHARE|DID", help="Only a share of the calls first, as 10%, or one number.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Though others were published since it was drafted.")
    ] = False,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """Let calls meet the menus of the draft, once the checker and their tests find nothing against it."""

    async def work(flows: Flows, of: CompanyValues) -> Published:
        share, did = _canary(of, canary)
        starts = moment_on(of, at) if at else None
        return await flows.publish(of.id, actor(), starts=starts, share=share, did=did, anyway=anyway)

    _show_published(loaded(context).settings, company, work, as_json=as_json)


def promote(context: Context, company: Company = None, as_json: Json = False) -> None:
    """Let every call enter the version that waits for its time, or that only some enter, from now on."""
    _show_published(loaded(context).settings, company, lambda flows, of: flows.promote(of.id, actor()), as_json=as_json)


def unpublish(context: Context, company: Company = None, as_json: Json = False) -> None:
    """Take the newest version back: calls enter the one before it at once. Calls that are in it stay."""
    _show_published(
        loaded(context).settings, company, lambda flows, of: flows.unpublish(of.id, actor()), as_json=as_json
    )


def versions(
    context: Context,
    last: Annotated[int, typer.Option(min=1, help="So many of the newest.")] = LISTED_VERSIONS,
    days: Annotated[
        int | None, typer.Option(min=1, help="With how the calls of so many days ended, version by version.")
    ] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """The draft, and the versions that were published: who, when, and what each changed."""
    settings = loaded(context).settings
    language = settings.language

    async def work(flows: Flows, of: CompanyValues) -> tuple[_Listed, Mapping[int, Tally]]:
        listed = await flows.versions(of.id, last)
        since = None if days is None else datetime.now(UTC) - timedelta(days=days)
        return listed, {} if since is None else await flows.outcomes(of.id, since)

    ((drafted, changes, found), tallies), of = _done(settings, company, work)
    if as_json:
        told = None if drafted is None else drafted_json(drafted, changes, language)
        listed = [version_json(each, tallies.get(each.publication.version), language) for each in found]
        print_json({"draft": told, "versions": listed})
        return
    if drafted is not None:
        lines = [] if changes is None else change_lines(changes, language)
        say_all([draft_line(drafted, of, language), *_indented(lines)])
    for each in found:
        say_all([version_line(each, of, language), *_indented(words_of(each.changes or (), language))])
        if days is not None:
            say_all(_indented([tally_line(tallies.get(each.publication.version, Tally()), days, language)]))
    if drafted is None and not found:
        say(said(language, "Nothing was published yet.", "Rien n'a encore été publié."))


def diff(
    context: Context,
    before: Annotated[
        int | None, typer.Argument(metavar="[A]", help="A version; what calls meet now, unless said.")
    ] = None,
    after: Annotated[int | None, typer.Argument(metavar="[B]", help="Another one; the draft, unless said.")] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """What calls meet otherwise by version B than by version A. Exit status: 0 nothing, 2 something."""
    settings = loaded(context).settings
    found, _ = _done(settings, company, lambda flows, of: flows.difference(of.id, before, after))
    words = words_of(found, settings.language)
    if as_json:
        print_json({"before": before, "after": after, "changes": list(words)})
    else:
        say_all(change_lines(found, settings.language))
    raise typer.Exit(SOME if words else 0)


# --- what they do -----------------------------------------------------------------------------------------------------


def _readable(files: Sequence[Path], settings: Settings) -> Reading:
    """What files say; their problems are told: where no company comes of them, all that `flow check` would tell."""
    reading = read_company_files(files, datetime.now(UTC).date())
    found = check_of(settings, reading) if reading.company is None else reading.problems
    for line in problem_lines(found, settings.language):
        complain(line)
    return reading


def _done(
    settings: Settings,
    company: str | None,
    work: Callable[[Flows, CompanyValues], Coroutine[Any, Any, T]],
    *,
    is_draft: bool = False,
) -> tuple[T, CompanyValues]:
    """Let somebody work with the menus of a company as it is stored; what came of it, and the company. `is_draft`: what
    they have spoken was not made yet."""

    async def worked() -> tuple[T, CompanyValues]:
        async with opened_store(settings) as store:
            of = await the_company(store, company)
            async with store.reading() as session:
                values = await load_company(session, of)
            flows = flows_of(store, settings, is_draft=is_draft)
            return await work(flows, values), values

    return run(worked())


def _show_published(
    settings: Settings,
    company: str | None,
    work: Callable[[Flows, CompanyValues], Coroutine[Any, Any, Published]],
    *,
    as_json: bool,
) -> None:
    """Do something about what calls meet, and print what came of it; exit status 1 if it was refused."""
    published, of = _done(settings, company, work)
    language, version = settings.language, published.version
    if as_json:
        print_json(
            {
                "version": None if version is None else publication_json(version),
                "changes": list(words_of(published.changes, language)),
                "problems": problems_json(plan_problem_in(each, language) for each in published.problems),
            }
        )
    elif version is None:
        _tell_problems([problem for problem in published.problems if not problem.is_warning], language)
        complain(said(language, "Nothing was changed.", "Rien n'a changé."))
    else:
        line = f"{of.id}: {met_line(version, of, language)}"
        say_all([line, *_indented(change_lines(published.changes, language))])
    raise typer.Exit(int(version is None))


def _canary(company: CompanyValues, words: str | None) -> tuple[int | None, str | None]:
    """Percent of the calls, or the id of a number."""
    if words is None:
        return None, None
    if words.endswith("%"):
        number = words.removesuffix("%").strip()
        if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= 99):
            raise SettingsError(["--canary: write 1% to 99%, or a number"])
        return int(number), None
    return None, did_of(company, words).id


def _tell_problems(problems: Sequence[PlanProblem], language: str) -> None:
    for problem in problems:
        word = severity(language, is_warning=problem.is_warning)
        complain(printable(f"{word}: {plan_problem_in(problem, language)}"))


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
