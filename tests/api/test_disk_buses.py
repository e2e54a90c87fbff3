"""How guests see their disks: NVMe on Nitro's types, virtio on those from before it."""

import pytest
from stack import Stack

from kumoniwa.hypervisor.driver import DiskBus
from kumoniwa.workflows.steps.guests import spec_of

pytestmark = pytest.mark.anyio


async def _bus(stack: Stack, instance_id: str) -> DiskBus:
    return (await stack.running.cloud.read(lambda connection: spec_of(connection, instance_id))).bus


@pytest.mark.parametrize(("kind", "bus"), [("t3.micro", "nvme"), ("t2.micro", "virtio"), ("m1.small", "virtio")])
async def test_the_type_says_how_a_guest_sees_its_disks(stack: Stack, kind: str, bus: str) -> None:
    assert await _bus(stack, await stack.launch(InstanceType=kind)) == bus
    (told,) = (await stack.call("DescribeInstanceTypes", InstanceTypes=[kind]))["InstanceTypes"]
    assert told["EbsInfo"]["NvmeSupport"] == ("required" if bus == "nvme" else "unsupported")


async def test_another_type_brings_its_own_bus(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    for kind, bus in (("t2.micro", "virtio"), ("t3.small", "nvme")):
        await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, InstanceType={"Value": kind})
        assert await _bus(stack, instance_id) == bus
