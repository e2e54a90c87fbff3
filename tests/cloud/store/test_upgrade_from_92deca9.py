"""Data folders that 92deca9 left with unfinished workflows of every kind open, and end as they ended there.

How they were made: `from_92deca9/make.py`.
"""

import json
import sqlite3
import sys
import tarfile
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from stack import stack_on

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.store import schema
from kumoniwa.workflows.story import STORIES

HERE = Path(__file__).parent / "from_92deca9"
sys.path.append(str(HERE))

from ended import described, ends, settled  # noqa: E402


@cache
def _files() -> dict[str, bytes]:
    """What is in the archive, by path."""
    with tarfile.open(HERE / "folders.tar.xz") as tar:
        return {entry.name: file.read() for entry in tar if (file := tar.extractfile(entry)) is not None}


FOLDERS = sorted({str(Path(path).parent) for path in _files()})


def _lay_out(name: str, folder: Path) -> dict[str, Any]:
    """Write the files of this data folder; gives what 92deca9 made of them."""
    for file in ("cloud", "simulated"):
        with closing(sqlite3.connect(folder / f"{file}.db")) as database:
            database.executescript(_files()[f"{name}/{file}.sql"].decode())
    expected: dict[str, Any] = json.loads(_files()[f"{name}/expected.json"])
    return expected


def test_there_is_an_unfinished_workflow_of_every_kind_that_waits_or_runs() -> None:
    running, waiting = set(), set()
    for name in FOLDERS:
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(_files()[f"{name}/cloud.sql"].decode())
            rows = database.execute("SELECT kind, state FROM workflows WHERE finished_at IS NULL").fetchall()
            assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0003",)]
        running |= {kind for kind, state in rows if state == "running"}
        waiting |= {kind for kind, state in rows if state == "waiting"}
    assert running >= {"run_instance", "create_image", "import_snapshot"} and running <= set(STORIES)
    assert running == KINDS
    assert waiting == {"create_image", "create_snapshots", "reboot_instance"}


KINDS = {
    "attach_volume",
    "collect_layers",
    "copy_image",
    "create_image",
    "create_snapshots",
    "create_volume",
    "detach_volume",
    "finish_snapshots",
    "import_snapshot",
    "modify_volume",
    "reboot_instance",
    "recover_instance",
    "replace_root",
    "run_instance",
    "start_instance",
    "stop_instance",
    "terminate_instance",
}
"""Every kind of workflow that 92deca9 had."""

_NOT_BLOCKED = {"BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"}}
SHOWN_SINCE: dict[str, dict[str, Any]] = {
    "ReplaceRootVolumeTasks": {"Tags": []},
    "Subnets": {"Tags": [], **_NOT_BLOCKED},
    "Vpcs": _NOT_BLOCKED,
}
"""What descriptions have since then where 92deca9 left it out."""

SAID_SINCE = {
    "The instance's guest does not run.": "The instance's guest does not run. Start the instance, and ask again.",
}
"""Why workflows failed, in the words since then, which also say what to do."""


def _without_moved_times(value: Any) -> Any:
    """92deca9 moved the time of an attachment that came after the guest's end. Now it is when it was asked for."""
    if isinstance(value, dict):
        return {name: _without_moved_times(one) for name, one in value.items() if name != "AttachTime"}
    return [_without_moved_times(one) for one in value] if isinstance(value, list) else value


@pytest.mark.anyio
@pytest.mark.parametrize("name", FOLDERS)
async def test_it_ends_as_it_ended_there(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _lay_out(name, tmp_path)
    clock = ManualClock(datetime.fromisoformat(expected["at"]))
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: clock.now().replace(tzinfo=None))
    driver = SimulatedDriver(clock, timing=Timing.instant(), kept_in=tmp_path / "simulated.db")
    async with stack_on(Config(data_dir=tmp_path), driver, clock) as stack:
        await settled(stack, tmp_path)
        now = await described(stack)
        for member, resources in expected["described"].items():
            shown = [{**SHOWN_SINCE.get(member, {}), **one} for one in resources]
            assert _without_moved_times(now[member]) == _without_moved_times(shown), member
        assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []
        assert driver.world.layers.broken == []
    assert ends(tmp_path) == [
        [kind, state, SAID_SINCE.get(error, error), steps] for kind, state, error, steps in expected["ends"]
    ]
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(schema.HEAD,)]
        assert database.execute("SELECT * FROM claims").fetchall() == []
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
