"""Replacements of root volumes in the database.

They are the record of which root volumes an instance had: its later snapshots of them may become its root again.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, update

from kumoniwa.model.replace_root_tasks import ReplaceRootState, ReplaceRootTask
from kumoniwa.model.scope import Scope
from kumoniwa.store import tags
from kumoniwa.store.prepared import Prepared, either
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.instances import instances, replace_root_tasks
from kumoniwa.store.tables.snapshots import snapshots
from kumoniwa.store.tables.volumes import volumes

MOVES: Mapping[ReplaceRootState, frozenset[ReplaceRootState]] = {
    ReplaceRootState.PENDING: frozenset({ReplaceRootState.IN_PROGRESS, ReplaceRootState.FAILED}),
    ReplaceRootState.IN_PROGRESS: frozenset({ReplaceRootState.SUCCEEDED, ReplaceRootState.FAILING}),
    ReplaceRootState.FAILING: frozenset({ReplaceRootState.FAILED, ReplaceRootState.FAILED_DETACHED}),
    ReplaceRootState.SUCCEEDED: frozenset(),
    ReplaceRootState.FAILED: frozenset(),
    ReplaceRootState.FAILED_DETACHED: frozenset(),
}
"""Which state may follow which."""

UNDER_WAY = frozenset({ReplaceRootState.PENDING, ReplaceRootState.IN_PROGRESS, ReplaceRootState.FAILING})


def add(connection: Connection, task: ReplaceRootTask) -> None:
    """Write a new task."""
    insert(connection, replace_root_tasks, task)


def get(connection: Connection, task_id: str) -> ReplaceRootTask | None:
    return one_of(ReplaceRootTask, connection, select(replace_root_tasks).where(replace_root_tasks.c.id == task_id))


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[ReplaceRootTask]:
    """The tasks of an account in a region, oldest first; only these, where `ids` are given."""
    rows = replace_root_tasks.c
    query = select(replace_root_tasks).where(rows.account == scope.account, rows.region == scope.region)
    if ids is not None:
        query = query.where(rows.id.in_(ids))
    return all_of(ReplaceRootTask, connection, query.order_by(rows.started_at, rows.id))


def of_instance(connection: Connection, instance_id: str) -> list[ReplaceRootTask]:
    """Every task there was on an instance."""
    query = select(replace_root_tasks).where(replace_root_tasks.c.instance_id == instance_id)
    return all_of(ReplaceRootTask, connection, query)


def move(
    connection: Connection,
    task_id: str,
    sources: Collection[ReplaceRootState],
    target: ReplaceRootState,
    **columns: Any,
) -> bool:
    """Move a task to `target`, if it is in one of `sources`; gives whether it was. Nothing else changes states."""
    assert all(target in MOVES[source] for source in sources), f"{sources} → {target}"
    rows = replace_root_tasks.c
    result = connection.execute(
        update(replace_root_tasks).where(rows.id == task_id, rows.state.in_(sources)).values(state=target, **columns)
    )
    return result.rowcount == 1


def _old() -> Prepared:
    rows, other = replace_root_tasks.c, replace_root_tasks.alias()
    both = (rows.old_volume_id, rows.new_volume_id)
    is_there = exists().where(instances.c.id == rows.instance_id)
    may_be_used = exists().where(volumes.c.id.in_(both)) | exists().where(snapshots.c.volume_id.in_(both))
    repeated = exists().where(
        other.c.instance_id == rows.instance_id,
        other.c.id > rows.id,  # any order leaves one of them
        *(one.in_((other.c.old_volume_id, other.c.new_volume_id)) for one in both),
    )
    old = select(rows.id).where(
        ~either(rows.state, sorted(UNDER_WAY)),
        rows.started_at < bindparam("before"),  # which an index finds
        func.coalesce(rows.completed_at, rows.started_at) < bindparam("before"),
        ~is_there | ~may_be_used | repeated,
    )
    return Prepared(old.limit(bindparam("at_most")))


_OLD = _old()


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the tasks that ended before then, with their tags; gives how many there were.

    A task stays where its instance may still be given a snapshot of the volumes that it names: one of them is there, or
    a snapshot of one, and no other task that stays names both.
    """
    ids = _OLD.scalars(connection, before=before, at_most=at_most)
    tags.remove_all(connection, *ids)
    return (
        connection.execute(replace_root_tasks.delete().where(replace_root_tasks.c.id.in_(ids))).rowcount if ids else 0
    )
