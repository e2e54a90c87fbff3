"""`kumoniwa state copy`: the state of a cloud that no server runs, moved to another database."""

import asyncio
import json
import threading
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kumoniwa.client.access import CommandFailed
from kumoniwa.client.interrupt import run_interruptible
from kumoniwa.client.terminal import progress, remark, say
from kumoniwa.folder import owned
from kumoniwa.refusal import Refusal
from kumoniwa.store.database import DatabaseUnavailable
from kumoniwa.store.engines import check_driver, check_has_state
from kumoniwa.store.new_state import DATABASE_FILE
from kumoniwa.store.schema import SchemaTooOld

if TYPE_CHECKING:
    from kumoniwa.store.engines.copy_state import Content


def copy_state(data_dir: Path, *, to: str, source: str, as_json: bool) -> None:
    """Copy the state of this folder `to` a database, or from a `source` into the folder.

    Raises `CommandFailed`, and `Interrupted` where the state is where it was.
    """
    try:
        check_has_state(data_dir)
        with owned(data_dir):
            copied = run_interruptible(_copied(data_dir, to, source))
    except SchemaTooOld:
        raise CommandFailed(
            f"The state of {data_dir} is of an older Kumoniwa.",
            way_out="Start a server on it once, which brings it up to date.",
        ) from None
    except DatabaseUnavailable as away:
        raise CommandFailed(
            f"The database cannot be used now: {away}.",
            way_out="End what uses it, or start it, then copy again: the state is where it was.",
        ) from None
    except Refusal as refused:
        raise CommandFailed.of(refused) from None
    if as_json:
        say(json.dumps({"tables": {name: asdict(content) for name, content in copied.items()}}, indent=2))
        return
    rows = sum(content.rows for content in copied.values())
    where = "PostgreSQL" if to else str(data_dir / DATABASE_FILE)
    say(f"The state is in {where} now: {rows} rows of {len(copied)} tables, compared with what was copied.")


async def _copied(data_dir: Path, to: str, source: str) -> "dict[str, Content]":
    """Copy it in a thread. What cancels this ends the copy before its next rows; one that is done by then is done."""
    check_driver()
    from kumoniwa.store.engines.copy_state import CopyEnded, to_postgresql, to_sqlite

    file, ended = data_dir / DATABASE_FILE, threading.Event()
    with progress("Copying") as show:

        def on_copied(table: str, done: int, of: int) -> None:
            show(table, 100 * done // max(1, of))

        copy = partial(to_postgresql, file, to) if to else partial(to_sqlite, source, file)
        copying = asyncio.get_running_loop().run_in_executor(None, copy, on_copied, ended)
        try:
            return await asyncio.shield(copying)
        except asyncio.CancelledError:
            ended.set()
            try:
                return await copying
            except (CopyEnded, DatabaseUnavailable):
                remark("The copy was ended: the state is where it was.")
                raise asyncio.CancelledError from None
