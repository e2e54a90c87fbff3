"""The schema and its migrations: what migrations make is what the tables say, and a newer one is refused."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from kumoniwa.store import schema
from kumoniwa.store.database import make_engine
from kumoniwa.store.tables import metadata


def test_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "cloud.db")
    schema.ensure_schema(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_head_is_the_newest_migration() -> None:
    found = sorted(path.name for path in (schema._MIGRATIONS / "versions").glob("*.py"))
    assert found[-1].startswith(f"{schema.HEAD}_")


def test_a_newer_schema_is_refused_with_a_sentence_and_left_alone(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "cloud.db")
    schema.ensure_schema(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.SchemaTooNew, match="written by a newer Kumoniwa"):
        schema.ensure_schema(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()
