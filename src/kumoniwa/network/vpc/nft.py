"""A VPC's packet filter and address translation, as commands for nftables in the VPC's namespace. Pure.

`whole` replaces all that is there, `changes` makes the least that leads from one plan to another: one element where an
interface joins a group, one chain where an ACL's entry changes.

An interface's chains are found by its tap's name in a map, a group's members in a set, so that the length of a packet's
way does not depend on how many there are. Routes to a NAT gateway have its number as their realm (`routes`).
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, collapse_addresses
from typing import Any

from kumoniwa.network.vpc.nft_frame import FIRST_NUMBER, TABLES, frame
from kumoniwa.network.vpc.nft_objects import Chain, Commands, Elements, Objects, Set, changing, inet, making
from kumoniwa.network.vpc.nft_rules import (
    acl_entries,
    group_members,
    group_rules,
    groups,
    groups_name,
    prefix_lists,
    referred,
)
from kumoniwa.network.vpc.plan import Interface, NatGateway, Peering, Plan, members, numbered, transit_address

_Part = tuple[Callable[..., Objects], tuple[Any, ...]]
"""A function and its arguments: the objects need not be made to see that they are the same."""


def whole(plan: Plan) -> Commands:
    """What makes the tables of a plan, whatever is there."""
    parts = _parts(plan)
    return making(TABLES, _made(parts, [_FRAME]), _made(parts, [name for name in parts if name != _FRAME]))


def changes(before: Plan, after: Plan) -> Commands:
    """What makes the tables of the plan `after` of those of `before`; `whole` where the frame of all differs."""
    old, new = _parts(before), _parts(after)
    if old[_FRAME] != new[_FRAME]:
        return whole(after)
    differing = [name for name in (old | new) if old.get(name) != new.get(name)]
    return changing(_made(old, differing), _made(new, differing))


def nat_numbers(plan: Plan) -> dict[str, int]:
    """The number of each NAT gateway: the realm of the routes to it."""
    return numbered(plan.nat_gateways, 1, 0xFFFE)


_FRAME = "frame"


def _parts(plan: Plan) -> dict[str, _Part]:
    """By name, what a ruleset is made of."""
    subnets, numbers = plan.subnets, nat_numbers(plan)
    devices = numbered((*plan.interfaces, *plan.peerings), FIRST_NUMBER, 1 << 31)
    attached = plan.internet_gateway is not None
    in_groups = members(plan)
    host = plan.host
    parts: dict[str, _Part] = {_FRAME: (frame, (host, plan.transit, plan.resolver, plan.dns_support))}
    for acl in plan.acls.values():
        parts[acl.id] = acl_entries, (acl, host)
    for subnet in subnets.values():
        parts[subnet.id] = _subnet, (subnet.id, subnet.acl_id)
    named: set[str] = set()
    for group in plan.groups.values():
        known = referred(group) & in_groups.keys()
        lists = sorted(prefix_lists(group) & plan.prefix_lists.keys())
        parts[group.id] = group_rules, (group, host, known, [(name, plan.prefix_lists[name].blocks) for name in lists])
        named |= known
    for group_id in sorted(named):
        parts[f"members of {group_id}"] = group_members, (group_id, in_groups[group_id])
    for interface in plan.interfaces.values():
        if interface.live:
            parts[f"groups {interface.group_ids}"] = groups, (interface.group_ids,)
            subnet = subnets[interface.subnet_id]
            given = (interface, devices[interface.id], subnet.acl_id, subnet.router, attached)
            parts[interface.id] = _interface, given
    for gateway in plan.nat_gateways.values():
        if gateway.available and gateway.public is not None:
            acl_id = subnets[gateway.subnet_id].acl_id
            parts[gateway.id] = _nat_gateway, (gateway, numbers[gateway.id], acl_id)
    for peering in plan.peerings.values():
        if peering.active:
            parts[peering.id] = _peering, (peering, devices[peering.id])
    return parts


def _made(parts: dict[str, _Part], names: Iterable[str]) -> Objects:
    found: Objects = []
    for name in names:
        if name in parts:
            make, given = parts[name]
            found += make(*given)
    return found


def _interface(interface: Interface, number: int, acl_id: str, router: IPv4Address, attached: bool) -> Objects:
    tap = f'"{interface.tap}"'
    chain, subnet = groups_name(interface.group_ids), interface.subnet_id
    own = {f"{tap} . {address.private}": "" for address in interface.addresses}
    public = {
        str(address.private): str(transit_address(address.public))
        for address in interface.addresses
        if address.public is not None and attached
    }
    return [
        *inet(
            [
                ("addresses", Elements(own)),
                ("routers", Elements({f"{tap} . {router}": ""})),
                ("unchecked", Elements({} if interface.source_dest_check else {tap: ""})),
                ("egress", Elements({tap: f"goto {chain}-out"})),
                ("ingress", Elements({tap: f"goto {chain}-in"})),
                ("acl-out", Elements({tap: f"goto {subnet}-out"})),
                ("acl-in", Elements({tap: f"jump {acl_id}-in"})),
                (f"{subnet}-taps", Elements({tap: ""})),
                ("inside", Elements({stand_in: private for private, stand_in in public.items()})),
                ("numbers", Elements({tap: str(number)})),
                ("origins", Elements({f"{number} . {tap}": ""})),
                ("outside", Elements(public)),
                ("translated", Elements({f"{stand_in} . {private}": "" for private, stand_in in public.items()})),
                ("public", Elements(dict.fromkeys(public, ""))),
            ]
        ),
        ("arp vpc addresses", Elements(own)),
    ]


def _subnet(subnet_id: str, acl_id: str) -> Objects:
    """What leaves the subnet passes its ACL, and that of where it comes to."""
    return inet(
        [
            (f"{subnet_id}-taps", Set("ifname")),
            (
                f"{subnet_id}-out",
                Chain(
                    (
                        f"oifname @{subnet_id}-taps accept",
                        f"jump {acl_id}-out",
                        "rt classid vmap @nat-out",
                        "oifname vmap @acl-in",
                        "accept",
                    )
                ),
            ),
        ]
    )


def _nat_gateway(gateway: NatGateway, number: int, acl_id: str) -> Objects:
    """What goes through a NAT gateway passes the ACL of its subnet too, in and out again."""
    assert gateway.public is not None, "only those that carry packets are rendered"
    taps, address = f"@{gateway.subnet_id}-taps", str(transit_address(gateway.public))
    return inet(
        [
            (
                f"{gateway.id}-out",
                Chain(
                    (
                        f"iifname {taps} return",
                        f"jump {acl_id}-in",
                        f"jump {acl_id}-out",
                    )
                ),
            ),
            (f"{gateway.id}-in", Chain((f"jump {acl_id}-in", f"oifname {taps} accept", f"jump {acl_id}-out"))),
            ("nat-out", Elements({str(number): f"jump {gateway.id}-out"})),
            ("nat-in", Elements({address: f"jump {gateway.id}-in"})),
            ("nat-addresses", Elements({str(number): address})),
            ("nats", Elements({address: ""})),
            ("carried", Elements({f"{number} . {address}": ""})),
        ]
    )


def _peering(peering: Peering, number: int) -> Objects:
    link = f'"{peering.link}"'
    return inet(
        [
            ("links", Elements({link: ""})),
            ("numbers", Elements({link: str(number)})),
            ("origins", Elements({f"{number} . {link}": ""})),
            ("peers", Elements({f"{link} . {block}": "" for block in collapse_addresses(peering.cidrs)})),
        ]
    )
