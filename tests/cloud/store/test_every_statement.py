"""No statement reads through a table that grows with the cloud: each finds its rows by an index.

All that SQLite is asked while every action is called, with ids, filters and pages and without, while their workflows
go, while time passes, and while the cloud starts again is heard, and explained. Each filter has, in each run, some of
the forms that its values may have (`--seed`, `--exhaustive`).
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from every_statement import walk
from heard_statements import EVERY_ROW, heard_statements, scanned
from sampling import Sampling
from stack import Stack, stack_on

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio

AT_START = "start"
ALLOWED: dict[tuple[str, str], str] = {
    (AT_START, "SELECT layers.id FROM layers"): "which files have no row",
    ("actions", "SELECT layers.id FROM layers"): "which layers to look at, at start, beside the first calls",
    (AT_START, "SELECT layers.id, layers.parent_id,"): "which layers nothing needs",
    (AT_START, "SELECT volumes.head FROM volumes JOIN"): "which chains guests may have shortened meanwhile",
    ("actions", "SELECT count(*) AS count_1 FROM trail_events"): "how many are kept, once in a server's life",
    ("time", "SELECT count(*) AS count_1 FROM trail_events"): "how many are kept, once in a server's life",
    ("/_kumoniwa/storage", ""): "the whole storage in numbers, for a person",
    ("/_kumoniwa/storage/check", ""): "every layer is looked at, for a person",
    (AT_START, "SELECT volumes.id"): "what guests did with their disks meanwhile, and which layers are damaged",
    (AT_START, "SELECT snapshots.id, snapshots.layer_id FROM snapshots"): "which layers are damaged",
    **{
        (when, f"SELECT {table}.id"): "which credentials sign, all of them, when they may be others"
        for when in (AT_START, "actions")
        for table in ("access_keys", "iam_users", "iam_roles")
    },
    (AT_START, "SELECT prepared_machines.id, prepared_machines.layer_id FROM"): "which layers are damaged",
}
"""Statements that may read through a table that grows, by phase and by how they begin, and why."""


@asynccontextmanager
async def _started(folder: Path) -> AsyncIterator[Stack]:
    clock = ManualClock(datetime.now(UTC))
    async with stack_on(Config(data_dir=folder), SimulatedDriver(clock, timing=Timing.instant()), clock) as stack:
        yield stack


@pytest.mark.timeout(400)  # nearly a minute of processor time
async def test_every_statement_finds_its_rows_by_an_index(tmp_path: Path, sampling: Sampling) -> None:
    folder, beside = tmp_path / "cloud", tmp_path / "beside"
    folder.mkdir()
    beside.mkdir()
    with heard_statements() as heard:
        async with _started(folder) as stack:
            await walk(stack, beside, heard, sampling)
        heard.phase = "start"
        async with _started(folder) as stack:
            await stack.idle()
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as database:
        found = {
            (table, phase, form)
            for (phase, form), statement in heard.statements.items()
            if statement.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT")
            for table in scanned(database, statement)
            if table not in EVERY_ROW
            and not any(phase == allowed[0] and form.startswith(allowed[1]) for allowed in ALLOWED)
        }
    for table, phase, form in sorted(found):
        print(table, "|", phase, "|", form[:700])
    assert found == set()
