"""psycopg's connection, as the rest of the engines asks drivers (`asked.Driver`), and SQLAlchemy's engine on it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from kumoniwa.store.engines import postgresql_words as _words  # noqa: F401 - what is said otherwise on PostgreSQL
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.postgresql_address import conninfo
from kumoniwa.store.engines.postgresql_watch import WatchedConnection

_WRITES = ("INSERT", "UPDATE", "DELETE")
_PREPARED = 2000
"""Statements that each connection keeps prepared: there are some hundreds, in a form for each size of numbers."""


@contextmanager
def _without_values() -> Iterator[None]:
    """What the server says of rows that break a rule has their values, and they may be secret: they are left out."""
    try:
        yield
    except (psycopg.IntegrityError, psycopg.DataError) as failure:
        if failure.diag.message_detail is None:
            raise
        raise type(failure)(str(failure.diag.message_primary)) from None


class _Cursor(psycopg.Cursor[Any]):
    """Counts the rows that are written."""

    def execute(self, *args: Any, **options: Any) -> "_Cursor":
        with _without_values():
            super().execute(*args, **options)
        self._count()
        return self

    def executemany(self, *args: Any, **options: Any) -> None:
        with _without_values():
            super().executemany(*args, **options)
        self._count()

    def _count(self) -> None:
        said = self.statusmessage
        if said is not None and said.startswith(_WRITES):
            connection = self.connection
            assert isinstance(connection, Driver)
            connection.total_changes += max(self.rowcount, 0)


class Driver(WatchedConnection):
    """A connection whose transactions are ours."""

    total_changes = 0
    warnings = 0
    """How often the server has warned, by now."""

    @property
    def in_transaction(self) -> bool:
        return self.pgconn.transaction_status in (
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
            TransactionStatus.ACTIVE,
        )

    @property
    def is_stuck(self) -> bool:
        return bool(self.pgconn.transaction_status == TransactionStatus.INERROR)

    def executemany(self, sql: Any, given: Sequence[Sequence[Any]]) -> _Cursor:
        cursor = self.cursor()
        assert isinstance(cursor, _Cursor)
        cursor.executemany(sql, given)
        return cursor

    def in_chunks(self, sql: str, given: Sequence[Any], at_once: int) -> Iterator[list[Any]]:
        """The first rows are asked for by themselves: most listings have no more, and that is one question."""
        if found := self.execute(f"{sql} LIMIT {at_once}", given).fetchall():
            yield found
        if len(found) < at_once:
            return
        with self.cursor(name=f"chunks_{id(found)}") as cursor:
            cursor.execute(f"{sql} OFFSET {at_once}", given)
            while found := cursor.fetchmany(at_once):
                yield found

    def damages(self) -> list[str]:
        return []  # its server looks for them: with checksums at each read, and by pg_amcheck

    def _warned(self, _notice: object) -> None:
        self.warnings += 1


def make_engine(address: str, *, durable: bool = True) -> Engine:
    """SQLAlchemy's engine on the database at this address. Each connection is new, and whoever has it keeps it."""
    how = conninfo(address)

    def connect() -> Driver:
        driver = Driver.connect(how, autocommit=True, cursor_factory=_Cursor)
        driver.prepared_max = _PREPARED
        driver.add_notice_handler(driver._warned)
        driver.execute(_DURABLE if durable else "SET synchronous_commit = off")
        return driver

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=NullPool,
        paramstyle="format",
        use_native_hstore=False,
        hide_parameters=True,  # an error would show them in the log: user data, the secret of the metadata tokens
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver = driver_of(connection)
        if not driver.in_transaction:  # else it was begun by us
            driver.execute("BEGIN")

    return engine


_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false), set_config('client_min_messages', 'warning', false)"
    " WHERE current_setting('synchronous_commit') <> 'remote_apply'"
)
"""Whatever the server's default: what is answered is on its disk, and on that of its synchronous standby."""
