"""Where a launch puts its instances: subnets, security groups, addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.instances.launch.launch_interfaces import (
    LaunchInterface,
    check_together,
    checked_specifications,
    existing_interface,
)
from kumoniwa.api.ec2.kinds import SUBNET
from kumoniwa.api.ec2.network.connection_tracking import asked_tracking
from kumoniwa.api.ec2.network.default_vpc import ensure_region
from kumoniwa.api.ec2.network.interface_addresses import (
    AskedAddresses,
    asked_addresses,
    checked_groups,
    default_group,
    free_count,
)
from kumoniwa.api.ec2.network.interface_ipv6 import asked_ipv6
from kumoniwa.errors import (
    Ec2Error,
    InvalidParameterCombination,
    InvalidParameterValue,
    NoDefaultVpc,
)
from kumoniwa.model.regions import zones
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import network_interfaces, security_groups, vpcs
from kumoniwa.values import dataclass

_INSTANCE_LEVEL = {
    "SubnetId": "an instance-level subnet ID",
    "SecurityGroupIds": "instance-level security groups",
    "SecurityGroups": "instance-level security groups",
    "PrivateIpAddress": "an instance-level private IP address",
    "Ipv6Addresses": "instance-level IPv6 addresses",
    "Ipv6AddressCount": "an instance-level IPv6 address count",
}


@dataclass(frozen=True, slots=True)
class LaunchNetwork:
    """The network interfaces of each instance of a launch, the primary one first."""

    interfaces: tuple[LaunchInterface, ...]
    associate_public_ip: bool

    @property
    def subnet(self) -> Subnet:
        """The primary interface's."""
        return self.interfaces[0].subnet


def launch_network(connection: Connection, call: Call, parameters: Parameters, count: int) -> LaunchNetwork:
    """Where these parameters of RunInstances put up to `count` instances. Raises EC2's refusals."""
    specifications = checked_specifications(parameters.get("NetworkInterfaces") or [])
    check_instance_level(parameters, specifications)
    if parameters.get("SecurityGroups") and parameters.get("SubnetId"):
        raise InvalidParameterCombination("The parameter groupName cannot be used with the parameter subnet")
    zone = _zone(call, parameters.get("Placement") or {})
    if specifications:
        interfaces = tuple(_interface(connection, call, each, zone, count) for each in specifications)
    else:
        interfaces = (_of_instance(connection, call, parameters, zone, count),)
    check_together(interfaces, count)
    primary = interfaces[0]
    public = (specifications[0] if specifications else parameters).get("AssociatePublicIpAddress")
    lent = primary.subnet.map_public_ip_on_launch if public is None else bool(public)
    return LaunchNetwork(interfaces, lent and len(interfaces) == 1 and primary.existing is None)


def launch_zone(connection: Connection, call: Call, parameters: Parameters) -> str:
    """The name of the zone that these parameters of RunInstances put an instance in. Raises EC2's refusals of it."""
    zone = _zone(call, parameters.get("Placement") or {})
    primary = next(
        (one for one in parameters.get("NetworkInterfaces") or [] if one.get("DeviceIndex") == 0), parameters
    )
    subnet_id = primary.get("SubnetId")
    if (interface_id := primary.get("NetworkInterfaceId")) is not None:
        subnet_id = existing_interface(connection, call, interface_id).subnet_id
    return _subnet(connection, call, subnet_id, zone, 1).zone


def check_instance_level(parameters: Parameters, specifications: Sequence[Mapping[str, Any]]) -> None:
    """Raises EC2's refusal of what an instance says of its only interface, where it says what its interfaces are."""
    for member, words in _INSTANCE_LEVEL.items():
        if specifications and parameters.get(member):
            raise InvalidParameterCombination(
                f"Network interfaces and {words} may not be specified on the same request"
            )


def _of_instance(
    connection: Connection, call: Call, parameters: Parameters, zone: str | None, count: int
) -> LaunchInterface:
    """The only interface, where the instance itself says where it is to be."""
    subnet = _subnet(connection, call, parameters.get("SubnetId"), zone, count)
    group_ids, names = parameters.get("SecurityGroupIds") or [], parameters.get("SecurityGroups") or []
    groups = _groups(connection, call, subnet, group_ids, names)
    asked = asked_addresses(connection, subnet, {"PrivateIpAddress": parameters.get("PrivateIpAddress")})
    ipv6 = asked_ipv6(connection, subnet, parameters, primary=parameters.get("EnablePrimaryIpv6"))
    return LaunchInterface(0, subnet, groups, asked, "", ends_with_instance=True, ipv6=ipv6)


def _interface(
    connection: Connection, call: Call, said: Mapping[str, Any], zone: str | None, count: int
) -> LaunchInterface:
    """The interface of which a request says this."""
    if (interface_id := said.get("NetworkInterfaceId")) is not None:
        existing = existing_interface(connection, call, interface_id)
        subnet = _subnet(connection, call, existing.subnet_id, zone, count)
        ids = [group_id for group_id, _ in network_interfaces.groups_of(connection, existing.id)]
        groups = checked_groups(connection, call, subnet.vpc_id, subnet.id, ids)
        further = network_interfaces.secondary_of(connection, [existing.id]).get(existing.id, ())
        has = AskedAddresses(None, (), len(further))
        return LaunchInterface(
            said["DeviceIndex"], subnet, groups, has, existing.description, ends_with_instance=False, existing=existing
        )
    subnet = _subnet(connection, call, said.get("SubnetId"), zone, count)
    return LaunchInterface(
        index=said["DeviceIndex"],
        subnet=subnet,
        groups=_groups(connection, call, subnet, said.get("Groups") or [], []),
        asked=asked_addresses(connection, subnet, said),
        description=said.get("Description") or "",
        ends_with_instance=said.get("DeleteOnTermination") is not False,
        ipv6=asked_ipv6(connection, subnet, said, primary=said.get("PrimaryIpv6")),
        tracking=asked_tracking(said.get("ConnectionTrackingSpecification")),
    )


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
    if (vpc := ensure_region(connection, call.scope)) is None:
        raise NoDefaultVpc()
    subnets = [subnet for subnet in vpcs.subnets_of(connection, vpc.id) if subnet.default_for_az]
    if not subnets:
        raise Ec2Error("MissingInput", f"No subnets found for the default VPC '{vpc.id}'. Please specify a subnet.")
    subnets = sorted((one for one in subnets if zone in (None, one.zone)), key=lambda one: one.zone)
    if not subnets:
        raise Ec2Error("InvalidInput", f"No default subnet for availability zone: '{zone}'.")
    roomiest: tuple[int, Subnet] | None = None
    for subnet in subnets:
        room = free_count(connection, subnet)
        if room >= count:
            return subnet
        if roomiest is None or room > roomiest[0]:
            roomiest = room, subnet
    assert roomiest is not None, "there is one at least"
    return roomiest[1]  # fewer may be launched than that


def _groups(
    connection: Connection, call: Call, subnet: Subnet, ids: Sequence[str], names: Sequence[str]
) -> tuple[SecurityGroup, ...]:
    vpc_id, by_name = subnet.vpc_id, []
    for name in dict.fromkeys(names):
        if (group := security_groups.named(connection, vpc_id, name)) is None:
            raise Ec2Error(
                "InvalidGroup.NotFound", f"The security group '{name}' does not exist in default VPC '{vpc_id}'"
            )
        by_name.append(group.id)
    if ids or by_name:
        return checked_groups(connection, call, vpc_id, subnet.id, [*ids, *by_name])
    return (default_group(connection, vpc_id),)
