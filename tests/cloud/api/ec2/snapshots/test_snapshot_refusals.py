"""What CreateSnapshot and CreateSnapshots refuse, in EC2's words; then nothing of it is begun."""

import pytest
from stack import Stack
from volumes_at_hand import ZONE, attached, create, held, refused, root_of

from kumoniwa.errors import NotBuilt

pytestmark = pytest.mark.anyio


async def test_five_snapshots_of_a_volume_may_be_pending_and_no_sixth(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    async with held(stack, "ensure_cut"):
        for _ in range(5):
            await stack.call("CreateSnapshot", VolumeId=volume_id)
        with refused(
            "ConcurrentSnapshotLimitExceeded", "Maximum allowed in-progress snapshots for a single volume exceeded."
        ):
            await stack.call("CreateSnapshot", VolumeId=volume_id)
        with refused("ConcurrentSnapshotLimitExceeded"):
            await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    await stack.idle()
    made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await stack.idle()
    (told,) = (await stack.call("DescribeSnapshots", SnapshotIds=[made]))["Snapshots"]
    assert told["State"] == "completed"


async def test_a_volume_that_is_not_made_yet_is_not_cut(stack: Stack) -> None:
    async with held(stack, "ensure_empty") as reached:
        volume_id = (await stack.call("CreateVolume", AvailabilityZone=ZONE, Size=1))["VolumeId"]
        await reached.wait()
        with refused("IncorrectState", f"Volume '{volume_id}' is in the 'creating' state."):
            await stack.call("CreateSnapshot", VolumeId=volume_id)
    await stack.idle()


async def test_what_cannot_be_is_refused(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    root, spare = await root_of(stack, instance_id), await create(stack)
    unknown = "vol-0123456789abcdef0"
    for parameters, code, message in (
        ({"VolumeId": unknown}, "InvalidVolume.NotFound", f"The volume '{unknown}' does not exist."),
        (
            {"VolumeId": "vol-x"},
            "InvalidParameterValue",
            "Value (vol-x) for parameter volumeId is invalid. Expected: 'vol-...'.",
        ),
        ({"Description": "d" * 256}, "InvalidParameterValue", None),
        ({"OutpostArn": "arn:aws:outposts:x"}, "UnsupportedOperation", NotBuilt("Outposts").message),
        ({"Location": "local"}, "UnsupportedOperation", NotBuilt("Local Zones").message),
        (
            {"TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}]},
            "InvalidParameterValue",
            "'volume' is not a valid taggable resource type for this operation.",
        ),
        ({"DryRun": True}, "DryRunOperation", None),
    ):
        with refused(code, message):
            await stack.call("CreateSnapshot", **{"VolumeId": volume_id, **parameters})
    for specification, code in (
        ({"InstanceId": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
        ({"InstanceId": instance_id, "ExcludeDataVolumeIds": [root]}, "InvalidParameterValue"),
        ({"InstanceId": instance_id, "ExcludeDataVolumeIds": [spare]}, "InvalidParameterValue"),
        ({"InstanceId": instance_id, "ExcludeDataVolumeIds": [volume_id] * 41}, "InvalidParameterValue"),
        (
            {"InstanceId": instance_id, "ExcludeDataVolumeIds": [volume_id], "ExcludeBootVolume": True},
            "InvalidParameterValue",
        ),
    ):
        with refused(code):
            await stack.call("CreateSnapshots", InstanceSpecification=specification)
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    with refused("IncorrectInstanceState"):
        await stack.call("CreateSnapshots", InstanceSpecification={"InstanceId": instance_id})
    assert (await stack.call("DescribeSnapshots", Filters=[{"Name": "status", "Values": ["pending"]}]))[
        "Snapshots"
    ] == []


async def test_no_snapshot_is_begun_where_the_host_has_no_room(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    stack.driver.world.room = 0
    for action, parameters in (
        ("CreateSnapshot", {"VolumeId": volume_id}),
        ("CreateSnapshots", {"InstanceSpecification": {"InstanceId": instance_id}}),
        ("CreateImage", {"InstanceId": instance_id, "Name": "none"}),
    ):
        with refused("InsufficientVolumeCapacity"):
            await stack.call(action, **parameters)
