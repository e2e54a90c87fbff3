"""A data folder of the first version opens: every row is there, and what was unfinished goes on."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgi import Caller
from older_cloud import (
    AT,
    BASE,
    GROUP,
    HEAD,
    IMAGE,
    IMAGING,
    NEW_VOLUME,
    PENDING,
    PLANNED,
    ROWS,
    SNAPSHOT,
    STOPPED,
    UNMADE,
    VOLUME,
    make_older,
)
from stack import Stack

from kumoniwa.app.cloud import running
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.simulated import SimulatedDriver, SimulatedWorld, Timing
from kumoniwa.store import schema
from kumoniwa.store.engines.sqlite import make_engine
from kumoniwa.store.new_state import make_state

GIB = 1 << 30
MOVED = {
    "instances": {
        "claimed_by",
        "interface_attachment_id",
        "interface_id",
        "mac",
        "private_ip",
        "source_dest_check",
        "subnet_id",
        "vpc_id",
    }
}
"""The columns that are elsewhere now."""


def dump(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    connection = sqlite3.connect(folder / "cloud.db")
    connection.row_factory = sqlite3.Row
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in tables}
    connection.close()
    return found


def upgrade(folder: Path) -> None:
    engine = make_engine(folder / "cloud.db")
    schema.ensure_schema(engine)
    engine.dispose()


def test_the_older_folder_has_rows_in_every_table(tmp_path: Path) -> None:
    make_older(tmp_path)
    assert [table for table, rows in dump(tmp_path).items() if not rows] == []


def test_every_row_of_the_first_schema_is_there_after_the_upgrade(tmp_path: Path) -> None:
    make_older(tmp_path)
    before = dump(tmp_path)
    upgrade(tmp_path)
    after = dump(tmp_path)
    for vpc in before["vpcs"]:
        name = f"default DHCP options: {vpc['account']} {vpc['region']}"
        after["facts"].remove({"name": name, "value": json.dumps(vpc["dhcp_options_id"])})
    for table in ROWS.keys() - {"instance_groups"}:
        kept = before[table][0].keys() - MOVED.get(table, set())
        shown = [{name: row[name] for name in kept} for row in after[table]]
        assert shown == [{name: row[name] for name in kept} for row in before[table]], table
    assert "instance_groups" not in after
    for instance, interface in zip(before["instances"], after["network_interfaces"], strict=True):
        assert {name: interface[name] for name in ("account", "region", *interface.keys() & MOVED["instances"])} == {
            name: instance[name] for name in ("account", "region", *interface.keys() & MOVED["instances"])
        }
        assert (interface["id"], interface["attachment_id"], interface["instance_id"], interface["device_index"]) == (
            instance["interface_id"],
            instance["interface_attachment_id"],
            instance["id"],
            0,
        )
    assert after["interface_groups"] == [
        {"interface_id": instance["interface_id"], "position": 0, "group_id": GROUP} for instance in before["instances"]
    ]
    claims = {row["resource_id"]: row["workflow_id"] for row in after["claims"]}
    assert claims == {row["id"]: row["claimed_by"] for row in before["instances"]}
    assert after["alembic_version"] == [{"version_num": schema.HEAD}]
    assert {row["id"]: row["made"] for row in after["layers"]} == {BASE: 1, HEAD: 1, PLANNED: 0, UNMADE: 0}
    assert {row["deregistration_protection"] for row in after["images"]} == {"disabled"}
    assert {row["auto_enable_io"] for row in after["volumes"]} == {0}
    assert {row["nvme_only"] for row in after["instances"] + after["images"]} == {1}
    connection = sqlite3.connect(tmp_path / "cloud.db")
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize(("attached", "after_boot"), [(500_000, 0), (2_000_000, 1)])
def test_attachments_say_after_which_boot_they_came(tmp_path: Path, attached: int, after_boot: int) -> None:
    """As their times say: boot 1 of the older folder ended after a second."""
    make_older(tmp_path)
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as connection, connection:
        connection.execute("UPDATE attachments SET attached_at = ? WHERE volume_id = ?", (AT + attached, VOLUME))
    upgrade(tmp_path)
    assert {row["volume_id"]: row["after_boot"] for row in dump(tmp_path)["attachments"]} == {
        VOLUME: after_boot,
        NEW_VOLUME: 0,
    }


@pytest.mark.parametrize("statement", ["CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "UPDATE"])
def test_an_upgrade_that_fails_leaves_the_folder_as_it_was(tmp_path: Path, statement: str) -> None:
    make_older(tmp_path)
    before = dump(tmp_path)
    engine = make_engine(tmp_path / "cloud.db")
    failed = _failing_at(engine, statement)
    with pytest.raises(RuntimeError, match="in the middle"):
        schema.ensure_schema(engine)
    engine.dispose()
    assert failed(), "the upgrade came to it"
    assert dump(tmp_path) == before
    upgrade(tmp_path)
    assert dump(tmp_path)["alembic_version"] == [{"version_num": schema.HEAD}]


_KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from kumoniwa.store import schema
from kumoniwa.store.engines.sqlite import make_engine
engine = make_engine(Path(sys.argv[1]) / "cloud.db")
@event.listens_for(engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if "UPDATE alembic_version" in statement or "INSERT INTO alembic_version" in statement:
        os.kill(os.getpid(), 9)
schema.ensure_schema(engine)
"""


@pytest.mark.parametrize("made", [True, False], ids=["older", "new"])
def test_a_server_killed_in_the_upgrade_leaves_the_folder_as_it_was(tmp_path: Path, *, made: bool) -> None:
    """At its last statement, before the commit; also where a new folder's tables are made."""
    if made:
        make_older(tmp_path)
    before = dump(tmp_path) if made else {}
    died = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], timeout=60)
    assert died.returncode == -9
    assert dump(tmp_path) == before
    upgrade(tmp_path)
    assert dump(tmp_path)["alembic_version"] == [{"version_num": schema.HEAD}]


_KILLED_MAKING = """
import os, sys
from pathlib import Path
from kumoniwa.store.new_state import make_state
Path.rename = lambda *_: os.kill(os.getpid(), 9)
make_state(Path(sys.argv[1]))
"""


def test_a_server_killed_while_it_makes_a_new_state_leaves_none(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", _KILLED_MAKING, str(tmp_path)], timeout=60)
    assert died.returncode == -9
    assert not (tmp_path / "cloud.db").exists()
    make_state(tmp_path)  # over what was begun
    assert dump(tmp_path)["alembic_version"] == [{"version_num": schema.HEAD}]


@pytest.mark.anyio
async def test_a_server_runs_on_the_older_folder_and_finishes_what_was_begun(tmp_path: Path) -> None:
    make_older(tmp_path)
    world = SimulatedWorld()
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant(), world=world)
    await driver.disks.ensure_empty(LayerId(BASE), 8 * GIB)
    await driver.disks.ensure_overlay(LayerId(HEAD), LayerId(BASE), 8 * GIB)
    async with running(Config(data_dir=tmp_path), driver, clock) as cloud:
        caller = Caller(cloud.gateway, cloud.key["access_key_id"], cloud.key["secret_access_key"])
        stack = Stack(cloud, driver, clock, caller)
        await stack.idle()
        stopped, launched = await stack.instance(STOPPED), await stack.instance(PENDING)
        assert (stopped["State"]["Name"], launched["State"]["Name"]) == ("stopped", "running")
        assert stopped["Tags"] == [{"Key": "Name", "Value": "old one"}]
        assert [one["Ebs"]["VolumeId"] for one in stopped["BlockDeviceMappings"]] == [VOLUME]
        assert [one["Ebs"]["VolumeId"] for one in launched["BlockDeviceMappings"]] == [NEW_VOLUME]
        images = (await stack.call("DescribeImages", ImageIds=[IMAGE, IMAGING]))["Images"]
        assert {image["ImageId"]: image["State"] for image in images} == {IMAGE: "available", IMAGING: "available"}
        told = await stack.get(f"/_kumoniwa/images/{IMAGING}")
        assert told["consistency"] == "at-rest", "the boot of the older version ended cleanly"
        assert await driver.disks.parent(LayerId(PLANNED)) == HEAD
        assert (await stack.get("/_kumoniwa/storage/check"))["faults"] == []
        found = (await stack.call("DescribeSnapshots", SnapshotIds=[SNAPSHOT]))["Snapshots"]
        assert [one["State"] for one in found] == ["completed"]
        new = (await stack.call("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]
        (default,) = (await stack.call("DescribeVpcs", VpcIds=[stopped["VpcId"]]))["Vpcs"]
        assert new["DhcpOptionsId"] == default["DhcpOptionsId"]
        await stack.call("StartInstances", InstanceIds=[STOPPED])
        await stack.idle()
        assert (await stack.instance(STOPPED))["State"]["Name"] == "running"
    assert world.layers.broken == []


def _failing_at(engine: Any, wanted: str) -> Callable[[], bool]:
    """From now on the last kind of statement that begins so fails once it was done."""
    from sqlalchemy import event

    came: list[str] = []

    @event.listens_for(engine, "after_cursor_execute")
    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.strip().startswith(wanted):
            came.append(statement)
            raise RuntimeError("in the middle")

    return lambda: bool(came)
