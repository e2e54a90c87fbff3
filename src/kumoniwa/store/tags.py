"""Tags in the database."""

from collections.abc import Collection, Mapping
from functools import cache

from sqlalchemy import Connection, Select, bindparam, delete, func, select, update

from kumoniwa.model.scope import Scope
from kumoniwa.model.tags import Tag
from kumoniwa.store.prepared import Prepared, among, listed, unindexed
from kumoniwa.store.rows import all_of, insert
from kumoniwa.store.tables.tags import tags


def add(connection: Connection, *new: Tag) -> None:
    """Write the tags of a resource that was just made."""
    insert(connection, tags, *new)


_OF_RESOURCE = (
    (tags.c.resource_id == bindparam("resource"))
    & (unindexed(tags.c.account) == bindparam("of_account"))
    & (unindexed(tags.c.region) == bindparam("of_region"))
)
_CHANGED = Prepared(
    update(tags).where(_OF_RESOURCE, tags.c.key == bindparam("of_key")).values(value=bindparam("new_value"))
)


def put(connection: Connection, *written: Tag) -> None:
    """Afterwards these tags are there, with these values."""
    # A tag that is there gets the new value alone: to write its row anew is to write to each of its indexes.
    for tag in written:
        of = {"resource": tag.resource_id, "of_account": tag.account, "of_region": tag.region, "of_key": tag.key}
        if not _CHANGED.run(connection, **of, new_value=tag.value):
            insert(connection, tags, tag)


MARK = "aws:"
"""How the keys of those tags begin that EC2 itself gives."""
_CLEARED = Prepared(delete(tags).where(_OF_RESOURCE, func.substr(tags.c.key, 1, len(MARK)) != MARK))


def remove(
    connection: Connection, scope: Scope, resource_id: str, pairs: Mapping[str, str | None] | None = None
) -> None:
    """Remove tags that a scope sees at a resource: all but EC2's own, or by key; where a value is given, only if the
    tag has it."""
    if pairs is None:
        _CLEARED.run(connection, resource=resource_id, of_account=scope.account, of_region=scope.region)
        return
    of = (tags.c.account == scope.account, tags.c.region == scope.region, tags.c.resource_id == resource_id)
    for key, value in pairs.items():
        query = tags.delete().where(*of, tags.c.key == key)
        connection.execute(query if value is None else query.where(tags.c.value == value))


_REMOVED = Prepared(delete(tags).where(tags.c.resource_id == bindparam("resource")))


def remove_all(connection: Connection, *resource_ids: str) -> None:
    """Remove every tag of resources, which go."""
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
    given = {"account": scope.account, "region": scope.region, "resource_type": resource_type, "ids": listed(ids or ())}
    found: dict[str, dict[str, str]] = {}
    reading = _tags_of(by_type=resource_type is not None, by_ids=ids is not None)
    for resource_id, key, value in reading.rows(connection, **given):
        found.setdefault(resource_id, {})[key] = value
    return found


@cache
def _tags_of(*, by_type: bool, by_ids: bool) -> Prepared:
    columns = tags.c
    compared = [(columns.account, "account"), (columns.region, "region")]
    if by_type:
        compared.append((columns.resource_type, "resource_type"))
    # Of one type they come as an index has them: by key.
    order = [columns.key] if by_type and not by_ids else [columns.resource_id, columns.key]
    query = select(columns.resource_id, columns.key, columns.value).order_by(*order)
    if by_ids:
        query = query.where(among(columns.resource_id, "ids"))
    return Prepared(
        query.where(*((unindexed(column) if by_ids else column) == bindparam(name) for column, name in compared))
    )


def _scoped(scope: Scope) -> Select[tuple[str, ...]]:
    return (
        select(tags)
        .where(tags.c.account == scope.account, tags.c.region == scope.region)
        .order_by(tags.c.resource_id, tags.c.key)
    )
