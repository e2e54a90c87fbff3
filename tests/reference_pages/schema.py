"""`store/engines/sqlite.sql`: what makes the tables of a new data folder, so that no start compiles it."""

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from kumoniwa.store.all_tables import metadata
from kumoniwa.store.schema import HEAD

_HEAD = "-- The tables of a new data folder. Written by scripts/reference from store/tables.\n\n"
_VERSIONS = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
"""Alembic's own table."""


def statements() -> str:
    """The file's text."""
    written: list[DDLElement] = []
    for table in metadata.sorted_tables:
        written.append(CreateTable(table))
        written += map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))
    texts = [_lines(str(each.compile(dialect=sqlite.dialect()))) for each in written]
    texts += [_VERSIONS, f"INSERT INTO alembic_version VALUES ('{HEAD}')"]
    return _HEAD + "".join(f"{text};\n\n" for text in texts)


def _lines(statement: str) -> str:
    return "\n".join(line.rstrip() for line in statement.strip().splitlines())
