"""The network interfaces of a launch: what a request asks for, and their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.instances.launch.launch_not_built import INTERFACE_NOT_BUILT
from kumoniwa.api.ec2.kinds import NETWORK_INTERFACE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.create_network_interface import check_own
from kumoniwa.api.ec2.network.interface_addresses import AskedAddresses, drawn, too_many_addresses
from kumoniwa.api.ec2.network.interface_ipv6 import NO_IPV6, AskedIpv6, drawn_ipv6, too_many_ipv6
from kumoniwa.api.ec2.network.network_interface_output import Output, group_set
from kumoniwa.api.not_built import refuse
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.ids import new_id, new_mac
from kumoniwa.model.instance_types import InstanceType
from kumoniwa.model.instances import Instance
from kumoniwa.model.network_interfaces import MOST_INDEX, InterfaceAttachment, Ipv6Address, NetworkInterface
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.vpcs import Subnet
from kumoniwa.store import ipv6_addresses, network_interfaces
from kumoniwa.values import dataclass

_OF_A_NEW_ONE = (
    "SubnetId",
    "Groups",
    "PrivateIpAddress",
    "PrivateIpAddresses",
    "SecondaryPrivateIpAddressCount",
    "Ipv6Addresses",
    "Ipv6AddressCount",
    "PrimaryIpv6",
    "ConnectionTrackingSpecification",
    "AssociatePublicIpAddress",
)


@dataclass(frozen=True, slots=True)
class LaunchInterface:
    """A network interface that each instance of a launch gets; `existing` is one that was made before."""

    index: int
    subnet: Subnet
    groups: tuple[SecurityGroup, ...]
    asked: AskedAddresses
    description: str
    ends_with_instance: bool
    ipv6: AskedIpv6 = NO_IPV6
    tracking: Mapping[str, Any] = field(default_factory=dict)
    existing: NetworkInterface | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """The network interfaces of launched instances, as their rows have them."""

    by_instance: Mapping[str, Sequence[NetworkInterface]]
    groups: Mapping[str, Sequence[Output]]
    """By interface."""
    secondary: Mapping[str, Sequence[str]]
    """By interface: its further private addresses."""
    ipv6: Mapping[str, Sequence[Ipv6Address]]
    """By interface that the launch made."""
    new: Sequence[str]
    """The ids of those that the launch made."""


def checked_specifications(specifications: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What a request says of each interface, the primary one first. Raises EC2's refusals."""
    seen: set[int] = set()
    existing: set[str] = set()
    for each in specifications:
        refuse(each, INTERFACE_NOT_BUILT)
        if (index := each.get("DeviceIndex")) is None:
            raise InvalidParameterValue("Each network interface requires a device index.")
        if not 0 <= index < MOST_INDEX:
            raise InvalidParameterValue(f"Value ({index}) for parameter deviceIndex is invalid.")
        if index in seen:
            raise InvalidParameterValue(f"The device index '{index}' is used by more than one network interface.")
        seen.add(index)
        if (interface_id := each.get("NetworkInterfaceId")) is not None:
            if interface_id in existing:
                raise InvalidParameterValue(f"Interface: [{interface_id[:200]}] is specified more than once.")
            existing.add(interface_id)
            if each.get("DeleteOnTermination"):
                raise InvalidParameterCombination(
                    "A network interface may not specify a network interface ID and delete on termination as true"
                )
            for name in _OF_A_NEW_ONE:
                if each.get(name) not in (None, []):
                    raise InvalidParameterCombination(
                        f"The parameter {name[0].lower()}{name[1:]} cannot be used with the parameter "
                        "networkInterfaceId"
                    )
    if specifications and 0 not in seen:
        raise InvalidParameterValue("When specifying network interfaces, you must include a device at index 0")
    if len(specifications) > 1 and any(each.get("AssociatePublicIpAddress") is not None for each in specifications):
        raise InvalidParameterCombination(
            "The associatePublicIpAddress parameter cannot be specified when launching with multiple network "
            "interfaces."
        )
    return sorted(specifications, key=lambda each: int(each["DeviceIndex"]))


def existing_interface(connection: Connection, call: Call, interface_id: str) -> NetworkInterface:
    """The interface made before that a launch wants to have. Raises EC2's refusals."""
    interface = named(connection, call.scope, NETWORK_INTERFACE, interface_id)
    check_own(interface)
    if interface.attachment_id is not None:
        raise Ec2Error("InvalidNetworkInterface.InUse", f"Interface: [{interface.id}] in use.")
    return interface


def check_together(interfaces: Sequence[LaunchInterface], count: int) -> None:
    """Raises EC2's refusals of interfaces that no instance, or not several instances, can have."""
    zone, vpc_id = interfaces[0].subnet.zone, interfaces[0].subnet.vpc_id
    named_ones: set[tuple[str, str]] = set()
    for each in interfaces:
        for address in each.asked.named:
            if (each.subnet.id, address) in named_ones:
                raise InvalidParameterValue(f"Address {address} is specified more than once")
            named_ones.add((each.subnet.id, address))
        for address in each.ipv6.named:
            if (each.subnet.id, address) in named_ones:
                raise InvalidParameterValue(f"Address {address} is specified more than once")
            named_ones.add((each.subnet.id, address))
        if each.subnet.zone != zone or each.subnet.vpc_id != vpc_id:
            raise InvalidParameterCombination(
                "Network interfaces of one instance must be in the same VPC and the same availability zone"
            )
        if count > 1 and (each.existing is not None or each.asked.named or each.ipv6.named):
            raise InvalidParameterCombination(
                "A network interface or a private IP address cannot be given to more than one instance"
            )


def check_type(kind: InstanceType, interfaces: Sequence[LaunchInterface]) -> None:
    """Raises EC2's refusals of more interfaces or addresses than an instance type takes."""
    if len(interfaces) > kind.most_interfaces:
        raise Ec2Error(
            "AttachmentLimitExceeded", f"Interface count {len(interfaces)} exceeds the limit for {kind.name}"
        )
    if any(each.asked.count > kind.most_addresses for each in interfaces):
        raise too_many_addresses()
    if any(each.ipv6.count > kind.most_addresses for each in interfaces):
        raise too_many_ipv6()


def addresses_of_each(
    connection: Connection, interfaces: Sequence[LaunchInterface], count: int
) -> list[list[Sequence[str]]]:
    """The private addresses of so many instances, by instance and interface, the primary one first."""
    given: dict[str, list[str]] = {}
    for each in interfaces:  # what is named is not drawn, for whichever interface
        given.setdefault(each.subnet.id, []).extend(each.asked.named)
    columns: list[list[Sequence[str]]] = []
    for each in interfaces:
        if each.existing is not None:
            further = network_interfaces.secondary_of(connection, [each.existing.id]).get(each.existing.id, [])
            columns.append([[each.existing.private_ip, *further]] * count)
            continue
        beside, asked = given[each.subnet.id], each.asked.named
        free = drawn(connection, each.subnet, count * each.asked.count - len(asked), beside=beside)
        beside += free
        each_of = each.asked.count
        if each.asked.primary is None and asked:  # only further ones are named: the primary one is drawn
            columns.append([[free[0], *asked, *free[1:]]])
        elif asked:
            columns.append([[*asked, *free]])
        else:
            columns.append([free[at : at + each_of] for at in range(0, count * each_of, each_of)])
    return [list(own) for own in zip(*columns, strict=True)]


def attach_interfaces(
    connection: Connection,
    launched: Sequence[Instance],
    interfaces: Sequence[LaunchInterface],
    addresses: Sequence[Sequence[Sequence[str]]],
) -> Attached:
    """Write the network interfaces of new instances, which have these addresses."""
    by_instance: dict[str, list[NetworkInterface]] = {instance.id: [] for instance in launched}
    groups: dict[str, Sequence[Output]] = {}
    secondary: dict[str, Sequence[str]] = {}
    ipv6: dict[str, Sequence[Ipv6Address]] = {}
    new: list[str] = []
    for position, each in enumerate(interfaces):
        if each.existing is not None:
            own = [_taken(connection, launched[0], each, each.existing)]
        else:
            own = [_new(instance, each, of[position][0]) for instance, of in zip(launched, addresses, strict=True)]
            network_interfaces.add(connection, own, [group.id for group in each.groups])
            new += [interface.id for interface in own]
            if each.ipv6.count:
                ipv6 |= {interface.id: _with_ipv6(connection, interface, each) for interface in own}
        shown = group_set((group.id, group.name) for group in each.groups)
        for instance, interface, of in zip(launched, own, addresses, strict=True):
            by_instance[instance.id].append(interface)
            groups[interface.id] = shown
            if further := of[position][1:]:
                secondary[interface.id] = further
                if each.existing is None:
                    network_interfaces.add_addresses(connection, interface, further)
    return Attached(by_instance, groups, secondary, ipv6, new)


def _with_ipv6(connection: Connection, interface: NetworkInterface, asked: LaunchInterface) -> Sequence[Ipv6Address]:
    added = [*asked.ipv6.named, *drawn_ipv6(connection, asked.subnet, asked.ipv6.more)]
    return ipv6_addresses.add(connection, interface, added, first_is_primary=asked.ipv6.first_is_primary)


def _taken(
    connection: Connection, instance: Instance, asked: LaunchInterface, existing: NetworkInterface
) -> NetworkInterface:
    """The interface that was made before, attached to an instance now."""
    network_interfaces.change(
        connection,
        existing,
        instance_id=instance.id,
        attachment_id=new_id("eni-attach"),
        attachment_state=InterfaceAttachment.ATTACHED,  # it may have another one of the instance before
        device_index=asked.index,
        attached_at=instance.first_launch_time,
        delete_on_termination=asked.ends_with_instance,
    )
    attached = network_interfaces.get(connection, existing.id)
    assert attached is not None, "it was just changed"
    return attached


def _new(instance: Instance, asked: LaunchInterface, address: str) -> NetworkInterface:
    return NetworkInterface(
        id=new_id("eni"),
        account=instance.account,
        region=instance.region,
        vpc_id=asked.subnet.vpc_id,
        subnet_id=asked.subnet.id,
        mac=new_mac(),
        private_ip=address,
        description=asked.description,
        source_dest_check=True,
        instance_id=instance.id,
        attachment_id=new_id("eni-attach"),
        device_index=asked.index,
        attached_at=instance.first_launch_time,
        delete_on_termination=asked.ends_with_instance,
        **asked.tracking,
    )
