"""Images that cannot be made say why and leave their instance whole; layers that many want are made once."""

import asyncio
from pathlib import Path

import pytest
from life import Life
from points import Points
from whole import whole

from kumoniwa.hypervisor.driver import CutRefused, DriverError, GuestState
from kumoniwa.refusal import REPORT_IT

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("method", ["ensure_shut_down", "ensure_cut", "ensure_overlay"])
async def test_an_image_that_fails_says_why_and_its_instance_runs_again(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        instance_id = await stack.launch()
        stack.driver.fail_next(method, DriverError("The host said no.", way_out="Ask again."))
        image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
        await stack.idle()
        image = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
        assert image["State"] == "failed"
        assert image["StateReason"]["Message"] == "Server.InternalError: The host said no. Ask again."
        assert await stack.guest(instance_id).observe() is GuestState.RUNNING
        assert (await stack.instance(instance_id))["State"]["Name"] == "running"
        await whole(stack)


async def test_an_image_that_fails_for_a_fault_of_ours_says_that_it_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        instance_id = await stack.launch()

        async def breaks(method: str) -> None:
            if method == "ensure_overlay":
                raise LookupError("\x1b[2J" + "no such shelf, " * 100)

        stack.driver.faults.hook = breaks
        image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
        await stack.idle()
        reason = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]["StateReason"]["Message"]
        assert reason.startswith("Server.InternalError: Internal error: LookupError(")
        assert reason.endswith(f". {REPORT_IT}")
        assert (len(reason) < 500, reason.isprintable()) == (True, True)


async def test_an_instance_that_is_terminated_while_it_is_imaged_leaves_no_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What took its root's writes since the cut is named by the image's workflow, which ends after the instance."""
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        instance_id = await stack.launch()
        measuring, measured = asyncio.Event(), asyncio.Event()

        async def take_long(method: str) -> None:
            if method == "measure":
                measuring.set()
                await measured.wait()

        stack.driver.faults.hook = take_long
        await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
        await measuring.wait()
        await stack.call("TerminateInstances", InstanceIds=[instance_id])
        await stack.state(instance_id, "terminated")
        measured.set()
        await stack.idle()
        await whole(stack)


async def test_a_guest_that_died_boots_without_the_overlays_of_a_cut_that_was_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        instance_id = await stack.launch()

        async def die_first(method: str) -> None:
            if method == "ensure_overlay":
                stack.driver.faults.hook = None
                stack.guest(instance_id).die()

        stack.driver.faults.hook = die_first
        stack.driver.fail_next("ensure_cut", CutRefused("The host said no."))
        await stack.call("CreateImage", InstanceId=instance_id, Name="golden")
        await stack.idle()
        assert await stack.guest(instance_id).observe() is GuestState.RUNNING
        boots = (await stack.get(f"/_kumoniwa/instances/{instance_id}/boots"))["boots"]
        assert [boot["action"] for boot in boots] == ["RunInstances", "CreateImage"]
        await whole(stack)


async def test_a_layer_that_many_want_at_once_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        snapshot_id = (await stack.call("DescribeSnapshots"))["Snapshots"][0]["SnapshotId"]
        asked = {"AvailabilityZone": "us-east-1a", "SnapshotId": snapshot_id}
        await asyncio.gather(*(stack.call("CreateVolume", **asked) for _ in range(5)))
        await stack.idle()
        found = (await stack.call("DescribeVolumes"))["Volumes"]
        assert [one["State"] for one in found] == ["available"] * 5
        await whole(stack)


async def test_an_import_that_fails_leaves_no_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Life(tmp_path).server(Points(), monkeypatch) as stack:
        disk = tmp_path / "disk.raw"
        disk.write_bytes(bytes(4096))
        stack.driver.fail_next("ensure_imported", DriverError("The host said no.", way_out="Ask again."))
        await stack.call("ImportSnapshot", DiskContainer={"Format": "RAW", "Url": disk.as_uri()})
        await stack.idle()
        (task,) = (await stack.call("DescribeImportSnapshotTasks"))["ImportSnapshotTasks"]
        assert task["SnapshotTaskDetail"]["StatusMessage"] == "ClientError: The host said no. Ask again."
        await whole(stack)
