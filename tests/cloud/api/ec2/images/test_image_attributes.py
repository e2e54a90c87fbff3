"""Attributes of images and snapshots, and the addresses that nobody has: what tools ask for on their way."""

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio


async def _image(stack: Stack, **parameters: object) -> dict[str, object]:
    instance = await stack.launch()
    made = await stack.call("CreateImage", InstanceId=instance, Name="attributed", NoReboot=True, **parameters)
    await stack.idle()
    (image,) = (await stack.call("DescribeImages", ImageIds=[made["ImageId"]]))["Images"]
    told: dict[str, object] = image
    return told


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        ("description", {"Description": {"Value": "words"}}),
        ("kernel", {"KernelId": {}}),
        ("ramdisk", {"RamdiskId": {}}),
        ("launchPermission", {"LaunchPermissions": []}),
        ("productCodes", {"ProductCodes": []}),
        ("sriovNetSupport", {"SriovNetSupport": {"Value": "simple"}}),
        ("bootMode", {"BootMode": {}}),
        ("tpmSupport", {"TpmSupport": {}}),
        ("uefiData", {"UefiData": {}}),
        ("lastLaunchedTime", {"LastLaunchedTime": {}}),
        ("imdsSupport", {"ImdsSupport": {}}),
        ("deregistrationProtection", {"DeregistrationProtection": {"Value": "disabled"}}),
    ],
)
async def test_an_attribute_of_an_image_is_told(stack: Stack, attribute: str, told: dict[str, object]) -> None:
    image = await _image(stack, Description="words")
    answer = await stack.call("DescribeImageAttribute", ImageId=image["ImageId"], Attribute=attribute)
    answer.pop("ResponseMetadata", None)
    assert answer == {"ImageId": image["ImageId"], **told}


async def test_the_devices_of_an_image_are_no_attribute_any_more(stack: Stack) -> None:
    image = await _image(stack)
    with pytest.raises(Refused, match="AuthFailure"):
        await stack.call("DescribeImageAttribute", ImageId=image["ImageId"], Attribute="blockDeviceMapping")


async def test_the_attributes_of_what_does_not_exist_are_refused(stack: Stack) -> None:
    with pytest.raises(Refused, match=r"InvalidAMIID\.NotFound"):
        await stack.call("DescribeImageAttribute", ImageId="ami-0123456789abcdef0", Attribute="description")
    with pytest.raises(Refused, match=r"InvalidSnapshot\.NotFound"):
        await stack.call("DescribeSnapshotAttribute", SnapshotId="snap-0123456789abcdef0", Attribute="productCodes")


async def test_a_snapshot_is_shared_with_nobody(stack: Stack) -> None:
    (snapshot, *_) = (await stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
    for attribute, name in (("createVolumePermission", "CreateVolumePermissions"), ("productCodes", "ProductCodes")):
        answer = await stack.call("DescribeSnapshotAttribute", SnapshotId=snapshot["SnapshotId"], Attribute=attribute)
        assert (answer["SnapshotId"], answer[name]) == (snapshot["SnapshotId"], [])


async def test_nobody_has_an_elastic_ip_address(stack: Stack) -> None:
    instance = await stack.launch()
    asked = [{"Name": "instance-id", "Values": [instance]}, {"Name": "tag:Name", "Values": ["*"]}]
    assert (await stack.call("DescribeAddresses"))["Addresses"] == []
    assert (await stack.call("DescribeAddresses", Filters=asked))["Addresses"] == []
    public = (await stack.instance(instance))["PublicIpAddress"]
    with pytest.raises(Refused, match=r"InvalidAddress\.NotFound"):
        await stack.call("DescribeAddresses", PublicIps=[public])
    with pytest.raises(Refused, match=r"InvalidAllocationID\.NotFound"):
        await stack.call("DescribeAddresses", AllocationIds=["eipalloc-0123456789abcdef0"])
    with pytest.raises(Refused, match="The filter 'colour' is invalid"):
        await stack.call("DescribeAddresses", Filters=[{"Name": "colour", "Values": ["red"]}])


async def test_ansible_names_the_attribute_with_a_capital(stack: Stack) -> None:
    image_id = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    await stack.call(
        "ModifyImageAttribute", ImageId=image_id, Attribute="Description", Description={"Value": "by Ansible"}
    )
    answer = await stack.call("DescribeImageAttribute", ImageId=image_id, Attribute="description")
    assert answer["Description"] == {"Value": "by Ansible"}
    with pytest.raises(Refused, match=r"Value \( Colour \) for parameter attribute is invalid"):
        await stack.call("ModifyImageAttribute", ImageId=image_id, Attribute="Colour", Value="red")
