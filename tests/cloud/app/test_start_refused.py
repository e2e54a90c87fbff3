"""A folder that a server must not touch is refused in a sentence, and left as it was."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kumoniwa.app.cloud import running
from kumoniwa.app.errors import CannotStart
from kumoniwa.app.keys import ensure_key
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.store.database import DatabaseUnavailable

pytestmark = pytest.mark.anyio


class OtherDriver(SimulatedDriver):
    name = "other"


async def start(folder: Path, kind: type[SimulatedDriver]) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with running(Config(data_dir=folder), kind(clock, timing=Timing.instant()), clock):
        pass


async def test_a_folder_stays_with_the_driver_that_it_began_with(tmp_path: Path) -> None:
    await start(tmp_path, SimulatedDriver)
    with pytest.raises(CannotStart, match="is one of --driver simulated"):
        await start(tmp_path, OtherDriver)
    await start(tmp_path, SimulatedDriver)


async def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cloud.db").write_text("this is no database")
    with pytest.raises(CannotStart, match="cannot be used: file is not a database"):
        await start(tmp_path, SimulatedDriver)
    assert (tmp_path / "cloud.db").read_text() == "this is no database"


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"access_key_id": "AKIATEST"}),
        json.dumps({"access_key_id": "AKIATEST", "secret_access_key": None, "account": "123456789012"}),
        json.dumps({"access_key_id": "AKIATEST", "secret_access_key": "", "account": "123456789012"}),
        *("", "{", "[]", "5", "[" * 100_000, "\udcff"),
    ],
)
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "credentials.json").write_text(written, errors="surrogateescape")
    with pytest.raises(CannotStart, match="is not a key that a server wrote"):
        ensure_key(Config(data_dir=tmp_path))


@pytest.mark.parametrize("state", ["running", "waiting"])
async def test_a_workflow_of_a_newer_version_is_refused_and_left_as_it_was(tmp_path: Path, state: str) -> None:
    await start(tmp_path, SimulatedDriver)
    row = ("wf-1", "paint_instance", None, "{}", state, 0)
    columns = "id, kind, subject, arguments, state, created_at"
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as database, database:
        database.execute(f"INSERT INTO workflows ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)
    with pytest.raises(
        CannotStart, match=r"in the middle of paint_instance, which this version does not know\. Start it"
    ):
        await start(tmp_path, SimulatedDriver)
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as database:
        assert database.execute(f"SELECT {columns} FROM workflows").fetchall() == [row]


async def test_a_workflow_of_a_newer_version_that_has_ended_is_no_hindrance(tmp_path: Path) -> None:
    await start(tmp_path, SimulatedDriver)
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as database, database:
        database.execute(
            "INSERT INTO workflows (id, kind, arguments, state, created_at, finished_at)"
            " VALUES ('wf-1', 'paint_instance', '{}', 'succeeded', 0, 0)"
        )
    await start(tmp_path, SimulatedDriver)


@pytest.mark.parametrize("at", ["MetadataService.open", "Engine.wake", "key_of_tokens"])
async def test_a_database_that_is_hindered_in_the_middle_of_a_start_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def hindered(*_: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(CannotStart, match=r"cannot be used now: the disk is full\."):
        patch.setattr(f"kumoniwa.app.cloud.{at}", hindered)
        await start(tmp_path, SimulatedDriver)
    await start(tmp_path, SimulatedDriver)
