"""Replacements of root volumes in the database. Their rows stay as a record of an instance's root volumes."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from kumoniwa.model.replace_root_tasks import ReplaceRootState, ReplaceRootTask
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables import replace_root_tasks

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
