"""Every parameter of the image actions in EC2's model is known here: a new one in botocore is looked at, not missed."""

import re
from typing import Any

import pytest
from asgi import Refused
from model_parameters import ec2_model, parameters_of
from stack import Stack

pytestmark = pytest.mark.anyio

DEVICE = "BlockDeviceMappings.DeviceName BlockDeviceMappings.NoDevice BlockDeviceMappings.VirtualName"
EBS = """AvailabilityZone AvailabilityZoneId DeleteOnTermination EbsCardIndex Encrypted Iops KmsKeyId OutpostArn
SnapshotId Throughput VolumeInitializationRate VolumeSize VolumeType"""
PAGE = "DryRun Filters.Name Filters.Values MaxResults NextToken"
TAGS = "TagSpecifications.ResourceType TagSpecifications.Tags.Key TagSpecifications.Tags.Value"
GRANTEE = "UserId Group OrganizationArn OrganizationalUnitArn"
GRANTEES = " ".join(f"LaunchPermission.{change}.{name}" for change in ("Add", "Remove") for name in GRANTEE.split())

KNOWN = {
    "CopyImage": f"""ClientToken Description Encrypted KmsKeyId Name SourceImageId SourceRegion DestinationOutpostArn
        CopyImageTags SnapshotCopyCompletionDurationMinutes DestinationAvailabilityZone DestinationAvailabilityZoneId
        DryRun {TAGS}""",
    "CreateReplaceRootVolumeTask": f"""InstanceId SnapshotId ClientToken DryRun ImageId DeleteReplacedRootVolume
        VolumeInitializationRate VolumeId {TAGS}""",
    "DeregisterImage": "ImageId DeleteAssociatedSnapshots DryRun",
    "DescribeImageAttribute": "Attribute ImageId DryRun",
    "DescribeImages": f"ExecutableUsers ImageIds Owners IncludeDeprecated IncludeDisabled {PAGE}",
    "DescribeReplaceRootVolumeTasks": f"ReplaceRootVolumeTaskIds {PAGE}",
    "DisableImage": "ImageId DryRun",
    "DisableImageDeprecation": "ImageId DryRun",
    "DisableImageDeregistrationProtection": "ImageId DryRun",
    "EnableImage": "ImageId DryRun",
    "EnableImageDeprecation": "ImageId DeprecateAt DryRun",
    "EnableImageDeregistrationProtection": "ImageId WithCooldown DryRun",
    "GetConsoleScreenshot": "InstanceId WakeUp DryRun",
    "GetImageAncestry": "ImageId DryRun",
    "ModifyImageAttribute": f"""Attribute Description.Value ImageId ImdsSupport.Value OperationType ProductCodes
        UserGroups UserIds Value OrganizationArns OrganizationalUnitArns DryRun {GRANTEES}""",
    "RegisterImage": f"""ImageLocation BillingProducts BootMode TpmSupport UefiData ImdsSupport DryRun Name Description
        Architecture KernelId RamdiskId RootDeviceName VirtualizationType SriovNetSupport EnaSupport {TAGS} {DEVICE}
        {" ".join(f"BlockDeviceMappings.Ebs.{name}" for name in EBS.split())}""",
    "ResetImageAttribute": "Attribute ImageId DryRun",
}

SEVERITIES = {"critical", "high", "medium", "low", "informational", "none", "untriaged"}
COPY = {"SourceRegion": "us-east-1", "Name": "copy"}
ARN = "arn:aws:organizations::123456789012:organization/o-1"
NOT_BUILT: list[tuple[str, dict[str, Any], str]] = [
    ("CopyImage", {**COPY, "DestinationOutpostArn": "arn:aws:outposts:us-east-1::outpost/op-1"}, "Outposts"),
    ("CopyImage", {**COPY, "DestinationAvailabilityZone": "us-east-1-bos-1a"}, "Local Zones"),
    ("CopyImage", {**COPY, "DestinationAvailabilityZoneId": "use1-bos1-az1"}, "Local Zones"),
    ("CreateReplaceRootVolumeTask", {"VolumeInitializationRate": 100}, "volume initialization rates"),
    (
        "ModifyImageAttribute",
        {"Attribute": "launchPermission", "OperationType": "add", "OrganizationArns": [ARN]},
        "sharing images with organizations",
    ),
    (
        "ModifyImageAttribute",
        {"LaunchPermission": {"Add": [{"OrganizationalUnitArn": ARN}]}},
        "sharing images with organizations",
    ),
    ("ModifyImageAttribute", {"ProductCodes": ["code"]}, "product codes"),
]
LACKING: list[tuple[dict[str, Any], str]] = [
    ({"TpmSupport": "v2.0"}, "images with NitroTPM"),
    ({"UefiData": "AAAA"}, "images with UEFI data of their own (UefiData)"),
    ({"KernelId": "aki-1"}, "images with a kernel of their own (KernelId)"),
    ({"RamdiskId": "ari-1"}, "images with a RAM disk of their own (RamdiskId)"),
    ({"BillingProducts": ["bp-1"]}, "billing products"),
    ({"ImageLocation": "bucket/manifest.xml"}, "instance-store-backed images"),
]


@pytest.mark.parametrize("action", KNOWN)
def test_every_parameter_of_the_model_is_known(action: str) -> None:
    assert parameters_of(action) == set(KNOWN[action].split())


@pytest.mark.parametrize("action", ["DescribeImages", "DescribeReplaceRootVolumeTasks"])
async def test_every_filter_of_the_documentation_is_known(stack: Stack, action: str) -> None:
    members = ec2_model().operation_model(action).input_shape.members
    # Each item of the documentation's list begins with the filter's name; one filter's values are a list in it.
    named = set(re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", members["Filters"].documentation)) - SEVERITIES
    assert named, "the documentation is written another way now"
    for name in sorted(named):
        name = name.replace("<key>", "Team").split(":")[0] + (":Team" if name.startswith("tag:") else "")
        await stack.call(action, Filters=[{"Name": name, "Values": ["*"]}])
    with pytest.raises(Refused, match="The filter 'colour' is invalid"):
        await stack.call(action, Filters=[{"Name": "colour", "Values": ["*"]}])


async def test_what_is_not_built_is_refused_by_name(stack: Stack) -> None:
    instance_id = await stack.launch()
    (image,) = (await stack.call("DescribeImages"))["Images"]
    own = {
        "CopyImage": {"SourceImageId": image["ImageId"]},
        "CreateReplaceRootVolumeTask": {"InstanceId": instance_id},
        "ModifyImageAttribute": {"ImageId": image["ImageId"]},
    }
    for action, parameters, what in NOT_BUILT:
        with pytest.raises(Refused) as refused:
            await stack.call(action, **own[action], **parameters)
        assert refused.value.code == "UnsupportedOperation"
        assert refused.value.message.startswith(f"Kumoniwa does not implement {what}. ")


async def test_an_image_that_no_guest_can_be_is_refused_by_name(stack: Stack) -> None:
    (image,) = (await stack.call("DescribeImages"))["Images"]
    mapping: list[dict[str, Any]]
    mapping = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]}}]
    good = {"Name": "x86", "VirtualizationType": "hvm", "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": mapping}
    for parameters, what in LACKING:
        with pytest.raises(Refused) as refused:
            await stack.call("RegisterImage", **good, **parameters)
        assert refused.value.message.startswith(f"Kumoniwa does not implement {what}. ")
    for name, value in (
        ("KmsKeyId", "key"),
        ("OutpostArn", "arn:aws:outposts:us-east-1::outpost/op-1"),
        ("AvailabilityZone", "us-east-1a"),
        ("AvailabilityZoneId", "use1-az1"),
        ("EbsCardIndex", 1),
        ("VolumeInitializationRate", 100),
    ):
        asked = [{"DeviceName": "/dev/xvda", "Ebs": {**mapping[0]["Ebs"], name: value}}]
        with pytest.raises(Refused, match="UnsupportedOperation"):
            await stack.call("RegisterImage", **(good | {"BlockDeviceMappings": asked}))


async def test_a_dry_run_changes_no_image(stack: Stack) -> None:
    (image,) = (await stack.call("DescribeImages"))["Images"]
    for action in ("DeregisterImage", "DisableImage", "EnableImageDeregistrationProtection"):
        with pytest.raises(Refused, match="DryRunOperation"):
            await stack.call(action, ImageId=image["ImageId"], DryRun=True)
    assert (await stack.call("DescribeImages"))["Images"] == [image]
