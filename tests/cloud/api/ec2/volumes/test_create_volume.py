"""CreateVolume and DeleteVolume."""

import asyncio
from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import ZONE, attached, create, held, refused, root_of, states, volume

from kumoniwa.hypervisor.driver import HostExhausted

pytestmark = pytest.mark.anyio

UNKNOWN = "vol-00000000000000001"


async def snapshot(stack: Stack) -> str:
    """The snapshot of the image that launches come from."""
    return str((await stack.call("DescribeSnapshots"))["Snapshots"][0]["SnapshotId"])


async def test_a_volume_is_creating_and_then_available(stack: Stack) -> None:
    async with held(stack, "ensure_empty") as making:
        answer = await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=3)
        async with asyncio.timeout(10):
            await making.wait()
        assert (answer["State"], await states(stack, answer["VolumeId"])) == ("creating", ("creating", None))
        assert "Attachments" not in answer
        with refused("IncorrectState", f"The volume '{answer['VolumeId']}' is 'creating'"):
            await stack.call("DeleteVolume", VolumeId=answer["VolumeId"])
        with refused("IncorrectState", f"Volume '{answer['VolumeId']}' is in the 'creating' state."):
            await stack.call("ModifyVolume", VolumeId=answer["VolumeId"], Size=4)
        told = (await stack.call("DescribeVolumeStatus"))["VolumeStatuses"][0]["VolumeStatus"]
        assert told["Status"] == "insufficient-data"
    await stack.idle()
    described = await volume(stack, answer["VolumeId"])
    assert (described["State"], described["Size"], described["VolumeType"], described["Iops"]) == (
        "available",
        3,
        "gp2",
        100,
    )
    assert (described["SnapshotId"], described["AvailabilityZone"]) == ("", ZONE)


async def test_a_volume_may_be_placed_by_the_id_of_a_zone(stack: Stack) -> None:
    answer = await stack.call("CreateVolume", AvailabilityZoneId="use1-az2", Size=1)
    assert (answer["AvailabilityZone"], answer["Tags"]) == ("us-east-1b", [])


async def test_a_volume_of_a_snapshot_is_as_large_unless_it_is_to_be_larger(stack: Stack) -> None:
    of = await snapshot(stack)
    size = (await stack.call("DescribeSnapshots", SnapshotIds=[of]))["Snapshots"][0]["VolumeSize"]
    same = await stack.call("CreateVolume", AvailabilityZone=ZONE, SnapshotId=of)
    larger = await stack.call("CreateVolume", AvailabilityZone=ZONE, SnapshotId=of, Size=size + 1, VolumeType="gp3")
    await stack.idle()
    assert [(one["Size"], one["SnapshotId"]) for one in (same, larger)] == [(size, of), (size + 1, of)]
    assert (larger["Iops"], larger["Throughput"]) == (3000, 125)
    assert await states(stack, same["VolumeId"]) == ("available", None)
    with refused(
        "InvalidParameterValue",
        f"Volume of size {size - 1}GB is smaller than snapshot '{of}', expect size >= {size}GB",
    ):
        await stack.call("CreateVolume", AvailabilityZone=ZONE, SnapshotId=of, Size=size - 1)


async def test_a_volume_that_cannot_be_made_is_in_error_and_can_be_deleted(stack: Stack) -> None:
    stack.driver.fail_next("ensure_empty", HostExhausted("No room.", way_out="Ask again."))
    volume_id = await create(stack)
    assert await states(stack, volume_id) == ("error", None)
    instance_id = await stack.launch()
    with refused("IncorrectState", f"{volume_id} is not 'available'."):
        await stack.call("AttachVolume", VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    await stack.call("DeleteVolume", VolumeId=volume_id)
    with refused("InvalidVolume.NotFound"):
        await volume(stack, volume_id)


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"Size": 1}, "MissingParameter", "The request must contain the parameter zone"),
        ({"AvailabilityZone": ZONE}, "MissingParameter", "The request must contain the parameter size/snapshot"),
        ({"AvailabilityZone": ZONE, "AvailabilityZoneId": "use1-az1", "Size": 1}, "InvalidParameterCombination", None),
        (
            {"AvailabilityZone": "us-west-2a", "Size": 1},
            "InvalidZone.NotFound",
            "The zone 'us-west-2a' does not exist.",
        ),
        ({"AvailabilityZoneId": "use2-az1", "Size": 1}, "InvalidZone.NotFound", "The zone 'use2-az1' does not exist."),
        (
            {"AvailabilityZone": ZONE, "Size": 0},
            "InvalidParameterValue",
            "The volume size is invalid for gp2 volumes: 0 GiB. gp2 volumes must be at least 1 GiB in size. Please "
            "specify a volume size above the minimum limit.",
        ),
        (
            {"AvailabilityZone": ZONE, "Size": 16385},
            "InvalidParameterValue",
            "The volume size is invalid for gp2 volumes: 16385 GiB. gp2 volumes must be at most 16384 GiB in size. "
            "Please specify a volume size below the maximum limit.",
        ),
        (
            {"AvailabilityZone": ZONE, "Size": 4, "VolumeType": "io1", "Iops": 99},
            "InvalidParameterValue",
            "Volume iops of 99 is too low; minimum is 100.",
        ),
        (
            {"AvailabilityZone": ZONE, "Size": 4, "VolumeType": "gp3", "Throughput": 2001},
            "InvalidParameterValue",
            "Volume throughput of 2001 is too high; maximum is 2000.",
        ),
        ({"AvailabilityZone": ZONE, "Size": 3, "VolumeType": "io1", "Iops": 100}, "InvalidParameterValue", None),
        (
            {"AvailabilityZone": ZONE, "Size": 4, "VolumeType": "io1"},
            "InvalidParameterCombination",
            "The parameter iops must be specified for io1 volumes.",
        ),
        (
            {"AvailabilityZone": ZONE, "Size": 4, "VolumeType": "io2"},
            "InvalidParameterCombination",
            "The parameter iops must be specified for io2 volumes.",
        ),
        ({"AvailabilityZone": ZONE, "Size": 4, "Iops": 3000}, "InvalidParameterCombination", None),
        ({"AvailabilityZone": ZONE, "Size": 4, "Throughput": 125}, "InvalidParameterCombination", None),
        (
            {"AvailabilityZone": ZONE, "SnapshotId": "snap-00000000000000001"},
            "InvalidSnapshot.NotFound",
            "The snapshot 'snap-00000000000000001' does not exist.",
        ),
        (
            {
                "AvailabilityZone": ZONE,
                "Size": 1,
                "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
            },
            "InvalidParameterValue",
            "'instance' is not a valid taggable resource type for this operation.",
        ),
    ],
)
async def test_a_volume_that_cannot_be_is_refused(
    stack: Stack, parameters: dict[str, Any], code: str, message: str | None
) -> None:
    with refused(code, message):
        await stack.call("CreateVolume", **parameters)
    assert (await stack.call("DescribeVolumes"))["Volumes"] == []


async def test_a_volume_of_a_snapshot_that_is_not_completed_is_refused(stack: Stack) -> None:
    instance_id = await stack.launch()
    async with held(stack, "ensure_overlay"):
        image_id = (await stack.call("CreateImage", InstanceId=instance_id, Name="golden"))["ImageId"]
        pending = await stack.call("DescribeSnapshots", Filters=[{"Name": "status", "Values": ["pending"]}])
        of = pending["Snapshots"][0]["SnapshotId"]
        with refused("IncorrectState", "Snapshot is in invalid state - pending"):
            await stack.call("CreateVolume", AvailabilityZone=ZONE, SnapshotId=of)
    await stack.idle()
    assert image_id


async def test_a_client_token_makes_one_volume(stack: Stack) -> None:
    asked = {"AvailabilityZone": ZONE, "Size": 1, "ClientToken": "once"}
    first, second = await stack.call("CreateVolume", **asked), await stack.call("CreateVolume", **asked)
    assert first["VolumeId"] == second["VolumeId"]
    with refused("IdempotentParameterMismatch"):
        await stack.call("CreateVolume", **{**asked, "Size": 2})


async def test_the_tags_of_a_volume_go_with_it(stack: Stack) -> None:
    tags = [{"Key": "Name", "Value": "data"}]
    volume_id = await create(stack, TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])
    assert (await volume(stack, volume_id))["Tags"] == tags
    layers = await stack.driver.disks.all_layers()
    await stack.call("DeleteVolume", VolumeId=volume_id)
    await stack.idle()
    assert (await stack.call("DescribeTags"))["Tags"] == []
    assert len(await stack.driver.disks.all_layers()) == len(layers) - 1


async def test_a_volume_in_use_is_not_deleted(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    for used in (volume_id, await root_of(stack, instance_id)):
        with refused("VolumeInUse", f"Volume {used} is currently attached to {instance_id}"):
            await stack.call("DeleteVolume", VolumeId=used)


async def test_a_volume_that_is_not_there_is_not_deleted(stack: Stack) -> None:
    with refused("InvalidVolume.NotFound", f"The volume '{UNKNOWN}' does not exist."):
        await stack.call("DeleteVolume", VolumeId=UNKNOWN)
    with refused("InvalidParameterValue"):
        await stack.call("DeleteVolume", VolumeId="vol-x")
