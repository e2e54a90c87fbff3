"""Statements that are compiled once, when they are first used, and from then on cost what the database itself costs.

    _BY_ID = Prepared(select(instances).where(instances.c.id == bindparam("id")))

    def get(connection: Connection, instance_id: str) -> Instance | None:
        return _BY_ID.value(Instance, connection, id=instance_id)

SQLAlchemy compiles them, for whichever engine, and converts what goes in and comes out by the types of the columns. Its
own execution builds the statement, looks it up and makes row objects each time, which is ten times as long as SQLite
takes. A statement whose shape depends on its arguments is prepared once for each shape, by a function with `@cache`.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import fields, is_dataclass
from functools import cache
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Boolean, ColumnElement, Connection, Dialect, Float, Integer, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.functions import FunctionElement

from kumoniwa.store.changes import Touched
from kumoniwa.store.kept_reads import KEPT, KeptReads
from kumoniwa.store.written_rows import all_of_clause, naming_column
from kumoniwa.values import dataclass

T = TypeVar("T")

TOUCHED = "kumoniwa: tell of what is written"
"""The note on a writing connection that holds its `Touched`."""

_Convert = Callable[[Any], Any]


class Among(ColumnElement[bool]):
    """Whether a column has one of the values of a list that is given as one parameter."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.listed: BindParameter[Any] = bindparam(name)


@compiles(Among, "sqlite")
def _among_on_sqlite(element: Among, compiler: Any, **options: Any) -> str:
    column, listed = compiler.process(element.column, **options), compiler.process(element.listed, **options)
    return f"{column} IN (SELECT value FROM json_each({listed}))"


class PlaceOf(FunctionElement[int]):
    """Where in a text another one begins: 1 is its first character, 0 is nowhere."""

    type = Integer()
    inherit_cache = True


@compiles(PlaceOf, "sqlite")
def _place_of_on_sqlite(element: PlaceOf, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


class _Unindexed(ColumnElement[Any]):
    """A value as it is, and no index is looked at for it."""

    inherit_cache = False

    def __init__(self, value: ColumnElement[Any]) -> None:
        self.value = value
        self.type = value.type


@compiles(_Unindexed)
def _unindexed(element: _Unindexed, compiler: Any, **options: Any) -> str:
    value: str = compiler.process(element.value, **options)
    return f"+{value}" if compiler.dialect.name == "sqlite" else value


def unindexed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value that the database is not to look up in an index, because something else leads to fewer rows.

    SQLite knows how many values an index has of each column, and not how many rows of each value.
    """
    return _Unindexed(value)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """That the column has one of the texts of the list given as the parameter `name`, which `listed` writes.

    However many there are, the statement is the same.
    """
    return Among(column, name)


def listed(values: Iterable[str]) -> str:
    """A list as `among` takes it."""
    return f"[{', '.join(map(encode_basestring_ascii, values))}]"


def either(column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """That the column has one of these few values, which are part of the statement."""
    first, *others = values
    found: ColumnElement[bool] = column == first
    for value in others:
        found |= column == value
    return found


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement as one engine takes it."""

    sql: str
    given: tuple[str, ...]
    """The names of what is given, in its order."""
    bound: tuple[tuple[int, _Convert], ...]
    """Those of them that are converted, by their place among them."""
    always: tuple[tuple[int, Any], ...]
    """What is always the same, by its place among all parameters."""
    names: tuple[str, ...]
    """Of the columns that come out."""
    converted: tuple[tuple[int, _Convert], ...]
    """Those of them that are converted, by place."""
    errors: type[Exception]
    """What the engine's driver raises."""


class Prepared:
    """One statement. Raises what SQLAlchemy raises (`IntegrityError`, `OperationalError`, …).

    What it writes is told as what SQLAlchemy executes is: which table, and whose rows (`store/changes.py`).
    What one reads that is `kept`, of the one table that it names, is read again once something was written to that.
    """

    def __init__(self, statement: Any, *, kept: bool = False) -> None:
        self._statement = statement
        self._kept_of: str | None = None
        if kept:
            (table,) = statement.columns_clause_froms
            self._kept_of = table.name
        self._ready: dict[str, _Ready] = {}
        self._table: str | None = statement.table.name if getattr(statement, "is_dml", False) else None
        self._deletes: bool = getattr(statement, "is_delete", False)
        self._whose = _whose(statement) if self._table is not None else None

    def run(self, connection: Connection, **given: Any) -> int:
        """Execute it, for what it writes; gives how many rows it met."""
        cursor = self._execute(connection, given)
        if self._table is not None and cursor.rowcount:
            self._tell(connection, (given,))
        met: int = cursor.rowcount
        return met

    def run_each(self, connection: Connection, all_given: Sequence[Mapping[str, Any]]) -> None:
        """Execute it once with each of these."""
        ready = self._on(connection)
        self._execute_each(connection, ready, [_bound(ready, given) for given in all_given])
        if self._table is not None and all_given:
            self._tell(connection, all_given)

    def run_values(self, connection: Connection, values: Sequence[object]) -> None:
        """Execute it once with the fields of each of these."""
        ready = self._on(connection)
        self._execute_each(connection, ready, [_bound_of(ready, value) for value in values])
        if self._table is not None and values:
            whose = self._whose
            self._tell(connection, [{} if whose is None else {whose: getattr(value, whose)} for value in values])

    def _execute_each(self, connection: Connection, ready: _Ready, rows: Sequence[Sequence[Any]]) -> None:
        driver: Any = connection.connection.driver_connection
        try:
            if len(rows) == 1:
                driver.execute(ready.sql, rows[0])
            elif rows:
                driver.executemany(ready.sql, rows)
        except ready.errors as failure:
            raise _raised(connection, ready, failure) from failure

    def rows(self, connection: Connection, **given: Any) -> list[tuple[Any, ...]]:
        """What it selects, or returns, as tuples in the order of its columns."""
        if self._kept_of is not None:
            return self._from_kept(connection, tuple, given)
        return self._rows(connection, given)

    def _rows(self, connection: Connection, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        ready = self._on(connection)
        found = self._fetched(connection, ready, given)
        if ready.converted:
            return [tuple(_converted(ready, row)) for row in found]
        return found

    def chunks(
        self, connection: Connection, at_once: int, **given: Any
    ) -> Generator[list[tuple[Any, ...]], None, None]:
        """What it selects, as `rows`, so many at a time. What is not taken is not read."""
        ready = self._on(connection)
        driver: Any = connection.connection.driver_connection
        try:
            with closing(driver.in_chunks(ready.sql, _bound(ready, given), at_once)) as chunks:
                for found in chunks:
                    yield [tuple(_converted(ready, row)) for row in found] if ready.converted else found
        except ready.errors as failure:
            raise _raised(connection, ready, failure) from failure

    def first(self, connection: Connection, **given: Any) -> tuple[Any, ...] | None:
        """The first row of what it selects."""
        found = self.rows(connection, **given)
        return found[0] if found else None

    def scalars(self, connection: Connection, **given: Any) -> list[Any]:
        """The first column of what it selects."""
        return [row[0] for row in self.rows(connection, **given)]

    def scalar(self, connection: Connection, **given: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        found = self.first(connection, **given)
        return None if found is None else found[0]

    def values(self, kind: Callable[..., T], connection: Connection, **given: Any) -> list[T]:
        """Its rows as values of `kind`, whose fields are named as its columns."""
        if self._kept_of is not None:
            return self._from_kept(connection, kind, given)
        return self._values(kind, connection, given)

    def _values(self, kind: Callable[..., T], connection: Connection, given: Mapping[str, Any]) -> list[T]:
        ready = self._on(connection)
        found = self._fetched(connection, ready, given)
        if not found:
            return []
        in_order = _in_order_of(kind, ready.names)
        if in_order is None:
            return [kind(**dict(zip(ready.names, _converted(ready, row), strict=True))) for row in found]
        return [kind(*in_order(_converted(ready, row))) for row in found]

    def value(self, kind: Callable[..., T], connection: Connection, **given: Any) -> T | None:
        """Its only row as a value, or None; two rows are our bug and raise."""
        found = self.values(kind, connection, **given)
        if len(found) > 1:
            raise AssertionError(f"{len(found)} rows where one was to be")
        return found[0] if found else None

    def _from_kept(self, connection: Connection, kind: Callable[..., Any], given: Mapping[str, Any]) -> list[Any]:
        """What it selects, as values of `kind`; as it was read before, where that is what it would be now."""
        kept: KeptReads | None = connection.info.get(KEPT)
        if kept is None:
            return self._read(connection, kind, given)
        assert self._kept_of is not None
        asked = (self, kind, *given.values())
        if (found := kept.get(self._kept_of, asked)) is None:
            found = self._read(connection, kind, given)
            kept.keep(self._kept_of, asked, found)
        return found

    def _read(self, connection: Connection, kind: Callable[..., Any], given: Mapping[str, Any]) -> list[Any]:
        return self._rows(connection, given) if kind is tuple else self._values(kind, connection, given)

    def sql(self, connection: Connection) -> str:
        """The statement in the engine's words."""
        return self._on(connection).sql

    def _execute(self, connection: Connection, given: Mapping[str, Any]) -> Any:
        ready = self._on(connection)
        driver: Any = connection.connection.driver_connection
        try:
            return driver.execute(ready.sql, _bound(ready, given))
        except ready.errors as failure:
            raise _raised(connection, ready, failure) from failure

    def _fetched(self, connection: Connection, ready: _Ready, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows that it selects or returns, as the driver gives them; what it writes is told."""
        cursor = self._execute(connection, given)
        try:
            found: list[tuple[Any, ...]] = cursor.fetchall()
        except ready.errors as failure:
            raise _raised(connection, ready, failure) from failure
        if self._table is not None and found:
            self._tell(connection, (given,))
        return found

    def _on(self, connection: Connection) -> _Ready:
        dialect = connection.dialect
        if (ready := self._ready.get(dialect.name)) is None:
            ready = self._ready[dialect.name] = _compiled(self._statement, dialect)
        return ready

    def _tell(self, connection: Connection, all_given: Sequence[Mapping[str, Any]]) -> None:
        assert self._table is not None
        touched: Touched | None = connection.info.get(TOUCHED)
        if touched is not None:
            whose = self._whose
            touched(self._table, None if whose is None else [str(given[whose]) for given in all_given])
        kept: KeptReads | None = connection.info.get(KEPT) if self._deletes else None
        if kept is not None:
            kept.deleted_from(self._table)


def _compiled(statement: Any, dialect: Dialect) -> _Ready:
    compiled: Any = statement.compile(dialect=dialect)
    processors: Mapping[str, _Convert] = compiled._bind_processors
    given: list[str] = []
    bound: list[tuple[int, _Convert]] = []
    always: list[tuple[int, Any]] = []
    for place, name in enumerate(compiled.positiontup or ()):
        bind, convert = compiled.binds[name], processors.get(name)
        if not bind.required:
            always.append((place, bind.effective_value if convert is None else convert(bind.effective_value)))
            continue
        if convert is not None and not isinstance(bind.type, Boolean):  # drivers take these as they are
            bound.append((len(given), convert))
        given.append(name)
    columns = _columns(statement)
    converted = [
        (place, convert)
        for place, column in enumerate(columns)
        if not isinstance(column.type, Float)  # drivers give these as they are
        and (convert := column.type._cached_result_processor(dialect, None)) is not None
    ]
    return _Ready(
        compiled.string,
        tuple(given),
        tuple(bound),
        tuple(always),
        tuple(column.name for column in columns),
        tuple(converted),
        dialect.loaded_dbapi.Error,
    )


def _columns(statement: Any) -> Sequence[Any]:
    """The columns that come out."""
    if getattr(statement, "is_dml", False):
        return tuple(statement._returning)
    return tuple(getattr(statement, "selected_columns", ()))


def _bound(ready: _Ready, given: Mapping[str, Any]) -> list[Any]:
    """What is given, by place. Raises `KeyError` where something is missing."""
    return _with_the_rest(ready, [given[name] for name in ready.given])


def _bound_of(ready: _Ready, value: object) -> list[Any]:
    """The fields of a value, by place."""
    return _with_the_rest(ready, [getattr(value, name) for name in ready.given])


def _with_the_rest(ready: _Ready, given: list[Any]) -> list[Any]:
    """What is given, converted, and what is always the same: all parameters by place."""
    for place, convert in ready.bound:
        given[place] = convert(given[place])
    for place, always in ready.always:
        given.insert(place, always)
    return given


@cache
def _in_order_of(kind: Callable[..., Any], names: tuple[str, ...]) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """What puts a row of these columns into the order of a dataclass's fields; None for any other kind of value."""
    if not is_dataclass(kind):
        return None
    places = [names.index(field.name) for field in fields(kind) if field.name in names]
    if len(places) != len(names) or len(names) != len(fields(kind)):
        return None
    return itemgetter(*places) if len(places) > 1 else lambda row: row


def _converted(ready: _Ready, row: Sequence[Any]) -> Sequence[Any]:
    if not ready.converted:
        return row
    cells = list(row)
    for place, convert in ready.converted:
        cells[place] = convert(cells[place])
    return cells


def _raised(connection: Connection, ready: _Ready, failure: Exception) -> BaseException:
    """The driver's error as SQLAlchemy's, without what was given: that may be secret."""
    return DBAPIError.instance(ready.sql, None, failure, ready.errors, hide_parameters=True, dialect=connection.dialect)


def _whose(statement: Any) -> str | None:
    """The name of the parameter that says whose row is written; None where the statement does not say."""
    column = naming_column(statement.table)
    if column is None:
        return None
    if statement.is_insert:
        return column
    for criterion in all_of_clause(statement.whereclause):
        if (
            isinstance(criterion, BinaryExpression)
            and criterion.left is statement.table.c[column]
            and criterion.operator is operators.eq
            and isinstance(criterion.right, BindParameter)
            and criterion.right.required
        ):
            return str(criterion.right.key)
    return None
