"""ModifyVolume and DescribeVolumesModifications."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from stack import Stack
from volumes_at_hand import attached, create, held, refused, root_of, volume

from kumoniwa.hypervisor.driver import DriverError, LayerId
from kumoniwa.model.layers import GIB
from kumoniwa.store import all_tables as tables
from kumoniwa.store import layers, volumes

pytestmark = pytest.mark.anyio


async def modification(stack: Stack, volume_id: str) -> dict[str, Any]:
    """The volume's latest modification as EC2 describes it."""
    told = await stack.call("DescribeVolumesModifications", VolumeIds=[volume_id])
    found: dict[str, Any] = told["VolumesModifications"][0]
    return found


async def modify(stack: Stack, volume_id: str, **parameters: Any) -> None:
    await stack.call("ModifyVolume", VolumeId=volume_id, **parameters)
    await stack.idle()


async def head_bytes(stack: Stack, volume_id: str) -> int:
    """How long the volume's writable layer is, by its row."""

    def read(connection: Any) -> int:
        found = volumes.get(connection, volume_id)
        assert found is not None
        head = layers.get(connection, found.head)
        assert head is not None
        return head.size_bytes

    return await stack.running.cloud.read(read)


async def test_a_volume_that_no_instance_has_grows(stack: Stack) -> None:
    volume_id = await create(stack, Size=1)
    answer = (await stack.call("ModifyVolume", VolumeId=volume_id, Size=3))["VolumeModification"]
    assert (answer["ModificationState"], answer["Progress"], answer["OriginalSize"], answer["TargetSize"]) == (
        "modifying",
        0,
        1,
        3,
    )
    await stack.idle()
    assert (await volume(stack, volume_id))["Size"] == 3
    assert await head_bytes(stack, volume_id) == 3 * GIB
    told = await modification(stack, volume_id)
    assert (told["ModificationState"], told["Progress"]) == ("completed", 100)
    assert told["EndTime"] >= told["StartTime"]
    instance_id = await stack.launch()
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert (await volume(stack, volume_id))["State"] == "in-use"


async def test_what_is_on_a_volume_stays_when_it_grows(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    serial = volume_id.replace("-", "")
    stack.guest(instance_id).write("/data", b"kept", serial=serial, sync=True)
    await modify(stack, volume_id, Size=2)
    assert stack.guest(instance_id).read("/data", serial=serial) == b"kept"
    await stack.call("DetachVolume", VolumeId=volume_id)
    await stack.idle()
    await modify(stack, volume_id, Size=3)
    await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.idle()
    assert stack.guest(instance_id).read("/data", serial=serial) == b"kept"
    assert ((await volume(stack, volume_id))["Size"], await head_bytes(stack, volume_id)) == (3, 3 * GIB)


async def test_the_root_of_a_stopped_instance_grows(stack: Stack) -> None:
    instance_id = await stack.launch()
    root = await root_of(stack, instance_id)
    size = (await volume(stack, root))["Size"]
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await modify(stack, root, Size=size + 5)
    assert (await modification(stack, root))["ModificationState"] == "completed"
    assert await head_bytes(stack, root) == (size + 5) * GIB
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert (await stack.instance(instance_id))["State"]["Name"] == "running"


async def test_a_volume_that_cannot_grow_says_why_and_is_what_it_was(stack: Stack) -> None:
    _, volume_id = await attached(stack)
    stack.driver.fail_next(
        "ensure_grown", DriverError("The host's file system takes no file so long.", way_out="Ask again.")
    )
    await modify(stack, volume_id, Size=2)
    told = await modification(stack, volume_id)
    assert (told["ModificationState"], told["StatusMessage"]) == (
        "failed",
        "The host's file system takes no file so long. Ask again.",
    )
    assert (await volume(stack, volume_id))["Size"] == 1
    await modify(stack, volume_id, Size=2)
    assert (await volume(stack, volume_id))["Size"] == 2


@pytest.mark.parametrize(
    ("created", "asked", "becomes"),
    [
        ({"VolumeType": "gp2", "Size": 40}, {"Size": 100}, ("gp2", 100, 300, None)),
        ({"VolumeType": "gp2"}, {"VolumeType": "gp3"}, ("gp3", 1, 3000, 125)),
        ({"VolumeType": "gp3", "Size": 8}, {"Iops": 4000}, ("gp3", 8, 4000, 125)),
        ({"VolumeType": "gp3", "Size": 8, "Iops": 4000}, {"Throughput": 250}, ("gp3", 8, 4000, 250)),
        ({"VolumeType": "gp3", "Size": 4}, {"VolumeType": "io2"}, ("io2", 4, 3000, None)),
        ({"VolumeType": "io1", "Size": 4, "Iops": 200}, {"Size": 8}, ("io1", 8, 200, None)),
        ({"VolumeType": "io1", "Size": 4, "Iops": 200}, {"VolumeType": "gp2"}, ("gp2", 4, 100, None)),
        ({"VolumeType": "gp3", "Size": 125}, {"VolumeType": "st1"}, ("st1", 125, None, None)),
    ],
)
async def test_what_is_not_asked_for_is_kept_or_the_type_s_own(
    stack: Stack, created: dict[str, Any], asked: dict[str, Any], becomes: tuple[object, ...]
) -> None:
    volume_id = await create(stack, **created)
    before = await volume(stack, volume_id)
    await modify(stack, volume_id, **asked)
    now = await volume(stack, volume_id)
    assert (now["VolumeType"], now["Size"], now.get("Iops"), now.get("Throughput")) == becomes
    told = await modification(stack, volume_id)
    assert (told["OriginalVolumeType"], told["OriginalSize"]) == (before["VolumeType"], before["Size"])
    assert (told["TargetVolumeType"], told["TargetSize"], told.get("TargetIops")) == becomes[:3]


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"Size": 1}, "InvalidParameterValue", "New size cannot be smaller than existing size"),
        ({"Size": 16385}, "InvalidParameterValue", None),
        ({"Iops": 3000}, "InvalidParameterCombination", None),
        ({"Throughput": 125}, "InvalidParameterCombination", None),
        ({"VolumeType": "st1"}, "InvalidParameterValue", None),
        ({"VolumeType": "gp3", "Iops": 100}, "InvalidParameterValue", None),
        (
            {"VolumeType": "gp3", "Iops": 4000},
            "InvalidParameterValue",
            "Iops to volume size ratio of 2000.000000 is too high; maximum is 500",
        ),
        (
            {"VolumeType": "gp3", "Throughput": 1000},
            "InvalidParameterValue",
            "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiBps per iops",
        ),
        ({}, "InvalidParameterCombination", None),
    ],
)
async def test_a_modification_that_cannot_be_is_refused(
    stack: Stack, asked: dict[str, Any], code: str, message: str | None
) -> None:
    volume_id = await create(stack, Size=2)
    with refused(code, message):
        await stack.call("ModifyVolume", VolumeId=volume_id, **asked)
    with refused("InvalidVolumeModification.NotFound", f"Modification for volume '{volume_id}' does not exist."):
        await modification(stack, volume_id)


async def test_one_modification_is_made_at_a_time(stack: Stack) -> None:
    _, volume_id = await attached(stack)
    async with held(stack, "ensure_grown"):
        await stack.call("ModifyVolume", VolumeId=volume_id, Size=2)
        with refused(
            "IncorrectModificationState", f"Volume {volume_id} cannot be modified in modification state MODIFYING"
        ):
            await stack.call("ModifyVolume", VolumeId=volume_id, Size=3)
    await stack.idle()
    assert (await volume(stack, volume_id))["Size"] == 2


async def test_a_volume_is_not_attached_while_it_is_modified(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    async with held(stack, "ensure_detached"):
        await stack.call("DetachVolume", VolumeId=volume_id)
        await stack.call("ModifyVolume", VolumeId=volume_id, Size=2)
    await stack.idle()
    assert ((await volume(stack, volume_id))["Size"], await head_bytes(stack, volume_id)) == (2, 2 * GIB)

    other = await stack.launch()
    async with held(stack, "observe"):  # the reboot has the instance, the modification waits behind it
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
        await stack.call("RebootInstances", InstanceIds=[instance_id])
        await stack.call("DetachVolume", VolumeId=volume_id)
        await stack.call("ModifyVolume", VolumeId=volume_id, Size=3)
        async with asyncio.timeout(10):
            await stack.call("TerminateInstances", InstanceIds=[other])
    await stack.idle()
    assert ((await volume(stack, volume_id))["Size"], (await volume(stack, volume_id))["State"]) == (3, "available")


async def test_four_modifications_are_made_in_a_day(stack: Stack) -> None:
    volume_id = await create(stack)
    for size in (2, 3, 4, 5):
        await modify(stack, volume_id, Size=size)
    with refused("VolumeModificationRateExceeded"):
        await stack.call("ModifyVolume", VolumeId=volume_id, Size=6)
    await modify(stack, await create(stack), Size=2)
    a_day_ago = stack.clock.now() - timedelta(hours=24)
    await stack.running.cloud.world.database.write(
        lambda connection: connection.execute(update(tables.workflows).values(created_at=a_day_ago))
    )
    await modify(stack, volume_id, Size=6)
    assert (await volume(stack, volume_id))["Size"] == 6


async def test_a_volume_that_goes_takes_its_modification_along(stack: Stack) -> None:
    volume_id = await create(stack)
    await modify(stack, volume_id, Size=2)
    await stack.call("DeleteVolume", VolumeId=volume_id)
    await stack.idle()
    assert (await stack.call("DescribeVolumesModifications"))["VolumesModifications"] == []
    with refused("InvalidVolume.NotFound"):
        await modification(stack, volume_id)
    assert LayerId(volume_id) not in await stack.driver.disks.all_layers()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("modification-state", "completed", 2),
        ("modification-state", "modifying", 0),
        ("original-iops", "3000", 1),
        ("original-size", "1", 1),
        ("original-volume-type", "gp3", 1),
        ("originalMultiAttachEnabled", "false", 2),
        ("start-time", "*Z", 2),
        ("target-iops", "4000", 1),
        ("target-size", "9", 1),
        ("target-volume-type", "gp3", 1),
        ("targetMultiAttachEnabled", "true", 0),
        ("volume-id", "vol-*", 2),
    ],
)
async def test_a_filter_finds_what_it_names(stack: Stack, name: str, value: str, found: int) -> None:
    small, large = await create(stack), await create(stack, Size=8, VolumeType="gp3")
    await modify(stack, small, Size=2)
    await modify(stack, large, Size=9, Iops=4000)
    asked = [{"Name": name, "Values": [value]}]
    told = await stack.call("DescribeVolumesModifications", Filters=asked)
    assert len(told["VolumesModifications"]) == found


async def test_modifications_are_told_in_pages(stack: Stack) -> None:
    made = {await create(stack) for _ in range(6)}
    for volume_id in made:
        await modify(stack, volume_id, Size=2)
    first = await stack.call("DescribeVolumesModifications", MaxResults=5)
    rest = await stack.call("DescribeVolumesModifications", MaxResults=5, NextToken=first["NextToken"])
    assert {one["VolumeId"] for told in (first, rest) for one in told["VolumesModifications"]} == made
    assert "NextToken" not in rest
