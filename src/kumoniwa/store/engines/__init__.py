"""The engines that state can be kept on. Nothing outside this package names one of them."""

from pathlib import Path

from kumoniwa.store.database import Database
from kumoniwa.store.engines.sqlite import SqliteDatabase, make_engine
from kumoniwa.store.new_state import DATABASE_FILE, make_state
from kumoniwa.store.schema import check_current, ensure_schema


def open_database(data_dir: Path, *, upgrade: bool = True, durable: bool = True) -> Database:
    """Open the state in this data folder, brought to the schema of this version.

    Without `upgrade` it must have that schema: nothing is made or migrated. May take seconds where it migrates.
    What is not `durable` does not wait for the disk, and may be broken by a power failure.
    Raises `SchemaTooNew`, `SchemaTooOld`, and SQLAlchemy's `DatabaseError` for a file that is no database; then it was
    not touched.
    """
    if upgrade:
        make_state(data_dir, durable=durable)
    engine = make_engine(data_dir / DATABASE_FILE, durable=durable)
    try:
        if upgrade:
            ensure_schema(engine)
        else:
            check_current(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqliteDatabase(engine)
