"""Every parameter of RunInstances in EC2's model is honoured, or refused by its name: none is forgotten."""

from typing import Any

import pytest
from asgi import Refused
from model_parameters import parameters_of
from stack import Stack

from kumoniwa.api.ec2.images.block_device_mappings import DEVICE_NOT_BUILT
from kumoniwa.api.ec2.instances.launch.launch_not_built import INTERFACE_NOT_BUILT, LAUNCH_NOT_BUILT

pytestmark = pytest.mark.anyio

# Each of these has a test of its own in this folder, or is read by every test that launches.
_HONOURED = """
AdditionalInfo BlockDeviceMappings.DeviceName BlockDeviceMappings.NoDevice BlockDeviceMappings.VirtualName
BlockDeviceMappings.Ebs.DeleteOnTermination BlockDeviceMappings.Ebs.Encrypted BlockDeviceMappings.Ebs.Iops
BlockDeviceMappings.Ebs.KmsKeyId BlockDeviceMappings.Ebs.SnapshotId
BlockDeviceMappings.Ebs.Throughput BlockDeviceMappings.Ebs.VolumeSize BlockDeviceMappings.Ebs.VolumeType ClientToken
CpuOptions.AmdSevSnp CpuOptions.CoreCount CpuOptions.NestedVirtualization CpuOptions.ThreadsPerCore
CreditSpecification.CpuCredits DisableApiStop DisableApiTermination DryRun EbsOptimized EnclaveOptions.Enabled
IamInstanceProfile.Arn IamInstanceProfile.Name
HibernationOptions.Configured ImageId InstanceInitiatedShutdownBehavior InstanceType KeyName
LaunchTemplate.LaunchTemplateId LaunchTemplate.LaunchTemplateName LaunchTemplate.Version MaxCount MinCount
MaintenanceOptions.AutoRecovery
MetadataOptions.HttpEndpoint MetadataOptions.HttpPutResponseHopLimit MetadataOptions.HttpTokens
MetadataOptions.InstanceMetadataTags Monitoring.Enabled NetworkInterfaces.AssociatePublicIpAddress
NetworkInterfaces.DeleteOnTermination NetworkInterfaces.Description NetworkInterfaces.DeviceIndex
NetworkInterfaces.Groups NetworkInterfaces.NetworkInterfaceId NetworkInterfaces.PrivateIpAddress
NetworkInterfaces.SecondaryPrivateIpAddressCount NetworkInterfaces.PrivateIpAddresses.Primary
NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress NetworkInterfaces.SubnetId Placement.AvailabilityZone
Placement.AvailabilityZoneId Placement.GroupId Placement.GroupName Placement.PartitionNumber
InstanceMarketOptions.MarketType InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior
InstanceMarketOptions.SpotOptions.MaxPrice InstanceMarketOptions.SpotOptions.SpotInstanceType
InstanceMarketOptions.SpotOptions.ValidUntil EnablePrimaryIpv6 Ipv6AddressCount Ipv6Addresses.Ipv6Address
Ipv6Addresses.IsPrimaryIpv6
NetworkInterfaces.Ipv6AddressCount NetworkInterfaces.Ipv6Addresses.Ipv6Address
NetworkInterfaces.Ipv6Addresses.IsPrimaryIpv6 NetworkInterfaces.PrimaryIpv6 PrivateIpAddress
NetworkInterfaces.ConnectionTrackingSpecification.TcpEstablishedTimeout
NetworkInterfaces.ConnectionTrackingSpecification.UdpStreamTimeout
NetworkInterfaces.ConnectionTrackingSpecification.UdpTimeout SecurityGroupIds SecurityGroups SubnetId
TagSpecifications.ResourceType TagSpecifications.Tags.Key TagSpecifications.Tags.Value UserData
"""
HONOURED = frozenset(_HONOURED.split())


def _unbuilt_paths() -> set[str]:
    return {
        *(one.path for one in LAUNCH_NOT_BUILT),
        *(f"NetworkInterfaces.{one.path}" for one in INTERFACE_NOT_BUILT),
        *(f"BlockDeviceMappings.{one.path}" for one in DEVICE_NOT_BUILT),
    }


def test_every_parameter_of_the_model_is_honoured_or_refused_by_name() -> None:
    model = parameters_of("RunInstances")
    not_built = _unbuilt_paths()
    forgotten = {
        leaf for leaf in model - HONOURED if not any(leaf == path or leaf.startswith(f"{path}.") for path in not_built)
    }
    assert forgotten == set()
    assert model >= HONOURED
    assert {
        path for path in not_built if not any(leaf == path or leaf.startswith(f"{path}.") for leaf in model)
    } == set()


ASKED: list[tuple[dict[str, Any], str]] = [
    ({"InstanceMarketOptions": {"MarketType": "capacity-block"}}, "Capacity Blocks"),
    ({"Placement": {"Tenancy": "host"}}, "Dedicated Hosts"),
    ({"Placement": {"HostId": "h-0123456789abcdef0"}}, "Dedicated Hosts"),
    ({"MetadataOptions": {"HttpProtocolIpv6": "enabled"}}, "the metadata service over IPv6"),
    ({"PrivateDnsNameOptions": {"HostnameType": "resource-name"}}, "resource names as hostnames"),
    ({"CpuOptions": {"NestedVirtualization": "enabled"}}, "nested virtualization"),
    ({"NetworkInterfaces": [{"DeviceIndex": 0, "Ipv6PrefixCount": 1}]}, "prefixes of a network interface"),
    ({"NetworkInterfaces": [{"DeviceIndex": 0, "InterfaceType": "efa"}]}, "Elastic Fabric Adapters"),
    ({"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {"OutpostArn": "arn:x"}}]}, "Outposts"),
]


async def test_what_is_not_built_is_refused_by_name_and_leaves_nothing(stack: Stack) -> None:
    for parameters, what in ASKED:
        with pytest.raises(Refused) as refused:
            await stack.launch(**parameters)
        assert refused.value.code == "UnsupportedOperation"
        assert refused.value.message.startswith(f"Kumoniwa does not implement {what}. ")
    assert (await stack.call("DescribeInstances"))["Reservations"] == []


async def test_asking_for_what_is_so_anyway_is_granted(stack: Stack) -> None:
    instance_id = await stack.launch(
        InstanceMarketOptions={"MarketType": "on-demand"},
        Placement={"Tenancy": "default"},
        MetadataOptions={"HttpProtocolIpv6": "disabled"},
        PrivateDnsNameOptions={"HostnameType": "ip-name", "EnableResourceNameDnsARecord": False},
        CapacityReservationSpecification={"CapacityReservationPreference": "none"},
        MaintenanceOptions={"AutoRecovery": "default"},
        CpuOptions={"CoreCount": 1, "ThreadsPerCore": 1, "AmdSevSnp": "disabled"},
        NetworkInterfaces=[{"DeviceIndex": 0, "InterfaceType": "interface", "NetworkCardIndex": 0}],
        BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"Encrypted": False, "VolumeSize": 1}}],
        HibernationOptions={"Configured": False},
        EnclaveOptions={"Enabled": False},
    )
    instance = await stack.instance(instance_id)
    assert instance["CapacityReservationSpecification"] == {"CapacityReservationPreference": "none"}
