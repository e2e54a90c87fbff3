"""Open a database of PostgreSQL: whether it is fit, its schema, and that it is the one of this data folder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from kumoniwa.refusal import Refusal
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.patience import end_of_patience
from kumoniwa.store.engines.postgresql import PostgresqlDatabase
from kumoniwa.store.engines.postgresql_address import shown
from kumoniwa.store.engines.postgresql_driver import Driver, make_engine
from kumoniwa.store.engines.postgresql_failures import (
    StandbyAway,
    failures_named,
    psycopgs,
    reason_of,
)
from kumoniwa.store.engines.postgresql_lock import ServerLock
from kumoniwa.store.engines.postgresql_same import SameState
from kumoniwa.store.engines.postgresql_session import Session
from kumoniwa.store.engines.postgresql_watch import Watch
from kumoniwa.store.engines.state_of_folder import bind, check_whose, intend
from kumoniwa.store.schema import check_current, ensure_schema_on

_OLDEST = 130000  # its functions of transactions' numbers
_FACTS = (
    "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),"
    " 'Z' < 'a' AND 'a-b' < 'aa' AND 'z' < 'é', current_schema() IS NOT NULL"
)
_EXAMINED = (
    "SELECT current_setting('server_version'),"
    " current_setting('fsync')::bool AND current_setting('full_page_writes')::bool,"
    " current_setting('synchronous_standby_names')"
)
_MADE = "createdb --template template0 --encoding UTF8 --locale C NAME"
_TABLES = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
_MAY_CREATE = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
_WITHOUT_RIGHTS = (
    f"{_TABLES} AND NOT coalesce((SELECT bool_and(has_table_privilege("
    "quote_ident(schemaname) || '.' || quote_ident(tablename), right_to))"
    " FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_to), false)"
    " UNION ALL SELECT sequencename::text FROM pg_sequences WHERE schemaname = current_schema()"
    " AND NOT has_sequence_privilege(quote_ident(schemaname) || '.' || quote_ident(sequencename), 'USAGE')"
    " ORDER BY 1 LIMIT 1"
)
_NO_RIGHT = "42501"  # SQLSTATE insufficient_privilege


class DatabaseUnfit(Refusal):
    """A database that state cannot be kept in."""


def open_postgresql(data_dir: Path, address: str, file: Path, *, upgrade: bool, durable: bool) -> PostgresqlDatabase:
    """The state of this folder in the database at this address, brought to the schema of this version, and ours alone.

    `file` is where it would be on SQLite. Without `upgrade` nothing is written, in the folder neither.
    Raises `BadAddress`, `DatabaseUnfit`, `StateElsewhere`, `SchemaTooNew`, `SchemaTooOld`, `DatabaseUnavailable`.
    """
    engine = make_engine(address, durable=durable)
    ended, same = threading.Event(), SameState()
    writer = _of_server(engine, ended, same)
    watch = Watch(ended)
    watch.add(lambda: writer.driver)
    watch.start()
    try:
        with _failures_said(address):
            connection = writer.connected_first()
            driver: Driver = driver_of(connection)
            check_fit(driver, address)
            _check_ours(driver, address)
            cloud = cloud_of(driver)
            if cloud is None:
                _check_no_rows(driver, address)
            make_it = check_whose(data_dir, address, cloud, file, begin=upgrade)
            if upgrade:
                check_rights(driver, address)
                check_standby(driver)  # before anything is written, and with what a server before this one wrote
                ensure_schema_on(connection)
            else:
                check_current(connection)
            if make_it is not None:
                intend(data_dir, make_it)
                with connection.begin():
                    driver.execute("UPDATE cloud_state SET cloud = %s", (make_it,))
                bind(data_dir, make_it)
            same.opened(driver)
    except BaseException:
        watch.stop()
        writer.drop()
        engine.dispose()
        raise
    return PostgresqlDatabase(writer, lambda: Session(engine, ended, same.check), watch, ended)


def _of_server(engine: Engine, ended: threading.Event, same: SameState) -> Session:
    """The connection that has the server's lock."""
    lock = ServerLock()

    def begin(driver: Driver) -> None:
        lock.take(driver)
        same.check(driver)

    return Session(engine, ended, begin)


@contextmanager
def held(address: str, ended: threading.Event) -> Iterator[Connection]:
    """The database at this address, whatever is in it, ours alone while the block runs: by the connection that has it.

    Once `ended` is set, what waits for the server is given up within seconds.
    What PostgreSQL fails with in the block is raised as `DatabaseUnavailable` where it passes, else as `DatabaseUnfit`.
    """
    engine = make_engine(address)
    session = Session(engine, ended, ServerLock().take)
    watch = Watch(ended)
    watch.add(lambda: session.driver)
    watch.start()
    try:
        with _failures_said(address):
            connection = session.connected_first()
            check_fit(driver_of(connection), address)
            yield connection
    finally:
        watch.stop()
        session.drop()
        engine.dispose()


def examined(address: str) -> tuple[str, str | None]:
    """The database at this address in words, and what could be better there.

    Nothing is changed, and a server may use it. Raises `BadAddress`, `DatabaseUnfit`, `DatabaseUnavailable`.
    """
    engine = make_engine(address)
    session = Session(engine, threading.Event())
    try:
        with _failures_said(address):
            driver: Driver = driver_of(session.connected_first())
            check_fit(driver, address)
            _check_ours(driver, address)
            check_rights(driver, address)
            version, survives, standbys = driver.execute(_EXAMINED).fetchone() or ("", False, "")
    finally:
        session.drop()
        engine.dispose()
    seen = f"{shown(address)}, version {version}" + (f", with a synchronous standby ({standbys})" if standbys else "")
    return seen, None if survives else "set fsync and full_page_writes on: a power failure breaks this database"


def cloud_of(driver: Driver) -> str | None:
    """Whose state is in the database; None where it has none yet."""
    if _scalar(driver, "SELECT to_regclass('cloud_state')::text") is None:
        return None
    found: str | None = _scalar(driver, "SELECT cloud FROM cloud_state")
    return found


def is_empty(driver: Driver) -> bool:
    """Whether the database has no tables."""
    return driver.execute(_TABLES).fetchone() is None


def check_rights(driver: Driver, address: str) -> None:
    """Raises `DatabaseUnfit` where our role may not make tables in an empty database, or not change those there are."""
    if is_empty(driver):
        if not _scalar(driver, _MAY_CREATE):
            raise _forbidden(address, "our role may not make tables in it")
    elif (name := _scalar(driver, _WITHOUT_RIGHTS)) is not None:
        raise _forbidden(address, f"our role may not read and change {name} in it")


def _check_no_rows(driver: Driver, address: str) -> None:
    """Raises `DatabaseUnfit` where a database that names no cloud has the state of one."""
    for (name,) in driver.execute(f"{_TABLES} AND tablename NOT IN ('cloud_state', 'alembic_version')").fetchall():
        if driver.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone() is not None:
            raise DatabaseUnfit(
                f"{shown(address)} has the state of a cloud, and does not say of which.",
                way_out=f"Make another database with: {_MADE}",
            )


@contextmanager
def _failures_said(address: str) -> Iterator[None]:
    """PostgreSQL's failures as `DatabaseUnavailable` where they pass, else as `DatabaseUnfit` in its own words."""
    try:
        with failures_named():
            yield
    except DBAPIError as failure:
        if (cause := psycopgs(failure)) is None:
            raise
        reason = cause.diag.message_primary or reason_of(cause)
        if cause.sqlstate == _NO_RIGHT:
            raise _forbidden(address, reason) from failure
        raise DatabaseUnfit(
            f"{shown(address)} cannot be used: {reason}.",
            way_out="Correct the address, or the database (docs/postgresql); PostgreSQL's own log may say more.",
        ) from failure


def _forbidden(address: str, reason: str) -> DatabaseUnfit:
    return DatabaseUnfit(
        f"{shown(address)} does not give the rights that Kumoniwa needs: {reason}.",
        way_out="Make the role the owner of the database, and of the tables in it: ALTER DATABASE … OWNER TO …, "
        "REASSIGN OWNED BY … TO ….",
    )


def _check_ours(driver: Driver, address: str) -> None:
    if not is_empty(driver) and _scalar(driver, "SELECT to_regclass('cloud_state')::text") is None:
        raise DatabaseUnfit(
            f"{shown(address)} has tables that are not Kumoniwa's.", way_out=f"Make one of its own with: {_MADE}"
        )


def _scalar(driver: Driver, query: str) -> Any:
    row = driver.execute(query).fetchone()
    return None if row is None else row[0]


def check_fit(driver: Driver, address: str) -> None:
    """Raises `DatabaseUnfit` where texts would be kept or ordered otherwise than SQLite does."""
    found = driver.execute(_FACTS).fetchone()
    assert found is not None
    version, encoding, in_order, has_schema = found
    if version < _OLDEST:
        raise DatabaseUnfit(f"{shown(address)} is older than PostgreSQL 13.", way_out="Use a newer one.")
    if encoding != "UTF8" or not in_order:
        raise DatabaseUnfit(
            f"{shown(address)} does not order texts by their bytes in UTF-8, as Kumoniwa's listings are ordered.",
            way_out=f"Make the database with: {_MADE}",
        )
    if not has_schema:
        raise DatabaseUnfit(
            f"{shown(address)} has no schema that is in the search path of our role and that it may use.",
            way_out="Make one (CREATE SCHEMA … AUTHORIZATION …), or set another path (ALTER ROLE … SET search_path …).",
        )


def check_standby(driver: Driver) -> None:
    """Raises `StandbyAway` where the synchronous standby does not have what was committed here, after a wait.

    The connection is watched.
    """
    driver.until = end_of_patience()
    try:
        if not driver.reaches_standby():
            raise StandbyAway
    finally:
        driver.until = None
