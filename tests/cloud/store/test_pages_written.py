"""What is written for a new resource is as much in a large cloud as in a small one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from stack import Stack

from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio
_HEADER, _FRAME_HEADER = 32, 24  # bytes of SQLite's write-ahead log: https://www.sqlite.org/fileformat2.html
_LAUNCHES = 20  # few enough that the log is not begun anew meanwhile
_MORE = 1500
_DRAWN = 3
"""Pages of a launch that may be anywhere: of the indexes of private and public addresses, which are drawn by chance."""


async def test_launches_and_images_write_the_same_few_pages_however_many_instances_there_are(stack: Stack) -> None:
    """By where they are, not how often: each is read where it is not in memory, and has to get to its place."""
    database = stack.running.cloud.world.config.data_dir / DATABASE_FILE
    few = await _pages(stack, database, "few")
    for _ in range(_MORE // 100):
        await _launch(stack, 100)
    many = await _pages(stack, database, "many")
    assert many <= 1.2 * few + _DRAWN * _LAUNCHES


async def _pages(stack: Stack, database: Path, name: str) -> int:
    """How many pages of the database are written to by so many launches, one by one, and images of these."""
    await stack.idle()
    with closing(sqlite3.connect(database)) as other:
        blocked, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not blocked
    for number in range(_LAUNCHES):
        instance_id = await _launch(stack, 1)
        await stack.idle()
        await stack.call("CreateImage", InstanceId=instance_id, Name=f"{name} {number}", NoReboot=True)
        await stack.idle()
    log = database.with_name(f"{database.name}-wal").read_bytes()
    frame = _FRAME_HEADER + int.from_bytes(log[8:12], "big")
    return len({log[at : at + 4] for at in range(_HEADER, len(log), frame)})


async def _launch(stack: Stack, count: int) -> str:
    named = [{"Name": "name", "Values": ["debian-12-amd64-simulated"]}]
    image = (await stack.call("DescribeImages", Filters=named))["Images"][0]["ImageId"]
    launched = await stack.call("RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=count, MaxCount=count)
    return str(launched["Instances"][0]["InstanceId"])
