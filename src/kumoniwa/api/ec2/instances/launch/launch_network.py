"""Where a launch puts its instances: subnet, security groups, addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.instances.launch.launch_not_built import INTERFACE_NOT_BUILT
from kumoniwa.api.ec2.kinds import SUBNET
from kumoniwa.api.ec2.network.default_vpc import ensure_region
from kumoniwa.api.ec2.network.interface_addresses import check_addresses, checked_groups, default_group
from kumoniwa.api.not_built import refuse
from kumoniwa.errors import (
    Ec2Error,
    InvalidParameterCombination,
    InvalidParameterValue,
    NoDefaultVpc,
    NotBuilt,
)
from kumoniwa.model.regions import zones
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.vpcs import Subnet
from kumoniwa.network.addresses import private_capacity
from kumoniwa.store import network_interfaces, security_groups, vpcs
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class LaunchNetwork:
    """The subnet and groups of a launch. `private_ip` is the address asked for, if any."""

    subnet: Subnet
    groups: tuple[SecurityGroup, ...]
    associate_public_ip: bool
    private_ip: str | None
    description: str


def launch_network(connection: Connection, call: Call, parameters: Parameters, count: int) -> LaunchNetwork:
    """Where these parameters of RunInstances put up to `count` instances. Raises EC2's refusals."""
    ensure_region(connection, call.scope)
    interface = _only_interface(parameters.get("NetworkInterfaces") or [])
    for member, words in (
        ("SubnetId", "an instance-level subnet ID"),
        ("SecurityGroupIds", "instance-level security groups"),
        ("SecurityGroups", "instance-level security groups"),
        ("PrivateIpAddress", "an instance-level private IP address"),
    ):
        if interface is not None and parameters.get(member):
            raise InvalidParameterCombination(
                f"Network interfaces and {words} may not be specified on the same request"
            )
    if parameters.get("SecurityGroups") and parameters.get("SubnetId"):
        raise InvalidParameterCombination("The parameter groupName cannot be used with the parameter subnet")
    asked: Mapping[str, Any] = interface or parameters
    subnet = _subnet(connection, call, asked.get("SubnetId"), _zone(call, parameters.get("Placement") or {}), count)
    group_ids = asked.get("Groups" if interface is not None else "SecurityGroupIds") or []
    groups = _groups(connection, call, subnet.vpc_id, group_ids, parameters.get("SecurityGroups") or [])
    public = asked.get("AssociatePublicIpAddress")
    return LaunchNetwork(
        subnet=subnet,
        groups=groups,
        associate_public_ip=subnet.map_public_ip_on_launch if public is None else public,
        private_ip=_checked_address(connection, subnet, _address(asked)),
        description="" if interface is None else interface.get("Description") or "",
    )


def _only_interface(interfaces: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    if not interfaces:
        return None
    if len(interfaces) > 1:
        raise NotBuilt("instances with more than one network interface")
    interface = interfaces[0]
    if (index := interface.get("DeviceIndex")) is None:
        raise InvalidParameterValue("Each network interface requires a device index.")
    if index != 0:
        raise InvalidParameterValue("When specifying network interfaces, you must include a device at index 0")
    if interface.get("DeleteOnTermination") is False:
        raise NotBuilt("network interfaces that outlive their instance")
    refuse(interface, INTERFACE_NOT_BUILT)
    return interface


def _address(asked: Mapping[str, Any]) -> str | None:
    """The primary private address that was asked for, in any of the forms that EC2 takes."""
    listed = asked.get("PrivateIpAddresses") or []
    if len(listed) > 1:
        raise NotBuilt("secondary private addresses")
    address: str | None = asked.get("PrivateIpAddress")
    if not listed:
        return address
    if address is not None:
        raise InvalidParameterCombination(
            "The parameter privateIpAddress cannot be used with the parameter privateIpAddresses"
        )
    if not listed[0].get("Primary"):
        raise NotBuilt("secondary private addresses")
    only: str | None = listed[0].get("PrivateIpAddress")
    return only


def _zone(call: Call, placement: Mapping[str, Any]) -> str | None:
    """The name of the zone that a placement asks for. Raises EC2's refusals."""
    name, zone_id = placement.get("AvailabilityZone"), placement.get("AvailabilityZoneId")
    if name is not None and zone_id is not None:
        raise InvalidParameterCombination(
            "The parameter availabilityZone cannot be used with the parameter availabilityZoneId"
        )
    if zone_id is not None:
        names = {zone.id: zone.name for zone in zones(call.region)}
        if zone_id not in names:
            raise InvalidParameterValue(f"Invalid availability zone-id: [{zone_id}]")
        return names[zone_id]
    if name is not None and name not in {zone.name for zone in zones(call.region)}:
        raise InvalidParameterValue(f"Invalid availability zone: [{name}]")
    return name


def _subnet(connection: Connection, call: Call, subnet_id: str | None, zone: str | None, count: int) -> Subnet:
    if subnet_id is None:
        return _default_subnet(connection, call, zone, count)
    found = vpcs.subnets_in(connection, call.scope, [subnet_id])
    if not found:
        raise SUBNET.not_found([subnet_id])
    if zone is not None and found[0].zone != zone:
        raise InvalidParameterValue(
            f"Value ({zone}) for parameter availabilityZone is invalid. "
            f"The availability zone of the subnet is {found[0].zone}."
        )
    return found[0]


def _default_subnet(connection: Connection, call: Call, zone: str | None, count: int) -> Subnet:
    """The default subnet of a zone; where none is asked for, the first that has room for so many, else that with the
    most room. Raises EC2's refusals where there is none."""
    if (vpc := vpcs.default(connection, call.scope)) is None:
        raise NoDefaultVpc()
    subnets = [subnet for subnet in vpcs.subnets_of(connection, vpc.id) if subnet.default_for_az]
    if not subnets:
        raise Ec2Error("MissingInput", f"No subnets found for the default VPC '{vpc.id}'. Please specify a subnet.")
    subnets = sorted((one for one in subnets if zone in (None, one.zone)), key=lambda one: one.zone)
    if not subnets:
        raise Ec2Error("InvalidInput", f"No default subnet for availability zone: '{zone}'.")
    roomiest: tuple[int, Subnet] | None = None
    for subnet in subnets:
        room = private_capacity(subnet) - network_interfaces.count_in(connection, subnet.id)
        if room >= count:
            return subnet
        if roomiest is None or room > roomiest[0]:
            roomiest = room, subnet
    assert roomiest is not None, "there is one at least"
    return roomiest[1]  # fewer may be launched than that


def _groups(
    connection: Connection, call: Call, vpc_id: str, ids: Sequence[str], names: Sequence[str]
) -> tuple[SecurityGroup, ...]:
    by_name = []
    for name in dict.fromkeys(names):
        if (group := security_groups.named(connection, vpc_id, name)) is None:
            raise Ec2Error(
                "InvalidGroup.NotFound", f"The security group '{name}' does not exist in default VPC '{vpc_id}'"
            )
        by_name.append(group.id)
    if ids or by_name:
        return checked_groups(connection, call, vpc_id, [*ids, *by_name])
    return (default_group(connection, vpc_id),)


def _checked_address(connection: Connection, subnet: Subnet, asked: str | None) -> str | None:
    if asked is not None:
        check_addresses(connection, subnet, [asked])
    return asked
