"""Why a flow does not come to its destination, by the explanation codes of EC2's Reachability Analyzer. Pure.

Source: the Reachability Analyzer's guide, "Explanation codes". Which code stands for which of our decisions is ours.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from kumoniwa.network.vpc.path_components import Component, acl_rule, resource, table_route
from kumoniwa.network.vpc.plan import NOT_INTERNET, AclEntry, Plan, Route
from kumoniwa.network.vpc.reach import Hop, Reach
from kumoniwa.network.vpc.verdicts import INTERNET, Decider, Decision

_SHARED = IPv4Network("100.64.0.0/10")


def explanation(code: str, **named: Any) -> Component:
    """An explanation by a code of EC2's, with what it names."""
    return {"ExplanationCode": code, **named}


def explained(plans: Mapping[str, Plan], found: Reach) -> Component:
    """What keeps a flow from its destination: the first check, there or back, that did not admit it."""
    for hop in (*found.there, *found.back):
        for decision in hop.decisions:
            if not decision.admits:
                plan = plans[hop.vpc_id]
                return {**_of(plan, hop, decision, found), "Vpc": resource(plan.vpc_id)}
    if found.forwarded_by is not None:
        return explanation("NO_POSSIBLE_DESTINATION", NetworkInterface=resource(found.forwarded_by))
    return explanation("NO_PATH")


def _of(plan: Plan, hop: Hop, decision: Decision, found: Reach) -> Component:
    match decision.decider:
        case Decider.SECURITY_GROUP:
            return _of_groups(plan, hop, decision, found)
        case Decider.NETWORK_ACL:
            entry = decision.by if isinstance(decision.by, AclEntry) else None
            return explanation(
                "SUBNET_ACL_RESTRICTION",
                Acl=resource(decision.id),
                AclRule=None if entry is None else acl_rule(entry, egress=decision.egress),
                Direction=_direction(decision),
            )
        case Decider.ROUTE:
            return _of_route(plan, decision)
        case Decider.ADDRESS:
            return _of_address(plan, hop, decision, found)
        case Decider.SOURCE_DEST_CHECK:
            return explanation("ENI_SOURCE_DEST_CHECK_RESTRICTION", NetworkInterface=resource(decision.id))
        case Decider.INTERNET_GATEWAY:
            gateway = resource(decision.id) if decision.id else None
            return explanation(_of_gateway(found.packet.destination), InternetGateway=gateway, Direction="egress")
        case Decider.NAT_GATEWAY:
            gateway_there = plan.nat_gateways.get(decision.id)
            available = gateway_there is not None and gateway_there.available
            code = "NO_ROUTE_TO_DESTINATION" if available else "BAD_STATE"
            return explanation(code, NatGateway=resource(decision.id))
        case Decider.PEERING:
            peering = plan.peerings.get(decision.id)
            active = peering is not None and peering.active
            code = "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR" if active else "BAD_STATE"
            return explanation(code, VpcPeeringConnection=resource(decision.id))
        case Decider.SERVICE | Decider.FLOW:
            return explanation("NO_PATH")


def _of_groups(plan: Plan, hop: Hop, decision: Decision, found: Reach) -> Component:
    interface_id = hop.origin if decision.egress else _receiver(plan, hop, found)
    interface = plan.interfaces.get(interface_id or "")
    groups = [] if interface is None else [plan.groups[one] for one in interface.group_ids]
    rules = [rule for group in groups for rule in (group.egress if decision.egress else group.ingress)]
    return explanation(
        "ENI_SG_RULES_MISMATCH" if rules else "SG_HAS_NO_RULES",
        Direction=_direction(decision),
        NetworkInterface=None if interface is None else resource(interface.id),
        SecurityGroups=[resource(group.id) for group in groups],
        Subnet=None if interface is None else resource(interface.subnet_id),
    )


def _receiver(plan: Plan, hop: Hop, found: Reach) -> str | None:
    """The interface at which a packet arrives that its groups do not admit."""
    named = [one.id for one in hop.decisions if one.id in plan.interfaces and one.id != hop.origin]
    if named:
        return named[-1]
    return next(
        (
            one.id
            for one in plan.interfaces.values()
            if any(found.packet.destination == address.public for address in one.addresses)
        ),
        None,
    )


def _of_route(plan: Plan, decision: Decision) -> Component:
    if decision.id not in plan.route_tables:
        return explanation("BAD_STATE_ATTACHMENT", NetworkInterface=resource(decision.id))
    if isinstance(decision.by, Route):
        return explanation(
            "BAD_STATE_ROUTE",
            RouteTable=resource(decision.id),
            RouteTableRoute=table_route(plan, decision.by, blackhole=True),
        )
    return explanation("NO_ROUTE_TO_DESTINATION", RouteTable=resource(decision.id))


def _of_address(plan: Plan, hop: Hop, decision: Decision, found: Reach) -> Component:
    if decision.id:
        return explanation("BAD_STATE", NetworkInterface=resource(decision.id))
    if hop.origin != INTERNET:
        return explanation("NO_POSSIBLE_DESTINATION", Address=str(found.packet.destination))
    gateway = None if plan.internet_gateway is None else resource(plan.internet_gateway)
    return explanation("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", InternetGateway=gateway, Direction="ingress")


def _of_gateway(destination: IPv4Address) -> str:
    if destination in _SHARED:
        return "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS"
    if any(destination in block for block in NOT_INTERNET):
        return "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"
    return "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"


def _direction(decision: Decision) -> str:
    return "egress" if decision.egress else "ingress"
