"""Layers on the host's disk, so that they survive the server: one SQLite file, written through at every change.

What is in the layers is only there, and read when a guest reads it. That there is a layer, and what it stands on, is in
memory too (`simulated_layers.py`).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.simulated.layer import FileSystem, Layer
from kumoniwa.sqlite_file import make_database

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS layers (
        id TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, parent TEXT, origin TEXT NOT NULL, filesystem TEXT,
        sealed INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS files (
        layer TEXT NOT NULL REFERENCES layers ON DELETE CASCADE, path TEXT NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (layer, path)
    ) STRICT;
"""
_SAVED = """
    INSERT INTO layers VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET size_bytes = excluded.size_bytes, parent = excluded.parent,
        filesystem = excluded.filesystem, sealed = excluded.sealed
"""


class Journal:
    """Every change is with the host when the call returns: it outlives `kill -9`.

    A power failure of the host may lose the last changes but never damages the file: what is kept here is a simulation,
    and a flush of the host's disk per change would hold up the event loop.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            make_database(path, _SCHEMA)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
        self._database.executescript(_SCHEMA)

    def load(self) -> Iterator[Layer]:
        """Every layer, after the one that it stands on."""
        query = "SELECT id, size_bytes, parent, origin, filesystem, sealed FROM layers ORDER BY rowid"
        for id, size_bytes, parent, origin, filesystem, sealed in self._database.execute(query):
            state = None if filesystem is None else FileSystem(filesystem)
            yield Layer(LayerId(id), size_bytes, parent, origin, state, bool(sealed))

    def file(self, layer: LayerId, path: str) -> bytes | None:
        """What this layer itself has of a file."""
        query = "SELECT data FROM files WHERE layer = ? AND path = ?"
        found: tuple[bytes] | None = self._database.execute(query, (layer, path)).fetchone()
        return None if found is None else found[0]

    def files(self, layer: LayerId) -> dict[str, bytes]:
        """The files that were written to this layer itself."""
        return dict(self._database.execute("SELECT path, data FROM files WHERE layer = ?", (layer,)))

    def save(self, layer: Layer, files: Mapping[str, bytes], *, is_known: bool = False) -> None:
        """The layer is as given; these of its files hold what is given. All or nothing.

        Of a layer that `is_known`, it is saved as it is already: only its files are written.
        """
        statements: list[tuple[str, tuple[object, ...]]] = [
            ("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (layer.id, path, data)) for path, data in files.items()
        ]
        if not is_known:
            columns = (layer.id, layer.size_bytes, layer.parent, layer.origin, layer.filesystem, layer.sealed)
            statements.insert(0, (_SAVED, columns))
        if len(statements) == 1:  # it is a transaction by itself
            self._database.execute(*statements[0])
            return
        self._database.execute("BEGIN")
        with self._database:
            for statement in statements:
                self._database.execute(*statement)

    def delete(self, layer: LayerId) -> None:
        self._database.execute("DELETE FROM layers WHERE id = ?", (layer,))

    def close(self) -> None:
        self._database.close()
