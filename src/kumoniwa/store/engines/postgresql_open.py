"""Open a database of PostgreSQL: whether it is fit, its schema, and that it is the one of this data folder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from kumoniwa.refusal import Refusal
from kumoniwa.store.engines.asked import driver_of
from kumoniwa.store.engines.postgresql import PostgresqlDatabase
from kumoniwa.store.engines.postgresql_address import shown
from kumoniwa.store.engines.postgresql_driver import Driver, make_engine
from kumoniwa.store.engines.postgresql_lock import ServerLock
from kumoniwa.store.engines.postgresql_session import Session
from kumoniwa.store.engines.state_of_folder import bind, check_whose
from kumoniwa.store.schema import check_current, ensure_schema

_OLDEST = 130000  # its functions of transactions' numbers
_FACTS = (
    "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),"
    " 'Z' < 'a' AND 'a-b' < 'aa' AND 'z' < 'é'"
)
_EXAMINED = (
    "SELECT current_setting('server_version'),"
    " current_setting('fsync')::bool AND current_setting('full_page_writes')::bool,"
    " current_setting('synchronous_standby_names')"
)
_MADE = "createdb --template template0 --encoding UTF8 --locale C NAME"


class DatabaseUnfit(Refusal):
    """A database that state cannot be kept in."""


def open_postgresql(data_dir: Path, address: str, file: Path, *, upgrade: bool, durable: bool) -> PostgresqlDatabase:
    """The state of this folder in the database at this address, brought to the schema of this version, and ours alone.

    `file` is where it would be on SQLite. Raises `BadAddress`, `DatabaseUnfit`, `StateElsewhere`, `SchemaTooNew`,
    `SchemaTooOld`, `DatabaseUnavailable`.
    """
    engine = make_engine(address, durable=durable)
    ended = threading.Event()
    writer = Session(engine, ended, ServerLock().take)
    try:
        driver: Driver = driver_of(writer.connected_first())
        check_fit(driver, address)
        _check_ours(driver, address)
        make_it = check_whose(data_dir, address, cloud_of(driver), file)
        if upgrade:
            ensure_schema(engine)
        else:
            check_current(engine)
        if make_it is not None:
            driver.execute("UPDATE cloud_state SET cloud = %s", (make_it,))
            bind(data_dir, make_it)
    except BaseException:
        writer.drop()
        engine.dispose()
        raise
    return PostgresqlDatabase(engine, writer, ended)


@contextmanager
def held(address: str) -> Iterator[tuple[Engine, Driver]]:
    """The database at this address, whatever is in it, ours alone while the block runs."""
    engine = make_engine(address)
    session = Session(engine, threading.Event(), ServerLock().take)
    try:
        driver: Driver = driver_of(session.connected_first())
        check_fit(driver, address)
        yield engine, driver
    finally:
        session.drop()
        engine.dispose()


def examined(address: str) -> tuple[str, str | None]:
    """What a person is told of the database at this address, and what could be better there.

    Nothing is changed, and a server may use it. Raises `BadAddress`, `DatabaseUnfit`, `DatabaseUnavailable`.
    """
    engine = make_engine(address)
    session = Session(engine, threading.Event())
    try:
        driver: Driver = driver_of(session.connected_first())
        check_fit(driver, address)
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
    """Whether nobody has any tables in it."""
    return not _scalar(driver, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")


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
    version, encoding, in_order = found
    if version < _OLDEST:
        raise DatabaseUnfit(f"{shown(address)} is older than PostgreSQL 13.", way_out="Use a newer one.")
    if encoding != "UTF8" or not in_order:
        raise DatabaseUnfit(
            f"{shown(address)} does not order texts by their bytes in UTF-8, as Kumoniwa's listings are ordered.",
            way_out=f"Make the database with: {_MADE}",
        )
