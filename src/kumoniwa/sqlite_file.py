"""A new SQLite file, whole or not at all."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kumoniwa.folder import sync_folder

FAILURES = (OSError, sqlite3.Error)


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
        for rest in (
            "-wal",
            "-shm",
        ):  # of a file that was deleted: SQLite would take it for what is written ahead of ours
            path.with_name(f"{path.name}{rest}").unlink(missing_ok=True)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)
