"""Databases as tests want them: the schema is copied, not made anew, and no commit waits for the disk.

They are SQLite's, or with `--engine postgresql` those of a server that the tests start.

For tests that are not about the schema, nor about power failures: those make theirs as the product does.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine

from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.schema import ensure_schema

if TYPE_CHECKING:
    from postgresql_server import LaidDatabases

# What SQLite handed to the kernel is there for the next server, whatever died.
_UNSYNCED = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=ON", "PRAGMA busy_timeout=10000")


@contextmanager
def unsynced() -> Iterator[None]:
    """Connections that are made within wait for no disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kumoniwa.store.engines.sqlite._PRAGMAS", _UNSYNCED)
        yield


@contextmanager
def on_postgresql() -> Iterator[None]:
    """Clouds that begin within keep their state on PostgreSQL."""
    from postgresql_server import LaidDatabases, postgresql_server

    with postgresql_server() as server:
        _LAID.append(LaidDatabases(server))
        try:
            yield
        finally:
            _LAID.pop()


_LAID: "list[LaidDatabases]" = []


def lay_schema(path: Path) -> str:
    """Make the database of this data folder, nothing in it but this version's schema, where there is none: the file at
    this path, or the one on PostgreSQL whose address is given."""
    if _LAID:
        return "" if path.exists() else _LAID[-1].of(path.parent)
    if not path.exists():
        path.write_bytes(_empty())
    return ""


def engine_on(path: Path) -> Engine:
    """SQLAlchemy's engine on the database of this data folder, made by `lay_schema`: tests that are of both engines."""
    if _LAID:
        from kumoniwa.store.engines import postgresql_driver

        return postgresql_driver.make_engine(_LAID[-1].of(path.parent))
    return make_engine(path)


def copy_state(data_dir: Path, to: Path) -> None:
    """Where clouds keep their state on PostgreSQL, copy that of one folder for another, which is a copy of it."""
    if _LAID:
        _LAID[-1].copy(data_dir, to)


def rows_of(data_dir: Path) -> Iterator[tuple[str, list[Any]]]:
    """All that a database has, table by table."""
    if _LAID:
        yield from _LAID[-1].rows(data_dir)
        return
    with closing(sqlite3.connect(data_dir / "cloud.db")) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").fetchall():
            yield table, database.execute(f'SELECT * FROM "{table}"').fetchall()


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder, unsynced():
        path = Path(folder) / "empty.db"
        engine = make_engine(path)
        ensure_schema(engine)
        engine.dispose()
        return path.read_bytes()
