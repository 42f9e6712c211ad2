"""The commands about the company as a document: import, export, its schema, and what its phones must know."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from cordboard.cli.changes import dry_lines, exit_status, imported_json, imported_lines, problem_lines
from cordboard.cli.context import Company, Context, Json, complain, loaded, print_json, print_table, run, say
from cordboard.cli.deeds import Shrink
from cordboard.cli.keeping import keep_folder, keep_text
from cordboard.desk.companies import Companies, Imported
from cordboard.documents import schema as schemas
from cordboard.documents.writing import FILE_NAMES, SECRET_NAMES
from cordboard.flows.gate import failed_tests
from cordboard.house.placement import installed_of
from cordboard.house.studio import studio_of
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.provisioning.words import said
from cordboard.settings import Settings, SettingsError
from cordboard.store.company import load_company
from cordboard.store.engine import Store
from cordboard.store.records import CompanySecrets
from cordboard.store.secrets import NO_SECRETS, company_secrets
from cordboard.store.values import Company as CompanyValues
from cordboard.store.values import Person
from cordboard.store.values import Phone as PhoneValues
from dialplan_templates.views import Mode


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_file)
    app.command("export")(export_file)
    app.command()(schema)
    app.command()(conferences)
    app.command()(phones)


def import_file(
    context: Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE|FOLDER...", help="The company file (YAML), or those that make it.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; store nothing.")] = False,
    as_json: Json = False,
    allow_shrink: Shrink = False,
    skip_tests: Annotated[bool, typer.Option("--skip-tests", help="Do not make the calls of its tests.")] = False,
) -> None:
    """Check a company file and store it whole; with one error in it nothing is stored.

    With --dry-run the exit status is that of `plan`: 0 nothing would differ, 2 something would, 1 errors.
    """
    settings = loaded(context).settings

    async def work() -> Imported:
        async with opened_store(settings) as store:
            companies = Companies(
                store,
                node=settings.node,
                installed=await asyncio.to_thread(installed_of, settings),
                mode=Mode(settings.asterisk_mode),
                trial=None if skip_tests else failed_tests,
                studio=studio_of(settings),
            )
            return await companies.import_files(files, actor(), is_dry=dry_run, allow_shrink=allow_shrink)

    show_imported(run(work()), settings.language, as_json=as_json)


def show_imported(imported: Imported, language: str, *, as_json: bool) -> None:
    """Print what came of an import, and end with its exit status."""
    if as_json:
        print_json(imported_json(imported, language))
    else:
        for line in problem_lines(imported.problems, language):
            complain(line)
        if not imported.is_accepted:
            errors = sum(not problem.is_warning for problem in imported.problems)
            english = f"{errors} {'problem' if errors == 1 else 'problems'}: nothing was stored."
            french = f"{errors} {'problème' if errors == 1 else 'problèmes'} : rien n'a été enregistré."
            complain(said(language, english, french))
        else:
            for line in (dry_lines if imported.is_dry else imported_lines)(imported, language):
                say(line)
    raise typer.Exit(exit_status(imported) if imported.is_dry else int(not imported.is_accepted))


def export_file(
    context: Context,
    company: Company = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Write one file a section into this folder.")] = None,
    revision: Annotated[int | None, typer.Option(help="As this revision left it.")] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="With SIP passwords, PINs and manager passwords, in the clear.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Secrets to a terminal all the same.")] = False,
) -> None:
    """The company file as the database has it, without secrets unless asked; importing it changes nothing."""
    _refuse_what_makes_no_export(output, folder, revision, with_secrets=with_secrets, force=force)
    settings = loaded(context).settings

    async def work() -> dict[str, str]:
        async with opened_store(settings) as store:
            of, companies = await the_company(store, company), Companies(store, node=settings.node)
            if with_secrets:
                await companies.note_shown_secrets(of, actor(), "export")
            if folder is not None:
                return await companies.export_folder(of, revision=revision, with_secrets=with_secrets)
            return {"": await companies.export(of, revision=revision, with_secrets=with_secrets)}

    files = run(work())
    if folder is not None:
        keep_folder(folder, files, FILE_NAMES, SECRET_NAMES)
    elif output is not None:
        keep_text(output, files[""], is_secret=with_secrets)
    else:
        typer.echo(files[""], nl=False)


def _refuse_what_makes_no_export(
    output: Path | None, folder: Path | None, revision: int | None, *, with_secrets: bool, force: bool
) -> None:
    if output is not None and folder is not None:
        raise SettingsError(["give --output or --folder, not both"])
    if with_secrets and revision is not None:
        raise SettingsError(["secrets are those of now: an earlier revision is exported without them"])
    if with_secrets and output is None and folder is None and sys.stdout.isatty() and not force:
        raise SettingsError(["passwords on a terminal are read by whoever passes: write them to a file with -o FILE"
                             " (or say --force)"])  # fmt: skip


def schema() -> None:
    """The JSON Schema of the company file, for editors."""
    print_json(schemas.schema())


def phones(
    context: Context,
    company: Company = None,
    show_secrets: Annotated[bool, typer.Option(help="Print the SIP passwords too.")] = False,
    as_json: Json = False,
) -> None:
    """What to enter in each SIP phone: number, user name, server, and with --show-secrets the password."""
    rows = run(_phones(loaded(context).settings, company, show_secrets=show_secrets))
    if as_json:
        print_json(rows)
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        say("Nobody has an extension.")


def conferences(
    context: Context,
    company: Company = None,
    show_secrets: Annotated[bool, typer.Option(help="Print the PINs of guests and hosts too.")] = False,
    as_json: Json = False,
) -> None:
    """The conferences: number inside, and with --show-secrets the PINs that guests and hosts type."""
    rows = run(_conferences(loaded(context).settings, company, show_secrets=show_secrets))
    if as_json:
        print_json(rows)
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        say("There are no conferences.")


async def _conferences(settings: Settings, named: str | None, *, show_secrets: bool) -> list[dict[str, str]]:
    async with opened_store(settings) as store:
        company, secrets = await _with_secrets(store, named, "conferences", show_secrets=show_secrets)
    return [
        {
            "id": each.id,
            "name": each.name,
            "number": each.number or "",
            **(
                {
                    "pin": secrets.conferences[each.id].get_secret_value(),
                    "host_pin": secrets.hosts[each.id].get_secret_value(),
                }
                if show_secrets
                else {}
            ),
        }
        for each in company.conferences.values()
    ]


async def _with_secrets(
    store: Store, named: str | None, what: str, *, show_secrets: bool
) -> tuple[CompanyValues, CompanySecrets]:
    """The company; its secrets if they are to be shown, which is noted for those who look back."""
    of = await the_company(store, named)
    if show_secrets:
        await Companies(store).note_shown_secrets(of, actor(), what)
    async with store.reading() as session:
        company = await load_company(session, of)
        return company, await company_secrets(session, of) if show_secrets else NO_SECRETS


async def _phones(settings: Settings, named: str | None, *, show_secrets: bool) -> list[dict[str, str]]:
    async with opened_store(settings) as store:
        company, secrets = await _with_secrets(store, named, "phones", show_secrets=show_secrets)
    server = f"{settings.media_host}:{settings.sip_port}"
    return [
        {
            "number": item.extension or "",
            "name": item.name,
            "endpoint": company.switch_name(item.id),
            "server": server,
            **_dials_out(company, item),
            **({"secret": secrets.sip[item.id].get_secret_value()} if show_secrets else {}),
        }
        for item in company.endpoints()
    ]


def _dials_out(company: CompanyValues, phone: Person | PhoneValues) -> dict[str, str]:
    """What it may dial outside, in a company where any phone may."""
    if company.dials_out is None:
        return {}
    permission = company.permission_of(phone)
    return {"dials_out": permission.id if permission else "no"}
