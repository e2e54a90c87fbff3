"""Who else may use an image or a snapshot, in the database."""

from collections.abc import Collection

from sqlalchemy import Connection, delete

from kumoniwa.model.sharing import Permission
from kumoniwa.store.rows import insert, of_owners
from kumoniwa.store.tables import permissions


def of(connection: Connection, resource_ids: Collection[str]) -> dict[str, list[str]]:
    """The grantees of resources, by resource, sorted."""
    columns = permissions.c
    found: dict[str, list[str]] = {}
    for permission in of_owners(Permission, connection, columns.resource_id, resource_ids, columns.grantee):
        found.setdefault(permission.resource_id, []).append(permission.grantee)
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
