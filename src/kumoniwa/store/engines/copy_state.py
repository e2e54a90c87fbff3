"""Copy the whole state from SQLite to PostgreSQL, and back.

What is copied is compared afterwards, table by table: how many rows there are, and a hash of all that is in them. Until
then the copy is not the state of any folder, and what was copied from is as it was.
"""

import hashlib
import itertools
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import JSON, BigInteger, Connection, Engine, String, Table, cast, func, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import Text

from kumoniwa.folder import sync_folder
from kumoniwa.refusal import Refusal, sentence
from kumoniwa.sqlite_file import make_whole, remove_rests
from kumoniwa.store.all_tables import metadata
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.causes import causes_of
from kumoniwa.store.engines.postgresql import BEGIN_READING
from kumoniwa.store.engines.postgresql_address import shown
from kumoniwa.store.engines.postgresql_driver import Driver
from kumoniwa.store.engines.postgresql_failures import StandbyAway
from kumoniwa.store.engines.postgresql_open import check_rights, check_standby, cloud_of, held, is_empty
from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.engines.state_of_folder import bind, bound_to, release
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.schema import check_current, make_schema
from kumoniwa.store.tables.columns import Moment, Word
from kumoniwa.values import dataclass

_AT_ONCE = 1000  # rows
_FILES = ("-wal", "-shm", "")  # what the names of a database's files end with
COPIED = ".copied"
"""Ends the name of a database file whose state is on PostgreSQL now; a number follows where that name is taken."""

OnCopied = Callable[[str, int, int], None]
"""Called with the table that is being copied or compared, how many steps are done, and how many there are.

Each row is two steps: it is copied, and compared.
"""


class CannotCopy(Refusal):
    """The state cannot be copied; nothing has changed."""


class CopyEnded(Exception):
    """It was asked to end, and nothing has changed."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a table."""

    rows: int
    sha256: str


def to_postgresql(file: Path, address: str, on_copied: OnCopied, ended: threading.Event) -> dict[str, Content]:
    """Copy the state of this file to an empty database, which is the state of the file's folder from then on.

    The folder is the caller's alone. It is one transaction: what fails leaves the database empty. Another thread may
    set `ended`: before the end of the last comparison that is the end of the copy, and after it of nothing.
    Raises `CannotCopy`, `CopyEnded`, and what `open_database` raises.
    """
    if not file.is_file() or bound_to(file.parent) is not None:
        raise CannotCopy(
            f"The state of {file.parent} is not in a {file.name} of its own.",
            way_out="Name the folder of a cloud that keeps its state in a file.",
        )
    source = make_engine(file)
    try:
        with _failures_of(file, "Make room where it lies, or put a copy of it back (docs/operations)."):
            with source.connect() as reader:
                check_current(reader)
            with held(address, ended) as connection:
                driver: Driver = driver_of(connection)
                if not is_empty(driver):
                    raise CannotCopy(
                        f"There is something in {shown(address)}.",
                        way_out="Name an empty database: nothing is overwritten.",
                    )
                check_rights(driver, address)
                check_standby(driver)  # before anything is there
                cloud, steps = str(uuid.uuid4()), _Steps(on_copied, ended)
                with _without_standby_in_the_end(address):
                    copied = _copied_to_postgresql(source, connection, cloud, steps)
                bind(file.parent, cloud)
    finally:
        source.dispose()
    _move_aside(file)
    return copied


def to_sqlite(address: str, file: Path, on_copied: OnCopied, ended: threading.Event) -> dict[str, Content]:
    """Copy the state that this file's folder has on PostgreSQL into the file, which is the folder's state from then on.

    The folder is the caller's alone. `ended` is as above. Raises `CannotCopy`, `CopyEnded`, and what `open_database`
    raises.
    """
    if file.exists():
        raise CannotCopy(f"There is a {file} already.", way_out="Move it away: nothing is overwritten.")
    draft = file.with_name(f"{file.name}.new")
    _remove(draft)
    with held(address, ended) as connection:
        cloud = cloud_of(driver_of(connection))
        if cloud is None or cloud != bound_to(file.parent):
            raise CannotCopy(
                f"{shown(address)} does not have the state of {file.parent}.",
                way_out="Name the folder that belongs to it with --data-dir: it has the disks.",
            )
        check_current(connection)
        steps = _Steps(on_copied, ended)
        try:
            with _failures_of(draft, "Make room there, then copy again: the state is where it was."):
                copied = _copied_to_sqlite(connection, draft, steps)
                make_whole(draft)
                _compare_file(draft, copied, steps)
                remove_rests(file)
                draft.rename(file)
                sync_folder(file.parent)
        except BaseException:
            _remove(draft)
            raise
        release(file.parent)
    return copied


@contextmanager
def _failures_of(file: Path, way_out: str) -> Iterator[None]:
    """What SQLite and the disk fail with, as `CannotCopy` with the file's name."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as failure:
        causes = (each for each in causes_of(failure) if isinstance(each, sqlite3.Error))
        cause = failure if isinstance(failure, OSError) else next(causes, None)
        if cause is None:
            raise
        raise CannotCopy(f"{file} cannot be used: {sentence(str(cause))}", way_out=way_out) from failure


@contextmanager
def _without_standby_in_the_end(address: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as failure:
        if not any(isinstance(cause, StandbyAway) for cause in causes_of(failure)):
            raise
        raise CannotCopy(
            f"The copy in {shown(address)} is not on its synchronous standby, which does not answer: it is not used, "
            "and the state is where it was.",
            way_out="Have the standby answer, and copy again into another database, or into this one made empty.",
        ) from failure


def _copied_to_postgresql(source: Engine, writer: Connection, cloud: str, steps: "_Steps") -> dict[str, Content]:
    with source.connect() as reader, reader.begin(), writer.begin():
        make_schema(writer)
        driver: Driver = driver_of(writer)
        driver.execute("UPDATE cloud_state SET cloud = %s", (cloud,))

        def write(table: Table, chunks: Iterator[list[tuple[Any, ...]]]) -> None:
            names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.c)
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
            try:
                with driver.cursor().copy(into) as copy:
                    for chunk in chunks:
                        for row in chunk:
                            copy.write_row(row)
            except (psycopg.DataError, psycopg.IntegrityError) as failure:
                reason = failure.diag.message_primary or failure
                raise CannotCopy(
                    f"A row of the table {table.name} is not one for PostgreSQL: {reason}.",
                    way_out="Change or delete that resource, then copy again.",
                ) from None

        copied = _copied(reader, write, steps)
        driver.execute(
            "SELECT setval(pg_get_serial_sequence('workflows', 'sequence'), max(sequence)) FROM workflows"
            " HAVING max(sequence) IS NOT NULL"
        )
        _compare(writer, copied, steps)
        return copied


def _copied_to_sqlite(reader: Connection, draft: Path, steps: "_Steps") -> dict[str, Content]:
    driver_of(reader).execute(BEGIN_READING)  # of one moment, whatever another program writes there
    with (
        reader.begin(),
        _opened(draft) as target,
        target.connect().execution_options(writer=True) as writer,
        writer.begin(),
    ):
        make_schema(writer)
        driver = driver_of(writer)
        driver.execute("PRAGMA defer_foreign_keys=ON")  # rows of one table refer to each other

        def write(table: Table, chunks: Iterator[list[tuple[Any, ...]]]) -> None:
            places = ", ".join("?" for _ in table.c)
            names = ", ".join(f'"{column.name}"' for column in table.c)
            for chunk in chunks:
                driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', chunk)

        return _copied(reader, write, steps)


def _compare_file(draft: Path, copied: Mapping[str, Content], steps: "_Steps") -> None:
    """Compare what is in the file, and leave it whole."""
    with _opened(draft) as target, target.connect() as reader, reader.begin():
        _compare(reader, copied, steps)
    make_whole(draft)


@contextmanager
def _opened(file: Path) -> Iterator[Engine]:
    engine = make_engine(file)
    try:
        yield engine
    finally:
        engine.dispose()


def _copied(
    reader: Connection, write: Callable[[Table, Iterator[list[tuple[Any, ...]]]], None], steps: "_Steps"
) -> dict[str, Content]:
    """Copy each table; gives what was in it."""
    steps.rows = sum(_count(reader, table) for table in metadata.sorted_tables)
    found = {}
    for table in metadata.sorted_tables:
        with closing(_chunks(reader, table)) as chunks:
            read = _Hashed(steps.through(table, chunks))
            write(table, iter(read))
        found[table.name] = read.content
    return found


def _compare(reader: Connection, copied: Mapping[str, Content], steps: "_Steps") -> None:
    """Read each table of the copy. Raises `CannotCopy` where something is not as it was."""
    for table in metadata.sorted_tables:
        with closing(_chunks(reader, table)) as chunks:
            written = _Hashed(steps.through(table, chunks))
            for _ in written:
                pass
        if written.content != copied[table.name]:
            raise CannotCopy(
                f"The table {table.name} is not the same after it was copied.",
                way_out="This is a fault of Kumoniwa: please report it. The state is where it was.",
            )


class _Steps:
    """How far a copy is."""

    def __init__(self, on_copied: OnCopied, ended: threading.Event) -> None:
        self._on_copied, self._ended = on_copied, ended
        self._done = 0
        self.rows = 0
        """How many there are to copy."""

    def through(self, table: Table, chunks: Iterator[list[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a table, each a step that is done when the next is asked for. Raises `CopyEnded`."""
        self._tell(table)
        for chunk in chunks:
            yield chunk
            self._done += len(chunk)
            self._tell(table)

    def _tell(self, table: Table) -> None:
        if self._ended.is_set():
            raise CopyEnded
        self._on_copied(table.name, self._done, 2 * self.rows)


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


def _move_aside(file: Path) -> None:
    """The file is the state no more, and stays as a copy, beside those of copies before."""
    names = (f"{file.name}{COPIED}" + (f".{number}" if number > 1 else "") for number in itertools.count(1))
    copy = next(name for name in names if not any(os.path.lexists(file.with_name(name + end)) for end in _FILES))
    for end in _FILES:
        beside = file.with_name(file.name + end)
        if beside.exists():
            beside.rename(file.with_name(copy + end))
    sync_folder(file.parent)


def _remove(draft: Path) -> None:
    draft.unlink(missing_ok=True)
    remove_rests(draft)
