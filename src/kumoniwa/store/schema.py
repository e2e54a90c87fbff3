"""Bring a database to the schema of this version: create, migrate, or refuse what a newer Kumoniwa wrote.

SQLite has all migrations behind it. PostgreSQL began with 0035: it is made with a schema at least as new, and migrated
from there on by the same migrations.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from kumoniwa.refusal import Refusal

HEAD = "0036"  # the newest migration in migrations/versions; a test keeps it true
_MIGRATIONS = Path(__file__).parent / "migrations"
_ENGINES = Path(__file__).parent / "engines"


class SchemaTooNew(Refusal):
    """The state was written by a newer Kumoniwa."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"This cloud was written by a newer Kumoniwa (schema {revision}; this version knows up to {HEAD}).",
            way_out="Install that version, or choose another folder with --data-dir.",
        )


class SchemaTooOld(Exception):
    """The state was written by an older Kumoniwa, and is not to be upgraded now."""


def check_current(connection: Connection) -> None:
    """Raises `SchemaTooNew` or `SchemaTooOld` where the database has another schema than this version's."""
    found = revision_on(connection)
    if found is not None and found > HEAD:
        raise SchemaTooNew(found)
    if found != HEAD:
        raise SchemaTooOld(f"schema {found}")


def ensure_schema(engine: Engine) -> None:
    """See `ensure_schema_on`: on a connection of its own."""
    with engine.connect() as connection:
        ensure_schema_on(connection)


def ensure_schema_on(connection: Connection) -> None:
    """Afterwards the database has this version's schema, and all that was in it.

    It is made or migrated in one transaction, so a failure or a crash leaves the database as it was.
    Raises `SchemaTooNew`; then it was not touched. The connection is in no transaction, before nor after.
    """
    found = revision_on(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise SchemaTooNew(found)
    if found is None and not _has_tables(connection):
        with connection.execution_options(writer=True).begin():
            make_schema(connection)
    else:
        _migrate(connection, HEAD)


def revision(engine: Engine) -> str | None:
    """See `revision_on`: on a connection of its own."""
    with engine.connect() as connection:
        return revision_on(connection)


def revision_on(connection: Connection) -> str | None:
    """The schema that the database has; None where it has none yet. The connection is in no transaction afterwards."""
    try:
        with connection.begin():
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        with connection.begin():
            if inspect(connection).has_table("alembic_version"):  # asked last: it takes as long as all else together
                raise
        return None
    return found


def _has_tables(connection: Connection) -> bool:
    with connection.begin():
        return bool(inspect(connection).get_table_names())


def make_schema(connection: Connection) -> None:
    """Make the tables of an empty database at once, in the caller's transaction.

    The migrations make the same ones in steps; a test compares. The statements are kept, as `scripts/reference` writes
    them from the tables: to compile them takes four times as long as to execute them.
    """
    statements = (_ENGINES / f"{connection.dialect.name}.sql").read_text().split(";\n")
    for statement in statements[:-1]:
        connection.exec_driver_sql(statement)


def _migrate(connection: Connection, target: str) -> None:
    # Imported only where there is something to migrate: a start aims at less than a second, this takes a fifth.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with connection.execution_options(writer=True).begin():
        config.attributes["connection"] = connection
        command.upgrade(config, target)
