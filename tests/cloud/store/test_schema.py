"""The schema and its migrations: what migrations make is what the tables say, and a newer one is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from kumoniwa.store import schema
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.engines.sqlite import make_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path / "cloud.db")
    yield made
    made.dispose()


def structure(engine: Engine) -> dict[str, Any]:
    """All that SQLite knows of each table: columns, keys, references and indexes, whatever order they were made in."""
    told: dict[str, Any] = {}
    with engine.connect() as connection:

        def pragma(name: str, of: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(text(f"PRAGMA {name}('{of}')"))]

        tables = [name for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        for table in tables:
            told[table] = {
                "columns": sorted(row[1:] for row in pragma("table_info", table)),
                "references": sorted(row[2:] for row in pragma("foreign_key_list", table)),
                "indexes": sorted(
                    (
                        "" if index.startswith("sqlite_autoindex") else index,
                        unique,
                        origin,
                        [row[2] for row in pragma("index_info", index)],
                    )
                    for _, index, unique, origin, _ in pragma("index_list", table)
                ),
            }
    return told


def test_migrations_make_what_the_tables_say(engine: Engine) -> None:
    with engine.connect() as connection:
        schema._migrate(connection, schema.HEAD)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_empty_database_gets_at_once_what_migrations_make_one_by_one(engine: Engine, tmp_path: Path) -> None:
    schema.ensure_schema(engine)
    migrated = make_engine(tmp_path / "migrated.db")
    with migrated.connect() as connection:
        schema._migrate(connection, schema.HEAD)
    assert structure(engine) == structure(migrated)
    assert schema.revision(engine) == schema.revision(migrated) == schema.HEAD
    migrated.dispose()


def test_head_is_the_newest_migration() -> None:
    found = sorted(path.name for path in (schema._MIGRATIONS / "versions").glob("*.py"))
    assert found[-1].startswith(f"{schema.HEAD}_")


def test_a_newer_schema_is_refused_with_a_sentence_and_left_alone(engine: Engine) -> None:
    schema.ensure_schema(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.SchemaTooNew, match="written by a newer Kumoniwa"):
        schema.ensure_schema(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
