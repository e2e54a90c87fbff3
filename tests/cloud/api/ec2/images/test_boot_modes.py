"""What starts an instance's boot loader: its image's boot mode, as far as its type has it."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.hypervisor.driver import Firmware
from kumoniwa.workflows.steps.instances.guests import spec_of

pytestmark = pytest.mark.anyio


async def _registered(stack: Stack, **parameters: Any) -> str:
    """An image of the simulated image's snapshot."""
    named = [{"Name": "name", "Values": ["*-simulated"]}]
    (simulated,) = (await stack.call("DescribeImages", Filters=named))["Images"]
    root = simulated["BlockDeviceMappings"][0]
    asked: dict[str, Any] = {
        "Name": "imported",
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "RootDeviceName": root["DeviceName"],
        "BlockDeviceMappings": [{"DeviceName": root["DeviceName"], "Ebs": {"SnapshotId": root["Ebs"]["SnapshotId"]}}],
    }
    return str((await stack.call("RegisterImage", **(asked | parameters)))["ImageId"])


@pytest.mark.parametrize(
    ("mode", "kind", "current", "firmware"),
    [
        ({}, "t3.micro", "legacy-bios", Firmware.BIOS),
        ({"BootMode": "legacy-bios"}, "t3.micro", "legacy-bios", Firmware.BIOS),
        ({"BootMode": "uefi"}, "t3.micro", "uefi", Firmware.UEFI),
        ({"BootMode": "uefi-preferred"}, "t3.micro", "uefi", Firmware.UEFI),
        ({"BootMode": "uefi-preferred"}, "t2.micro", "legacy-bios", Firmware.BIOS),
    ],
)
async def test_an_instance_boots_by_what_its_image_asks_and_its_type_has(
    stack: Stack, mode: dict[str, str], kind: str, current: str, firmware: Firmware
) -> None:
    image = await _registered(stack, **mode)
    (told,) = (await stack.call("DescribeImages", ImageIds=[image]))["Images"]
    assert told.get("BootMode") == mode.get("BootMode")
    instance_id = await stack.launch(ImageId=image, InstanceType=kind)
    instance = await stack.instance(instance_id)
    assert (instance.get("BootMode"), instance["CurrentInstanceBootMode"]) == (mode.get("BootMode"), current)
    spec = await stack.running.cloud.read(lambda connection: spec_of(connection, instance_id))
    assert spec.firmware is firmware
    for name, value in (("boot-mode", mode.get("BootMode")), ("current-instance-boot-mode", current)):
        if value is not None:
            asked = [{"Name": name, "Values": [value]}]
            assert (await stack.call("DescribeInstances", Filters=asked))["Reservations"] != []


async def test_a_type_without_uefi_does_not_run_what_needs_it(stack: Stack) -> None:
    image = await _registered(stack, BootMode="uefi")
    with pytest.raises(Refused, match="InvalidParameterValue") as refused:
        await stack.launch(ImageId=image, InstanceType="t2.micro")
    assert refused.value.message == "The instance type 't2.micro' does not support boot mode 'uefi'."


async def test_another_type_brings_its_own_boot_modes(stack: Stack) -> None:
    preferring = await stack.launch(ImageId=await _registered(stack, BootMode="uefi-preferred"))
    needing = await stack.launch(ImageId=await _registered(stack, BootMode="uefi", Name="needs uefi"))
    await stack.call("StopInstances", InstanceIds=[preferring, needing])
    await stack.idle()
    for kind, current in (("t2.micro", "legacy-bios"), ("t3.micro", "uefi")):
        await stack.call("ModifyInstanceAttribute", InstanceId=preferring, InstanceType={"Value": kind})
        told = await stack.instance(preferring)
        assert (told["BootMode"], told["CurrentInstanceBootMode"]) == ("uefi-preferred", current)
    with pytest.raises(Refused, match="does not support boot mode 'uefi'"):
        await stack.call("ModifyInstanceAttribute", InstanceId=needing, InstanceType={"Value": "t2.micro"})


@pytest.mark.parametrize("mode", ["uefi", "uefi-preferred"])
async def test_i386_has_no_uefi(stack: Stack, mode: str) -> None:
    with pytest.raises(Refused, match="InvalidParameterCombination"):
        await _registered(stack, Architecture="i386", BootMode=mode)


async def test_types_tell_the_boot_modes_they_have(stack: Stack) -> None:
    told = (await stack.call("DescribeInstanceTypes", InstanceTypes=["t2.micro", "t3.micro"]))["InstanceTypes"]
    assert {kind["InstanceType"]: kind["SupportedBootModes"] for kind in told} == {
        "t2.micro": ["legacy-bios"],
        "t3.micro": ["legacy-bios", "uefi"],
    }


async def test_the_uefi_data_of_an_instance_is_refused_by_name(stack: Stack) -> None:
    instance_id = await stack.launch(ImageId=await _registered(stack, BootMode="uefi"))
    with pytest.raises(Refused, match="Kumoniwa does not implement reading the UEFI data of instances"):
        await stack.call("GetInstanceUefiData", InstanceId=instance_id)
