"""CopySnapshot: the same bytes under another name, here or in another region, whatever becomes of the source."""

from dataclasses import replace
from typing import Any

import pytest
from asgi import Caller
from stack import Stack
from volumes_at_hand import refused, root_of

from kumoniwa.errors import NotBuilt

pytestmark = pytest.mark.anyio

HOME, AWAY = "us-east-1", "eu-west-1"


async def source(stack: Stack) -> str:
    """A snapshot of a guest that had written something, completed."""
    instance_id = await stack.launch()
    stack.guest(instance_id).write("/kept", b"kept", sync=True)
    made = await stack.call("CreateSnapshot", VolumeId=await root_of(stack, instance_id), Description="nightly")
    await stack.idle()
    return str(made["SnapshotId"])


async def described(stack: Stack, snapshot_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await stack.call("DescribeSnapshots", SnapshotIds=[snapshot_id]))["Snapshots"][0]
    return found


def away(stack: Stack) -> Stack:
    """The same cloud, called in another region."""
    key = stack.running.key
    caller = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], region=AWAY)
    return replace(stack, caller=caller)


async def test_a_copy_holds_what_its_source_holds_and_outlives_it(stack: Stack) -> None:
    original = await source(stack)
    told = await described(stack, original)
    copied = await stack.call("CopySnapshot", SourceRegion=HOME, SourceSnapshotId=original)
    assert (await described(stack, copied["SnapshotId"]))["State"] == "pending"
    await stack.idle()
    copy = await described(stack, copied["SnapshotId"])
    assert (copy["State"], copy["Progress"], copy["VolumeId"]) == ("completed", "100%", "vol-ffffffff")
    assert copy["Description"] == f"[Copied {original} from {HOME}]"
    assert (copy["VolumeSize"], copy["FullSnapshotSizeInBytes"]) == (
        told["VolumeSize"],
        told["FullSnapshotSizeInBytes"],
    )
    assert "Tags" not in copy
    of_both = [await stack.get(f"/_kumoniwa/snapshots/{one}") for one in (original, copy["SnapshotId"])]
    assert of_both[0]["consistency"] == of_both[1]["consistency"]
    assert of_both[0]["layer_id"] == of_both[1]["layer_id"]
    await stack.call("DeleteSnapshot", SnapshotId=original)
    await stack.idle()
    instance_id = await stack.launch()
    restored = await stack.call("CreateVolume", AvailabilityZone="us-east-1a", SnapshotId=copy["SnapshotId"])
    await stack.idle()
    await stack.call("AttachVolume", VolumeId=restored["VolumeId"], InstanceId=instance_id, Device="/dev/sdg")
    await stack.idle()
    serial = restored["VolumeId"].replace("-", "")
    assert stack.guest(instance_id).read("/kept", serial=serial) == b"kept"


async def test_a_copy_of_another_region_is_in_the_one_that_is_called(stack: Stack) -> None:
    original = await source(stack)
    other = away(stack)
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "for", "Value": "recovery"}]}]
    copied = await other.call(
        "CopySnapshot",
        SourceRegion=HOME,
        SourceSnapshotId=original,
        Description="elsewhere",
        TagSpecifications=tags,
        DestinationRegion=AWAY,
        PresignedUrl="https://ec2.us-east-1.amazonaws.com/?Action=CopySnapshot",
    )
    assert copied["Tags"] == tags[0]["Tags"]
    await stack.idle()
    copy = await described(other, copied["SnapshotId"])
    assert (copy["State"], copy["Description"], copy["Tags"]) == ("completed", "elsewhere", tags[0]["Tags"])
    with refused("InvalidSnapshot.NotFound"):
        await described(stack, copied["SnapshotId"])


async def test_what_cannot_be_copied_is_refused(stack: Stack) -> None:
    original = await source(stack)
    unknown = "snap-0123456789abcdef0"
    for parameters, code, message in (
        ({"SourceSnapshotId": unknown}, "InvalidSnapshot.NotFound", f"The snapshot '{unknown}' does not exist."),
        (
            {"SourceSnapshotId": "snap-x"},
            "InvalidParameterValue",
            "Value (snap-x) for parameter snapshotId is invalid. Expected: 'snap-...'.",
        ),
        ({"SourceRegion": AWAY}, "InvalidSnapshot.NotFound", f"The snapshot '{original}' does not exist."),
        ({"SourceRegion": "moon-1"}, "InvalidParameterValue", None),
        ({"DestinationRegion": AWAY}, "InvalidParameterValue", None),
        ({"PresignedUrl": "no url"}, "InvalidParameterValue", None),
        ({"Description": "d" * 256}, "InvalidParameterValue", None),
        ({"KmsKeyId": "key"}, "InvalidParameterDependency", None),
        ({"DestinationOutpostArn": "arn:x"}, "UnsupportedOperation", NotBuilt("Outposts").message),
        ({"DestinationAvailabilityZone": "x"}, "UnsupportedOperation", NotBuilt("Local Zones").message),
        ({"CompletionDurationMinutes": 16}, "InvalidParameterValue", None),
    ):
        with refused(code, message):
            await stack.call("CopySnapshot", **{"SourceRegion": HOME, "SourceSnapshotId": original, **parameters})


async def test_what_is_not_completed_is_not_copied(stack: Stack) -> None:
    volume_id = await root_of(stack, await stack.launch())
    made = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    with refused("IncorrectState"):
        await stack.call("CopySnapshot", SourceRegion=HOME, SourceSnapshotId=made)
    await stack.idle()
