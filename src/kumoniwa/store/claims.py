"""Claims in the database: which workflow has a resource to itself.

A resource that no workflow has claimed has no row. A claim is taken by a row that is inserted or not, and handed over
or let go of by its holder alone.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select, text, update

from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store.rows import one_of
from kumoniwa.store.tables import claims, workflows

# The primary key decides, on SQLite and PostgreSQL alike: the second workflow inserts no row.
_TAKE = text("INSERT INTO claims (resource_id, workflow_id) VALUES (:resource_id, :workflow_id) ON CONFLICT DO NOTHING")


def take(connection: Connection, resource_id: str, workflow_id: str) -> bool:
    """Claim a resource for a workflow; gives whether that worked: False where a workflow has claimed it already."""
    taken = connection.execute(_TAKE, {"resource_id": resource_id, "workflow_id": workflow_id})
    return taken.rowcount == 1


def hand_over(connection: Connection, resource_id: str, workflow_id: str, successor: str | None) -> bool:
    """Give the claim that this workflow has to `successor`, or let go of it for None; gives whether it had it."""
    own = (claims.c.resource_id == resource_id) & (claims.c.workflow_id == workflow_id)
    if successor is None:
        return connection.execute(delete(claims).where(own)).rowcount == 1
    return connection.execute(update(claims).where(own).values(workflow_id=successor)).rowcount == 1


def holder(connection: Connection, resource_id: str) -> WorkflowRow | None:
    """The workflow that has claimed the resource."""
    query = select(workflows).join(claims, claims.c.workflow_id == workflows.c.id)
    return one_of(WorkflowRow, connection, query.where(claims.c.resource_id == resource_id))


def held(connection: Connection, resource_ids: Collection[str]) -> set[str]:
    """Those of these resources that some workflow has claimed."""
    query = select(claims.c.resource_id).where(claims.c.resource_id.in_(resource_ids))
    return set(connection.execute(query).scalars())
