"""The file of a new cloud's state, made while the modules are imported that will open it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kumoniwa.folder import STATE_FILE
from kumoniwa.sqlite_file import FAILURES, make_database

DATABASE_FILE = "cloud.db"
"""Its name in the data folder."""
_STATEMENTS = Path(__file__).parent / "engines" / "sqlite.sql"


def make_state(data_dir: Path, *, durable: bool = True) -> None:
    """Make the file, with the schema of this version, where the data folder has none, and no other database.

    What prevents it is for whoever opens the state then: it meets the same, and says so.
    """
    path = data_dir / DATABASE_FILE
    if not os.path.lexists(path) and not (data_dir / STATE_FILE).exists():
        with suppress(*FAILURES):
            make_database(path, _STATEMENTS.read_text(), durable=durable)


@contextmanager
def made_meanwhile(data_dir: Path) -> Iterator[None]:
    """Another thread makes it while the block runs, and is done after it."""
    thread = threading.Thread(target=make_state, args=(data_dir,), name="new-state")
    thread.start()
    try:
        yield
    finally:
        thread.join()
