"""Every parameter of the instance actions in EC2's model is known here: a new one in botocore is looked at, not missed.

RunInstances, with its hundred and more, has a file of its own.
"""

from typing import Any

import pytest
from asgi import Refused
from model_parameters import parameters_of
from stack import Stack

pytestmark = pytest.mark.anyio

DEVICE = "BlockDeviceMappings.DeviceName BlockDeviceMappings.NoDevice BlockDeviceMappings.VirtualName"
EBS = """AvailabilityZone AvailabilityZoneId DeleteOnTermination EbsCardIndex Encrypted Iops KmsKeyId OutpostArn
SnapshotId Throughput VolumeInitializationRate VolumeSize VolumeType"""
PAGE = "DryRun Filters.Name Filters.Values MaxResults NextToken"

# AdditionalInfo is reserved by EC2 and means nothing there; nothing here is managed by another service.
KNOWN = {
    "StartInstances": "InstanceIds AdditionalInfo DryRun",
    "StopInstances": "InstanceIds DryRun Force Hibernate SkipOsShutdown",
    "RebootInstances": "InstanceIds DryRun",
    "TerminateInstances": "InstanceIds DryRun Force SkipOsShutdown",
    "DescribeInstances": f"InstanceIds IncludeManagedResources {PAGE}",
    "DescribeInstanceStatus": f"InstanceIds IncludeAllInstances IncludeManagedResources {PAGE}",
    "DescribeInstanceAttribute": "InstanceId Attribute DryRun",
    "ResetInstanceAttribute": "InstanceId Attribute DryRun",
    "ModifyInstanceAttribute": f"""InstanceId Attribute DryRun Value DisableApiStop.Value DisableApiTermination.Value
        EbsOptimized.Value EnaSupport.Value EnclaveOptions.Enabled Groups InstanceInitiatedShutdownBehavior.Value
        InstanceType.Value Kernel.Value Ramdisk.Value SourceDestCheck.Value SriovNetSupport.Value UserData.Value
        BlockDeviceMappings.Ebs.DeleteOnTermination BlockDeviceMappings.Ebs.VolumeId {DEVICE}""",
    "GetConsoleOutput": "InstanceId DryRun Latest",
    "CreateImage": f"""InstanceId Name Description NoReboot DryRun SnapshotLocation BootModeOverride
        TagSpecifications.ResourceType TagSpecifications.Tags.Key TagSpecifications.Tags.Value {DEVICE}
        {" ".join(f"BlockDeviceMappings.Ebs.{name}" for name in EBS.split())}""",
    "ModifyInstanceMetadataOptions": """InstanceId DryRun HttpEndpoint HttpProtocolIpv6 HttpPutResponseHopLimit
        HttpTokens InstanceMetadataTags""",
    "ModifyInstanceMaintenanceOptions": "InstanceId DryRun AutoRecovery RebootMigration",
    "ModifyInstanceCpuOptions": "InstanceId DryRun CoreCount NestedVirtualization ThreadsPerCore",
    "ModifyInstanceCreditSpecification": """ClientToken DryRun InstanceCreditSpecifications.InstanceId
        InstanceCreditSpecifications.CpuCredits""",
    "DescribeInstanceCreditSpecifications": f"InstanceIds {PAGE}",
    "DescribeNetworkInterfaces": f"NetworkInterfaceIds IncludeManagedResources {PAGE}",
    "MonitorInstances": "InstanceIds DryRun MetricCategoryIds",
    "UnmonitorInstances": "InstanceIds DryRun MetricCategoryIds",
    "GetInstanceUefiData": "InstanceId DryRun",
}

NOT_BUILT: list[tuple[str, dict[str, Any], str]] = [
    ("MonitorInstances", {"MetricCategoryIds": ["cpu"]}, "metric categories"),
    ("ModifyInstanceMetadataOptions", {"HttpProtocolIpv6": "enabled"}, "the metadata service over IPv6"),
    (
        "ModifyInstanceCpuOptions",
        {"CoreCount": 1, "ThreadsPerCore": 1, "NestedVirtualization": "enabled"},
        "nested virtualization",
    ),
    ("ModifyInstanceAttribute", {"Ramdisk": {"Value": "ari-1"}}, "changing the attribute ramdisk"),
    ("ModifyInstanceAttribute", {"EnaSupport": {"Value": False}}, "changing the attribute enaSupport"),
    ("ModifyInstanceAttribute", {"EnclaveOptions": {"Enabled": True}}, "changing the attribute enclaveOptions"),
    (
        "ModifyInstanceAttribute",
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "NoDevice": ""}]},
        "changing the devices of an instance's block device mapping",
    ),
    (
        "CreateImage",
        {"Name": "golden", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"OutpostArn": "arn:x"}}]},
        "Outposts",
    ),
]


@pytest.mark.parametrize("action", KNOWN)
def test_every_parameter_of_the_model_is_known(action: str) -> None:
    assert parameters_of(action) == set(KNOWN[action].split())


async def test_what_is_not_built_is_refused_by_name(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    for action, parameters, what in NOT_BUILT:
        named = {"InstanceIds": [instance_id]} if action == "MonitorInstances" else {"InstanceId": instance_id}
        with pytest.raises(Refused) as refused:
            await stack.call(action, **named, **parameters)
        assert refused.value.code == "UnsupportedOperation"
        assert refused.value.message.startswith(f"Kumoniwa does not implement {what}. ")
