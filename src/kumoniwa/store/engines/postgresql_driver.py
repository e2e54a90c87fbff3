"""psycopg's connection, as the rest of the engines asks drivers (`asked.Driver`), and SQLAlchemy's engine on it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from kumoniwa.store.engines import patience
from kumoniwa.store.engines import postgresql_words as _words  # noqa: F401 - what is said otherwise on PostgreSQL
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.postgresql_address import conninfo
from kumoniwa.store.engines.postgresql_failures import StandbyAway
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
    begun = 0.0
    """When SQLAlchemy began its last transaction, on the monotonic clock."""

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

    def reaches_standby(self) -> bool:
        """Commit something that changes nothing; gives whether it has reached the synchronous standby, where there is
        to be one. With it is all that was committed before."""
        warnings = self.warnings
        self.execute("SELECT pg_logical_emit_message(true, 'kumoniwa', '')")
        return self.warnings == warnings

    def commit(self) -> None:
        """What SQLAlchemy commits with, where a database is opened or copied to.

        A standby has as long as the transaction took: there may be as much that it does not have yet. Raises
        `StandbyAway` where it is committed, and the standby does not have it in time. The connection is watched.
        """
        now, warnings = time.monotonic(), self.warnings
        self.until = max(patience.end_of_patience(), now + (now - self.begun))
        try:
            super().commit()
        finally:
            self.until = None
        if self.warnings != warnings:
            raise StandbyAway

    def _warned(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self.warnings += 1


def make_engine(address: str, *, durable: bool = True) -> Engine:
    """SQLAlchemy's engine on the database at this address. Each connection is new, and whoever has it keeps it."""
    how = conninfo(address)

    def connect() -> Driver:
        driver = Driver.connect(how, autocommit=True, cursor_factory=_Cursor)
        driver.prepared_max = _PREPARED
        driver.add_notice_handler(driver._warned)
        driver.execute(_SETTINGS, {"durable": durable, "patience": f"{patience.PATIENCE * 1000:.0f}"})
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
        driver: Driver = driver_of(connection)
        driver.begun = time.monotonic()
        if not driver.in_transaction:  # else it was begun by us
            driver.execute("BEGIN")

    return engine


_SETTINGS = (
    # Whatever the server's default: what is answered is on its disk, and on that of its synchronous standby.
    "SELECT CASE WHEN NOT %(durable)s THEN set_config('synchronous_commit', 'off', false)"
    " WHEN current_setting('synchronous_commit') <> 'remote_apply'"
    " THEN set_config('synchronous_commit', 'on', false) END,"
    # That a wait for the standby was ended is a warning.
    " set_config('client_min_messages', 'warning', false),"
    # Who shortens the wait for locks may.
    " CASE WHEN current_setting('lock_timeout') = '0' THEN set_config('lock_timeout', %(patience)s, false) END,"
    # Our sessions are idle where nothing is asked of us, and have the lock of the server.
    " (SELECT count(set_config(name, '0', false)) FROM pg_settings WHERE name IN"
    " ('idle_session_timeout', 'idle_in_transaction_session_timeout'))"
)
"""Of each connection. The older of the servers have no `idle_session_timeout`."""
