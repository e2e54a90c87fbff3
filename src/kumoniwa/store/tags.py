"""Tags in the database."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Select, bindparam, delete, select

from kumoniwa.model.scope import Scope
from kumoniwa.model.tags import Tag
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert
from kumoniwa.store.tables import tags


def add(connection: Connection, *new: Tag) -> None:
    """Write the tags of a resource that was just made."""
    insert(connection, tags, *new)


_REPLACED = Prepared(delete(tags).where(tags.c.resource_id == bindparam("resource"), tags.c.key == bindparam("of_key")))


def put(connection: Connection, *written: Tag) -> None:
    """Afterwards these tags are there, with these values."""
    _REPLACED.run_each(connection, [{"resource": tag.resource_id, "of_key": tag.key} for tag in written])
    insert(connection, tags, *written)


def remove(connection: Connection, resource_id: str, pairs: Mapping[str, str | None]) -> None:
    """Remove tags by key; where a value is given, only if the tag has that value."""
    for key, value in pairs.items():
        query = tags.delete().where(tags.c.resource_id == resource_id, tags.c.key == key)
        connection.execute(query if value is None else query.where(tags.c.value == value))


_REMOVED = Prepared(delete(tags).where(tags.c.resource_id == bindparam("resource")))


def remove_all(connection: Connection, *resource_ids: str) -> None:
    """Remove every tag of resources: they go, or all their tags were asked to go."""
    _REMOVED.run_each(connection, [{"resource": resource_id} for resource_id in resource_ids])


def in_scope(connection: Connection, scope: Scope) -> list[Tag]:
    """Every tag of an account in a region."""
    return all_of(Tag, connection, _scoped(scope))


def tags_of(
    connection: Connection,
    scope: Scope,
    resource_type: str | None = None,
    ids: Collection[str] | None = None,
) -> dict[str, dict[str, str]]:
    """Keys and values by resource, of the resources of this type or with these ids. Untagged ones are not in it."""
    query = _scoped(scope)
    if resource_type is not None:
        query = query.where(tags.c.resource_type == resource_type)
    if ids is not None:
        query = query.where(tags.c.resource_id.in_(ids))
    found: dict[str, dict[str, str]] = {}
    for tag in all_of(Tag, connection, query):
        found.setdefault(tag.resource_id, {})[tag.key] = tag.value
    return found


def _scoped(scope: Scope) -> Select[tuple[str, ...]]:
    return (
        select(tags)
        .where(tags.c.account == scope.account, tags.c.region == scope.region)
        .order_by(tags.c.resource_id, tags.c.key)
    )
