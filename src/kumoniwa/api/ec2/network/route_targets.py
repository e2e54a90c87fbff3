"""What a request for a route names: its destination and its target, found in the route table's VPC or refused."""

from ipaddress import IPv4Network, IPv6Network

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.ec2.kinds import (
    EGRESS_ONLY_GATEWAY,
    INSTANCE,
    INTERNET_GATEWAY,
    NETWORK_INTERFACE,
    PEERING,
    PREFIX_LIST,
)
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.named.only_interface import only_interface
from kumoniwa.api.ec2.network.cidr_blocks import ipv4_block, ipv6_block
from kumoniwa.api.ec2.network.vpc_output import DescribedVpc
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.model.route_tables import Route, RouteTable, RouteTarget
from kumoniwa.store import gateways

TARGETS_NOT_BUILT = (
    NotBuiltParameter("VpcEndpointId", "Gateway Load Balancer endpoints"),
    NotBuiltParameter("TransitGatewayId", "transit gateways"),
    NotBuiltParameter("LocalGatewayId", "Outposts"),
    NotBuiltParameter("CarrierGatewayId", "carrier gateways"),
    NotBuiltParameter("CoreNetworkArn", "core networks"),
    NotBuiltParameter("OdbNetworkArn", "ODB networks"),
)

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
)
_EC2S_OWN = IPv4Network("169.254.168.0/22")
_EC2S_OWN_IPV6 = IPv6Network("fd00:ec2::/32")
_NAT64 = IPv6Network("64:ff9b::/96")


def destination(connection: Connection, call: Call, parameters: Parameters) -> str:
    """Where a route leads to: a block in its canonical form, or a prefix list's id. Raises EC2's refusals."""
    given = [name for name in _DESTINATIONS if parameters.get(name)]
    if not given:
        raise MissingParameter("destinationCidrBlock")
    if len(given) > 1:
        raise InvalidParameterCombination(
            f"The parameter {_wire(given[1])} cannot be used with the parameter {_wire(given[0])}"
        )
    value: str = parameters[given[0]]
    match given[0]:
        case "DestinationCidrBlock":
            return str(ipv4_block(value, "destinationCidrBlock"))
        case "DestinationIpv6CidrBlock":
            return str(ipv6_block(value, "destinationIpv6CidrBlock"))
        case _:
            return named(connection, call.scope, PREFIX_LIST, value).id


def check_destination(vpc: DescribedVpc, to: str, target: RouteTarget) -> None:
    """Raises EC2's refusals of a destination that no route, or none to such a target, can have."""
    if "." in to:
        block = IPv4Network(to)
        if block.subnet_of(_EC2S_OWN):
            raise _not_supported(to)
        inside, whole = any(block.subnet_of(each) for each in vpc.networks()), block in vpc.networks()
    elif ":" in to:
        block6 = IPv6Network(to)
        if block6.subnet_of(_EC2S_OWN_IPV6):
            raise _not_supported(to)
        inside, whole = any(block6.subnet_of(each) for each in vpc.ipv6_networks()), block6 in vpc.ipv6_networks()
        if target is RouteTarget.NAT_GATEWAY and not block6.subnet_of(_NAT64):
            raise InvalidParameterValue(f"The destination {to} cannot be routed to a NAT gateway.")
    else:
        inside = whole = False
    if target is RouteTarget.EGRESS_ONLY_GATEWAY and "." in to:
        raise InvalidParameterValue(f"The destination {to} cannot be routed to an egress-only internet gateway.")
    if target in (RouteTarget.NETWORK_INTERFACE, RouteTarget.NAT_GATEWAY):
        return
    if whole:
        raise InvalidParameterValue(
            "Route target is not supported. This route only supports interface and instance targets."
        )
    if inside:
        raise InvalidParameterValue(
            f"The destination CIDR block {to} is equal to or more specific than one of this VPC's CIDR blocks. "
            "This route can target only an interface or an instance."
        )


def route_asked_for(connection: Connection, call: Call, parameters: Parameters, table: RouteTable, to: str) -> Route:
    """The route of this table that a request describes. Raises EC2's refusals of its target."""
    given = [name for name in _TARGETS if parameters.get(name)]
    if not given:
        raise MissingParameter(
            message=f"The request must contain exactly one of {', '.join(_wire(name) for name in _TARGETS)}"
        )
    if len(given) > 1:
        raise InvalidParameterCombination(
            f"The parameter {_wire(given[1])} cannot be used with the parameter {_wire(given[0])}"
        )
    target, target_id = _target(connection, call, table, given[0], parameters[given[0]])
    return Route(table.id, to, target, target_id)


def _target(connection: Connection, call: Call, table: RouteTable, member: str, value: str) -> tuple[RouteTarget, str]:
    scope = call.scope
    match member:
        case "GatewayId":
            if value.startswith("vgw-"):
                raise Ec2Error("InvalidVpnGatewayID.NotFound", f"The vpnGateway ID '{value[:200]}' does not exist")
            gateway = named(connection, scope, INTERNET_GATEWAY, value)
            _check_same_network(table, "network gateway", gateway.id, [gateway.vpc_id])
            return RouteTarget.INTERNET_GATEWAY, gateway.id
        case "NatGatewayId":
            for nat in gateways.nat_in(connection, scope, [value]):
                _check_same_network(table, "NAT gateway", nat.id, [nat.vpc_id])
                return RouteTarget.NAT_GATEWAY, nat.id
            raise Ec2Error("InvalidNatGatewayID.NotFound", f"The natGateway ID '{value[:200]}' does not exist")
        case "InstanceId":
            interface = only_interface(connection, named(connection, scope, INSTANCE, value).id)
            _check_same_network(table, "instance", value, [interface.vpc_id])
            return RouteTarget.NETWORK_INTERFACE, interface.id
        case "NetworkInterfaceId":
            interface = named(connection, scope, NETWORK_INTERFACE, value)
            _check_same_network(table, "interface", interface.id, [interface.vpc_id])
            return RouteTarget.NETWORK_INTERFACE, interface.id
        case "VpcPeeringConnectionId":
            peering = named(connection, scope, PEERING, value)
            both = [peering.requester_vpc_id, peering.accepter_vpc_id]
            _check_same_network(table, "VPC peering connection", peering.id, both)
            return RouteTarget.PEERING, peering.id
        case _:
            egress = named(connection, scope, EGRESS_ONLY_GATEWAY, value)
            _check_same_network(table, "network gateway", egress.id, [egress.vpc_id])
            return RouteTarget.EGRESS_ONLY_GATEWAY, egress.id


def _check_same_network(table: RouteTable, what: str, target_id: str, vpc_ids: list[str | None] | list[str]) -> None:
    if table.vpc_id not in vpc_ids:
        raise InvalidParameterValue(f"route table {table.id} and {what} {target_id} belong to different networks")


def _not_supported(to: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"The destination {to} is reserved by EC2 and cannot be routed.")


def _wire(member: str) -> str:
    return member[0].lower() + member[1:]
