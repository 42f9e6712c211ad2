"""Brings a database to the schema of this version, with the migrations that lie in the package."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from cordboard.store.schema import refuse_newer

_LOCK = 7_205_221_118
"""An arbitrary number that no other user of a PostgreSQL server is likely to lock."""


def upgrade(connection: Connection) -> None:
    """Inside a transaction that is already begun. Raises: SchemaMismatch when the database is newer than this code."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    refuse_newer(connection)
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "cordboard.store:migrations")
    config.attributes["connection"] = connection
    return config
