"""The commands about the company as a document: import, export, its schema, and what its phones must know."""

from __future__ import annotations

import typer

from cordboard.cli.context import print_json
from cordboard.documents.schema import schema as company_schema


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_file)
    app.command("export")(export_file)
    app.command()(schema)
    app.command()(phones)


def schema() -> None:
    """The JSON Schema of the company file, for editors."""
    print_json(company_schema())
