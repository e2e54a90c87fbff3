"""`store/engines/sqlite.sql` and `postgresql.sql`: the tables of a new cloud, so that no start compiles them."""

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from kumoniwa.store.all_tables import metadata
from kumoniwa.store.schema import HEAD

_HEAD = "-- The tables of a new cloud. Written by scripts/reference from store/tables.\n\n"
_STATE = """CREATE TABLE cloud_state (
	cloud VARCHAR,
	last_commit VARCHAR NOT NULL
);

INSERT INTO cloud_state VALUES (NULL, '');

"""
"""Which cloud's state it is, and the mark of the last commit: PostgreSQL's alone."""
_VERSIONS = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
"""Alembic's own table."""


def on_sqlite() -> str:
    """The text of `sqlite.sql`."""
    return _HEAD + _tables(sqlite.dialect())


def on_postgresql() -> str:
    """The text of `postgresql.sql`."""
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # it has none
    return _HEAD + _STATE + _tables(dialect)


def _tables(dialect: Dialect) -> str:
    written: list[DDLElement] = []
    for table in metadata.sorted_tables:
        written.append(CreateTable(table))
        written += map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))
    texts = [_lines(str(each.compile(dialect=dialect))) for each in written]
    texts += [_VERSIONS, f"INSERT INTO alembic_version VALUES ('{HEAD}')"]
    return _HEAD + "".join(f"{text};\n\n" for text in texts)


def _lines(statement: str) -> str:
    return "\n".join(line.rstrip() for line in statement.strip().splitlines())
