"""Rows and frozen values have the same names, so that a row becomes a value, and a value a row, without a mapping."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, update
from sqlalchemy import insert as sql_insert

from kumoniwa.model.scope import Owned, Scope
from kumoniwa.store.prepared import Prepared, among, listed

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


def new_values(table: Table, names: Iterable[str]) -> dict[str, Any]:
    """What an UPDATE sets these columns to: parameters, which `as_new` gives."""
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}


def as_new(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `new_values` for these columns."""
    return {f"new_{name}": value for name, value in columns.items()}


@cache
def changing(table: Table, key: str, names: tuple[str, ...]) -> Prepared:
    """What gives these columns other values, in the rows whose column `key` is the parameter `of`."""
    return Prepared(update(table).where(table.c[key] == bindparam("of")).values(new_values(table, names)))


def change(connection: Connection, table: Table, of: str, columns: Mapping[str, Any], *, key: str = "id") -> int:
    """Give columns other values, in the rows whose column `key` is `of`; gives how many there were."""
    return changing(table, key, tuple(columns)).run(connection, of=of, **as_new(columns))


@cache
def _counting(table: Table, columns: tuple[str, ...]) -> Prepared:
    of = (table.c[name] == bindparam(name) for name in columns)
    return Prepared(select(func.count().label("count")).select_from(table).where(*of))


def count(connection: Connection, table: Table, of: Mapping[str, str]) -> int:
    """How many rows have these values in these columns."""
    found: int = _counting(table, tuple(of)).scalar(connection, **of)
    return found


def insert(connection: Connection, table: Table, *values: Value) -> None:
    """Write new rows, of values of one kind."""
    if values:
        inserting(table, _names(type(values[0]))).run_values(connection, values)


Scoped = TypeVar("Scoped", bound=Owned)


class InScope(Generic[Scoped]):
    """The rows of a table that are an account's in a region, in their order, as values of `kind`.

    The writer keeps those that were asked for by id, where they are `kept`: see `store/kept_reads.py`.
    """

    def __init__(
        self, kind: Callable[..., Scoped], table: Table, *order: ColumnElement[Any], kept: bool = False
    ) -> None:
        self._kind = kind
        own = (table.c.account == bindparam("account")) & (table.c.region == bindparam("region"))
        self._every = Prepared(select(table).where(own).order_by(*order))
        # By the ids alone: with the scope beside them, SQLite may read the index of the scope instead.
        self._those = Prepared(select(table).where(among(table.c.id, "ids")).order_by(*order), kept=kept)

    def of(self, connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[Scoped]:
        """All of them; only these, where `ids` are given."""
        if ids is None:
            return self._every.values(self._kind, connection, account=scope.account, region=scope.region)
        found = self._those.values(self._kind, connection, ids=listed(ids))
        return [value for value in found if Scope.of(value) == scope]


def all_of(kind: Callable[..., T], connection: Connection, query: Select[Any]) -> list[T]:
    """The query's rows as values of `kind`. The query selects that kind's columns, in any order."""
    return [kind(**row) for row in connection.execute(query).mappings()]


def one_of(kind: Callable[..., T], connection: Connection, query: Select[Any]) -> T | None:
    """The query's only row as a value, or None; two rows are our bug and raise."""
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else kind(**row)
