"""Instances of Nitro's types need an AMI that has the driver of the Elastic Network Adapter."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

_NEEDED = "Enhanced networking with the Elastic Network Adapter (ENA) is required for the 't3.micro' instance type. "


async def _registered(stack: Stack, **parameters: Any) -> str:
    (simulated,) = (await stack.call("DescribeImages"))["Images"]
    ebs = {"SnapshotId": simulated["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]}
    made = await stack.call(
        "RegisterImage",
        Name="imported",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": ebs}],
        **parameters,
    )
    return str(made["ImageId"])


async def _named(stack: Stack, ena_support: str) -> list[str]:
    asked = [{"Name": "ena-support", "Values": [ena_support]}]
    found = (await stack.call("DescribeInstances", Filters=asked))["Reservations"]
    return [instance["InstanceId"] for one in found for instance in one["Instances"]]


@pytest.mark.parametrize("parameters", [{}, {"EnaSupport": False}])
async def test_a_type_that_needs_it_refuses_an_image_without(stack: Stack, parameters: dict[str, Any]) -> None:
    image = await _registered(stack, **parameters)
    with pytest.raises(Refused, match="InvalidParameterCombination") as refused:
        await stack.launch(ImageId=image, InstanceType="t3.micro")
    assert refused.value.message == f"{_NEEDED}Ensure that you are using an AMI that is enabled for ENA."


async def test_an_image_with_it_runs_on_every_type(stack: Stack) -> None:
    image = await _registered(stack, EnaSupport=True)
    made = {await stack.launch(ImageId=image, InstanceType=kind) for kind in ("t3.micro", "t2.micro")}
    assert set(await _named(stack, "true")) == made


async def test_an_instance_is_as_its_image_until_asked_otherwise(stack: Stack) -> None:
    instance_id = await stack.launch(ImageId=await _registered(stack), InstanceType="t2.micro")
    assert (await stack.instance(instance_id))["EnaSupport"] is False
    assert await _named(stack, "false") == [instance_id]
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    baked = await stack.call("CreateImage", InstanceId=instance_id, Name="baked")
    (told,) = (await stack.call("DescribeImages", ImageIds=[baked["ImageId"]]))["Images"]
    assert told["EnaSupport"] is False

    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, InstanceType={"Value": "t3.micro"})
    with pytest.raises(Refused, match="InvalidParameterCombination") as refused:
        await stack.call("StartInstances", InstanceIds=[instance_id])
    assert refused.value.message == f"{_NEEDED}Ensure that your instance is enabled for ENA."

    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, EnaSupport={"Value": True})
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    instance = await stack.instance(instance_id)
    assert (instance["State"]["Name"], instance["EnaSupport"]) == ("running", True)
