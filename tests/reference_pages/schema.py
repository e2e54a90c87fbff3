"""`store/engines/sqlite.sql` and `postgresql.sql`: the tables of a new cloud, so that no start compiles them."""

from sqlalchemy import Dialect, text
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
    say_conditions_on_postgresql()
    return _HEAD + _STATE + _tables(dialect)


def say_conditions_on_postgresql() -> None:
    """Have the indexes of some rows say their conditions in PostgreSQL's dialect too (`index_of_some`)."""
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        if "where" in index.info:
            index.dialect_options["postgresql"]["where"] = text(index.info["where"])


def _tables(dialect: Dialect) -> str:
    written: list[DDLElement] = []
    for table in metadata.sorted_tables:
        written.append(CreateTable(table))
        written += map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))
    texts = [_lines(str(each.compile(dialect=dialect))) for each in written]
    texts += [_VERSIONS, f"INSERT INTO alembic_version VALUES ('{HEAD}')"]
    return "".join(f"{each};\n\n" for each in texts)


def _lines(statement: str) -> str:
    return "\n".join(line.rstrip() for line in statement.strip().splitlines())
