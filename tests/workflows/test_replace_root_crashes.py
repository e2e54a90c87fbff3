"""The server dies at every point of a root volume's replacement; the next one finishes it, or undoes it."""

import shutil
from pathlib import Path

import pytest
from life import Life, ended
from points import Points
from whole import whole

from kumoniwa.hypervisor.driver import DriverError, GuestState

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


async def _lived(folder: Path, crash_at: int, monkeypatch: pytest.MonkeyPatch, failing: str | None) -> bool:
    """Begin a replacement, crash at this point, check what the next server makes of it; gives whether it crashed."""
    life, points = Life(folder), Points(crash_at)
    async with life.server(points, monkeypatch) as stack:
        instance_id = await stack.launch()
        stack.guest(instance_id).write("/synced", b"before", sync=True)
        before = await stack.instance(instance_id)
        if failing is not None:
            stack.driver.fail_next(failing, DriverError("The host said no."))
        points.armed = True
        asked = await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, DeleteReplacedRootVolume=True)
        await ended(stack, points)
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
    failing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "template"  # migrating anew each time would take most of the test's time
    template.mkdir()
    async with Life(template).server(Points(), monkeypatch):
        pass
    crash_at = 1
    while await _lived(shutil.copytree(template, tmp_path / str(crash_at)), crash_at, monkeypatch, failing):
        crash_at += 1
    assert crash_at > 8, "there were points at all"
