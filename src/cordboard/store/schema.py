"""Which migration a database stands at. Every command asks, so it is told without the machinery that migrates."""

from sqlalchemy import Connection, inspect, text

from cordboard.store.errors import SchemaMismatch

MIGRATIONS = (
    *("r0001", "r0002", "r0003", "r0004", "r0005", "r0006", "r0007", "r0008", "r0009", "r0010"),
    *("r0011", "r0012", "r0013", "r0014"),
)
"""Those of this version, the first one first: what lies in the folder of migrations."""
VERSION_TABLE = "alembic_version"


def check(connection: Connection) -> None:
    """Raises: SchemaMismatch when the database is not at this version's schema."""
    refuse_newer(connection)
    if _stands_at(connection) != {MIGRATIONS[-1]}:
        raise SchemaMismatch("the database was made by an older version: `cordboard init` brings it up to date")


def refuse_newer(connection: Connection) -> None:
    """Raises: SchemaMismatch when the database knows a migration that this version does not."""
    if unknown := _stands_at(connection) - set(MIGRATIONS):
        raise SchemaMismatch(f"the database was made by a newer version (migration {', '.join(sorted(unknown))})")


def _stands_at(connection: Connection) -> set[str]:
    if not inspect(connection).has_table(VERSION_TABLE):
        return set()
    return set(connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608 - a constant
