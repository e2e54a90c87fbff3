"""DescribeAddresses: this cloud has no Elastic IP addresses, and tools that list instances ask for them."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.filters import never
from kumoniwa.api.listing import Asked, Listing
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


def _read(_connection: Connection, asked: Asked) -> list[str]:
    for allocation in asked.parameters.get("AllocationIds", ()):
        raise Ec2Error("InvalidAllocationID.NotFound", f"The allocation ID '{allocation[:200]}' does not exist")
    for address in asked.parameters.get("PublicIps", ()):
        raise Ec2Error("InvalidAddress.NotFound", f"Address '{address[:200]}' not found.")
    return []


_ADDRESSES = Listing(
    member="Addresses",
    read=_read,
    row=lambda address, _: {"PublicIp": address},
    key=lambda address: address,
    filters=_FILTERS,
    own_tags=lambda _: {},
)


@action(
    "DescribeAddresses",
    depth=Depth.PARTLY,
    missing="The list is always empty, because Elastic IP addresses cannot be allocated.",
)
async def describe_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """No Elastic IP addresses, as none can be allocated; an address that is named is refused."""
    return await _ADDRESSES.answer(cloud, call, parameters)
