"""Which route of a subnet's route table leads to a destination. Pure."""

from ipaddress import IPv4Address, IPv4Network

from kumoniwa.network.vpc.plan import NO_SOURCE, Plan, PrefixListReference, Route, Subnet, Target, TargetKind
from kumoniwa.network.vpc.verdicts import Decider, Decision


def route_to(plan: Plan, destination: IPv4Address, subnet: Subnet) -> tuple[Decision, Target]:
    """What the route table of a subnet decides for a destination, and where it leads.

    The VPC's own blocks are local. Else the longest prefix decides; of equal ones, a route with a block of its own goes
    before one of a prefix list.
    """
    table = plan.route_tables[subnet.route_table_id]
    if plan.local(destination):
        return _routed(True, table.id, f"{destination} is in the VPC: {table.id} has it local."), Target(
            TargetKind.LOCAL
        )
    if any(destination in block for block in (*NO_SOURCE, plan.transit)) and destination != plan.host:
        return _routed(False, table.id, f"No route leads to {destination}."), Target(TargetKind.BLACKHOLE)
    found = [
        (block.prefixlen, isinstance(route.destination, IPv4Network), block, route)
        for route in table.routes
        for block in _destinations(plan, route)
        if destination in block
    ]
    if not found:
        return _routed(False, table.id, f"{table.id} has no route to {destination}."), Target(TargetKind.BLACKHOLE)
    _, _, block, route = max(found, key=lambda one: one[:2])
    target = route.target
    if target.kind is TargetKind.INTERNET_GATEWAY and target.id != plan.internet_gateway:
        target = Target(TargetKind.BLACKHOLE, target.id)
    said = f"Route {block} of {table.id} leads to {target.id or target.kind}"
    if target.kind is TargetKind.BLACKHOLE:
        return _routed(False, table.id, f"{said}, which is gone (blackhole).", route), target
    return _routed(True, table.id, f"{said}.", route), target


def _destinations(plan: Plan, route: Route) -> tuple[IPv4Network, ...]:
    if isinstance(route.destination, PrefixListReference):
        return blocks_of(plan, route.destination.prefix_list_id)
    return (route.destination,)


def blocks_of(plan: Plan, prefix_list_id: str) -> tuple[IPv4Network, ...]:
    """The blocks of a prefix list; none where there is no such list."""
    found = plan.prefix_lists.get(prefix_list_id)
    return () if found is None else found.blocks


def _routed(admits: bool, table_id: str, sentence: str, route: Route | None = None) -> Decision:
    return Decision(admits, Decider.ROUTE, table_id, sentence, route)
