"""ImportSnapshot reads only files that the operator named, or that the owner of the data folder handed over."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asgi import Refused
from stack import Stack, stack_on

from kumoniwa.client.images import handed_over
from kumoniwa.clock import ManualClock
from kumoniwa.config import IMPORTS, Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A cloud that imports from `named`. A disk lies there, in `imports`, and one at `secret`, beside links to it."""
    for folder in ("data", f"data/{IMPORTS}", f"data/{IMPORTS}/shared", "named", "named/inner", "named-too", "secret"):
        (tmp_path / folder).mkdir()
    for disk in (f"data/{IMPORTS}/a.raw", "named/a.raw", "named/inner/a.raw", "named-too/a.raw", "secret/a.raw"):
        (tmp_path / disk).write_bytes(bytes(4096))
    for link in ("named/link.raw", f"data/{IMPORTS}/shared/link.raw"):
        (tmp_path / link).symlink_to(tmp_path / "secret" / "a.raw")
    (tmp_path / "named" / "loop.raw").symlink_to(tmp_path / "named" / "loop.raw")
    (tmp_path / "link-to-named").symlink_to(tmp_path / "named")
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    config = Config(data_dir=tmp_path / "data", import_from=(tmp_path / "named",))
    async with stack_on(config, driver, clock) as stack:
        yield stack


async def _import(stack: Stack, disk: str) -> str:
    asked = await stack.call("ImportSnapshot", DiskContainer={"Format": "RAW", "Url": f"file://{disk}"})
    await stack.idle()
    told = await stack.call("DescribeImportSnapshotTasks", ImportTaskIds=[asked["ImportTaskId"]])
    detail = told["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
    assert detail["Status"] == "completed"
    return str(detail["Url"])


@pytest.mark.parametrize(
    "disk",
    [f"data/{IMPORTS}/a.raw", "named/a.raw", "named/inner/a.raw", "link-to-named/a.raw", "secret/../named/a.raw"],
)
async def test_disks_in_the_folders_are_taken(stack: Stack, tmp_path: Path, disk: str) -> None:
    assert await _import(stack, f"{tmp_path}/{disk}") == (tmp_path / disk).resolve().as_uri()


@pytest.mark.parametrize(
    "disk",
    [
        "secret/a.raw",
        "secret/nothing.raw",
        "secret",
        "secret/a.raw/deeper",
        "nowhere/a.raw",
        "named/../secret/a.raw",
        "named/../secret/nothing.raw",
        "named/link.raw",
        "named-too/a.raw",
        f"data/{IMPORTS}/../cloud.db",
        f"data/{IMPORTS}/..",
        f"data/{IMPORTS}/shared/link.raw",
        "data/cloud.db",
        "data/credentials.json",
    ],
)
async def test_a_file_elsewhere_is_refused_and_whether_it_is_there_is_not_told(
    stack: Stack, tmp_path: Path, disk: str
) -> None:
    with pytest.raises(Refused) as refused:
        await _import(stack, f"{tmp_path}/{disk}")
    assert refused.value.code == "InvalidParameterValue"
    assert refused.value.message == (
        f"{tmp_path}/{disk} is in no folder that disks are imported from. Put the disk into the folder imports of the "
        "cloud's data folder, start the server with --import-from and the disk's folder, or use kumoniwa ami import."
    )


async def test_a_link_to_itself_is_refused(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        await _import(stack, f"{tmp_path}/named/loop.raw")
    assert refused.value.code == "InvalidParameterValue"


async def test_the_owners_command_hands_over_a_disk_from_anywhere(stack: Stack, tmp_path: Path) -> None:
    disk = tmp_path / "secret" / "a.raw"
    with handed_over(tmp_path / "data", disk) as link:
        asked = await stack.call("ImportSnapshot", DiskContainer={"Format": "RAW", "Url": link.as_uri()})
    assert not link.is_symlink()
    await stack.idle()
    told = await stack.call("DescribeImportSnapshotTasks", ImportTaskIds=[asked["ImportTaskId"]])
    detail = told["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
    assert (detail["Status"], detail["Url"]) == ("completed", disk.as_uri())
