"""Copy the whole state from SQLite to PostgreSQL, and back.

What is copied is compared afterwards, table by table: how many rows there are, and a hash of all that is in them. Until
then nobody takes the copy for the state, and what was copied from is as it was.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import JSON, BigInteger, Connection, Engine, String, Table, cast, func, select, type_coerce
from sqlalchemy.types import Text

from kumoniwa.folder import sync_folder
from kumoniwa.refusal import Refusal
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.postgresql_address import shown
from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_open import cloud_of, held, is_empty
from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.engines.state_of_folder import bind, bound_to, release
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.schema import check_current, ensure_schema
from kumoniwa.store.tables.columns import Moment, Word
from kumoniwa.values import dataclass

_AT_ONCE = 1000  # rows
COPIED = ".copied"
"""Ends the name of a database file whose state is on PostgreSQL now."""

OnCopied = Callable[[str, int, int], None]
"""Is told which table is copied, how many rows are, and how many there are in all."""


class CannotCopy(Refusal):
    """The state cannot be copied; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a table."""

    rows: int
    sha256: str


def to_postgresql(file: Path, address: str, on_copied: OnCopied) -> dict[str, Content]:
    """Copy the state of this file to an empty database, which is the state of the file's folder from then on.

    The folder is the caller's alone. Raises `CannotCopy`, and what `open_database` raises.
    """
    if not file.is_file() or bound_to(file.parent) is not None:
        raise CannotCopy(
            f"The state of {file.parent} is not in a {file.name} of its own.",
            way_out="Name the folder of a cloud that keeps its state in a file.",
        )
    source = make_engine(file)
    try:
        check_current(source)
        with held(address) as (engine, driver):
            if not is_empty(driver):
                raise CannotCopy(
                    f"There is something in {shown(address)}.",
                    way_out="Name an empty database: nothing is overwritten.",
                )
            ensure_schema(engine)
            try:
                copied = _copied_to_postgresql(source, engine, on_copied)
            except BaseException:
                _empty(driver)
                raise
            cloud = str(uuid.uuid4())
            driver.execute("UPDATE cloud_state SET cloud = %s", (cloud,))
            bind(file.parent, cloud)
    finally:
        source.dispose()
    _move_aside(file)
    return copied


def to_sqlite(address: str, file: Path, on_copied: OnCopied) -> dict[str, Content]:
    """Copy the state that this file's folder has on PostgreSQL into the file, which is the folder's state from then on.

    The folder is the caller's alone. Raises `CannotCopy`, and what `open_database` raises.
    """
    if file.exists():
        raise CannotCopy(f"There is a {file} already.", way_out="Move it away: nothing is overwritten.")
    draft = file.with_name(f"{file.name}.new")
    _remove(draft)
    with held(address) as (engine, driver):
        cloud = cloud_of(driver)
        if cloud is None or cloud != bound_to(file.parent):
            raise CannotCopy(
                f"{shown(address)} does not have the state of {file.parent}.",
                way_out="Name the folder that belongs to it with --data-dir: it has the disks.",
            )
        check_current(engine)
        target = make_engine(draft)
        try:
            ensure_schema(target)
            copied = _copied_to_sqlite(engine, target, on_copied)
        except BaseException:
            target.dispose()
            _remove(draft)
            raise
        target.dispose()
        draft.rename(file)
        sync_folder(file.parent)
        release(file.parent)
    return copied


def _copied_to_postgresql(source: Engine, target: Engine, on_copied: OnCopied) -> dict[str, Content]:
    with source.connect() as reader, reader.begin(), target.connect() as writer, writer.begin():
        driver: Driver = driver_of(writer)

        def write(table: Table, chunks: Iterator[list[tuple[Any, ...]]]) -> None:
            names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.c)
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
            try:
                with driver.cursor().copy(into) as copy:
                    for chunk in chunks:
                        for row in chunk:
                            copy.write_row(row)
            except psycopg.DataError as failure:
                reason = failure.diag.message_primary or failure
                raise CannotCopy(
                    f"A row of the table {table.name} is not one for PostgreSQL: {reason}.",
                    way_out="Change or delete that resource, then copy again.",
                ) from None

        copied = _copied(reader, writer, write, on_copied)
        driver.execute(
            "SELECT setval(pg_get_serial_sequence('workflows', 'sequence'), max(sequence)) FROM workflows"
            " HAVING max(sequence) IS NOT NULL"
        )
        return copied


def _copied_to_sqlite(source: Engine, target: Engine, on_copied: OnCopied) -> dict[str, Content]:
    with (
        source.connect() as reader,
        reader.begin(),
        target.connect().execution_options(writer=True) as writer,
        writer.begin(),
    ):
        driver = driver_of(writer)
        driver.execute("PRAGMA defer_foreign_keys=ON")  # rows of one table refer to each other

        def write(table: Table, chunks: Iterator[list[tuple[Any, ...]]]) -> None:
            places = ", ".join("?" for _ in table.c)
            names = ", ".join(f'"{column.name}"' for column in table.c)
            for chunk in chunks:
                driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', chunk)

        return _copied(reader, writer, write, on_copied)


def _copied(
    reader: Connection,
    writer: Connection,
    write: Callable[[Table, Iterator[list[tuple[Any, ...]]]], None],
    on_copied: OnCopied,
) -> dict[str, Content]:
    """Copy each table, then read it anew and compare. Raises `CannotCopy` where something is not as it was."""
    count = sum(_count(reader, table) for table in metadata.sorted_tables)
    done, found = 0, {}
    for table in metadata.sorted_tables:
        on_copied(table.name, done, count)
        with closing(_chunks(reader, table)) as chunks:
            read = _Hashed(chunks)
            write(table, iter(read))
        with closing(_chunks(writer, table)) as chunks:
            written = _Hashed(chunks)
            for _ in written:
                pass
        if written.content != read.content:
            raise CannotCopy(
                f"The table {table.name} is not the same after it was copied.",
                way_out="This is a fault of Kumoniwa: please report it. The state is where it was.",
            )
        found[table.name] = read.content
        done += read.content.rows
    return found


class _Hashed:
    """Rows that pass by, and what they were."""

    def __init__(self, chunks: Iterator[list[tuple[Any, ...]]]) -> None:
        self._chunks = chunks
        self._hash, self._rows = hashlib.sha256(), 0

    def __iter__(self) -> Iterator[list[tuple[Any, ...]]]:
        for chunk in self._chunks:
            for row in chunk:
                self._hash.update(repr(_same_on_both(row)).encode("utf-8", "surrogatepass"))
            self._rows += len(chunk)
            yield chunk

    @property
    def content(self) -> Content:
        return Content(self._rows, self._hash.hexdigest())


def _same_on_both(row: Sequence[Any]) -> Sequence[Any]:
    """A row as it is, whichever engine gave it: SQLite keeps a document that is a number as a number."""
    return [bytes(cell) if isinstance(cell, memoryview) else _document(cell) for cell in row]


def _document(cell: Any) -> Any:
    if not isinstance(cell, _Document):
        return cell
    value = json.loads(cell)
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


class _Document(str):
    """A text of JSON."""


@cache
def _reading(table: Table) -> Prepared:
    return Prepared(select(*map(_as_it_is, table.c)).order_by(*table.primary_key))


def _as_it_is(column: Any) -> Any:
    """A column as the database keeps it, documents as their text."""
    if isinstance(column.type, JSON):
        return cast(type_coerce(column, Text), Text).label(column.name)
    if isinstance(column.type, Moment):
        return type_coerce(column, BigInteger).label(column.name)
    return type_coerce(column, String).label(column.name) if isinstance(column.type, Word) else column


def _chunks(connection: Connection, table: Table) -> Generator[list[tuple[Any, ...]], None, None]:
    documents = [place for place, column in enumerate(table.c) if isinstance(column.type, JSON)]
    with closing(_reading(table).chunks(connection, _AT_ONCE)) as chunks:
        for chunk in chunks:
            yield [_with_documents(row, documents) for row in chunk] if documents else chunk


def _with_documents(row: tuple[Any, ...], documents: Sequence[int]) -> tuple[Any, ...]:
    cells = list(row)
    for place in documents:
        if cells[place] is not None:
            cells[place] = _Document(cells[place])
    return tuple(cells)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _empty(driver: Driver) -> None:
    """Drop what was made in a database that was empty."""
    for name in (*(table.name for table in reversed(metadata.sorted_tables)), "cloud_state", "alembic_version"):
        driver.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))


def _move_aside(file: Path) -> None:
    """The file is the state no more, and stays as a copy."""
    for end in ("-wal", "-shm", ""):
        beside = file.with_name(file.name + end)
        if beside.exists():
            beside.rename(file.with_name(f"{file.name}{COPIED}{end}"))
    sync_folder(file.parent)


def _remove(draft: Path) -> None:
    for end in ("", "-wal", "-shm"):
        draft.with_name(draft.name + end).unlink(missing_ok=True)
