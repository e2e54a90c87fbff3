"""Every filter that EC2 documents is taken; those of storage find what they name, and nothing by another value."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from asgi import Refused
from documented_filters import documented
from stack import Stack
from volumes_at_hand import ZONE, create

from kumoniwa.hypervisor.driver import CutRefused

pytestmark = pytest.mark.anyio

_TAG = [{"Key": "Name", "Value": "moss"}]
_NOTHING = "nothing is called so"


@pytest.mark.parametrize(
    ("action", "at_least"),
    [
        ("DescribeInstances", 100),
        ("DescribeInstanceStatus", 15),
        ("DescribeNetworkInterfaces", 30),
        ("DescribeVpcs", 14),
        ("DescribeSubnets", 20),
        ("DescribeDhcpOptions", 6),
        ("DescribeRouteTables", 20),
        ("DescribeInternetGateways", 6),
        ("DescribeEgressOnlyInternetGateways", 2),
        ("DescribeNetworkAcls", 18),
        ("DescribeVolumes", 20),
        ("DescribeSnapshots", 14),
        ("DescribeImages", 50),
        ("DescribeVolumeStatus", 14),
        ("DescribeVolumesModifications", 11),
        ("DescribeReplaceRootVolumeTasks", 1),
    ],
)
async def test_every_documented_filter_is_taken(stack: Stack, action: str, at_least: int) -> None:
    await stack.launch()
    names = documented(action)
    assert len(names) >= at_least
    for name in names:
        await stack.call(action, Filters=[{"Name": name, "Values": [_NOTHING]}])
    with pytest.raises(Refused) as refused:
        await stack.call(action, Filters=[{"Name": "colour", "Values": ["red"]}])
    assert refused.value.message == "The filter 'colour' is invalid"


# What is described, as a filter compares it, and the values by which each filter is to find it.


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}*"


async def _volumes(stack: Stack) -> Mapping[str, str]:
    instance_id = await stack.launch(TagSpecifications=[{"ResourceType": "volume", "Tags": _TAG}])
    await create(stack, VolumeType="io1", Size=4, Iops=100)
    attached = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    (volume,) = (await stack.call("DescribeVolumes", Filters=attached))["Volumes"]
    attachment = volume["Attachments"][0]
    return {
        "attachment.attach-time": _time(attachment["AttachTime"]),
        "attachment.delete-on-termination": "true",
        "attachment.device": attachment["Device"],
        "attachment.instance-id": instance_id,
        "attachment.status": "attached",
        "availability-zone": ZONE,
        "availability-zone-id": "use1-az1",
        "create-time": _time(volume["CreateTime"]),
        "encrypted": "false",
        "fast-restored": "false",
        "multi-attach-enabled": "false",
        "operator.managed": "false",
        "size": str(volume["Size"]),
        "snapshot-id": volume["SnapshotId"],
        "status": "in-use",
        "tag-key": "Name",
        "tag:Name": "moss",
        "volume-id": volume["VolumeId"],
        "volume-type": volume["VolumeType"],
    }


async def _snapshots(stack: Stack) -> Mapping[str, str]:
    volume_id = await create(stack, Size=3)
    tags = [{"ResourceType": "snapshot", "Tags": _TAG}]
    asked = {"VolumeId": volume_id, "Description": "of moss", "TagSpecifications": tags}
    snapshot = await stack.call("CreateSnapshot", **asked)
    await stack.idle()
    return {
        "description": "of moss",
        "encrypted": "false",
        "owner-id": snapshot["OwnerId"],
        "progress": "100%",
        "snapshot-id": snapshot["SnapshotId"],
        "start-time": _time(snapshot["StartTime"]),
        "status": "completed",
        "storage-tier": "standard",
        "tag-key": "Name",
        "tag:Name": "moss",
        "volume-id": volume_id,
        "volume-size": "3",
    }


async def _images(stack: Stack) -> Mapping[str, str]:
    """One that is made; one that failed, for its reason; and one that says what it boots by."""
    instance_id = await stack.launch()
    tags = [{"ResourceType": "image", "Tags": _TAG}]
    asked = {"InstanceId": instance_id, "NoReboot": True, "TagSpecifications": tags, "Description": "of moss"}
    image_id = (await stack.call("CreateImage", Name="golden", **asked))["ImageId"]
    await stack.idle()
    stack.driver.fail_next("ensure_cut", CutRefused("The disk is busy."))
    failed_id = (await stack.call("CreateImage", Name="failed", **asked))["ImageId"]
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[image_id]))["Images"]
    (failed,) = (await stack.call("DescribeImages", ImageIds=[failed_id]))["Images"]
    device = image["BlockDeviceMappings"][0]
    await stack.call(
        "RegisterImage",
        Name="registered",
        RootDeviceName="/dev/xvda",
        VirtualizationType="hvm",
        Architecture="x86_64",
        BootMode="legacy-bios",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": device["Ebs"]["SnapshotId"]}}],
    )
    return {
        "architecture": image["Architecture"],
        "block-device-mapping.delete-on-termination": "true",
        "block-device-mapping.device-name": device["DeviceName"],
        "block-device-mapping.encrypted": "false",
        "block-device-mapping.snapshot-id": device["Ebs"]["SnapshotId"],
        "block-device-mapping.volume-size": str(device["Ebs"]["VolumeSize"]),
        "block-device-mapping.volume-type": device["Ebs"]["VolumeType"],
        "boot-mode": "legacy-bios",
        "creation-date": image["CreationDate"],
        "description": "of moss",
        "ena-support": str(image["EnaSupport"]).lower(),
        "hypervisor": image["Hypervisor"],
        "image-id": image_id,
        "image-type": image["ImageType"],
        "is-public": "false",
        "manifest-location": image["ImageLocation"],
        "name": "golden",
        "owner-id": image["OwnerId"],
        "root-device-name": image["RootDeviceName"],
        "root-device-type": "ebs",
        "source-image-id": image["SourceImageId"],
        "source-image-region": image["SourceImageRegion"],
        "source-instance-id": instance_id,
        "sriov-net-support": image["SriovNetSupport"],
        "state": "available",
        "state-reason-code": failed["StateReason"]["Code"],
        "state-reason-message": failed["StateReason"]["Message"],
        "tag-key": "Name",
        "tag:Name": "moss",
        "virtualization-type": "hvm",
    }


async def _statuses(stack: Stack) -> Mapping[str, str]:
    instance_id = await stack.launch()
    return {
        "attachment-status.instance-id": instance_id,
        "attachment-status.io-performance": "normal",
        "availability-zone": ZONE,
        "volume-status.details-name": "io-enabled",
        "volume-status.details-status": "passed",
        "volume-status.status": "ok",
    }


async def _modifications(stack: Stack) -> Mapping[str, str]:
    volume_id = await create(stack, VolumeType="io1", Size=4, Iops=100)
    asked = {"VolumeId": volume_id, "Size": 10, "VolumeType": "gp3", "Iops": 4000}
    modification = (await stack.call("ModifyVolume", **asked))["VolumeModification"]
    await stack.idle()
    return {
        "modification-state": "completed",
        "original-iops": "100",
        "original-size": "4",
        "original-volume-type": "io1",
        "originalMultiAttachEnabled": "false",
        "start-time": _time(modification["StartTime"]),
        "target-iops": "4000",
        "target-size": "10",
        "target-volume-type": "gp3",
        "targetMultiAttachEnabled": "false",
        "volume-id": volume_id,
    }


async def _tasks(stack: Stack) -> Mapping[str, str]:
    instance_id = await stack.launch()
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id)
    await stack.idle()
    return {"instance-id": instance_id}


_FINDS: dict[str, tuple[str, Callable[[Stack], Awaitable[Mapping[str, str]]]]] = {
    "DescribeVolumes": ("Volumes", _volumes),
    "DescribeSnapshots": ("Snapshots", _snapshots),
    "DescribeImages": ("Images", _images),
    "DescribeVolumeStatus": ("VolumeStatuses", _statuses),
    "DescribeVolumesModifications": ("VolumesModifications", _modifications),
    "DescribeReplaceRootVolumeTasks": ("ReplaceRootVolumeTasks", _tasks),
}

_ASK_FOR_WHAT_NOTHING_HAS = re.compile(
    r"action\.|event\.|free-tier-eligible|image-allowed|image-watermark\.|instance-type-specification\.|kernel-id|"
    r"operator\.principal|owner-alias|platform|product-code|public-ssm-parameter-name|ramdisk-id|scan-result\.|"
    r"transfer-type"
)


@pytest.mark.parametrize("action", _FINDS)
async def test_every_documented_filter_finds_what_it_names_and_nothing_else(stack: Stack, action: str) -> None:
    member, make = _FINDS[action]
    values = await make(stack)

    async def found(name: str, value: str) -> list[Any]:
        answer = await stack.call(action, Filters=[{"Name": name, "Values": [value]}])
        return list(answer[member])

    names = documented(action)
    assert set(values) <= set(names), "only what is documented"
    for name in names:
        if name in values:
            assert await found(name, values[name]), name
        else:
            assert _ASK_FOR_WHAT_NOTHING_HAS.match(name), f"what should {name} find?"
            assert await found(name, "*") == []
        assert await found(name, _NOTHING) == [], name
