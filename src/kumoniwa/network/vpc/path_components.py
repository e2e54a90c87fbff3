"""What a flow passes on its way, as EC2's Reachability Analyzer lists it. Pure.

Resources are `{"Id": ...}`; who shows them adds their ARNs.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from kumoniwa.network.vpc.packet import Packet
from kumoniwa.network.vpc.plan import (
    ICMP,
    LAST_PORT,
    TCP,
    UDP,
    AclEntry,
    GroupReference,
    Interface,
    Plan,
    PrefixListReference,
    Route,
    Rule,
    TargetKind,
    Traffic,
)
from kumoniwa.network.vpc.reach import Hop
from kumoniwa.network.vpc.verdicts import INTERNET, Decider, Decision

Component = dict[str, Any]

_NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp", None: "all"}
_TARGETS = {
    TargetKind.INTERNET_GATEWAY: "GatewayId",
    TargetKind.NAT_GATEWAY: "NatGatewayId",
    TargetKind.INTERFACE: "NetworkInterfaceId",
    TargetKind.PEERING: "VpcPeeringConnectionId",
}
_TARGETS_BY_PREFIX = {
    "igw": "GatewayId",
    "nat": "NatGatewayId",
    "eni": "NetworkInterfaceId",
    "pcx": "VpcPeeringConnectionId",
}


def resource(identifier: str) -> Component:
    """A resource, as components and explanations name it."""
    return {"Id": identifier}


def components(plans: Mapping[str, Plan], hops: Sequence[Hop], packet: Packet) -> list[Component]:
    """What is on a way, in order. `packet` is how it leaves the source."""
    found: list[Component] = []
    for hop in hops:
        for each in _of_hop(plans[hop.vpc_id], hop, is_first=not found):
            if not found or found[-1]["Component"] != each["Component"]:
                found.append(each)
    if found:
        first = next((one for one in found if not one["Component"]["Id"].startswith("i-")), found[0])
        first["OutboundHeader"] = _header(packet, of_internet=bool(hops) and hops[0].origin == INTERNET)
    return [{"SequenceNumber": number, **each} for number, each in enumerate(found, 1)]


def acl_rule(entry: AclEntry, *, egress: bool | None) -> Component:
    """An entry of a network ACL."""
    return {
        "Cidr": str(entry.block),
        "Egress": bool(egress),
        "PortRange": _ports(entry.traffic),
        "Protocol": _NAMES.get(entry.traffic.protocol, str(entry.traffic.protocol)),
        "RuleAction": "allow" if entry.allow else "deny",
        "RuleNumber": entry.number,
    }


def table_route(plan: Plan, route: Route | None, *, blackhole: bool = False) -> Component:
    """A route of a route table; None stands for the local one."""
    if route is None:
        local = {"DestinationCidr": str(plan.cidrs[0]), "GatewayId": "local"}
        return {**local, "Origin": "createroutetable", "State": "active"}
    target = _TARGETS.get(route.target.kind) or _TARGETS_BY_PREFIX.get(route.target.id.rpartition("-")[0], "GatewayId")
    to_list = isinstance(route.destination, PrefixListReference)
    return {
        "DestinationCidr": None if to_list else str(route.destination),
        "DestinationPrefixListId": route.destination.prefix_list_id
        if isinstance(route.destination, PrefixListReference)
        else None,
        target: route.target.id,
        "Origin": "createroute",
        "State": "blackhole" if blackhole else "active",
    }


def _of_hop(plan: Plan, hop: Hop, *, is_first: bool) -> Iterator[Component]:
    if is_first and (sender := plan.interfaces.get(hop.origin)) is not None:
        if sender.instance_id is not None:
            yield {"Component": resource(sender.instance_id)}
        yield _interface(plan, sender)
    for decision in hop.decisions:
        if decision.admits and (component := _of_decision(plan, decision)) is not None:
            yield component
    if hop.to == INTERNET and plan.internet_gateway is not None:
        yield {"Component": resource(plan.internet_gateway), "Vpc": resource(plan.vpc_id)}
    if (receiver := plan.interfaces.get(hop.to or "")) is not None:
        yield _interface(plan, receiver)
        if receiver.instance_id is not None:
            yield {"Component": resource(receiver.instance_id)}


def _of_decision(plan: Plan, decision: Decision) -> Component | None:
    in_vpc = {"Vpc": resource(plan.vpc_id)}
    match decision.decider, decision.by:
        case Decider.SECURITY_GROUP, Rule() as rule:
            group = next(
                one.id for one in plan.groups.values() if rule in (one.egress if decision.egress else one.ingress)
            )
            return {"Component": resource(group), "SecurityGroupRule": _group_rule(rule, egress=decision.egress)}
        case Decider.NETWORK_ACL, AclEntry() as entry:
            return {"Component": resource(decision.id), "AclRule": acl_rule(entry, egress=decision.egress)}
        case Decider.ROUTE, (Route() | None) as route if decision.id in plan.route_tables:
            return {"Component": resource(decision.id), "RouteTableRoute": table_route(plan, route), **in_vpc}
        case ((Decider.NAT_GATEWAY | Decider.INTERNET_GATEWAY | Decider.PEERING), _) if decision.id:
            return {"Component": resource(decision.id), **in_vpc}
        case _:
            return None


def _interface(plan: Plan, interface: Interface) -> Component:
    return {
        "AttachedTo": None if interface.instance_id is None else resource(interface.instance_id),
        "Component": resource(interface.id),
        "Subnet": resource(interface.subnet_id),
        "Vpc": resource(plan.vpc_id),
    }


def _group_rule(rule: Rule, *, egress: bool | None) -> Component:
    remote = rule.remote
    return {
        "Cidr": str(remote) if not isinstance(remote, GroupReference | PrefixListReference) else None,
        "Direction": "egress" if egress else "ingress",
        "SecurityGroupId": remote.group_id if isinstance(remote, GroupReference) else None,
        "PortRange": _ports(rule.traffic),
        "PrefixListId": remote.prefix_list_id if isinstance(remote, PrefixListReference) else None,
        "Protocol": _NAMES.get(rule.traffic.protocol, str(rule.traffic.protocol)),
    }


def _ports(traffic: Traffic) -> Component | None:
    if traffic.protocol not in (TCP, UDP):
        return None
    return {
        "From": 0 if traffic.first is None else traffic.first,
        "To": LAST_PORT if traffic.last is None else traffic.last,
    }


def _header(packet: Packet, *, of_internet: bool) -> Component:
    """Who calls from the internet is nobody in particular."""
    return {
        "DestinationAddresses": [str(IPv4Network(packet.destination))],
        "DestinationPortRanges": [{"From": packet.destination_port, "To": packet.destination_port}],
        "Protocol": str(packet.protocol),
        "SourceAddresses": ["0.0.0.0/0"] if of_internet else [str(IPv4Network(packet.source))],
    }
