"""A new SQLite file, whole or not at all."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kumoniwa.folder import sync_folder

FAILURES = (OSError, sqlite3.Error)
_PATIENCE = 1.0  # seconds that another program may take with the file


def make_database(path: Path, statements: str, *, durable: bool = True) -> None:
    """Make this file by these statements, in WAL mode. Whoever finds it finds all of it, after a power failure too
    where it is `durable`. What was there under this name is replaced; the folder is the caller's alone.

    A file that is made in its place waits for the disk at each step, a dozen times.
    Raises one of `FAILURES`.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.executescript(
                f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; {statements} COMMIT; PRAGMA journal_mode=WAL;"
            )
        if durable:
            with draft.open("rb") as file:
                os.fsync(file.fileno())
        remove_rests(path)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def make_whole(path: Path) -> None:
    """Put all that was committed to this database into the file itself, and the file on the disk.

    It is the caller's alone, and closed. To close it says nothing where the disk was full: what was committed then lies
    beside it, in a file that a rename leaves behind. Raises one of `FAILURES`.
    """
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
        is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise sqlite3.OperationalError("another program has the file open")
    written_ahead = path.with_name(f"{path.name}-wal")
    if written_ahead.exists():
        raise OSError(f"{written_ahead.name} is left beside it")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def remove_rests(path: Path) -> None:
    """Remove what is left of a database that was deleted: SQLite would take it for what is written ahead of ours."""
    for rest in ("-wal", "-shm"):
        path.with_name(f"{path.name}{rest}").unlink(missing_ok=True)
