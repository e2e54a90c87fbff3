"""The engines that state can be kept on. Nothing outside this package names one of them."""

from pathlib import Path

from sqlalchemy.exc import DatabaseError

from kumoniwa.folder import STATE_FILE
from kumoniwa.refusal import Refusal
from kumoniwa.store.database import Database
from kumoniwa.store.engines.sqlite import SqliteDatabase, make_engine
from kumoniwa.store.new_state import DATABASE_FILE, make_state
from kumoniwa.store.schema import check_current, ensure_schema


def open_database(data_dir: Path, address: str = "", *, upgrade: bool = True, durable: bool = True) -> Database:
    """Open the state of this data folder, brought to the schema of this version: in its file, or in the database at
    this address.

    Without `upgrade` it must have that schema: nothing is made or migrated. May take seconds where it migrates.
    What is not `durable` does not wait for the disk, and may be broken by a power failure.
    Raises `SchemaTooNew`, `SchemaTooOld`, a `Refusal` where the state is not there or cannot be kept there,
    `DatabaseUnavailable` where a server of databases does not answer, and SQLAlchemy's `DatabaseError` for a file that
    is no database; then it was not touched.
    """
    file = data_dir / DATABASE_FILE
    if address:
        check_driver()
        from kumoniwa.store.engines.postgresql_open import open_postgresql  # a cloud on SQLite loads nothing of it

        return open_postgresql(data_dir, address, file, upgrade=upgrade, durable=durable)
    if is_elsewhere(data_dir):
        from kumoniwa.store.engines.state_of_folder import StateElsewhere

        raise StateElsewhere(
            f"The state of {data_dir} is on PostgreSQL.",
            way_out="Name its database with --database or in $KUMONIWA_DATABASE, or copy the state back: "
            "kumoniwa state copy --from.",
        )
    if upgrade:
        make_state(data_dir, durable=durable)
    engine = make_engine(file, durable=durable)
    try:
        if upgrade:
            ensure_schema(engine)
        else:
            with engine.connect() as connection:
                check_current(connection)
    except BaseException:
        engine.dispose()
        raise
    return SqliteDatabase(engine)


def is_elsewhere(data_dir: Path) -> bool:
    """Whether the state of this folder is on PostgreSQL, as far as the folder knows."""
    return (data_dir / STATE_FILE).exists()


def examined(address: str) -> tuple[str, str | None]:
    """The database at this address in words, and what could be better there.

    Nothing is changed, and a server may use it. Raises a `Refusal` where it is not fit, and `DatabaseUnavailable`.
    """
    check_driver()
    from kumoniwa.store.engines import postgresql_open

    return postgresql_open.examined(address)


class NoState(Refusal):
    """A folder is no cloud's."""


def check_has_state(data_dir: Path) -> None:
    """Raises `NoState` where the folder has no state, and knows of none elsewhere. It is not made."""
    if not (data_dir / DATABASE_FILE).is_file() and not is_elsewhere(data_dir):
        raise NoState(
            f"There is no cloud in {data_dir}: it has no {DATABASE_FILE}.", way_out="Name its folder with --data-dir."
        )


def unusable(data_dir: Path, address: str, failure: DatabaseError) -> Refusal:
    """What to say where the state of this folder was opened, and its database fails otherwise than for now."""
    reason = " ".join(str(failure.orig).split())
    if address:
        return Refusal(
            f"The database of PostgreSQL cannot be used: {reason}.",
            way_out="See that its role owns all that is in it, and what its own log says (docs/postgresql).",
        )
    return Refusal(
        f"{data_dir / DATABASE_FILE} cannot be used: {reason}.",
        way_out="Put a copy of it back (docs/operations), or choose another folder with --data-dir.",
    )


class NoDriver(Refusal):
    """What speaks to PostgreSQL is not installed."""


def check_driver() -> None:
    """Raises `NoDriver` where PostgreSQL cannot be spoken to."""
    try:
        import psycopg  # noqa: F401 - whether it is there
    except ImportError:
        raise NoDriver(
            "What speaks to PostgreSQL is not installed.", way_out="Install it: pip install 'kumoniwa[postgresql]'"
        ) from None
