"""Claims in the database: which workflow has a resource to itself.

A resource that no workflow has claimed has no row. A claim is taken by a row that is inserted or not, and handed over
or let go of by its holder alone.
"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select, text, update

from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import one_of
from kumoniwa.store.tables.claims import claims
from kumoniwa.store.tables.workflows import workflows

# The primary key decides, on SQLite and PostgreSQL alike: the second workflow inserts no row.
_TAKE = Prepared(
    text("INSERT INTO claims (resource_id, workflow_id) VALUES (:resource_id, :workflow_id) ON CONFLICT DO NOTHING")
)


def take(connection: Connection, resource_id: str, workflow_id: str) -> bool:
    """Claim a resource for a workflow; gives whether that worked: False where a workflow has claimed it already."""
    return _TAKE.run(connection, resource_id=resource_id, workflow_id=workflow_id) == 1


_OWN = (claims.c.resource_id == bindparam("resource")) & (claims.c.workflow_id == bindparam("workflow"))
_LET_GO = Prepared(delete(claims).where(_OWN))
_HANDED_OVER = Prepared(update(claims).where(_OWN).values(workflow_id=bindparam("successor")))


def hand_over(connection: Connection, resource_id: str, workflow_id: str, successor: str | None) -> bool:
    """Give the claim that this workflow has to `successor`, or let go of it for None; gives whether it had it."""
    if successor is None:
        return _LET_GO.run(connection, resource=resource_id, workflow=workflow_id) == 1
    return _HANDED_OVER.run(connection, resource=resource_id, workflow=workflow_id, successor=successor) == 1


def holder(connection: Connection, resource_id: str) -> WorkflowRow | None:
    """The workflow that has claimed the resource."""
    query = select(workflows).join(claims, claims.c.workflow_id == workflows.c.id)
    return one_of(WorkflowRow, connection, query.where(claims.c.resource_id == resource_id))


_HELD = Prepared(select(claims.c.resource_id).where(among(claims.c.resource_id, "ids")))


def held(connection: Connection, resource_ids: Collection[str]) -> set[str]:
    """Those of these resources that some workflow has claimed."""
    return set(_HELD.scalars(connection, ids=listed(resource_ids)))
