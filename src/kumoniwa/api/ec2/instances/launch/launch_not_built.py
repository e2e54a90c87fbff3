"""The parameters of RunInstances that Kumoniwa does not have.

`tests/cloud/api/ec2/instances/test_run_instances_parameters.py` holds them against EC2's model: every other parameter
is honoured.
"""

from kumoniwa.api.not_built import Unbuilt

LAUNCH_UNBUILT = (
    Unbuilt("LaunchTemplate", "launch templates"),
    Unbuilt("InstanceMarketOptions.MarketType", "Spot Instances and Capacity Blocks", harmless=("on-demand",)),
    Unbuilt("InstanceMarketOptions.SpotOptions", "Spot Instances"),
    Unbuilt("IamInstanceProfile", "instance profiles"),
    Unbuilt("KernelId", "kernel ids"),
    Unbuilt("RamdiskId", "RAM disk ids"),
    Unbuilt("Ipv6AddressCount", "IPv6 addresses"),
    Unbuilt("Ipv6Addresses", "IPv6 addresses"),
    Unbuilt("EnablePrimaryIpv6", "IPv6 addresses"),
    Unbuilt("ElasticGpuSpecification", "elastic GPUs"),
    Unbuilt("ElasticInferenceAccelerators", "elastic inference accelerators"),
    Unbuilt("LicenseSpecifications", "license configurations"),
    Unbuilt("SecondaryInterfaces", "secondary interfaces"),
    Unbuilt("NetworkPerformanceOptions.BandwidthWeighting", "bandwidth weightings", harmless=("default",)),
    Unbuilt("Operator", "instances operated by a service"),
    Unbuilt("MaintenanceOptions.AutoRecovery", "instances without automatic recovery", harmless=("default",)),
    Unbuilt("Monitoring.MetricCategoryIds", "metric categories"),
    Unbuilt("MetadataOptions.HttpProtocolIpv6", "the metadata service over IPv6", harmless=("disabled",)),
    Unbuilt("PrivateDnsNameOptions.HostnameType", "resource names as hostnames", harmless=("ip-name",)),
    Unbuilt("PrivateDnsNameOptions.EnableResourceNameDnsARecord", "DNS records"),
    Unbuilt("PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord", "DNS records"),
    Unbuilt("CapacityReservationSpecification.CapacityReservationTarget", "capacity reservations"),
    Unbuilt(
        "CapacityReservationSpecification.CapacityReservationPreference",
        "capacity reservations",
        harmless=("open", "none"),
    ),
    Unbuilt("Placement.Affinity", "Dedicated Hosts"),
    Unbuilt("Placement.GroupId", "placement groups"),
    Unbuilt("Placement.GroupName", "placement groups"),
    Unbuilt("Placement.HostId", "Dedicated Hosts"),
    Unbuilt("Placement.HostResourceGroupArn", "Dedicated Hosts"),
    Unbuilt("Placement.PartitionNumber", "placement groups"),
    Unbuilt("Placement.SpreadDomain", "placement groups"),
    Unbuilt("Placement.Tenancy", "tenancies other than default", harmless=("default",)),
)

INTERFACE_UNBUILT = (
    Unbuilt("NetworkInterfaceId", "network interfaces made before a launch"),
    Unbuilt("AssociateCarrierIpAddress", "carrier addresses"),
    Unbuilt("ConnectionTrackingSpecification", "connection tracking options"),
    Unbuilt("EnaQueueCount", "ENA queues"),
    Unbuilt("EnaSrdSpecification", "ENA Express"),
    Unbuilt("InterfaceType", "Elastic Fabric Adapters", harmless=("interface",)),
    Unbuilt("Ipv4PrefixCount", "prefixes of a network interface"),
    Unbuilt("Ipv4Prefixes", "prefixes of a network interface"),
    Unbuilt("Ipv6AddressCount", "IPv6 addresses"),
    Unbuilt("Ipv6Addresses", "IPv6 addresses"),
    Unbuilt("Ipv6PrefixCount", "prefixes of a network interface"),
    Unbuilt("Ipv6Prefixes", "prefixes of a network interface"),
    Unbuilt("NetworkCardIndex", "instances with more than one network card", harmless=(0,)),
    Unbuilt("PrimaryIpv6", "IPv6 addresses"),
    Unbuilt("SecondaryPrivateIpAddressCount", "secondary private addresses"),
)
