"""Bring a database file to the schema of this version: create, migrate, or refuse what a newer Kumoniwa wrote."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

HEAD = "0002"  # the newest migration in migrations/versions; a test keeps it true
_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The data folder was written by a newer Kumoniwa."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"This data folder was written by a newer Kumoniwa (schema {revision}; this version knows up to {HEAD}). "
            "Install that version, or choose another folder with --data-dir."
        )


def ensure_schema(engine: Engine) -> None:
    """Afterwards the database has this version's schema. Raises `SchemaTooNew`; then it was not touched."""
    revision = _revision(engine)
    if revision == HEAD:
        return
    if revision is not None and revision > HEAD:
        raise SchemaTooNew(revision)
    # Imported only where there is something to migrate: a start aims at less than a second, this takes a fifth.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.connect().execution_options(writer=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _revision(engine: Engine) -> str | None:
    """The schema that the database has; None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
