"""Brings a database to the schema of this version, with the migrations that lie in the package."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cordboard.store.errors import SchemaMismatch

_LOCK = 7_205_221_118
"""An arbitrary number that no other user of a PostgreSQL server is likely to lock."""


def upgrade(connection: Connection) -> None:
    """Inside a transaction that is already begun. Raises: SchemaMismatch when the database is newer than this code."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config(connection)
    _refuse_newer(config, connection)
    command.upgrade(config, "head")


def check(connection: Connection) -> None:
    """Raises: SchemaMismatch when the database is not at this version's schema."""
    config = _config(connection)
    _refuse_newer(config, connection)
    if _heads(connection) != set(ScriptDirectory.from_config(config).get_heads()):
        raise SchemaMismatch("the database was made by an older version; run its migration first")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "cordboard.store:migrations")
    config.attributes["connection"] = connection
    return config


def _heads(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _refuse_newer(config: Config, connection: Connection) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if unknown := _heads(connection) - known:
        raise SchemaMismatch(f"the database was made by a newer version (migration {', '.join(sorted(unknown))})")
