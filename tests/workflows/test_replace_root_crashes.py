"""The server dies at every point of a root volume's replacement; the next one finishes it, or undoes it."""

from collections import Counter
from pathlib import Path

import pytest
from life import Life, ended
from points import Points
from remains import digest
from whole import whole

from kumoniwa.hypervisor.driver import DriverError, GuestState

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


async def _lived(
    life: Life, crash_at: int, monkeypatch: pytest.MonkeyPatch, failing: str | None, judged: set[str]
) -> bool:
    """Begin a replacement, crash at this point, check what the next server makes of it, unless what is left was judged
    before; gives whether it crashed."""
    points = Points(crash_at)
    async with life.server(points, monkeypatch) as stack:
        (before,) = (await stack.call("DescribeInstances"))["Reservations"][0]["Instances"]
        instance_id = before["InstanceId"]
        if failing is not None:
            stack.driver.fail_next(failing, DriverError("The host said no.", way_out="Ask again."))
        points.armed = True
        asked = await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=True)
        await ended(stack, points)
    if (left := digest(life)) in judged:
        return points.crashed.is_set()
    judged.add(left)
    async with life.server(Points(), monkeypatch) as stack:
        await stack.idle()
        (task,) = (await stack.call("DescribeReplaceRootVolumeTasks"))["ReplaceRootVolumeTasks"]
        assert task["ReplaceRootVolumeTaskId"] == asked["ReplaceRootVolumeTask"]["ReplaceRootVolumeTaskId"]
        after = await stack.instance(instance_id)
        assert after["State"]["Name"] == "running"
        assert await stack.guest(instance_id).observe() is GuestState.RUNNING
        assert len((await stack.call("DescribeVolumes"))["Volumes"]) == 1
        replaced = after["BlockDeviceMappings"] != before["BlockDeviceMappings"]
        assert task["TaskState"] == ("succeeded" if replaced else "failed")
        if replaced:
            with pytest.raises(FileNotFoundError):
                stack.guest(instance_id).read("/synced")
        else:
            assert stack.guest(instance_id).read("/synced") == b"before"
        if failing is None:
            assert replaced
        await whole(stack)
    return points.crashed.is_set()


@pytest.mark.parametrize("failing", [None, "ensure_running", "ensure_off"])
async def test_a_server_that_dies_at_any_point_of_a_replacement_leaves_one_root(
    failing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: Counter[str]
) -> None:
    runs = Life(tmp_path / "runs")
    runs.folder.mkdir()
    async with runs.server(Points(), monkeypatch) as stack:
        stack.guest(await stack.launch()).write("/synced", b"before", sync=True)
    crash_at, judged = 1, set[str]()
    while await _lived(runs.copied(tmp_path / str(crash_at)), crash_at, monkeypatch, failing, judged):
        count["deaths"] += 1
        crash_at += 1
    assert crash_at > 8, "there were points at all"
