"""A VPC's devices, addresses, rules and routes, as commands for `ip -batch -` in the VPC's namespace. Pure.

`whole` makes all of it, whatever is there; `changes` makes one plan's of another's. Neither fails where it was run
before, nor where the tap of an interface that is no more is gone already. A new tap, a new link and the way out must be
there.

    rule 100    the VPC's own addresses: a route to each that a guest has; the rest of its blocks is a black hole, so
                that nothing answers for it, not even ARP
    rule 200    from a tap: the route table of its subnet
    rule 300    what came from outside and no route met goes nowhere

A route to a NAT gateway has the gateway's number as its realm, by which `nft` knows it, and leads where the gateway's
own subnet leads. Neighbours are permanent: no guest is asked who it is, and none can say that it is another.
"""

from hashlib import blake2s
from ipaddress import IPv4Address, IPv4Network

from kumoniwa.network.vpc.nft import nat_numbers
from kumoniwa.network.vpc.plan import (
    METADATA,
    MTU,
    RESOLVER,
    WAY_OUT,
    WAY_OUT_MTU,
    Interface,
    NatGateway,
    Peering,
    Plan,
    PrefixListReference,
    RouteTable,
    Subnet,
    Target,
    TargetKind,
    numbered,
)
from kumoniwa.network.vpc.settings import whole as whole_settings

LOCAL_TABLE = 100
_FIRST_TABLE, _TABLES = 1000, 1 << 30
_NEXT_HOP = IPv4Address("169.254.1.1")
"""Of a link to a peered VPC, seen from either end: its neighbour is known, and never asked."""

_Lines = dict[str, tuple[str, str]]
"""What undoes each line ("" for what is not undone), and the device that it ends with ("": with none), in the order in
which they are made."""


def whole(plan: Plan) -> str:
    """What makes everything of a plan, and removes rules and routes of any other."""
    lines = ["rule flush", "rule add pref 32766 lookup main"]
    for table in (LOCAL_TABLE, *sorted(table_numbers(plan).values())):
        # A table that does not exist cannot be flushed.
        lines += [f"route replace blackhole 0.0.0.0/32 table {table}", f"route flush table {table}"]
    return _text([*lines, *_lines(plan)])


def changes(before: Plan, after: Plan) -> str:
    """What makes the devices and routes of `after` of those of `before`; "" where nothing differs."""
    old, new = _lines(before), _lines(after)
    kept = {_place(line) for line in new}
    devices = _devices(after)
    gone = [
        undo
        for line, (undo, device) in reversed(old.items())
        if line not in new and undo and _place(line) not in kept and (not device or device in devices)
    ]
    return _text([*gone, *(line for line in new if line not in old)])


def settings(plan: Plan) -> dict[str, str]:
    """The kernel's settings, by their path below /proc/sys. The taps and links must be there."""
    found = whole_settings()
    for device in sorted({*_devices(plan), WAY_OUT}):
        own = f"net/ipv4/conf/{device}"
        found |= {f"{own}/rp_filter": "0", f"{own}/send_redirects": "0"}
        if device.startswith("e"):
            found |= {f"{own}/proxy_arp": "1", f"net/ipv4/neigh/{device}/proxy_delay": "0"}
    return found


def _devices(plan: Plan) -> set[str]:
    """The taps and links that are there."""
    taps = {interface.tap for interface in plan.interfaces.values() if interface.live}
    return taps | {peering.link for peering in plan.peerings.values() if peering.active}


def table_numbers(plan: Plan) -> dict[str, int]:
    """The number of the kernel's table for each route table."""
    return numbered(plan.route_tables, _FIRST_TABLE, _TABLES)


def link_mac(peering_id: str, vpc_id: str) -> str:
    """The MAC address of a VPC's end of the link of a peering connection."""
    digest = blake2s(f"{peering_id} {vpc_id}".encode(), digest_size=5).digest()
    return ":".join(f"{octet:02x}" for octet in (0x0A, *digest))


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _place(line: str) -> str:
    """What a line sets: a later one for the same replaces it."""
    words = line.split()
    if words[:2] != ["route", "replace"]:
        return line
    destination = words[3] if words[2] in ("blackhole", "local") else words[2]
    return f"{destination} {words[words.index('table') + 1] if 'table' in words else ''}"


def _lines(plan: Plan) -> _Lines:
    numbers = table_numbers(plan)
    lines = _own(plan)
    for interface in plan.interfaces.values():
        if interface.live:
            subnet = plan.subnets[interface.subnet_id]
            lines |= _interface(interface, subnet, numbers[subnet.route_table_id])
    for peering in plan.peerings.values():
        if peering.active:
            lines |= _link(peering, plan.vpc_id)
    tables = _Tables(plan)
    for table_id, number in numbers.items():
        for block, where in tables.rendered(table_id):
            # Whatever the route is then, or if it went with its device: a black hole takes its place, and is deleted.
            gone = f"blackhole {block} table {number}"
            undo = f"route replace {gone}\nroute del {gone}"
            lines[f"route replace {where.replace('BLOCK', str(block))} table {number}"] = undo, ""
    return lines


def _own(plan: Plan) -> _Lines:
    """What the namespace has without any interface."""
    lines: _Lines = {
        "link set dev lo up": ("", ""),
        f"link set dev {WAY_OUT} mtu {WAY_OUT_MTU} up": ("", ""),
        f"rule add pref 100 lookup {LOCAL_TABLE}": ("", ""),
        "rule add pref 300 not iif lo blackhole": ("", ""),
        "route replace local 240.0.0.0/8 dev lo": ("", ""),
    }
    addresses = [f"{address}/32 dev lo" for address in (METADATA, RESOLVER, plan.resolver)]
    addresses.append(f"{plan.outermost}/{plan.transit.prefixlen} dev {WAY_OUT}")
    for address in addresses:
        lines[f"addr replace {address}"] = f"addr del {address}", ""
    for block in plan.cidrs:
        unused = f"blackhole {block} table {LOCAL_TABLE} metric 9999"
        lines[f"route replace {unused}"] = f"route del {unused}", ""
    return lines


def _interface(interface: Interface, subnet: Subnet, table: int) -> _Lines:
    tap = interface.tap
    router = f"{subnet.router}/{subnet.cidr.prefixlen} dev {tap}"
    rule = f"pref 200 iif {tap} lookup {table}"
    lines: _Lines = {
        f"link set dev {tap} mtu {MTU} up": ("", tap),
        f"addr replace {router} noprefixroute": (f"addr del {router}", tap),
        f"rule add {rule}": (f"rule del {rule}", ""),
    }
    for address in interface.addresses:
        own = f"{address.private} dev {tap}"
        lines[f"neigh replace {address.private} lladdr {interface.mac} dev {tap} nud permanent"] = (
            f"neigh del {own}",
            tap,
        )
        lines[f"route replace {own} table {LOCAL_TABLE}"] = f"route del {own} table {LOCAL_TABLE}", tap
    return lines


def _link(peering: Peering, vpc_id: str) -> _Lines:
    link = peering.link
    neighbour = f"{_NEXT_HOP} lladdr {link_mac(peering.id, peering.vpc_id)} dev {link} nud permanent"
    return {
        f"link set dev {link} address {link_mac(peering.id, vpc_id)} mtu {MTU} up": ("", link),
        f"neigh replace {neighbour}": (f"neigh del {_NEXT_HOP} dev {link}", link),
    }


class _Tables:
    """The routes of route tables, as the kernel is to have them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._targets: dict[str, dict[IPv4Network, Target]] = {}
        self._numbers = nat_numbers(plan)

    def rendered(self, table_id: str) -> list[tuple[IPv4Network, str]]:
        """Each block, and where it leads, with BLOCK where `ip` wants it."""
        targets = self._of(table_id)
        found: dict[IPv4Network, str] = {}
        for block, target in targets.items():
            gateway = self._plan.nat_gateways.get(target.id) if target.kind is TargetKind.NAT_GATEWAY else None
            if gateway is None:
                found[block] = self._where(target)
            else:
                found |= self._through(gateway, block, targets)
        return sorted(found.items())

    def _of(self, table_id: str) -> dict[IPv4Network, Target]:
        """Where each block leads. A block of its own goes before one of a prefix list, as does the earlier of these."""
        if (known := self._targets.get(table_id)) is not None:
            return known
        table: RouteTable = self._plan.route_tables[table_id]
        found: dict[IPv4Network, Target] = {}
        for route in reversed(table.routes):
            if isinstance(route.destination, PrefixListReference):
                listed = self._plan.prefix_lists.get(route.destination.prefix_list_id)
                found |= dict.fromkeys(() if listed is None else listed.blocks, route.target)
        for route in reversed(table.routes):
            if isinstance(route.destination, IPv4Network):
                found[route.destination] = route.target
        self._targets[table_id] = found
        return found

    def _through(
        self, gateway: NatGateway, block: IPv4Network, targets: dict[IPv4Network, Target]
    ) -> dict[IPv4Network, str]:
        """What leads to a NAT gateway leads on as the gateway's own subnet does: to the internet, or nowhere."""
        carries = gateway.available and gateway.public is not None
        onward = self._of(self._plan.subnets[gateway.subnet_id].route_table_id)

        def where(target: Target | None) -> str:
            if carries and target is not None and self._is_way_out(target):
                return f"{self._out()} realm {self._numbers[gateway.id]}"
            return "blackhole BLOCK"

        found = {block: where(onward.get(covering) if (covering := _longest(onward, block)) else None)}
        for narrower, target in onward.items():
            if narrower != block and narrower.subnet_of(block) and _longest(targets, narrower) == block:
                found[narrower] = where(target)
        return found

    def _where(self, target: Target) -> str:
        plan = self._plan
        match target.kind:
            case TargetKind.INTERNET_GATEWAY if self._is_way_out(target):
                return self._out()
            case TargetKind.INTERFACE:
                interface = plan.interfaces.get(target.id)
                if interface is not None and interface.live:
                    return f"BLOCK via {interface.primary} dev {interface.tap} onlink"
            case TargetKind.PEERING:
                peering = plan.peerings.get(target.id)
                if peering is not None and peering.active:
                    return f"BLOCK via {_NEXT_HOP} dev {peering.link} onlink"
            case _:
                pass
        return "blackhole BLOCK"

    def _is_way_out(self, target: Target) -> bool:
        return target.kind is TargetKind.INTERNET_GATEWAY and target.id == self._plan.internet_gateway

    def _out(self) -> str:
        return f"BLOCK via {self._plan.host} dev {WAY_OUT} onlink"


def _longest(blocks: dict[IPv4Network, Target], within: IPv4Network) -> IPv4Network | None:
    """The narrowest of the blocks that hold all of another."""
    holding = [block for block in blocks if within.subnet_of(block)]
    return max(holding, key=lambda block: block.prefixlen, default=None)
