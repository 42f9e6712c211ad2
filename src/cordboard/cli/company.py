"""The commands about the company as a document: import, export, its schema, and what its phones must know."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cordboard.cli.context import Context, complain, loaded, print_json, print_table, run, say
from cordboard.desk.companies import Companies, Imported
from cordboard.documents import schema as schemas
from cordboard.house.workshop import actor, opened_store, the_company
from cordboard.settings import Settings, SettingsError
from cordboard.store.company import load_company, sip_secrets

Company = Annotated[str | None, typer.Option(help="Which company; not needed if there is one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_file)
    app.command("export")(export_file)
    app.command()(schema)
    app.command()(phones)


def import_file(
    context: Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER...", help="The company file (YAML), or the several that make it."),
    ],
    as_json: Json = False,
) -> None:
    """Check a company file and store it whole; with one error in it nothing is stored."""

    async def work(settings: Settings) -> Imported:
        async with opened_store(settings) as store:
            return await Companies(store).import_files(files, actor())

    imported = run(work(loaded(context).settings))
    revision = imported.revision
    if as_json:
        problems = [asdict(problem) for problem in imported.problems]
        print_json({"was_stored": imported.was_stored, "revision": asdict(revision) if revision else None,
                    "problems": problems})  # fmt: skip
    else:
        for problem in imported.problems:
            complain(str(problem))
        if revision is None:
            errors = sum(not problem.is_warning for problem in imported.problems)
            complain(f"{errors} {'problem' if errors == 1 else 'problems'}: nothing was stored.")
        elif revision.has_changed:
            say(
                f"{revision.company}: revision {revision.number}, {revision.added} added, {revision.changed} changed,"
                f" {revision.removed} removed. Next: cordboard plan"
            )
        else:
            say(f"{revision.company}: nothing differs from revision {revision.number}.")
    if revision is None:
        raise typer.Exit(1)


def export_file(
    context: Context,
    company: Company = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
) -> None:
    """The company file as the database has it, without secrets; importing it changes nothing."""

    async def work(settings: Settings) -> str:
        async with opened_store(settings) as store:
            return await Companies(store).export(await the_company(store, company))

    text = run(work(loaded(context).settings))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError([f"{output} cannot be written: {error.strerror}"]) from error


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


async def _phones(settings: Settings, named: str | None, *, show_secrets: bool) -> list[dict[str, str]]:
    async with opened_store(settings) as store:
        of = await the_company(store, named)
        async with store.reading() as session:
            company = await load_company(session, of)
            secrets = await sip_secrets(session, of) if show_secrets else {}
    server = f"{settings.media_host}:{settings.sip_port}"
    return [
        {
            "number": item.extension or "",
            "name": item.name,
            "endpoint": company.switch_name(item.id),
            "server": server,
            **({"secret": secrets[item.id].get_secret_value()} if show_secrets else {}),
        }
        for item in company.endpoints()
    ]
