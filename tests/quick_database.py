"""Databases as tests want them: the schema is copied, not made anew, and no commit waits for the disk.

For tests that are not about the schema, nor about power failures: those make theirs as the product does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.schema import ensure_schema

# What SQLite handed to the kernel is there for the next server, whatever died.
_UNSYNCED = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=ON", "PRAGMA busy_timeout=10000")


@contextmanager
def unsynced() -> Iterator[None]:
    """Connections that are made within wait for no disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kumoniwa.store.engines.sqlite._PRAGMAS", _UNSYNCED)
        yield


def lay_schema(path: Path) -> None:
    """Make the database file, nothing in it but this version's schema, where there is none."""
    if not path.exists():
        path.write_bytes(_empty())


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder, unsynced():
        path = Path(folder) / "empty.db"
        engine = make_engine(path)
        ensure_schema(engine)
        engine.dispose()
        return path.read_bytes()
