"""A VPC's packet filter and address translation, as commands for nftables in the VPC's namespace. Pure.

`whole` replaces all that is there, `changes` makes the least that leads from one plan to another: one element where an
interface joins a group, one chain where an ACL's entry changes.

What a packet passes (`iifname` and `oifname` are taps, links of peering connections, or the way out):

    antispoof   prerouting, before flows are tracked: sources that its interface may not use
    acl         forward: network ACLs, of both subnets and both ways; those of a NAT gateway's subnet in between
    forward     flows that exist; else the sender's groups, then where it may go on to, then the receiver's groups
    dstnat      what comes by the way out to a public address's stand-in (240.x.y.z): to its private address
    srcnat      what leaves by the way out: from the sender's stand-in, or the NAT gateway's
    input       what the VPC's own services are asked: DHCP, DNS, metadata, and nothing else of the namespace
    output      what processes in the namespace open to a guest: as if it came by the way out

An interface's chains are found by its tap's name in a map, a group's members in a set, so that the length of a packet's
way does not depend on how many there are. Routes to a NAT gateway have its number as their realm (`routes`).
"""

from collections.abc import Callable, Iterable
from hashlib import blake2s
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from typing import Any

from kumoniwa.network.vpc.disjoint import Disjoint, Element, disjoint
from kumoniwa.network.vpc.host.doors import KNOCK_MARK
from kumoniwa.network.vpc.nft_objects import Chain, Commands, Elements, Objects, Set, changing, making
from kumoniwa.network.vpc.plan import (
    METADATA,
    NO_SOURCE,
    NOT_INTERNET,
    PORTED,
    RESOLVER,
    THIS_HOST,
    WAY_OUT,
    Acl,
    AclEntry,
    GroupReference,
    Interface,
    NatGateway,
    Peering,
    Plan,
    PrefixListReference,
    Rule,
    SecurityGroup,
    Traffic,
    members,
    numbered,
    transit_address,
)

TABLES = ("inet vpc", "arp vpc")
"""Of the namespace: nothing else is changed in it."""
MOST_FLOWS = 10_000
"""Flows of one interface that are tracked at a time: the kernel's table is shared by all of a VPC."""
MOST_METADATA_FLOWS = 1000
"""Connections of one interface to the metadata service that are tracked at a time: for two minutes after they end."""
MOST_ASKED = 1024
"""Packets a second of one interface to the VPC's services, as on EC2 (user guide, "Query limits of the resolver")."""

_Part = tuple[Callable[..., Objects], tuple[Any, ...]]
"""A function and its arguments: the objects need not be made to see that they are the same."""
_ANYWHERE = IPv4Network("0.0.0.0/0")


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
    devices = numbered((*plan.interfaces, *plan.peerings), 2, 1 << 31)
    attached = plan.internet_gateway is not None
    in_groups = members(plan)
    host = plan.host
    parts: dict[str, _Part] = {_FRAME: (_frame, (host, plan.transit, plan.resolver, plan.dns_support))}
    for acl in plan.acls.values():
        parts[acl.id] = _acl, (acl, host)
    for subnet in subnets.values():
        parts[subnet.id] = _subnet, (subnet.id, subnet.acl_id)
    referred: set[str] = set()
    for group in plan.groups.values():
        found = _referred(group) & in_groups.keys()
        referred |= found
        parts[group.id] = _group, (group, host, frozenset(found), _prefix_lists(plan, group))
    for group_id in sorted(referred):
        parts[f"members of {group_id}"] = _members, (group_id, in_groups[group_id])
    for interface in plan.interfaces.values():
        if interface.live:
            parts[f"groups {interface.group_ids}"] = _groups, (interface.group_ids,)
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


def _inet(objects: Iterable[tuple[str, Set | Elements | Chain]]) -> Objects:
    return [(f"inet vpc {name}", one) for name, one in objects]


def _frame(host: IPv4Address, transit: IPv4Network, resolver: IPv4Address, dns_support: bool) -> Objects:
    """What every VPC has: the base chains, and the sets that the other parts fill."""
    resolvers = f"{{ {RESOLVER}, {resolver} }}"
    dns = [f"ip daddr {resolvers} meta l4proto . th dport {{ 6 . 53, 17 . 53 }} accept"] if dns_support else []
    way_out = f'"{WAY_OUT}"'
    return [
        *_inet(_SETS),
        *_inet(
            [
                ("nowhere", _blocks((*NO_SOURCE, transit))),
                ("not-internet", _blocks(NOT_INTERNET)),
                (
                    "antispoof",
                    Chain(
                        (
                            "meta nfproto != ipv4 drop",
                            f'iifname {{ "lo", {way_out} }} accept',
                            "iifname . ip saddr @addresses accept",
                            "iifname . ip saddr @peers accept",
                            "iifname @unchecked ip saddr != @nowhere accept",
                            "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept",
                        ),
                        "type filter hook prerouting priority raw; policy drop;",
                    ),
                ),
                (
                    "acl",
                    Chain(
                        (
                            "iifname vmap @acl-out",
                            f"iifname {way_out} ct direction reply ct reply ip daddr vmap @nat-in",
                            "oifname vmap @acl-in",
                            "accept",
                        ),
                        "type filter hook forward priority filter - 10; policy drop;",
                    ),
                ),
                (
                    "forward",
                    Chain(
                        (
                            f"ip daddr != {host} ip daddr @nowhere drop",
                            "ct state established,related goto known",
                            f"iifname != {way_out} add @flows {{ iifname ct count over {MOST_FLOWS} }} drop",
                            "ct mark 0 ct mark set iifname map @numbers",
                            "iifname vmap @egress",
                            f"iifname {way_out} goto arriving",
                            "iifname @links goto arriving",
                        ),
                        "type filter hook forward priority filter; policy drop;",
                    ),
                ),
                (
                    "known",
                    Chain(
                        (
                            f"iifname {way_out} jump known-in",
                            f"oifname {way_out} jump known-out",
                            "ct direction original accept",
                            "ct mark . oifname @origins accept",
                            "ct mark 1 drop",  # it came by the way out, and was translated there
                            "goto arriving",
                        )
                    ),
                ),
                (
                    "known-in",
                    Chain(
                        (
                            "ct direction original ct original ip daddr . ip daddr @translated return",
                            "ct direction reply ct reply ip daddr . ip daddr @translated return",
                            "ct direction reply ct reply ip daddr @nats return",
                            "drop",
                        )
                    ),
                ),
                (
                    "known-out",
                    Chain(
                        (
                            f"ip daddr != {host} ip daddr @not-internet drop",
                            "ct direction reply rt classid 0 ct original ip daddr . ip saddr @translated return",
                            "ct direction original rt classid 0 ct reply ip daddr . ip saddr @translated return",
                            "ct direction original rt classid . ct reply ip daddr @carried return",
                            "drop",
                        )
                    ),
                ),
                (
                    "onward",
                    Chain((f"oifname {way_out} goto opening", "oifname @links accept", "goto arriving")),
                ),
                (
                    "opening",
                    Chain(
                        (
                            "ct state invalid drop",
                            "ip daddr @not-internet drop",
                            "iifname . ip saddr != @addresses drop",
                            "rt classid 0 ip saddr != @public drop",
                            "accept",
                        )
                    ),
                ),
                (
                    "arriving",
                    Chain(
                        (
                            "oifname . ip daddr @addresses oifname vmap @ingress",
                            "oifname @unchecked oifname vmap @ingress",
                            "drop",
                        )
                    ),
                ),
                (
                    "dstnat",
                    Chain(
                        (f"iifname {way_out} dnat ip to ip daddr map @inside",),
                        "type nat hook prerouting priority dstnat; policy accept;",
                    ),
                ),
                (
                    "dstnat-output",
                    Chain(
                        ("dnat ip to ip daddr map @inside",),
                        "type nat hook output priority -100; policy accept;",
                    ),
                ),
                (
                    "srcnat",
                    Chain(
                        (
                            f"oifname {way_out} snat ip to rt classid map @nat-addresses",
                            f"oifname {way_out} snat ip to ip saddr map @outside",
                        ),
                        "type nat hook postrouting priority srcnat; policy accept;",
                    ),
                ),
                (
                    "input",
                    Chain(
                        (
                            'iifname "lo" accept',
                            f"iifname != {way_out} update @asking "
                            f"{{ iifname limit rate over {MOST_ASKED}/second burst {MOST_ASKED} packets }} drop",
                            "ct state established,related accept",
                            "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept",
                            "iifname . ip saddr @addresses goto services",
                        ),
                        "type filter hook input priority filter; policy drop;",
                    ),
                ),
                (
                    "services",
                    Chain(
                        (
                            f"ip daddr {METADATA} tcp dport 80 goto metadata",
                            *dns,
                            "iifname . ip daddr @routers udp sport 68 udp dport 67 accept",
                            "drop",
                        )
                    ),
                ),
                (
                    "metadata",
                    Chain((f"add @metadata-flows {{ iifname ct count over {MOST_METADATA_FLOWS} }} drop", "accept")),
                ),
                (
                    "output",
                    Chain(
                        (
                            f'oifname {{ "lo", {way_out} }} accept',
                            f"meta mark {KNOCK_MARK} accept",
                            "ct state established,related accept",
                            "udp sport 67 udp dport 68 accept",
                            "oifname vmap @acl-in",
                            "goto arriving",
                        ),
                        "type filter hook output priority filter; policy drop;",
                    ),
                ),
            ]
        ),
        ("arp vpc addresses", Set("ifname . ipv4_addr")),
        (
            "arp vpc input",
            Chain(
                (
                    f'iifname {{ "lo", {way_out} }} accept',
                    "iifname . arp saddr ip @addresses accept",
                    "arp saddr ip 0.0.0.0 accept",
                ),
                "type filter hook input priority filter; policy drop;",
            ),
        ),
    ]


_SETS: tuple[tuple[str, Set], ...] = (
    ("addresses", Set("ifname . ipv4_addr")),  # an interface's own
    ("routers", Set("ifname . ipv4_addr")),  # the router's address on an interface
    ("unchecked", Set("ifname")),  # source/destination check off
    ("links", Set("ifname")),
    ("peers", Set("ifname . ipv4_addr", "flags interval;")),  # a link, and the blocks behind it
    ("egress", Set("ifname : verdict")),
    ("ingress", Set("ifname : verdict")),
    ("acl-out", Set("ifname : verdict")),
    ("acl-in", Set("ifname : verdict")),
    ("nat-out", Set("realm : verdict")),
    ("nat-in", Set("ipv4_addr : verdict")),
    ("nat-addresses", Set("realm : ipv4_addr")),
    ("nats", Set("ipv4_addr")),
    ("numbers", Set("ifname : mark", elements={f'"{WAY_OUT}"': "1"})),  # a flow's mark is the device that opened it
    ("origins", Set("mark . ifname", elements={f'1 . "{WAY_OUT}"': ""})),
    ("carried", Set("realm . ipv4_addr")),  # a NAT gateway's number, and the stand-in of its address
    ("translated", Set("ipv4_addr . ipv4_addr")),  # the stand-in of a public address, and the private one
    ("inside", Set("ipv4_addr : ipv4_addr")),  # private addresses by the stand-ins of public ones
    ("outside", Set("ipv4_addr : ipv4_addr")),  # the other way
    ("public", Set("ipv4_addr")),  # private addresses that have a public one
    ("flows", Set("ifname", "size 65535; flags dynamic;")),
    ("metadata-flows", Set("ifname", "size 65535; flags dynamic;")),
    ("asking", Set("ifname", "size 65535; flags dynamic,timeout; timeout 1m;")),
)


def _blocks(blocks: Iterable[IPv4Network]) -> Set:
    return Set("ipv4_addr", "flags interval;", {str(block): "" for block in collapse_addresses(blocks)})


def _interface(interface: Interface, number: int, acl_id: str, router: IPv4Address, attached: bool) -> Objects:
    tap = f'"{interface.tap}"'
    chain, subnet = _groups_name(interface.group_ids), interface.subnet_id
    own = {f"{tap} . {address.private}": "" for address in interface.addresses}
    public = {
        str(address.private): str(transit_address(address.public))
        for address in interface.addresses
        if address.public is not None and attached
    }
    return [
        *_inet(
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


def _groups_name(group_ids: tuple[str, ...]) -> str:
    """Of the chains of all interfaces with these groups."""
    if len(group_ids) == 1:
        return f"only-{group_ids[0]}"
    return f"groups-{blake2s(' '.join(group_ids).encode(), digest_size=8).hexdigest()}"


def _groups(group_ids: tuple[str, ...]) -> Objects:
    """What interfaces with these groups admit: what any of the groups does."""
    name = _groups_name(group_ids)
    return _inet(
        (f"{name}-{way}", Chain((*(f"jump {group_id}-{way}" for group_id in group_ids), "drop")))
        for way in ("in", "out")
    )


def _members(group_id: str, addresses: tuple[IPv4Address, ...]) -> Objects:
    return _inet([(f"{group_id}-members", Set("ipv4_addr", elements={str(address): "" for address in addresses}))])


def _referred(group: SecurityGroup) -> set[str]:
    """The groups that a group's rules name."""
    rules = (*group.ingress, *group.egress)
    return {rule.remote.group_id for rule in rules if isinstance(rule.remote, GroupReference)}


def _prefix_lists(plan: Plan, group: SecurityGroup) -> tuple[tuple[str, tuple[IPv4Network, ...]], ...]:
    """The blocks of the prefix lists that a group's rules name."""
    names = {
        rule.remote.prefix_list_id
        for rule in (*group.ingress, *group.egress)
        if isinstance(rule.remote, PrefixListReference)
    }
    return tuple((name, plan.prefix_lists[name].blocks) for name in sorted(names & plan.prefix_lists.keys()))


def _group(
    group: SecurityGroup,
    host: IPv4Address,
    known: frozenset[str],
    prefix_lists: tuple[tuple[str, tuple[IPv4Network, ...]], ...],
) -> Objects:
    """A group's rules, both ways. A match ends the group's part: what an interface sends must then be admitted there.

    `known` are the groups that exist, of those that rules name. Rules for IPv6 admit no packet: interfaces have no
    address of it.
    """
    found: Objects = []
    for way, rules, field, then in (
        ("in", group.ingress, "saddr", "accept"),
        ("out", group.egress, "daddr", "goto onward"),
    ):
        name = f"{group.id}-{way}"
        blocks = dict(prefix_lists)
        admitted = disjoint((rule.traffic, _rule_blocks(rule, host, blocks)) for rule in rules)
        lines = []
        for kind, key_type, key, elements in (
            ("protocols", "inet_proto", "meta l4proto", admitted.protocols),
            ("ports", "inet_proto . inet_service", "meta l4proto . th dport", admitted.ports),
            ("icmp", "icmp_type . icmp_code", "icmp type . icmp code", admitted.icmp),
        ):
            if elements:
                found += _inet([(f"{name}-{kind}", _traffic_set(key_type, elements))])
                lines.append(f"ip {field} . {key} @{name}-{kind} {then}")
        for group_id in sorted(_referred(group) & known):
            traffic = [rule.traffic for rule in rules if rule.remote == GroupReference(group_id)]
            at = f"ip {field} @{group_id}-members"
            lines += [f"{at} {match}{then}" for match in _matches(disjoint((one, (_ANYWHERE,)) for one in traffic))]
        found += _inet([(name, Chain(tuple(lines)))])
    return found


def _traffic_set(key_type: str, elements: tuple[Element, ...]) -> Set:
    listed = {f"{block} . {what}": "" for blocks, what in elements for block in blocks}
    return Set(f"ipv4_addr . {key_type}", "flags interval;", listed)


def _rule_blocks(
    rule: Rule, host: IPv4Address, prefix_lists: dict[str, tuple[IPv4Network, ...]]
) -> tuple[IPv4Network, ...]:
    match rule.remote:
        case IPv4Network() as block:
            return _meant((block,), host)
        case PrefixListReference(prefix_list_id):
            return _meant(prefix_lists.get(prefix_list_id, ()), host)
        case _:
            return ()


def _meant(blocks: tuple[IPv4Network, ...], host: IPv4Address) -> tuple[IPv4Network, ...]:
    """Blocks, and this host where they hold 127.0.0.1 (`Plan.means`)."""
    if any(THIS_HOST in block for block in blocks) and not any(host in block for block in blocks):
        return (*blocks, IPv4Network(host))
    return blocks


def _matches(traffic: Disjoint) -> list[str]:
    """What matches traffic, whoever its ends are: each ends in a space, or is empty where all matches."""
    found = []
    if traffic.protocols:
        listed = [what for _, what in traffic.protocols]
        found.append("" if listed == ["0-255"] else f"meta l4proto {{ {', '.join(listed)} }} ")
    if traffic.ports:
        found.append(f"meta l4proto . th dport {{ {', '.join(what for _, what in traffic.ports)} }} ")
    if traffic.icmp:
        found.append(f"icmp type . icmp code {{ {', '.join(what for _, what in traffic.icmp)} }} ")
    return found


def _acl(acl: Acl, host: IPv4Address) -> Objects:
    return _inet(
        [
            (f"{acl.id}-in", Chain((*_entries(acl.ingress, "saddr", host), "drop"))),
            (f"{acl.id}-out", Chain((*_entries(acl.egress, "daddr", host), "drop"))),
        ]
    )


def _entries(entries: tuple[AclEntry, ...], field: str, host: IPv4Address) -> list[str]:
    lines = []
    for entry in entries:
        if isinstance(entry.block, IPv4Network):
            blocks = [str(block) for block in _meant((entry.block,), host)]
            at = f"{{ {', '.join(blocks)} }}" if len(blocks) > 1 else blocks[0]
            where = "" if entry.block == _ANYWHERE else f"ip {field} {at} "
            lines.append(f"{where}{_entry_traffic(entry.traffic)}{'return' if entry.allow else 'drop'}")
    return lines


def _entry_traffic(traffic: Traffic) -> str:
    """What matches an entry's traffic: ends in a space, or is empty where all matches."""
    match traffic:
        case Traffic(protocol=None):
            return ""
        case Traffic(protocol, int() as first, int() as last) if protocol in PORTED:
            return f"meta l4proto {protocol} th dport {first}-{last} "
        case Traffic(1, int() as kind, code):
            return f"icmp type {kind} " + ("" if code is None else f"icmp code {code} ")
        case Traffic(protocol):
            return f"meta l4proto {protocol} "


def _subnet(subnet_id: str, acl_id: str) -> Objects:
    """What leaves the subnet passes its ACL, and that of where it comes to."""
    return _inet(
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
    return _inet(
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
    return _inet(
        [
            ("links", Elements({link: ""})),
            ("numbers", Elements({link: str(number)})),
            ("origins", Elements({f"{number} . {link}": ""})),
            ("peers", Elements({f"{link} . {block}": "" for block in collapse_addresses(peering.cidrs)})),
        ]
    )
