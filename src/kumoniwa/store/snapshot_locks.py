"""Locks of snapshots in the database. A lock goes with its snapshot."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshot_locks import SnapshotLock
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import InScope, insert
from kumoniwa.store.tables.snapshots import snapshot_locks

_BY_ID = Prepared(select(snapshot_locks).where(snapshot_locks.c.id == bindparam("id")))
_IN_SCOPE = InScope(SnapshotLock, snapshot_locks, snapshot_locks.c.id)
_REMOVED = Prepared(delete(snapshot_locks).where(snapshot_locks.c.id == bindparam("id")))


def get(connection: Connection, snapshot_id: str) -> SnapshotLock | None:
    """The lock of a snapshot, one that has expired too."""
    return _BY_ID.value(SnapshotLock, connection, id=snapshot_id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[SnapshotLock]:
    """The locks of an account's snapshots in a region; only those of these snapshots, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)


def put(connection: Connection, lock: SnapshotLock) -> None:
    """Afterwards the snapshot has this lock, and no other."""
    remove(connection, lock.id)
    insert(connection, snapshot_locks, lock)


def remove(connection: Connection, snapshot_id: str) -> None:
    """Afterwards the snapshot has no lock."""
    _REMOVED.run(connection, id=snapshot_id)
