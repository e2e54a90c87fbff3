"""What SQLite is asked, and which tables it reads through for it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

EVERY_ROW = {
    "alembic_version": "it has one row",
    "facts": "a handful of rows, whatever the cloud holds",
    "json_each": "it is the list that was given",
    "sqlite_master": "the tables, whatever they hold",
    "(subquery-1)": "a list that was given, and is empty",
    "CONSTANT": "a list that was given, and is empty",
}
"""Tables that may be read through, and why."""
ITS_OWN = ("boots_of_many",)
"""Indexes that have no more rows than are asked for."""


class Heard:
    """What SQLite is asked by connections that are opened from now on: one statement of each form, in each phase."""

    def __init__(self) -> None:
        self.phase = "start"
        self.statements: dict[tuple[str, str], str] = {}

    def listen(self, connection: Any, _record: object) -> None:
        connection.set_trace_callback(self._hear)

    def _hear(self, statement: str) -> None:
        self.statements.setdefault((self.phase, _form(statement)), statement)


@contextmanager
def heard_statements() -> Iterator[Heard]:
    """Hear what is asked while the block runs."""
    heard = Heard()
    event.listen(Engine, "connect", heard.listen)
    try:
        yield heard
    finally:
        event.remove(Engine, "connect", heard.listen)


def _form(statement: str) -> str:
    """A statement without the values that were given."""
    return re.sub(r"\b\d+(\.\d+)?\b", "?", re.sub(r"'(?:[^']|'')*'", "?", " ".join(statement.split())))


def scanned(database: sqlite3.Connection, statement: str) -> set[str]:
    """The tables that SQLite reads through for it."""
    plan = [str(row[3]).split() for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")]
    # What a part of the statement gives is read as it comes: the part's own tables are in the plan too.
    parts = {words[1] for words in plan if words[0] == "CO-ROUTINE"}
    scans = (words for words in plan if words[0] == "SCAN" and words[-1] not in ITS_OWN)
    return {re.sub(r"_\d+$", "", words[1]) for words in scans if words[1] not in parts}
