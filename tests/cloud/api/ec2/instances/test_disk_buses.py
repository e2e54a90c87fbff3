"""How guests see their disks: NVMe on Nitro's types, virtio on those from before it, unless the image is NVMe's."""

import pytest
from stack import Stack

from kumoniwa.hypervisor.driver import DiskBus
from kumoniwa.store import images
from kumoniwa.workflows.steps.instances.guests import spec_of

pytestmark = pytest.mark.anyio


async def _bus(stack: Stack, instance_id: str) -> DiskBus:
    return (await stack.running.cloud.read(lambda connection: spec_of(connection, instance_id))).bus


async def _becomes(stack: Stack, instance_id: str, kind: str) -> DiskBus:
    """The bus once the instance, which is stopped, is of this type."""
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, InstanceType={"Value": kind})
    return await _bus(stack, instance_id)


async def _copied(stack: Stack, image_id: str, name: str) -> str:
    asked = {"SourceRegion": "us-east-1", "SourceImageId": image_id, "Name": name}
    return str((await stack.call("CopyImage", **asked))["ImageId"])


@pytest.mark.parametrize(("kind", "bus"), [("t3.micro", "nvme"), ("t2.micro", "virtio"), ("m1.small", "virtio")])
async def test_the_type_says_how_a_guest_sees_its_disks(stack: Stack, kind: str, bus: str) -> None:
    assert await _bus(stack, await stack.launch(InstanceType=kind)) == bus
    (told,) = (await stack.call("DescribeInstanceTypes", InstanceTypes=[kind]))["InstanceTypes"]
    assert told["EbsInfo"]["NvmeSupport"] == ("required" if bus == "nvme" else "unsupported")


async def test_another_type_brings_its_own_bus(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _becomes(stack, instance_id, "t2.micro") == "virtio"
    assert await _becomes(stack, instance_id, "t3.small") == "nvme"


async def test_what_comes_of_an_image_from_before_boots_from_nvme_whatever_its_type(stack: Stack) -> None:
    """As the migration leaves images: their systems have no other driver before the root is mounted."""
    (image,) = (await stack.call("DescribeImages"))["Images"]
    newer = await _copied(stack, image["ImageId"], "newer")
    await stack.idle()
    await stack.running.cloud.world.database.write(
        lambda connection: images.change(connection, image["ImageId"], nvme_only=True)
    )
    instance_id = await stack.launch(ImageId=image["ImageId"], InstanceType="t2.micro")
    assert await _bus(stack, instance_id) == "nvme"
    made = (await stack.call("CreateImage", InstanceId=instance_id, Name="made"))["ImageId"]
    copied = await _copied(stack, image["ImageId"], "copied")
    await stack.idle()
    for descendant in (made, copied):
        assert await _bus(stack, await stack.launch(ImageId=descendant, InstanceType="t2.micro")) == "nvme"
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, ImageId=newer)
    await stack.idle()
    assert await _bus(stack, instance_id) == "virtio"
    await stack.call("CreateReplaceRootVolumeTask", InstanceId=instance_id, ImageId=copied)
    await stack.idle()
    assert await _bus(stack, instance_id) == "nvme"
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _becomes(stack, instance_id, "t2.small") == "nvme"
