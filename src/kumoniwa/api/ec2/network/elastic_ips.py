"""DescribeAddresses: nobody has an Elastic IP address here, and tools that list instances ask for them."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.filters import matching, never
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error

_FILTERS = never(
    "allocation-id",
    "association-id",
    "domain",
    "instance-id",
    "network-border-group",
    "network-interface-id",
    "network-interface-owner-id",
    "private-ip-address",
    "public-ip",
)


@action(
    "DescribeAddresses",
    depth=Depth.PARTLY,
    missing="The list is always empty, because Elastic IP addresses cannot be allocated.",
)
async def describe_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Elastic IP addresses, as none can be allocated; one that is asked for by name is refused."""
    for allocation in parameters.get("AllocationIds", ()):
        raise Ec2Error("InvalidAllocationID.NotFound", f"The allocation ID '{allocation[:200]}' does not exist")
    for address in parameters.get("PublicIps", ()):
        raise Ec2Error("InvalidAddress.NotFound", f"Address '{address[:200]}' not found.")
    nothing: tuple[object, ...] = ()
    return {"Addresses": matching(parameters, nothing, _FILTERS, lambda _: {})}
