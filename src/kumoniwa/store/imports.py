"""Import tasks in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from kumoniwa.model.scope import Scope
from kumoniwa.model.snapshots import ImportState, ImportTask
from kumoniwa.store import tags
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.snapshots import import_tasks


def add(connection: Connection, task: ImportTask) -> None:
    """Write a new import task."""
    insert(connection, import_tasks, task)


def get(connection: Connection, task_id: str) -> ImportTask | None:
    return one_of(ImportTask, connection, select(import_tasks).where(import_tasks.c.id == task_id))


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[ImportTask]:
    """The import tasks of an account in a region, oldest first; only these, where `ids` are given."""
    query = select(import_tasks).where(import_tasks.c.account == scope.account, import_tasks.c.region == scope.region)
    if ids is not None:
        query = query.where(import_tasks.c.id.in_(ids))
    return all_of(ImportTask, connection, query.order_by(import_tasks.c.created_at, import_tasks.c.id))


_OLD = Prepared(
    select(import_tasks.c.id)
    .where(import_tasks.c.created_at < bindparam("before"), import_tasks.c.state != ImportState.ACTIVE)
    .limit(bindparam("at_most"))
)


def forget(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget so many of the ended tasks that were begun before then, with their tags; gives how many there were."""
    ids = _OLD.scalars(connection, before=before, at_most=at_most)
    tags.remove_all(connection, *ids)
    return connection.execute(import_tasks.delete().where(import_tasks.c.id.in_(ids))).rowcount if ids else 0


def change(connection: Connection, task_id: str, **columns: Any) -> None:
    """Change columns of an import task."""
    connection.execute(update(import_tasks).where(import_tasks.c.id == task_id).values(**columns))
