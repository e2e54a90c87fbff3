"""The Recycle Bin and fast restores: nothing is in them."""

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("action", "member"),
    [
        ("ListSnapshotsInRecycleBin", "Snapshots"),
        ("ListImagesInRecycleBin", "Images"),
        ("DescribeFastSnapshotRestores", "FastSnapshotRestores"),
    ],
)
async def test_lists_are_empty(stack: Stack, action: str, member: str) -> None:
    assert await stack.call(action) == {member: []}


async def test_a_snapshot_is_not_in_the_recycle_bin(stack: Stack) -> None:
    volume = await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)
    await stack.idle()
    snapshot = (await stack.call("CreateSnapshot", VolumeId=volume["VolumeId"]))["SnapshotId"]
    with pytest.raises(Refused) as refused:
        await stack.call("ListSnapshotsInRecycleBin", SnapshotIds=[snapshot])
    assert refused.value.code == "InvalidSnapshot.NotFound"
