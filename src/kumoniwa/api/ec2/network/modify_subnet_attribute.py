"""ModifySubnetAttribute."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import SUBNET
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.store import vpcs

_COLUMNS = {
    "AssignIpv6AddressOnCreation": "assign_ipv6",
    "EnableDns64": "dns64",
    "EnableResourceNameDnsAAAARecordOnLaunch": "resource_name_aaaa",
    "EnableResourceNameDnsARecordOnLaunch": "resource_name_a",
    "MapPublicIpOnLaunch": "map_public_ip_on_launch",
    "PrivateDnsHostnameTypeOnLaunch": "hostname_type",
}
_OUTPOSTS = ("MapCustomerOwnedIpOnLaunch", "CustomerOwnedIpv4Pool", "EnableLniAtDeviceIndex", "DisableLniAtDeviceIndex")
_NOT_BUILT = tuple(NotBuiltParameter(name, "Outposts", ({"Value": False},)) for name in _OUTPOSTS)


@action(
    "ModifySubnetAttribute",
    depth=Depth.PARTLY,
    missing="MapPublicIpOnLaunch and AssignIpv6AddressOnCreation have their effect on new network interfaces, and IPv6 "
    "addresses are records. The other attributes are stored and shown.",
    not_built=_NOT_BUILT,
)
async def modify_subnet_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change one attribute of a subnet."""
    refuse(parameters, _NOT_BUILT)
    given = [member for member in _COLUMNS if parameters.get(member) is not None]
    if len(given) > 1:
        names = ", ".join(member[0].lower() + member[1:] for member in given)
        raise InvalidParameterCombination(f"Fields for multiple attribute types specified: {names}")
    if not given and not any(parameters.get(member) is not None for member in _OUTPOSTS):
        raise InvalidParameterCombination("No attributes specified.")
    changed = {_COLUMNS[member]: _value(member, parameters[member]) for member in given}

    def modify(connection: Connection) -> Answer:
        subnet = named(connection, call.scope, SUBNET, parameters["SubnetId"])
        if changed.get("assign_ipv6") and subnet.ipv6_cidr is None:
            raise InvalidParameterValue(
                "Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set assign-ipv6-address-on-creation "
                f"to true unless the subnet ({subnet.id}) has an IPv6 CIDR block associated with it."
            )
        if changed:
            vpcs.change_subnet(connection, subnet.id, **changed)
        return None

    return await cloud.change(call, modify)


def _value(member: str, given: Any) -> Any:
    """The attribute's new value: most are a structure with a value in it."""
    if isinstance(given, str):
        return given
    if (value := given.get("Value")) is None:
        raise MissingParameter(f"{member}.Value")
    return value
