"""AllocateAddress, ReleaseAddress and DescribeAddresses."""

import ipaddress
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import ELASTIC_IP
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.tags import from_specifications, tag_set, write
from kumoniwa.api.filters import Values, present
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.ids import new_id
from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.network.addresses import cloud_octet, free_public
from kumoniwa.store import elastic_ips, instances, network_interfaces
from kumoniwa.store import tags as tag_rows
from kumoniwa.store.tables import elastic_ips as tables
from kumoniwa.values import dataclass

_DOMAIN = "vpc"
_POOL = "amazon"
_POOL_PREFIX = "ipv4pool-ec2-"
_NOT_BUILT = (
    NotBuiltParameter("CustomerOwnedIpv4Pool", "addresses of a customer"),
    NotBuiltParameter("IpamPoolId", "IPAM"),
)


@action("AllocateAddress", depth=Depth.PARTLY, not_built=_NOT_BUILT)
async def allocate_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give the account an address of its own, of this host's loopback network."""
    refuse(parameters, _NOT_BUILT)
    _check_allocation(call, parameters)
    tags = from_specifications(parameters, [ELASTIC_IP.resource_type]).get(ELASTIC_IP.resource_type)

    def allocate(connection: Connection) -> Answer:
        quotas.ELASTIC_IPS.check_one_more(connection, tables.elastic_ips, call.scope)
        address = ElasticIp(new_id(ELASTIC_IP.prefix), call.account, call.region, _address(connection, parameters))
        elastic_ips.add(connection, address)
        write(connection, call, address.id, ELASTIC_IP.resource_type, tags)
        return {
            "AllocationId": address.id,
            "PublicIp": address.public_ip,
            "Domain": _DOMAIN,
            "PublicIpv4Pool": _POOL,
            "NetworkBorderGroup": call.region,
        }

    return await cloud.change(call, allocate)


@action("ReleaseAddress")
async def release_address(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give an address back that leads nowhere."""
    if (allocation_id := parameters.get("AllocationId")) is None:
        if parameters.get("PublicIp") is None:
            raise MissingParameter(message="Either public IP or allocation id must be specified")
    elif parameters.get("PublicIp") is not None:
        raise InvalidParameterCombination("You may specify public IP or allocation id, but not both in the same call")

    def release(connection: Connection) -> Answer:
        if allocation_id is None:
            own_address(connection, call, parameters["PublicIp"])
            raise InvalidParameterValue("You must specify an allocation id when releasing a VPC elastic IP address")
        address = named(connection, call.scope, ELASTIC_IP, allocation_id)
        check_own(connection, address.interface_id)
        if address.association_id is not None:
            raise Ec2Error("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
        if address.ptr_record is not None:
            raise Ec2Error(
                "InvalidAddress.PtrSet",
                f"The address with allocation id [{address.id}] cannot be released because it has a PTR record set.",
            )
        tag_rows.remove_all(connection, address.id)
        elastic_ips.remove(connection, address)
        return None

    return await cloud.change(call, release)


def named_address(connection: Connection, call: Call, parameters: Parameters) -> ElasticIp:
    """The address that a request names by its allocation or by itself. Raises EC2's refusals."""
    allocation_id, public_ip = parameters.get("AllocationId"), parameters.get("PublicIp")
    if allocation_id is not None and public_ip is not None:
        raise InvalidParameterCombination("You may specify public IP or allocation id, but not both in the same call")
    if allocation_id is not None:
        return named(connection, call.scope, ELASTIC_IP, allocation_id)
    if public_ip is None:
        raise MissingParameter(message="Either public IP or allocation id must be specified")
    if (found := elastic_ips.by_address(connection, call.scope, public_ip)) is None:
        raise _unknown(public_ip)
    return found


def own_address(connection: Connection, call: Call, public_ip: str) -> ElasticIp:
    """The caller's address that is written so. Raises EC2's refusals."""
    if not _is_address(public_ip):
        raise _no_address(public_ip)
    if (found := elastic_ips.by_address(connection, call.scope, public_ip)) is None:
        raise Ec2Error("AuthFailure", f"The address '{public_ip}' does not belong to you.")
    return found


def check_own(connection: Connection, interface_id: str | None) -> None:
    """Raises EC2's refusal to change the address of a network interface that one of its services made for itself: a NAT
    gateway has its address until it is deleted."""
    interface = None if interface_id is None else network_interfaces.get(connection, interface_id)
    if interface is not None and interface.kind != "interface":
        raise Ec2Error("AuthFailure", "You do not have permission to access the specified resource.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _no_address(text: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Value ({text[:200]}) for parameter publicIp is invalid. Invalid IPv4 address")


def _unknown(public_ip: str) -> Ec2Error:
    return Ec2Error("InvalidAddress.NotFound", f"Address '{public_ip[:200]}' not found.")


def _check_allocation(call: Call, parameters: Parameters) -> None:
    if (group := parameters.get("NetworkBorderGroup")) not in (None, call.region):
        raise InvalidParameterValue(f"Network border group [{group}] does not exist")
    pool = parameters.get("PublicIpv4Pool")
    if pool is not None and parameters.get("Address") is not None:
        raise InvalidParameterCombination("The parameter PublicIpv4Pool cannot be used with the parameter Address")
    if pool not in (None, _POOL):
        if not pool.startswith(_POOL_PREFIX):
            raise InvalidParameterValue(f"invalid value for parameter pool: {pool[:200]}")
        raise Ec2Error("InvalidPublicIpv4PoolID.NotFound", f"The pool ID '{pool[:200]}' does not exist.")


def _address(connection: Connection, parameters: Parameters) -> str:
    """A free public address; or the one that was asked for, which this cloud may have had before."""
    octet, taken = cloud_octet(connection), partial(instances.public_addresses, connection)
    if (asked := parameters.get("Address")) is None:
        [address] = free_public(octet, 1, taken)
        return address
    try:
        wanted = ipaddress.IPv4Address(asked)
    except ValueError:
        raise InvalidParameterValue(f"Invalid value '{asked[:200]}' for Address") from None
    if not str(wanted).startswith(f"127.{octet}."):
        raise _unknown(asked)
    if taken([str(wanted)]):
        raise Ec2Error("InvalidAddress.Locked", f"Address '{wanted}' is in use.")
    return str(wanted)


@dataclass(frozen=True, slots=True)
class _Described:
    """An address, and the network interface to which it leads."""

    address: ElasticIp
    interface: NetworkInterface | None


_FILTERS: Mapping[str, Values[_Described]] = {
    "allocation-id": lambda one: (one.address.id,),
    "association-id": lambda one: present(one.address.association_id),
    "domain": lambda _: (_DOMAIN,),
    "instance-id": lambda one: present(one.interface and one.interface.instance_id),
    "network-border-group": lambda one: (one.address.region,),
    "network-interface-id": lambda one: present(one.address.interface_id),
    "network-interface-owner-id": lambda one: present(one.interface and one.interface.account),
    "private-ip-address": lambda one: present(one.address.private_ip),
    "public-ip": lambda one: (one.address.public_ip,),
}


def _output(one: _Described, tags: Mapping[str, str]) -> dict[str, Any]:
    address, interface = one.address, one.interface
    return {
        "AllocationId": address.id,
        "AssociationId": address.association_id,
        "Domain": _DOMAIN,
        "InstanceId": interface and interface.instance_id,
        "NetworkBorderGroup": address.region,
        "NetworkInterfaceId": address.interface_id,
        "NetworkInterfaceOwnerId": interface and interface.account,
        "PrivateIpAddress": address.private_ip,
        "PublicIp": address.public_ip,
        "PublicIpv4Pool": _POOL,
        "Tags": tag_set(tags),
    }


def _read(connection: Connection, asked: Asked) -> list[_Described]:
    scope = asked.call.scope
    public_ips = asked.parameters.get("PublicIps")
    found = elastic_ips.in_scope(connection, scope, asked.ids)
    if public_ips:
        by_id = found if asked.ids is not None else []
        there = {address.public_ip: address for address in elastic_ips.in_scope(connection, scope, None)}
        for public_ip in public_ips:
            if public_ip not in there:
                raise _unknown(public_ip) if _is_address(public_ip) else _no_address(public_ip)
        found = list({one.id: one for one in (*by_id, *(there[public_ip] for public_ip in public_ips))}.values())
    leading = [address.interface_id for address in found if address.interface_id is not None]
    interfaces = {one.id: one for one in network_interfaces.in_scope(connection, scope, leading)}
    return [_Described(address, interfaces.get(address.interface_id or "")) for address in found]


_ADDRESSES = Listing(
    member="Addresses",
    kind=ELASTIC_IP,
    ids="AllocationIds",
    read=_read,
    row=_output,
    id_of=lambda one: one.address.id,
    key=lambda one: one.address.id,
    filters=_FILTERS,
    tagged=True,
)


@action("DescribeAddresses")
async def describe_addresses(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The Elastic IP addresses of a region, and where they lead."""
    return await _ADDRESSES.answer(cloud, call, parameters)
