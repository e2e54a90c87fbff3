"""CopyImage: the same contents in another region, or once more in this one."""

import re
from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.store import layers

pytestmark = pytest.mark.anyio

TAG = {"Key": "Team", "Value": "moss"}


async def _image(stack: Stack, **parameters: Any) -> dict[str, Any]:
    """An image of two volumes, one of which holds something."""
    instance_id = await stack.launch(BlockDeviceMappings=[{"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 2}}])
    stack.guest(instance_id).write("/mark", b"kept", sync=True)
    made = await stack.call("CreateImage", InstanceId=instance_id, Name="golden", **parameters)
    await stack.idle()
    return await _told(stack, made["ImageId"])


async def _told(stack: Stack, image_id: str) -> dict[str, Any]:
    image: dict[str, Any] = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"][0]
    return image


async def test_a_copy_holds_what_its_source_holds(stack: Stack) -> None:
    source = await _image(stack, TagSpecifications=[{"ResourceType": "image", "Tags": [TAG]}])
    before = await stack.running.cloud.read(layers.known)
    asked = await stack.call(
        "CopyImage", SourceRegion="us-east-1", SourceImageId=source["ImageId"], Name="copy", Description="words"
    )
    await stack.idle()
    copy = await _told(stack, asked["ImageId"])
    assert (copy["State"], copy["Name"], copy["Description"]) == ("available", "copy", "words")
    assert (copy["SourceImageId"], copy["SourceImageRegion"]) == (source["ImageId"], "us-east-1")
    assert "SourceInstanceId" not in copy and "Tags" not in copy
    same = ("Architecture", "RootDeviceName", "EnaSupport", "PlatformDetails", "VirtualizationType")
    assert [copy[name] for name in same] == [source[name] for name in same]
    assert await stack.running.cloud.read(layers.known) == before, "a copy takes no room"
    for mine, theirs in zip(copy["BlockDeviceMappings"], source["BlockDeviceMappings"], strict=True):
        assert mine["Ebs"] | {"SnapshotId": ""} == theirs["Ebs"] | {"SnapshotId": ""}
        told = await stack.call("DescribeSnapshots", SnapshotIds=[mine["Ebs"]["SnapshotId"]])
        snapshot = told["Snapshots"][0]
        assert (snapshot["State"], snapshot["Progress"], snapshot["VolumeId"]) == ("completed", "100%", "vol-ffffffff")
        assert re.fullmatch(
            f"Copied for DestinationAmi {copy['ImageId']} from SourceAmi {source['ImageId']} for SourceSnapshot "
            rf"{theirs['Ebs']['SnapshotId']}\. Task created on [0-9]{{1,3}}(,[0-9]{{3}})+\.",
            snapshot["Description"],
        )
    # It does not need its source any more.
    await stack.call("DeregisterImage", ImageId=source["ImageId"], DeleteAssociatedSnapshots=True)
    await stack.idle()
    assert stack.guest(await stack.launch(ImageId=copy["ImageId"])).read("/mark") == b"kept"


async def test_a_copy_is_in_the_region_that_asks(stack: Stack) -> None:
    source = await _image(stack)
    there = stack.in_region("eu-west-1")
    asked = await there.call("CopyImage", SourceRegion="us-east-1", SourceImageId=source["ImageId"], Name="golden")
    await stack.idle()
    copy = await _told(there, asked["ImageId"])
    assert (copy["SourceImageId"], copy["SourceImageRegion"]) == (source["ImageId"], "us-east-1")
    asked_by_region = [{"Name": "source-image-region", "Values": ["us-east-1"]}]
    assert len((await there.call("DescribeImages", Filters=asked_by_region))["Images"]) == 1
    with pytest.raises(Refused, match=r"InvalidAMIID\.NotFound"):
        await _told(stack, copy["ImageId"])
    instance_id = await there.launch(ImageId=copy["ImageId"])
    assert stack.guest(instance_id).read("/mark") == b"kept"
    ancestry = (await there.call("GetImageAncestry", ImageId=copy["ImageId"]))["ImageAncestryEntries"]
    assert [(one["ImageId"], one.get("SourceImageRegion")) for one in ancestry] == [
        (copy["ImageId"], "us-east-1"),
        (source["ImageId"], "us-east-1"),
        (source["SourceImageId"], None),
    ]


async def test_tags_are_copied_where_that_is_asked(stack: Stack) -> None:
    source = await _image(stack, TagSpecifications=[{"ResourceType": "image", "Tags": [TAG]}])
    more = {"Key": "Name", "Value": "copy"}
    asked = await stack.call(
        "CopyImage",
        SourceRegion="us-east-1",
        SourceImageId=source["ImageId"],
        Name="copy",
        CopyImageTags=True,
        TagSpecifications=[
            {"ResourceType": "image", "Tags": [more]},
            {"ResourceType": "snapshot", "Tags": [more]},
        ],
    )
    await stack.idle()
    copy = await _told(stack, asked["ImageId"])
    assert sorted(tag["Key"] for tag in copy["Tags"]) == ["Name", "Team"]
    for mapping in copy["BlockDeviceMappings"]:
        told = await stack.call("DescribeSnapshots", SnapshotIds=[mapping["Ebs"]["SnapshotId"]])
        assert told["Snapshots"][0]["Tags"] == [more]


async def test_a_token_makes_one_copy(stack: Stack) -> None:
    source = await _image(stack)
    asked = {"SourceRegion": "us-east-1", "SourceImageId": source["ImageId"], "Name": "copy", "ClientToken": "once"}
    first, again = await stack.call("CopyImage", **asked), await stack.call("CopyImage", **asked)
    assert first["ImageId"] == again["ImageId"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"SourceRegion": "moon-1"}, "InvalidRegion"),
        ({"SourceRegion": "eu-west-1"}, "InvalidAMIID.NotFound"),
        ({"SourceImageId": "ami-x"}, "InvalidAMIID.Malformed"),
        ({"Name": "golden"}, "InvalidAMIName.Duplicate"),
        ({"Name": "moss+stone"}, "InvalidAMIName.Malformed"),
        ({"Description": "x" * 256}, "InvalidParameterValue"),
        ({"SnapshotCopyCompletionDurationMinutes": 20}, "InvalidParameterValue"),
        ({"TagSpecifications": [{"ResourceType": "volume", "Tags": [TAG]}]}, "InvalidParameterValue"),
    ],
)
async def test_what_cannot_be_copied_is_refused(stack: Stack, asked: dict[str, Any], code: str) -> None:
    source = await _image(stack)
    good = {"SourceRegion": "us-east-1", "SourceImageId": source["ImageId"], "Name": "copy"}
    with pytest.raises(Refused) as refused:
        await stack.call("CopyImage", **(good | asked))
    assert refused.value.code == code
    timed = await stack.call("CopyImage", **good, SnapshotCopyCompletionDurationMinutes=30)
    await stack.idle()
    assert (await _told(stack, timed["ImageId"]))["State"] == "available"
    await stack.call("DisableImage", ImageId=source["ImageId"])
    with pytest.raises(Refused, match="is disabled, and cannot be copied"):
        await stack.call("CopyImage", **(good | {"Name": "another"}))
