"""Every parameter of the volume actions in EC2's model is known here: a new one is looked at, not missed."""

from typing import Any

import pytest
from asgi import Refused
from model_parameters import parameters_of
from stack import Stack

pytestmark = pytest.mark.anyio

PAGE = "DryRun Filters.Name Filters.Values MaxResults NextToken"

# Nothing here is managed by another service.
KNOWN = {
    "CreateVolume": """AvailabilityZone AvailabilityZoneId Encrypted Iops KmsKeyId OutpostArn Size SnapshotId VolumeType
        TagSpecifications.ResourceType TagSpecifications.Tags.Key TagSpecifications.Tags.Value MultiAttachEnabled
        Throughput ClientToken VolumeInitializationRate Operator.Principal DryRun""",
    "DeleteVolume": "VolumeId DryRun",
    "AttachVolume": "Device InstanceId VolumeId EbsCardIndex DryRun",
    "DetachVolume": "Device Force InstanceId VolumeId DryRun",
    "DescribeVolumes": f"VolumeIds IncludeManagedResources {PAGE}",
    "DescribeVolumeStatus": f"VolumeIds IncludeManagedResources {PAGE}",
    "DescribeVolumeAttribute": "Attribute VolumeId DryRun",
    "ModifyVolumeAttribute": "AutoEnableIO.Value VolumeId DryRun",
    "EnableVolumeIO": "VolumeId DryRun",
    "ModifyVolume": "VolumeId Size VolumeType Iops Throughput MultiAttachEnabled DryRun",
    "DescribeVolumesModifications": f"VolumeIds IncludeManagedResources {PAGE}",
}

ZONE = {"AvailabilityZone": "us-east-1a", "Size": 1}
VOLUME = {"VolumeId": "vol-00000000000000001"}
NOT_BUILT: list[tuple[str, dict[str, Any], str]] = [
    ("CreateVolume", {**ZONE, "OutpostArn": "arn"}, "Outposts"),
    ("CreateVolume", {**ZONE, "VolumeInitializationRate": 100}, "volume initialization rates"),
    ("CreateVolume", {**ZONE, "Operator": {"Principal": "x"}}, "volumes operated by a service"),
    ("AttachVolume", {**VOLUME, "InstanceId": "i-1", "Device": "/dev/sdf", "EbsCardIndex": 1}, "EBS cards"),
]


@pytest.mark.parametrize("action", KNOWN)
def test_every_parameter_of_the_model_is_known(action: str) -> None:
    assert parameters_of(action) == set(KNOWN[action].split())


async def test_what_is_not_built_is_refused_by_name(stack: Stack) -> None:
    for action, parameters, what in NOT_BUILT:
        with pytest.raises(Refused) as refused:
            await stack.call(action, **parameters)
        assert refused.value.code == "UnsupportedOperation"
        assert refused.value.message.startswith(f"Kumoniwa does not implement {what}. ")
