"""The parameters of RunInstances that Kumoniwa does not have.

`tests/cloud/api/ec2/instances/test_run_instances_parameters.py` holds them against EC2's model: every other parameter
is honoured.
"""

from kumoniwa.api.ec2.instances.spot_market import SPOT_NOT_BUILT
from kumoniwa.api.not_built import NotBuiltParameter, below

LAUNCH_NOT_BUILT = (
    *below("InstanceMarketOptions", SPOT_NOT_BUILT),
    NotBuiltParameter("KernelId", "kernel ids"),
    NotBuiltParameter("RamdiskId", "RAM disk ids"),
    NotBuiltParameter("ElasticGpuSpecification", "elastic GPUs"),
    NotBuiltParameter("ElasticInferenceAccelerators", "elastic inference accelerators"),
    NotBuiltParameter("LicenseSpecifications", "license configurations"),
    NotBuiltParameter("SecondaryInterfaces", "secondary interfaces"),
    NotBuiltParameter("NetworkPerformanceOptions.BandwidthWeighting", "bandwidth weightings", harmless=("default",)),
    NotBuiltParameter("Operator", "instances operated by a service"),
    NotBuiltParameter("Monitoring.MetricCategoryIds", "metric categories"),
    NotBuiltParameter("MetadataOptions.HttpProtocolIpv6", "the metadata service over IPv6", harmless=("disabled",)),
    NotBuiltParameter("PrivateDnsNameOptions.HostnameType", "resource names as hostnames", harmless=("ip-name",)),
    NotBuiltParameter("PrivateDnsNameOptions.EnableResourceNameDnsARecord", "DNS records"),
    NotBuiltParameter("PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord", "DNS records"),
    NotBuiltParameter("CapacityReservationSpecification.CapacityReservationTarget", "capacity reservations"),
    NotBuiltParameter(
        "CapacityReservationSpecification.CapacityReservationPreference",
        "capacity reservations",
        harmless=("open", "none"),
    ),
    NotBuiltParameter("Placement.Affinity", "Dedicated Hosts"),
    NotBuiltParameter("Placement.HostId", "Dedicated Hosts"),
    NotBuiltParameter("Placement.HostResourceGroupArn", "Dedicated Hosts"),
    NotBuiltParameter("Placement.SpreadDomain", "spread domains"),
    NotBuiltParameter("Placement.Tenancy", "Dedicated Hosts", harmless=("default", "dedicated")),
)

INTERFACE_NOT_BUILT = (
    NotBuiltParameter("AssociateCarrierIpAddress", "carrier addresses"),
    NotBuiltParameter("EnaQueueCount", "ENA queues"),
    NotBuiltParameter("EnaSrdSpecification", "ENA Express"),
    NotBuiltParameter("InterfaceType", "Elastic Fabric Adapters", harmless=("interface",)),
    NotBuiltParameter("Ipv4PrefixCount", "prefixes of a network interface"),
    NotBuiltParameter("Ipv4Prefixes", "prefixes of a network interface"),
    NotBuiltParameter("Ipv6PrefixCount", "prefixes of a network interface"),
    NotBuiltParameter("Ipv6Prefixes", "prefixes of a network interface"),
    NotBuiltParameter("NetworkCardIndex", "instances with more than one network card", harmless=(0,)),
)
