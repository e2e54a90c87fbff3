"""PostgreSQL's schema: what the tables say, and later migrations are run on it too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgresql_server import PostgresqlServer, postgresql_server
from reference_pages.schema import say_conditions_on_postgresql
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from kumoniwa.store import schema
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.engines.postgresql_driver import make_engine

_MIGRATION = '''"""A newer schema."""

import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "{before}"


def upgrade() -> None:
    with op.batch_alter_table("facts") as batch:
        batch.add_column(sa.Column("sure", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute("{then}")
'''


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture
def engine(server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = make_engine(server.make(f"schema_{abs(hash(request.node.nodeid))}"))
    schema.ensure_schema(made)
    yield made
    made.dispose()


def _newer(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str) -> None:
    """A version with one more migration."""
    migrations = shutil.copytree(schema._MIGRATIONS, folder / "migrations")
    (migrations / "versions" / "9998_newer.py").write_text(_MIGRATION.format(before=schema.HEAD, then=then))
    monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "HEAD", "9998")


def test_a_new_database_has_what_the_tables_say(engine: Engine) -> None:
    say_conditions_on_postgresql()
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [each for each in found if "cloud_state" not in str(each)] == []
    assert schema.revision(engine) == schema.HEAD


def test_a_later_migration_is_run_on_it(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO facts VALUES ('name', '1')"))
    _newer(monkeypatch, tmp_path, "SELECT 1")
    schema.ensure_schema(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name, sure FROM facts")).all() == [("name", True)]
    assert schema.revision(engine) == "9998"


def test_a_migration_that_fails_leaves_it_as_it_was(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = schema.HEAD
    _newer(monkeypatch, tmp_path, "SELECT nothing FROM nowhere")
    with pytest.raises(SQLAlchemyError, match="nowhere"):
        schema.ensure_schema(engine)
    assert schema.revision(engine) == before
    assert "sure" not in {column["name"] for column in inspect(engine).get_columns("facts")}
