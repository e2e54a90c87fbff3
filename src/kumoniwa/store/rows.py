"""Rows and frozen values have the same names, so that a row becomes a value, and a value a row, without a mapping."""

from collections.abc import Callable, Collection
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Column, Connection, Select, Table, bindparam, select
from sqlalchemy import insert as sql_insert

from kumoniwa.model.scope import Scope
from kumoniwa.store.prepared import Prepared, among, listed, unindexed

if TYPE_CHECKING:
    from dataclasses import Field

T = TypeVar("T")


class Value(Protocol):
    """Any dataclass."""

    __dataclass_fields__: "ClassVar[dict[str, Field[Any]]]"


@cache
def _names(kind: type[Value]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def inserting(table: Table, names: tuple[str, ...]) -> Prepared:
    """What writes a new row with these columns."""
    return Prepared(sql_insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names}))


def as_row(value: Value) -> dict[str, Any]:
    """A value as the columns of its row."""
    return {name: getattr(value, name) for name in _names(type(value))}


def insert(connection: Connection, table: Table, *values: Value) -> None:
    """Write new rows, of values of one kind."""
    if values:
        inserting(table, _names(type(values[0]))).run_each(connection, [as_row(value) for value in values])


def of_scope(
    kind: Callable[..., T],
    connection: Connection,
    table: Table,
    scope: Scope,
    ids: Collection[str] | None,
    *order: Column[Any],
) -> list[T]:
    """The rows of an account in a region as values; only those with these ids, where ids are given."""
    given = {"account": scope.account, "region": scope.region}
    if ids is None:
        return _of_scope(table, order, by_ids=False).values(kind, connection, **given)
    return _of_scope(table, order, by_ids=True).values(kind, connection, ids=listed(ids), **given)


@cache
def _of_scope(table: Table, order: tuple[Column[Any], ...], *, by_ids: bool) -> Prepared:
    query = select(table).order_by(*order)
    for name in ("account", "region"):
        column = table.c[name]
        query = query.where((unindexed(column) if by_ids else column) == bindparam(name))
    return Prepared(query.where(among(table.c.id, "ids")) if by_ids else query)


def of_owners(
    kind: Callable[..., T], connection: Connection, owner: Column[Any], ids: Collection[str] | None, *order: Any
) -> list[T]:
    """The rows of the owner's table as values; only those of these owners, where ids are given."""
    if ids is None:
        return _of_owners(owner, order, by_ids=False).values(kind, connection)
    return _of_owners(owner, order, by_ids=True).values(kind, connection, ids=listed(ids))


@cache
def _of_owners(owner: Column[Any], order: tuple[Any, ...], *, by_ids: bool) -> Prepared:
    query = select(owner.table).order_by(*order)
    return Prepared(query.where(among(owner, "ids")) if by_ids else query)


def all_of(kind: Callable[..., T], connection: Connection, query: Select[Any]) -> list[T]:
    """The query's rows as values of `kind`. The query selects that kind's columns, in any order."""
    return [kind(**row) for row in connection.execute(query).mappings()]


def one_of(kind: Callable[..., T], connection: Connection, query: Select[Any]) -> T | None:
    """The query's only row as a value, or None; two rows are our bug and raise."""
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else kind(**row)
