"""Who else may use an image or a snapshot, in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from kumoniwa.model.sharing import Permission
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.sharing import permissions

_GRANTEES = Prepared(
    select(permissions.c.resource_id, permissions.c.grantee)
    .where(among(permissions.c.resource_id, "ids"))
    .order_by(permissions.c.grantee)
)


def of(connection: Connection, resource_ids: Collection[str]) -> dict[str, list[str]]:
    """The grantees of resources, by resource, sorted."""
    found: dict[str, list[str]] = {}
    for resource_id, grantee in _GRANTEES.rows(connection, ids=listed(resource_ids)):
        found.setdefault(resource_id, []).append(grantee)
    return found


def grant(connection: Connection, resource_id: str, grantees: Collection[str]) -> None:
    """Afterwards these may use the resource: accounts, or everybody (`all`)."""
    present = of(connection, [resource_id]).get(resource_id, [])
    insert(
        connection,
        permissions,
        *(Permission(resource_id, one) for one in dict.fromkeys(grantees) if one not in present),
    )


def revoke(connection: Connection, resource_id: str, grantees: Collection[str] | None = None) -> None:
    """Afterwards these may not use the resource; without `grantees`, no other account may."""
    query = delete(permissions).where(permissions.c.resource_id == resource_id)
    if grantees is not None:
        query = query.where(permissions.c.grantee.in_(grantees))
    connection.execute(query)
