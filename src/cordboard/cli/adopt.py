"""The command that begins with an Asterisk that is there: a company file of it, and what was not understood."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ami.client import Address
from cordboard.adoption.asterisk import ask
from cordboard.adoption.errors import AdoptionError
from cordboard.adoption.files import Files, no_files, read_files
from cordboard.adoption.report import as_values, report, summary
from cordboard.adoption.understand import Adopted, understand
from cordboard.adoption.work import Head
from cordboard.cli.context import Json, complain, print_json, run, say
from cordboard.cli.keeping import keep_text
from cordboard.documents import FileSecrets
from cordboard.documents.writing import export_company, export_folder
from cordboard.settings import SettingsError

SECRET_VARIABLE = "CORDBOARD_ADOPT_SECRET"  # noqa: S105  the name of a variable
CONFIG_DIR = Path("/etc/asterisk")


def add_to(app: typer.Typer) -> None:
    app.command()(adopt)


def adopt(
    company_id: Annotated[str, typer.Option(help="Id of the company to be: small letters and digits.")],
    country: Annotated[str, typer.Option(help="Two capital letters, as FR.")],
    time_zone: Annotated[str, typer.Option(help="As Europe/Paris.")],
    language: Annotated[str, typer.Option(help="What callers hear, as fr.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The company file to write.")],
    name: Annotated[str | None, typer.Option(help="Name of the company; its id unless given.")] = None,
    config_dir: Annotated[
        Path | None, typer.Option(help="Folder of Asterisk's files; /etc/asterisk unless given.")
    ] = None,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no files: ask the running Asterisk.")] = False,
    ami_host: Annotated[str | None, typer.Option(help="Manager interface of the running Asterisk.")] = None,
    ami_port: Annotated[int, typer.Option(help="Its port.")] = 5038,
    ami_user: Annotated[str | None, typer.Option(help="An account with write = system,reporting.")] = None,
    ami_secret_file: Annotated[
        Path | None,
        typer.Option(help=f"File with its password; without it {SECRET_VARIABLE}, else it is asked for."),
    ] = None,
    ami_tls: Annotated[bool, typer.Option("--ami-tls", help="Speak TLS to it.")] = False,
    secrets: Annotated[
        Path | None, typer.Option(help="File for passwords and PINs; OUTPUT with -secrets unless given.")
    ] = None,
    without_secrets: Annotated[bool, typer.Option("--without-secrets", help="Make new passwords and PINs.")] = False,
    findings: Annotated[Path | None, typer.Option("--report", help="Write the findings to this file too.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    as_json: Json = False,
) -> None:
    """Read an Asterisk that you have into a company file; list what was not understood. Nothing of it is changed."""
    secrets = secrets or output.with_name(f"{output.stem}-secrets{output.suffix or '.yaml'}")
    _refuse_to_replace([output, *([] if without_secrets else [secrets]), *([findings] if findings else [])], overwrite)
    address = manager_address(ami_host, ami_port, ami_user, ami_secret_file, is_tls=ami_tls)
    files = _files(config_dir, is_wanted=not no_config, can_do_without=address is not None)
    running = run(ask(address)) if address else None
    head = Head(id=company_id, name=name or company_id, language=language, country=country, time_zone=time_zone)
    try:
        adopted = understand(head, files, running, keeps_secrets=not without_secrets)
    except AdoptionError as error:
        raise SettingsError([str(error)]) from error
    has_secrets = bool(adopted.secrets.sip or adopted.secrets.pins)
    if has_secrets:
        held = export_folder(adopted.company, FileSecrets(company=adopted.secrets))
        keep_text(secrets, held["secrets.yaml"], is_secret=True)
    keep_text(output, export_company(adopted.company))
    written = report(adopted)
    if findings:
        keep_text(findings, written)
    if as_json:
        print_json(_as_json(adopted, output, secrets if has_secrets else None))
        return
    say(written)
    parts = f"{output} {secrets}" if has_secrets else str(output)
    _say_next(output, secrets if has_secrets else None, parts)


def _refuse_to_replace(paths: list[Path], overwrite: bool) -> None:
    """What was written before may have been edited since, and of two in one place the first would be lost. Raises
    SettingsError."""
    if len({path.resolve() for path in paths}) < len(paths):
        raise SettingsError(["company, passwords and findings need a file each"])
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise SettingsError([f"{path} is there already: choose another name, or say --overwrite" for path in there])


def manager_address(
    host: str | None,
    port: int,
    user: str | None,
    secret_file: Path | None,
    *,
    is_tls: bool,
    variable: str = SECRET_VARIABLE,
) -> Address | None:
    """Where to ask and as whom; the password is never a word of the command line, which others can see, but may stand
    in the environment's `variable`."""
    if host is None:
        if user or secret_file:
            raise SettingsError(["--ami-user and --ami-secret-file say nothing without --ami-host"])
        return None
    if user is None:
        raise SettingsError(["--ami-host needs --ami-user: an account of manager.conf"])
    if secret_file is not None:
        secret = secret_file.read_text(encoding="utf-8").strip()
    elif variable in os.environ:
        secret = os.environ[variable]
    elif sys.stdin.isatty():
        secret = typer.prompt(f"Password of {user} at {host}", hide_input=True, err=True)
    else:
        raise SettingsError([f"the password of {user}: set {variable} or say --ami-secret-file FILE"])
    return Address(host, port, user, secret, tls=is_tls)


def _files(folder: Path | None, *, is_wanted: bool, can_do_without: bool) -> Files:
    chosen = folder or CONFIG_DIR
    if not is_wanted:
        if not can_do_without:
            raise SettingsError(["without files there must be an Asterisk to ask: say --ami-host and --ami-user"])
        return no_files()
    if chosen.is_dir():
        return read_files(chosen)
    if folder is None and can_do_without:
        complain(f"{chosen} is not here: the running Asterisk alone is read.")
        return no_files()
    raise SettingsError([f"{chosen} is no folder: say --config-dir, or --ami-host and --no-config"])


def _as_json(adopted: Adopted, output: Path, secrets: Path | None) -> dict[str, object]:
    return {
        "company": str(output),
        "secrets": str(secrets) if secrets else None,
        "adopted": summary(adopted),
        "findings": as_values(adopted),
        "phones": [
            {
                "number": one.number,
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "keeps_password": one.keeps_password,
            }
            for one in adopted.renamed
        ],
        "settings": dict(adopted.settings),
        "asterisk": adopted.version or None,
    }


def _say_next(output: Path, secrets: Path | None, parts: str) -> None:
    say(f"Written: {output}" + (f"; passwords and PINs: {secrets}, for its owner alone" if secrets else ""))
    say("Nothing of the old Asterisk was changed. Next:")
    say(f'  1. Decide what stands under "You decide", in {output}')
    say(f"  2. cordboard import --dry-run {parts}, then without --dry-run")
    say("  3. cordboard plan, then cordboard apply")
    say("  4. cordboard phones --show-secrets: give each phone its new user name, and people log in to their queues")
    if secrets:
        say(f"  5. Delete {secrets} once it is imported")
