"""What a request for storage may not ask, beside what each action's own tests refuse."""

from typing import Any

import pytest
from stack import Stack
from volumes_at_hand import ZONE, attached, create, refused, root_of, states

from kumoniwa.store import images

pytestmark = pytest.mark.anyio

_OTHERS = "999988887777"


async def _stopped_without_root(stack: Stack) -> tuple[str, str]:
    instance_id = await stack.launch()
    root = await root_of(stack, instance_id)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    await stack.call("DetachVolume", VolumeId=root)
    await stack.idle()
    return instance_id, root


async def _image(stack: Stack) -> str:
    instance_id = await stack.launch()
    told = await stack.call("CreateImage", InstanceId=instance_id, Name="golden", NoReboot=True)
    await stack.idle()
    return str(told["ImageId"])


async def test_no_image_is_made_of_an_instance_without_a_root_volume(stack: Stack) -> None:
    instance_id, _ = await _stopped_without_root(stack)
    message = (
        f"Invalid value '{instance_id}' for instanceId. Instance does not have a volume attached at root (/dev/xvda)"
    )
    with refused("InvalidParameterValue", message):
        await stack.call("CreateImage", InstanceId=instance_id, Name="rootless")
    assert (await stack.call("DescribeImages", Owners=["self"], Filters=_named("rootless")))["Images"] == []


async def test_an_image_without_a_root_device_is_neither_launched_nor_made_a_root_of(stack: Stack) -> None:
    image_id, instance_id = await _image(stack), await stack.launch()

    def lose_the_root(connection: Any) -> None:  # an earlier version made such images
        images.change(connection, image_id, root_device_name="/dev/sda1")

    await stack.running.cloud.world.database.write(lose_the_root)
    with refused("InvalidBlockDeviceMapping"):
        await stack.launch(ImageId=image_id)
    with refused("InvalidParameterValue", f"The image '{image_id}' has no snapshot of a root volume."):
        await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, ImageId=image_id)


async def test_an_iterator_that_ends_in_a_transaction_is_an_error_and_nobody_waits_for_ever(stack: Stack) -> None:
    def end(_: Any) -> None:
        next(iter(()))

    for ask in (stack.running.cloud.world.database.write, stack.running.cloud.world.database.read):
        with pytest.raises(RuntimeError, match="ended unexpectedly"):
            await ask(end)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"RootDeviceName": "root"}, "InvalidParameterValue"),
        ({"BlockDeviceMappings": [{"DeviceName": "foo", "Ebs": {"VolumeSize": 1}}]}, "InvalidBlockDeviceMapping"),
        ({"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 0}}]}, "InvalidParameterValue"),
    ],
)
async def test_no_image_is_registered_with_devices_that_cannot_be(
    stack: Stack, parameters: dict[str, Any], code: str
) -> None:
    snapshot_id = (await stack.call("DescribeSnapshots"))["Snapshots"][0]["SnapshotId"]
    root = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}
    asked = {
        "Name": "registered",
        "RootDeviceName": "/dev/xvda",
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        **parameters,
        "BlockDeviceMappings": [root, *parameters.get("BlockDeviceMappings", [])],
    }
    with refused(code):
        await stack.call("RegisterImage", **asked)


async def test_no_root_is_of_a_type_that_does_not_boot(stack: Stack) -> None:
    instance_id = await stack.launch(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 125}}])
    with refused("InvalidParameterValue"):
        await stack.call("ModifyVolume", VolumeId=await root_of(stack, instance_id), VolumeType="st1")
    snapshot_id = (await stack.call("DescribeSnapshots"))["Snapshots"][0]["SnapshotId"]
    slow = {"SnapshotId": snapshot_id, "VolumeSize": 125, "VolumeType": "sc1"}
    with refused("InvalidParameterValue"):
        await stack.call(
            "RegisterImage",
            Name="slow",
            RootDeviceName="/dev/xvda",
            Architecture="x86_64",
            VirtualizationType="hvm",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": slow}],
        )


async def test_a_cooldown_is_not_cut_short_by_asking_for_protection_again(stack: Stack) -> None:
    image_id = await _image(stack)
    for enable in ({"WithCooldown": True}, {}):
        await stack.call("EnableImageDeregistrationProtection", ImageId=image_id, **enable)
        await stack.call("DisableImageDeregistrationProtection", ImageId=image_id)
        with refused("OperationNotPermitted"):
            await stack.call("DeregisterImage", ImageId=image_id)


@pytest.mark.parametrize(
    "parameters",
    [
        {"OperationType": "add", "UserIds": ["all"]},
        {"CreateVolumePermission": {"Add": [{"UserId": "all"}]}},
    ],
)
async def test_everybody_is_a_group_and_no_account(stack: Stack, parameters: dict[str, Any]) -> None:
    volume_id = await create(stack)
    snapshot_id = (await stack.call("CreateSnapshot", VolumeId=volume_id))["SnapshotId"]
    await stack.idle()
    asked = {"SnapshotId": snapshot_id, "Attribute": "createVolumePermission"}
    with refused("InvalidUserID.Malformed"):
        await stack.call("ModifySnapshotAttribute", **asked, **parameters)
    await stack.call("ModifySnapshotAttribute", **asked, OperationType="add", UserIds=[_OTHERS], GroupNames=["all"])
    shared = await stack.call("DescribeSnapshotAttribute", **asked)
    assert {"Group": "all"} in shared["CreateVolumePermissions"]


async def test_tags_that_come_from_a_volume_count_too(stack: Stack) -> None:
    instance_id, volume_id = await attached(stack)
    await stack.call("CreateTags", Resources=[volume_id], Tags=[{"Key": f"own {n}", "Value": ""} for n in range(50)])
    specification = {"ResourceType": "snapshot", "Tags": [{"Key": "one", "Value": "more"}]}
    with refused("TagLimitExceeded"):
        await stack.call(
            "CreateSnapshots",
            InstanceSpecification={"InstanceId": instance_id},
            CopyTagsFromSource="volume",
            TagSpecifications=[specification],
        )
    assert [one for one in (await stack.call("DescribeSnapshots"))["Snapshots"] if one["VolumeId"] == volume_id] == []


async def test_a_device_is_the_same_with_and_without_its_folder(stack: Stack) -> None:
    instance_id, _ = await attached(stack, device="/dev/sdf")
    spare = await create(stack, AvailabilityZone=ZONE)
    for device in ("sdf", "xvda"):
        with refused("InvalidParameterValue"):
            await stack.call("AttachVolume", VolumeId=spare, InstanceId=instance_id, Device=device)
    assert await states(stack, spare) == ("available", None)


async def test_an_image_that_was_registered_says_how_its_snapshots_were_cut(stack: Stack) -> None:
    instance_id = await stack.launch()
    snapshot_id = (await stack.call("CreateSnapshot", VolumeId=await root_of(stack, instance_id)))["SnapshotId"]
    at_rest = await stack.call("DescribeSnapshots", Filters=[{"Name": "volume-id", "Values": ["vol-ffffffff"]}])
    await stack.idle()
    for cut, consistency in ((snapshot_id, "crash-consistent"), (at_rest["Snapshots"][0]["SnapshotId"], "at-rest")):
        told = await stack.call(
            "RegisterImage",
            Name=f"registered {consistency}",
            RootDeviceName="/dev/xvda",
            Architecture="x86_64",
            VirtualizationType="hvm",
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": cut}}],
        )
        truth = await stack.get(f"/_kumoniwa/images/{told['ImageId']}")
        assert truth["consistency"] == consistency
        assert cut in truth["detail"]


def _named(name: str) -> list[dict[str, Any]]:
    return [{"Name": "name", "Values": [name]}]
