"""`store/engines/sqlite.sql`: what makes the tables of a new data folder, so that no start compiles it."""

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from kumoniwa.store.tables import metadata

_HEAD = "-- The tables of a new data folder. Written by scripts/reference from store/tables.\n\n"


def statements() -> str:
    """The file's text."""
    written: list[DDLElement] = []
    for table in metadata.sorted_tables:
        written.append(CreateTable(table))
        written += map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))
    return _HEAD + "".join(f"{_lines(str(each.compile(dialect=sqlite.dialect())))};\n\n" for each in written)


def _lines(statement: str) -> str:
    return "\n".join(line.rstrip() for line in statement.strip().splitlines())
